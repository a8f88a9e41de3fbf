//! The counter that only grows.

use core::fmt;

use crate::capacity::{Capacity, Growing};
#[cfg(feature = "alloc")]
use crate::cell::lattice::Present;
use crate::cell::lone::Lone;
use crate::cell::tally::Tally;
use crate::error::Full;
use crate::field::Edit;
use crate::field::forward::forward_field;

/// A sum that only grows: each writer counts for itself, the value is the sum of all.
///
/// Increments of a writer end at 2^64 - 1 and are not lost before. What a writer counted is kept as long as
/// the counter, in 56 bytes. A replica that restarted takes over, with its first addition, what it counted
/// before; the old 56 bytes go when all replicas have seen that.
///
/// ```
/// use gofarm_crdt::counter::GCounter;
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::Timestamp;
///
/// let mut litres = GCounter::new();
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut litres, 0).add(120);
/// pen.edit(&mut litres, 0).add(30);
/// assert_eq!(litres.value(), 150);
/// ```
#[derive(Clone)]
pub struct GCounter<C: Capacity = Growing> {
    cells: Lone<Tally<C>>,
}

#[cfg(feature = "alloc")]
impl GCounter {
    /// Counts from 0, any number of writers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<C: Capacity> GCounter<C> {
    /// The sum; 2^64 - 1 if it is more. O(writers).
    #[must_use]
    pub fn value(&self) -> u64 {
        u64::try_from(self.cells.cell.totals().0).unwrap_or(u64::MAX)
    }
}

impl<C: Capacity> Edit<'_, GCounter<C>> {
    /// Adds to the sum.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_add(&mut self, n: u64) -> Result<(), Full> {
        self.cells.cell.admits(self.pen.actor())?;
        self.sign(0, |field, dot, _| field.cells.cell.add(n, 0, dot));
        Ok(())
    }
}

#[cfg(feature = "alloc")]
impl Edit<'_, GCounter> {
    /// Adds to the sum.
    pub fn add(&mut self, n: u64) {
        let done = self.try_add(n);
        debug_assert!(done.is_ok(), "a growing counter has room");
    }
}

#[cfg(feature = "alloc")]
impl crate::map::Nested for GCounter {
    fn has_content(&self) -> bool {
        self.cells.cell.is_present()
    }

    fn reset(edit: &mut Edit<'_, Self>) {
        edit.sign(0, |field, dot, _| field.cells.cell.reset(dot));
    }
}

forward_field!(impl[C: Capacity] for GCounter<C>);

impl<C: Capacity> Default for GCounter<C> {
    fn default() -> Self {
        Self {
            cells: Lone::default(),
        }
    }
}

impl<C: Capacity> fmt::Debug for GCounter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GCounter").field(&self.value()).finish()
    }
}
