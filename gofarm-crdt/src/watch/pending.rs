//! Changes that wait for a subscriber, one entry for each key: [`Pending`].

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use core::hash::BuildHasher;

use gofarm_core::time::Instant;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::watch::What;

/// One cell that a commit changed, by what stays the same when its number is given to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CellChange {
    pub(crate) state: u32,
    pub(crate) field: u16,
    pub(crate) key: Box<[u8]>,
    pub(crate) was_present: bool,
    pub(crate) is_present: bool,
}

impl CellChange {
    fn hash(&self) -> u64 {
        FxBuildHasher.hash_one((self.state, self.field, &self.key))
    }

    fn is_of_same_cell(&self, other: &Self) -> bool {
        (self.state, self.field) == (other.state, other.field) && self.key == other.key
    }

    /// What it is to a subscriber.
    pub(crate) const fn what(&self) -> What {
        match (self.was_present, self.is_present) {
            (_, false) => What::Deleted,
            (false, true) => What::Created,
            (true, true) => What::Updated,
        }
    }
}

/// All changes of one cell since the subscriber last heard of it.
#[derive(Debug)]
struct Entry {
    change: CellChange,
    /// The commit that brought the first of them.
    since: u64,
    due: Instant,
}

/// What waits, by age and by when it is due.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// By age: the keys are given in the order of commits.
    entries: BTreeMap<u64, Entry>,
    by_cell: HashTable<u64>,
    queue: BTreeSet<(Instant, u64)>,
    last: u64,
}

impl Pending {
    /// Merges a change into what waits of the same cell.
    pub(crate) fn note(&mut self, change: &CellChange, since: u64, due: Instant) {
        let hash = change.hash();
        let entries = &self.entries;
        let known = self.by_cell.find(hash, |age| {
            entries
                .get(age)
                .is_some_and(|entry| entry.change.is_of_same_cell(change))
        });
        if let Some(&age) = known {
            if let Some(entry) = self.entries.get_mut(&age) {
                entry.change.is_present = change.is_present;
                if due < entry.due {
                    self.queue.remove(&(entry.due, age));
                    self.queue.insert((due, age));
                    entry.due = due;
                }
            }
            return;
        }
        self.last += 1;
        let age = self.last;
        let change = change.clone();
        self.entries.insert(age, Entry { change, since, due });
        self.queue.insert((due, age));
        let entries = &self.entries;
        self.by_cell.insert_unique(hash, age, |age| {
            entries.get(age).map_or(0, |entry| entry.change.hash())
        });
    }

    /// Takes what is due first, if it is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<CellChange> {
        let &(due, age) = self.queue.first()?;
        if due > now {
            return None;
        }
        self.queue.pop_first();
        let entry = self.entries.remove(&age)?;
        if let Ok(known) = self
            .by_cell
            .find_entry(entry.change.hash(), |other| *other == age)
        {
            known.remove();
        }
        Some(entry.change)
    }

    /// When something is due next.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        self.queue.first().map(|(due, _)| *due)
    }

    /// The first commit of which something waits.
    pub(crate) fn since(&self) -> Option<u64> {
        self.entries.first_key_value().map(|(_, entry)| entry.since)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: u8, was_present: bool, is_present: bool) -> CellChange {
        CellChange {
            state: 0,
            field: 1,
            key: Box::new([key]),
            was_present,
            is_present,
        }
    }

    #[test]
    fn changes_of_one_key_are_told_as_their_sum() {
        let (there, gone) = (true, false);
        for (steps, told) in [
            (&[there, there][..], What::Updated),
            (&[there, there, there], What::Updated),
            (&[gone, there], What::Created),
            (&[gone, there, there], What::Created),
            (&[there, gone], What::Deleted),
            (&[there, there, gone], What::Deleted),
            (&[there, gone, there], What::Updated),
            (&[gone, there, gone], What::Deleted),
            (&[gone, there, gone, there], What::Created),
        ] {
            let mut pending = Pending::default();
            for pair in steps.windows(2) {
                pending.note(&change(1, pair[0], pair[1]), 1, Instant::ZERO);
            }
            let popped = pending.pop(Instant::ZERO).map(|change| change.what());
            assert_eq!(popped, Some(told), "{steps:?}");
            assert_eq!(pending.pop(Instant::FAR_FUTURE), None);
            assert_eq!(pending.len(), 0);
        }
    }

    #[test]
    fn what_is_urgent_overtakes_and_what_is_held_keeps_its_time() {
        let mut pending = Pending::default();
        let at = Instant::from_millis;
        pending.note(&change(1, true, true), 1, at(100));
        pending.note(&change(2, true, true), 2, at(150));
        pending.note(&change(1, true, true), 3, at(200));
        assert_eq!(
            (pending.timeout(), pending.since()),
            (Some(at(100)), Some(1))
        );
        pending.note(&change(2, true, false), 4, Instant::ZERO);
        assert_eq!(pending.pop(at(99)).map(|c| c.key), Some(Box::from([2])));
        assert_eq!(pending.pop(at(99)), None);
        assert_eq!(pending.since(), Some(1), "what is held keeps the mark back");
        assert_eq!(pending.pop(at(100)).map(|c| c.key), Some(Box::from([1])));
        assert_eq!((pending.timeout(), pending.since()), (None, None));
    }
}
