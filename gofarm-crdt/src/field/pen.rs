//! What a local write is signed with: [`Pen`], and [`Edit`], a field together with it.

use core::cell::Cell;
use core::fmt;
use core::ops::Deref;

use crate::dot::{Actor, Dot};
use crate::field::Field;
use crate::timestamp::Timestamp;

/// Signs local writes: one time-stamp, and a new dot for each cell that is written.
///
/// A replica holds it during an update. Alone it serves whoever uses a CRDT without a replica, and keeps
/// actor, counter and clock himself.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::Timestamp;
///
/// let me = Actor::new(ReplicaId::new(7), 1);
/// let pen = Pen::new(me, 41, Timestamp::from_bits(9), &());
/// assert_eq!(pen.dot().counter(), 42);
/// assert_eq!(pen.last(), 42);
/// ```
pub struct Pen<'a> {
    actor: Actor,
    stamp: Timestamp,
    last: Cell<u64>,
    notes: &'a dyn Notes,
}

impl<'a> Pen<'a> {
    /// Writes as `actor`, whose last write was number `last`, at `stamp`.
    #[must_use]
    pub const fn new(actor: Actor, last: u64, stamp: Timestamp, notes: &'a dyn Notes) -> Self {
        Self {
            actor,
            stamp,
            last: Cell::new(last),
            notes,
        }
    }

    /// The writer.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// The time of all writes with this pen.
    #[must_use]
    pub const fn stamp(&self) -> Timestamp {
        self.stamp
    }

    /// The number of the last write.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last.get()
    }

    /// Draws the next dot.
    #[must_use]
    pub fn dot(&self) -> Dot {
        let counter = self.last.get().saturating_add(1);
        self.last.set(counter);
        Dot::new(self.actor, counter)
    }

    /// The same writer within field number `field` of a state.
    pub fn edit<'b, F: Field>(&'b self, field: &'b mut F, number: u16) -> Edit<'b, F>
    where
        'a: 'b,
    {
        Edit {
            field,
            number,
            pen: self,
        }
    }

    /// Writes with the same numbers, while somebody else listens.
    #[cfg(feature = "alloc")]
    pub(crate) fn within<R>(&self, notes: &dyn Notes, write: impl FnOnce(&Pen<'_>) -> R) -> R {
        let pen = Pen::new(self.actor, self.last(), self.stamp, notes);
        let result = write(&pen);
        self.last.set(pen.last());
        result
    }

    /// Listens to who keeps an undo log and an index.
    #[must_use]
    pub const fn notes(&self) -> &'a dyn Notes {
        self.notes
    }
}

impl fmt::Debug for Pen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pen")
            .field("actor", &self.actor)
            .field("stamp", &self.stamp)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

/// Who wants to know which cells a local write touches.
pub trait Notes {
    /// A cell is about to be written; it has a number already, and is empty if it is new.
    fn before(&self, field: u16, cell: u32, state: &dyn Field);

    /// The cell was written and now has this dot.
    fn written(&self, field: u16, cell: u32, dot: Dot);
}

/// Nobody.
impl Notes for () {
    fn before(&self, _: u16, _: u32, _: &dyn Field) {}

    fn written(&self, _: u16, _: u32, _: Dot) {}
}

/// A field that may be written: the methods that write are found here, those that read on the field.
///
/// An update hands one out for each field of a state: `replica.update(now, &valve, |v| v.open.set(true))`.
pub struct Edit<'a, F> {
    pub(crate) field: &'a mut F,
    pub(crate) number: u16,
    pub(crate) pen: &'a Pen<'a>,
}

impl<F: Field> Edit<'_, F> {
    /// Writes cell `cell` by `write`, which is given a new dot; tells whoever listens.
    pub(crate) fn sign<R>(
        &mut self,
        cell: u32,
        write: impl FnOnce(&mut F, Dot, Timestamp) -> R,
    ) -> R {
        self.pen.notes.before(self.number, cell, self.field);
        let dot = self.pen.dot();
        let result = write(self.field, dot, self.pen.stamp);
        self.pen.notes.written(self.number, cell, dot);
        result
    }
}

impl<F> Deref for Edit<'_, F> {
    type Target = F;

    fn deref(&self) -> &F {
        self.field
    }
}

impl<F: fmt::Debug> fmt::Debug for Edit<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.field.fmt(f)
    }
}
