//! Which nodes have changed since somebody last looked: [`Cursor`] and [`Changes`].

use alloc::vec::Vec;

/// A place in a table's history of changes; begin with [`Cursor::START`].
///
/// A cursor belongs to the table that it came from; asked of another one, the answer means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(u64);

impl Cursor {
    /// Before everything: all nodes have changed since.
    pub const START: Self = Self(0);
}

/// What has changed since a cursor.
#[derive(Clone, Debug)]
pub enum Changes<'a> {
    /// Anything may have: all nodes were scored anew.
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
pub(super) struct ChangeLog {
    /// By rising number.
    entries: Vec<Entry>,
    /// The number of each slot's last change.
    last: Vec<u64>,
    next: u64,
    /// Cursors before this one have missed that everything changed.
    complete_from: u64,
}

impl ChangeLog {
    pub(super) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            last: Vec::new(),
            next: 1,
            complete_from: 1,
        }
    }

    pub(super) fn push_slot(&mut self) {
        self.last.push(0);
    }

    pub(super) fn note(&mut self, slot: usize) {
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

    pub(super) fn note_all(&mut self) {
        self.entries.clear();
        self.next += 1;
        self.complete_from = self.next;
    }

    pub(super) const fn cursor(&self) -> Cursor {
        Cursor(self.next)
    }

    pub(super) fn since(&self, cursor: Cursor) -> Changes<'_> {
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
