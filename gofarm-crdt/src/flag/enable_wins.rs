//! The flag in which enabling wins.

use core::fmt;

use crate::capacity::{Capacity, Growing};
use crate::cell::lattice::Present;
use crate::cell::lone::Lone;
use crate::cell::marks::{AnyLive, Marks};
use crate::error::Full;
use crate::field::Edit;
use crate::field::forward::forward_field;

/// A flag that is enabled when one enables and another disables it at the same time.
///
/// Disabling takes back what it has seen of enabling, and no more. Nobody wrote it: disabled.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::flag::EnableWinsFlag;
/// use gofarm_crdt::Timestamp;
///
/// let mut alarm = EnableWinsFlag::new();
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut alarm, 0).enable();
/// assert!(alarm.is_enabled());
/// ```
#[derive(Clone)]
pub struct EnableWinsFlag<C: Capacity = Growing> {
    cells: Lone<Marks<(), C, AnyLive>>,
}

#[cfg(feature = "alloc")]
impl EnableWinsFlag {
    /// Disabled, any number of writers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<C: Capacity> EnableWinsFlag<C> {
    /// Whether it is enabled.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.cells.cell.is_present()
    }
}

impl<C: Capacity> Edit<'_, EnableWinsFlag<C>> {
    /// Enables it.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_enable(&mut self) -> Result<(), Full> {
        self.put(Some(()))
    }

    /// Disables it.
    ///
    /// # Errors
    /// [`Full`] if this writer is new and there is no room for it; nothing changed.
    pub fn try_disable(&mut self) -> Result<(), Full> {
        self.put(None)
    }

    fn put(&mut self, value: Option<()>) -> Result<(), Full> {
        self.cells.cell.admits(self.pen.actor())?;
        self.sign(0, |field, dot, _| field.cells.cell.set(value, dot));
        Ok(())
    }
}

#[cfg(feature = "alloc")]
impl Edit<'_, EnableWinsFlag> {
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
impl crate::map::Nested for EnableWinsFlag {
    fn has_content(&self) -> bool {
        self.is_enabled()
    }

    fn reset(edit: &mut Edit<'_, Self>) {
        let done = edit.put(None);
        debug_assert!(done.is_ok(), "a growing flag has room");
    }
}

forward_field!(impl[C: Capacity] for EnableWinsFlag<C>);

impl<C: Capacity> Default for EnableWinsFlag<C> {
    fn default() -> Self {
        Self {
            cells: Lone::default(),
        }
    }
}

impl<C: Capacity> fmt::Debug for EnableWinsFlag<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EnableWinsFlag")
            .field(&self.is_enabled())
            .finish()
    }
}
