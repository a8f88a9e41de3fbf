//! Which slots have changed since somebody last looked: [`Cursor`] and [`Changes`].

use alloc::vec::Vec;

/// A place in a history of changes; begin with [`Cursor::START`].
///
/// A cursor belongs to the table that it came from; asked of another one, the answer means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(u64);

impl Cursor {
    /// Before everything: all slots have changed since.
    pub const START: Self = Self(0);
}

/// What has changed since a cursor.
#[derive(Clone, Debug)]
pub enum Changes<'a> {
    /// Anything may have: all slots changed at once.
    All,
    /// These slots, each once.
    Slots(ChangedSlots<'a>),
}

/// The slots that have changed, in the order of their last change; each once.
#[derive(Clone, Debug)]
pub struct ChangedSlots<'a> {
    entries: core::slice::Iter<'a, Entry>,
    last: &'a [u64],
}

impl Iterator for ChangedSlots<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let last = self.last;
        self.entries
            .find(|entry| entry.is_last(last))
            .map(|entry| entry.slot as usize)
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u64,
    slot: u32,
}

impl Entry {
    /// Whether the slot has not changed again since.
    fn is_last(&self, last: &[u64]) -> bool {
        last.get(self.slot as usize) == Some(&self.number)
    }
}

/// Changes by number; those that were overtaken by a later one of the same slot are swept out now and then, so it
/// holds at most twice as many as there are slots.
#[derive(Clone, Debug)]
pub(crate) struct ChangeLog {
    /// By rising number.
    entries: Vec<Entry>,
    /// The number of each slot's last change.
    last: Vec<u64>,
    next: u64,
    /// Cursors before this one have missed that everything changed.
    complete_from: u64,
}

impl ChangeLog {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            last: Vec::new(),
            next: 1,
            complete_from: 1,
        }
    }

    pub(crate) fn push_slot(&mut self) {
        self.last.push(0);
    }

    pub(crate) fn note(&mut self, slot: usize) {
        let (Some(last), Ok(slot)) = (self.last.get_mut(slot), u32::try_from(slot)) else {
            return;
        };
        let number = self.next;
        *last = number;
        self.next += 1;
        if self.entries.len() > 2 * self.last.len() {
            let last = &self.last;
            self.entries.retain(|entry| entry.is_last(last));
        }
        self.entries.push(Entry { number, slot });
    }

    pub(crate) fn note_all(&mut self) {
        self.entries.clear();
        self.next += 1;
        self.complete_from = self.next;
    }

    pub(crate) const fn cursor(&self) -> Cursor {
        Cursor(self.next)
    }

    /// Whether a slot is among the changes since a cursor.
    pub(crate) fn has_changed(&self, slot: usize, since: Cursor) -> bool {
        let last = self.last.get(slot).copied();
        since.0 < self.complete_from || last.is_some_and(|last| last >= since.0)
    }

    pub(crate) fn since(&self, cursor: Cursor) -> Changes<'_> {
        if cursor.0 < self.complete_from {
            return Changes::All;
        }
        let from = self.entries.partition_point(|e| e.number < cursor.0);
        Changes::Slots(ChangedSlots {
            entries: self.entries[from..].iter(),
            last: &self.last,
        })
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
            steps in prop::collection::vec((0_usize..20, 0_u8..40), 1..if cfg!(miri) { 60 } else { 900 }),
        ) {
            let mut log = ChangeLog::new();
            (0..20).for_each(|_| log.push_slot());
            // Two lookers, one often and one seldom: what each has not seen, and whether it was all.
            let mut lookers = [(); 2].map(|()| (Cursor::START, BTreeSet::new(), true));
            for (slot, step) in steps {
                if step == 0 {
                    log.note_all();
                    for (_, waiting, all) in &mut lookers {
                        waiting.clear();
                        *all = true;
                    }
                } else {
                    log.note(slot);
                    lookers.iter_mut().for_each(|(_, waiting, _)| { waiting.insert(slot); });
                }
                let looker = match step { 1..=10 => 0, 11 => 1, _ => continue };
                let (cursor, waiting, all) = &mut lookers[looker];
                match log.since(*cursor) {
                    Changes::All => prop_assert!(*all),
                    Changes::Slots(slots) => {
                        prop_assert!(!*all);
                        let mut seen: Vec<usize> = slots.collect();
                        seen.sort_unstable();
                        prop_assert_eq!(seen, waiting.iter().copied().collect::<Vec<_>>());
                    }
                }
                waiting.clear();
                *all = false;
                *cursor = log.cursor();
                prop_assert!(log.entries.len() <= 2 * 20 + 1);
            }
        }
    }
}
