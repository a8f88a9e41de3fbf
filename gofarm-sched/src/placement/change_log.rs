//! [`ChangeLog`]: which slots changed since somebody last looked.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// The touched slots in order, with as many lookers as there are cursors.
///
/// The log is bounded: who has not looked for longer gets all slots and their last changes, not the log.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangeLog {
    /// The number of each slot's last change, from 1; 0 for none.
    last: Vec<u64>,
    log: VecDeque<u32>,
    /// Changes that are no longer in the log.
    dropped: u64,
}

impl ChangeLog {
    /// The cursor of who has seen everything.
    pub(super) fn head(&self) -> u64 {
        self.dropped + self.log.len() as u64
    }

    /// A slot changed.
    pub(super) fn touch(&mut self, slot: u32) {
        let index = slot as usize;
        if self.last.len() <= index {
            self.last.resize(index + 1, 0);
        }
        if self.log.len() >= 4 * self.last.len().max(64) {
            self.log.pop_front();
            self.dropped += 1;
        }
        if let Some(last) = self.last.get_mut(index) {
            *last = self.dropped + self.log.len() as u64 + 1;
        }
        self.log.push_back(slot);
    }

    /// All slots changed.
    pub(super) fn touch_all(&mut self) {
        let at = self.head();
        self.last.fill(at + 1);
        self.log.clear();
        self.dropped = at + 1;
    }

    /// Calls for each slot that changed since the cursor, once.
    pub(super) fn since(&self, cursor: u64, mut visit: impl FnMut(u32)) {
        if cursor < self.dropped {
            for (slot, last) in (0..).zip(&self.last) {
                if *last > cursor {
                    visit(slot);
                }
            }
            return;
        }
        let seen = usize::try_from(cursor - self.dropped).unwrap_or(usize::MAX);
        for (at, slot) in (cursor..).zip(self.log.iter().skip(seen)) {
            if self.last.get(*slot as usize) == Some(&(at + 1)) {
                visit(*slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 128 }))]
        #[test]
        fn each_change_is_seen_once_by_each_cursor(
            steps in proptest::collection::vec((0_u32..20, 0_u8..40), 1..if cfg!(miri) { 60 } else { 900 }),
        ) {
            let mut log = ChangeLog::default();
            let mut cursors = [(0_u64, BTreeSet::new()), (0, BTreeSet::new())];
            for (slot, step) in steps {
                if step == 0 {
                    log.touch_all();
                    let known = u32::try_from(log.last.len()).unwrap();
                    cursors.iter_mut().for_each(|(_, waiting)| waiting.extend(0..known));
                } else {
                    log.touch(slot);
                    cursors.iter_mut().for_each(|(_, waiting)| { waiting.insert(slot); });
                }
                let looker = match step { 1..=10 => 0, 11 => 1, _ => continue };
                let (cursor, waiting) = &mut cursors[looker];
                let mut seen = Vec::new();
                log.since(*cursor, |slot| seen.push(slot));
                seen.sort_unstable();
                prop_assert_eq!(seen, core::mem::take(waiting).into_iter().collect::<Vec<_>>());
                *cursor = log.head();
            }
        }
    }
}
