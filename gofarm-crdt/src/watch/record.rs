//! The changes that a replica remembers for subscribers that come back: [`Record`].

use alloc::collections::VecDeque;

use crate::watch::CellChange;

/// The latest changes, oldest first.
#[derive(Debug)]
pub(crate) struct Record {
    changes: VecDeque<(u64, CellChange)>,
    /// Of all later commits everything is here.
    floor: u64,
}

impl Record {
    /// How many changes are kept.
    pub(crate) const MOST: usize = 1_000;

    /// Begins after a commit.
    pub(crate) const fn new(revision: u64) -> Self {
        Self {
            changes: VecDeque::new(),
            floor: revision,
        }
    }

    pub(crate) fn push(&mut self, revision: u64, change: CellChange) {
        if self.changes.len() == Self::MOST
            && let Some((oldest, _)) = self.changes.pop_front()
        {
            self.floor = oldest;
        }
        self.changes.push_back((revision, change));
    }

    /// All that changed in the commits after this one, if all of it is known.
    pub(crate) fn after(&self, revision: u64) -> Option<impl Iterator<Item = &(u64, CellChange)>> {
        let from = self.changes.partition_point(|(at, _)| *at <= revision);
        (revision >= self.floor).then(|| self.changes.range(from..))
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.changes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;

    #[test]
    fn a_commit_is_known_as_a_whole_or_not_at_all() {
        let change = CellChange {
            state: 0,
            field: 1,
            key: Box::new([]),
            was_present: true,
            is_present: true,
        };
        let mut record = Record::new(7);
        assert_eq!(record.after(6).map(Iterator::count), None);
        assert_eq!(record.after(7).map(Iterator::count), Some(0));
        for at in 0..Record::MOST as u64 {
            record.push(8 + at / 10, change.clone());
        }
        assert_eq!(record.after(7).map(Iterator::count), Some(Record::MOST));
        record.push(500, change);
        assert_eq!(record.len(), Record::MOST);
        assert_eq!(record.after(7).map(Iterator::count), None);
        assert_eq!(record.after(8).map(Iterator::count), Some(Record::MOST - 9));
        assert_eq!(record.after(499).map(Iterator::count), Some(1));
    }
}
