//! Local writes, alone and several as one.

use alloc::vec::Vec;
use core::cell::RefCell;

use crate::clock::Now;
use crate::dot::Dot;
use crate::field::{Field, Notes, Pen};
use crate::replica::book::{Book, Place};
use crate::replica::dirty::Dirty;
use crate::replica::kept::Kept;
use crate::replica::{Handle, Replica};
use crate::state::Replicated;
use crate::store::Store;
use crate::timestamp::Timestamp;

impl<S: Store> Replica<S> {
    /// Writes to a state, in memory; returns what `write` returns.
    ///
    /// Each cell that is written gets a dot of its own, all of them the same time-stamp. Nothing is durable,
    /// acknowledged or sent before the next [`commit`](Self::commit).
    ///
    /// # Panics
    /// If the handle is of another replica.
    pub fn update<T: Replicated, R>(
        &mut self,
        now: Now,
        handle: &Handle<T>,
        write: impl FnOnce(&mut T::Edit<'_>) -> R,
    ) -> R {
        assert_eq!(handle.owner, self.owner, "a handle of another replica");
        let stamp = self.clock.tick(now);
        self.watches.written_at(now);
        self.write(stamp, handle, None, write)
    }

    /// Writes to several states as one: if `run` fails, none of it happened.
    ///
    /// What was written becomes durable in one commit, or not at all. Peers merge cell by cell: over a slow
    /// link one of them may for a while see a part.
    ///
    /// # Errors
    /// The error of `run`; every write of it is undone.
    pub fn transaction<R, E>(
        &mut self,
        now: Now,
        run: impl FnOnce(&mut Transaction<'_, S>) -> Result<R, E>,
    ) -> Result<R, E> {
        let stamp = self.clock.tick(now);
        self.watches.written_at(now);
        let (last, dirty) = (self.last, self.dirty.len());
        let mut transaction = Transaction {
            replica: self,
            stamp,
            undo: RefCell::new(Vec::new()),
        };
        let result = run(&mut transaction);
        let undo = transaction.undo.into_inner();
        if result.is_err() {
            for (place, before) in undo.iter().rev() {
                self.restore(*place, before);
            }
            self.dirty.truncate(dirty);
            self.last = last;
        }
        result
    }

    fn restore(&mut self, place: Place, before: &Kept) {
        let Some(kind) = self.book.field(place.shelf).map(Field::kind) else {
            return;
        };
        let mut key = core::mem::take(&mut self.scratch.key);
        self.book.address(place, &mut key);
        if let Some(field) = self.book.field_mut(place.shelf, kind) {
            field.erase(place.cell);
            // Joins what this very field wrote: there is room, and it is readable.
            let joined = before.with(|content| field.join(&key, content).is_ok());
            debug_assert!(joined != Some(false), "a cell takes back what it held");
        }
        self.scratch.key = key;
    }

    fn write<T: Replicated, R>(
        &mut self,
        stamp: Timestamp,
        handle: &Handle<T>,
        undo: Option<&RefCell<Vec<(Place, Kept)>>>,
        write: impl FnOnce(&mut T::Edit<'_>) -> R,
    ) -> R {
        let Self {
            book,
            dirty,
            scratch,
            ..
        } = self;
        fields_of(book, handle.state, &mut scratch.fields);
        let scribe = Scribe {
            fields: &scratch.fields,
            dirty: RefCell::new(dirty),
            undo,
        };
        let pen = Pen::new(self.actor, self.last, stamp, &scribe);
        let Some(result) = book.edit::<T, R>(handle.state, &pen, write) else {
            unreachable!("handles are made for registered states")
        };
        self.last = pen.last();
        result
    }
}

/// The shelves of a state's typed fields, by the numbers of the fields.
fn fields_of(book: &Book, state: u32, into: &mut Vec<(u16, u32)>) {
    into.clear();
    for &shelf in book.shelves_of(state) {
        if let Some(at) = book.shelf_at(shelf)
            && !at.raw
        {
            into.push((at.field, shelf));
        }
    }
}

/// Writes that happen together; see [`Replica::transaction`].
pub struct Transaction<'a, S> {
    replica: &'a mut Replica<S>,
    stamp: Timestamp,
    undo: RefCell<Vec<(Place, Kept)>>,
}

impl<S: Store> Transaction<'_, S> {
    /// The state with the writes so far.
    ///
    /// # Panics
    /// If the handle is of another replica.
    #[must_use]
    pub fn read<T: Replicated>(&self, handle: &Handle<T>) -> &T {
        self.replica.read(handle)
    }

    /// Writes to a state.
    ///
    /// # Panics
    /// If the handle is of another replica.
    pub fn update<T: Replicated, R>(
        &mut self,
        handle: &Handle<T>,
        write: impl FnOnce(&mut T::Edit<'_>) -> R,
    ) -> R {
        assert_eq!(
            handle.owner, self.replica.owner,
            "a handle of another replica"
        );
        self.replica
            .write(self.stamp, handle, Some(&self.undo), write)
    }
}

impl<S> core::fmt::Debug for Transaction<'_, S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Transaction")
            .field("stamp", &self.stamp)
            .finish_non_exhaustive()
    }
}

/// Notes which cells an update touches.
struct Scribe<'a> {
    fields: &'a [(u16, u32)],
    dirty: RefCell<&'a mut Dirty>,
    undo: Option<&'a RefCell<Vec<(Place, Kept)>>>,
}

impl Notes for Scribe<'_> {
    fn before(&self, field: u16, cell: u32, state: &dyn Field) {
        let Some(&(_, shelf)) = self.fields.iter().find(|(number, _)| *number == field) else {
            return;
        };
        let place = Place { shelf, cell };
        let mut dirty = self.dirty.borrow_mut();
        let slot = dirty.note(place, state);
        dirty.show(slot);
        if let Some(undo) = self.undo {
            let mut kept = Kept::default();
            state.write(cell, &mut kept);
            undo.borrow_mut().push((place, kept));
        }
    }

    fn written(&self, _: u16, _: u32, _: Dot) {}
}
