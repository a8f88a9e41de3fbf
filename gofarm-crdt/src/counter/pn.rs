//! The counter that grows and shrinks.

use core::fmt;

use crate::capacity::{Capacity, Growing};
#[cfg(feature = "alloc")]
use crate::cell::lattice::Present;
use crate::cell::lone::Lone;
use crate::cell::tally::Tally;
use crate::error::Full;
use crate::field::Edit;
use crate::field::forward::forward_field;

/// A sum that grows and shrinks: each writer counts its increments and decrements, the value is the sum of
/// all.
///
/// The increments of a writer end at 2^64 - 1, and so do its decrements; none is lost before. What a writer counted is kept as long as
/// the counter, 56 bytes for each incarnation of a replica that added something.
///
/// ```
/// use gofarm_crdt::counter::PnCounter;
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::Timestamp;
///
/// let mut seats = PnCounter::new();
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut seats, 0).add(4);
/// pen.edit(&mut seats, 0).subtract(5);
/// assert_eq!(seats.value(), -1);
/// ```
#[derive(Clone)]
pub struct PnCounter<C: Capacity = Growing> {
    cells: Lone<Tally<C>>,
}

#[cfg(feature = "alloc")]
impl PnCounter {
    /// Counts from 0, any number of writers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<C: Capacity> PnCounter<C> {
    /// The sum; where it exceeds an `i64`, the nearest one. O(writers).
    #[must_use]
    pub fn value(&self) -> i64 {
        let (up, down) = self.cells.cell.totals();
        let (size, nearest) = (
            up.abs_diff(down),
            if up < down { i64::MIN } else { i64::MAX },
        );
        i128::try_from(size)
            .map(|size| if up < down { -size } else { size })
            .ok()
            .and_then(|value| i64::try_from(value).ok())
            .unwrap_or(nearest)
    }
}

impl<C: Capacity> Edit<'_, PnCounter<C>> {
    /// Adds to the sum.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_add(&mut self, n: u64) -> Result<(), Full> {
        self.count(n, 0)
    }

    /// Subtracts from the sum.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_subtract(&mut self, n: u64) -> Result<(), Full> {
        self.count(0, n)
    }

    fn count(&mut self, up: u64, down: u64) -> Result<(), Full> {
        self.cells.cell.admits(self.pen.actor())?;
        self.sign(0, |field, dot, _| field.cells.cell.add(up, down, dot));
        Ok(())
    }
}

#[cfg(feature = "alloc")]
impl Edit<'_, PnCounter> {
    /// Adds to the sum.
    pub fn add(&mut self, n: u64) {
        let done = self.try_add(n);
        debug_assert!(done.is_ok(), "a growing counter has room");
    }

    /// Subtracts from the sum.
    pub fn subtract(&mut self, n: u64) {
        let done = self.try_subtract(n);
        debug_assert!(done.is_ok(), "a growing counter has room");
    }
}

#[cfg(feature = "alloc")]
impl crate::map::Nested for PnCounter {
    fn has_content(&self) -> bool {
        self.cells.cell.is_present()
    }

    fn reset(edit: &mut Edit<'_, Self>) {
        edit.sign(0, |field, dot, _| field.cells.cell.reset(dot));
    }
}

forward_field!(impl[C: Capacity] for PnCounter<C>);

impl<C: Capacity> Default for PnCounter<C> {
    fn default() -> Self {
        Self {
            cells: Lone::default(),
        }
    }
}

impl<C: Capacity> fmt::Debug for PnCounter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PnCounter").field(&self.value()).finish()
    }
}
