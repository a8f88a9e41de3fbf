//! The flag in which disabling wins.

use core::fmt;

use crate::capacity::{Capacity, Growing};
use crate::cell::lattice::Present;
use crate::cell::lone::Lone;
use crate::cell::marks::{Marks, RemovalWins};
use crate::error::Full;
use crate::field::Edit;
use crate::field::forward::forward_field;

/// A flag that is disabled when one enables and another disables it at the same time.
///
/// Enabling takes back what it has seen of disabling, and no more. Nobody wrote it: disabled.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::flag::DisableWinsFlag;
/// use gofarm_crdt::Timestamp;
///
/// let mut released = DisableWinsFlag::new();
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut released, 0).enable();
/// assert!(released.is_enabled());
/// ```
#[derive(Clone)]
pub struct DisableWinsFlag<C: Capacity = Growing> {
    cells: Lone<Marks<bool, C, RemovalWins>>,
}

#[cfg(feature = "alloc")]
impl DisableWinsFlag {
    /// Disabled, any number of writers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<C: Capacity> DisableWinsFlag<C> {
    /// Whether it is enabled.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.cells.cell.is_present()
    }
}

impl<C: Capacity> Edit<'_, DisableWinsFlag<C>> {
    /// Enables it.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_enable(&mut self) -> Result<(), Full> {
        self.put(Some(true))
    }

    /// Disables it.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_disable(&mut self) -> Result<(), Full> {
        self.put(Some(false))
    }

    fn put(&mut self, value: Option<bool>) -> Result<(), Full> {
        self.cells.cell.admits(self.pen.actor())?;
        self.sign(0, |field, dot, _| field.cells.cell.set(value, dot));
        Ok(())
    }
}

#[cfg(feature = "alloc")]
impl Edit<'_, DisableWinsFlag> {
    /// Enables it.
    pub fn enable(&mut self) {
        let done = self.try_enable();
        debug_assert!(done.is_ok(), "a growing flag has room");
    }

    /// Disables it.
    pub fn disable(&mut self) {
        let done = self.try_disable();
        debug_assert!(done.is_ok(), "a growing flag has room");
    }
}

#[cfg(feature = "alloc")]
impl crate::map::Nested for DisableWinsFlag {
    fn has_content(&self) -> bool {
        self.is_enabled()
    }

    fn reset(edit: &mut Edit<'_, Self>) {
        let done = edit.put(None);
        debug_assert!(done.is_ok(), "a growing flag has room");
    }
}

forward_field!(impl[C: Capacity] for DisableWinsFlag<C>);

impl<C: Capacity> Default for DisableWinsFlag<C> {
    fn default() -> Self {
        Self {
            cells: Lone::default(),
        }
    }
}

impl<C: Capacity> fmt::Debug for DisableWinsFlag<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DisableWinsFlag")
            .field(&self.is_enabled())
            .finish()
    }
}
