//! The last-writer-wins register.

use core::fmt;

use crate::capacity::{Capacity, Growing};
use crate::cell::lone::Lone;
use crate::cell::register::Register;
use crate::dot::Dot;
use crate::field::Edit;
use crate::field::forward::forward_field;
use crate::timestamp::Timestamp;
use crate::value::Value;

/// One value; of two writes the later wins, everywhere the same one.
///
/// Later is the greater time-stamp, then the greater [`Dot`]. A write has seen what was there before and is
/// later than it, also with a clock that is behind. The one that loses is gone; that two writes did not know
/// of each other is reported where they meet ([`Joined::conflict`](crate::field::Joined)).
///
/// A 20-byte dot of each other writer is kept to tell that exactly, until all replicas have the winner. Of
/// [`Fixed`](crate::capacity::Fixed) capacity it keeps two and may report a write that saw a third.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::register::Lww;
/// use gofarm_crdt::Timestamp;
///
/// let mut open = Lww::<bool>::new();
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut open, 0).set(true);
/// assert_eq!((open.get(), open.stamp()), (Some(&true), Some(Timestamp::from_bits(9))));
/// ```
#[derive(Clone)]
pub struct Lww<T, C: Capacity = Growing> {
    cells: Lone<Register<T, C>>,
}

impl<T, C: Capacity> Lww<T, C> {
    /// Not written yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value; nothing if it was not written yet or cleared.
    #[must_use]
    pub const fn get(&self) -> Option<&T> {
        self.cells.cell.value()
    }

    /// Whether it has a value.
    #[must_use]
    pub const fn is_written(&self) -> bool {
        self.get().is_some()
    }

    /// When it was last written or cleared.
    #[must_use]
    pub fn stamp(&self) -> Option<Timestamp> {
        self.writer().map(|_| self.cells.cell.stamp())
    }

    /// The write that set or cleared it last.
    #[must_use]
    pub const fn writer(&self) -> Option<Dot> {
        self.cells.cell.dot()
    }
}

impl<T: Clone + Default, C: Capacity> Lww<T, C> {
    /// The value; the type's default if there is none.
    #[must_use]
    pub fn get_or_default(&self) -> T {
        self.get().cloned().unwrap_or_default()
    }
}

impl<T: Value, C: Capacity> Edit<'_, Lww<T, C>> {
    /// Writes a value.
    pub fn set(&mut self, value: T) {
        self.put(Some(value));
    }

    /// Takes the value away; does nothing if there is none.
    pub fn clear(&mut self) {
        if self.is_written() {
            self.put(None);
        }
    }

    fn put(&mut self, value: Option<T>) {
        self.sign(0, |field, dot, stamp| {
            field.cells.cell.set(value, dot, stamp);
        });
    }
}

#[cfg(feature = "alloc")]
impl<T: Value, C: Capacity> crate::map::Nested for Lww<T, C> {
    fn has_content(&self) -> bool {
        self.is_written()
    }

    fn reset(edit: &mut Edit<'_, Self>) {
        edit.clear();
    }
}

forward_field!(impl[T: Value, C: Capacity] for Lww<T, C>);

impl<T, C: Capacity> Default for Lww<T, C> {
    fn default() -> Self {
        Self {
            cells: Lone::default(),
        }
    }
}

impl<T: fmt::Debug, C: Capacity> fmt::Debug for Lww<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cells.cell.fmt(f)
    }
}
