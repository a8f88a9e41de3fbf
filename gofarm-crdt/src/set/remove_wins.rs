//! The set in which removing wins.

use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;

use crate::capacity::{Capacity, Growing};
use crate::cell::lattice::Present;
use crate::cell::marks::{Marks, RemovalWins};
use crate::error::Full;
use crate::field::Edit;
use crate::field::forward::forward_field;
use crate::keyed::Keyed;
use crate::value::Value;

/// A set in which an element that one adds and another removes at the same time is not there.
///
/// For keys that were revoked and people who must not come in: a removal takes away all additions that have
/// not seen it, also those that it has not seen itself, and only an addition that has seen it brings the
/// element back. So an element may be removed that is not here.
///
/// A removal is kept until it is taken back: were it forgotten anywhere, an addition from there would look
/// as if it had not seen it.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::set::RemoveWinsSet;
/// use gofarm_crdt::Timestamp;
///
/// let mut keys = RemoveWinsSet::<u64>::new();
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut keys, 0).insert(41);
/// pen.edit(&mut keys, 0).insert(42);
/// pen.edit(&mut keys, 0).remove(41);
/// assert!(keys.iter().eq([&42]));
/// ```
#[derive(Clone)]
pub struct RemoveWinsSet<E, C: Capacity = Growing> {
    cells: Keyed<E, Marks<bool, C::Writers, RemovalWins>, C>,
}

impl<E: Eq + Hash, C: Capacity> RemoveWinsSet<E, C> {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether an element is there: somebody added it, and nobody removed it without being seen.
    #[must_use]
    pub fn contains<Q: Hash + Eq + ?Sized>(&self, element: &Q) -> bool
    where
        E: Borrow<Q>,
    {
        self.cells.get(element).is_some_and(Present::is_present)
    }

    /// All elements, in an order that differs between replicas.
    pub fn iter(&self) -> impl Iterator<Item = &E> + '_ {
        self.cells
            .iter()
            .filter_map(|(element, cell)| cell.is_present().then_some(element))
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.present()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<E: Value + Eq + Hash, C: Capacity> Edit<'_, RemoveWinsSet<E, C>> {
    /// Adds an element; removals that were seen here are taken back.
    ///
    /// # Errors
    /// [`Full`] if the element or its writer is new and there is no room; nothing changed.
    pub fn try_insert(&mut self, element: E) -> Result<(), Full> {
        let number = self.field.cells.claim(element, self.pen.actor())?;
        self.put(number, Some(true));
        Ok(())
    }

    /// Removes an element, also one that is not there.
    ///
    /// # Errors
    /// [`Full`] if the element or its writer is new and there is no room; nothing changed.
    pub fn try_remove(&mut self, element: E) -> Result<(), Full> {
        let number = self.field.cells.claim(element, self.pen.actor())?;
        self.put(number, Some(false));
        Ok(())
    }

    fn put(&mut self, number: u32, value: Option<bool>) {
        self.sign(number, |field, dot, _| {
            field.cells.update(number, |_, cell| cell.set(value, dot));
        });
    }
}

#[cfg(feature = "alloc")]
impl<E: Value + Eq + Hash> Edit<'_, RemoveWinsSet<E>> {
    /// Adds an element; removals that were seen here are taken back.
    ///
    /// # Panics
    /// With 2^32 - 1 elements in one set.
    pub fn insert(&mut self, element: E) {
        assert!(self.try_insert(element).is_ok(), "2^32 - 1 elements");
    }

    /// Removes an element, also one that is not there.
    ///
    /// # Panics
    /// With 2^32 - 1 elements in one set.
    pub fn remove(&mut self, element: E) {
        assert!(self.try_remove(element).is_ok(), "2^32 - 1 elements");
    }
}

#[cfg(feature = "alloc")]
impl<E: Value + Eq + Hash> crate::map::Nested for RemoveWinsSet<E> {
    fn has_content(&self) -> bool {
        !self.is_empty()
    }

    fn reset(edit: &mut Edit<'_, Self>) {
        for number in 0..edit.cells.end() {
            // A removal is taken back as well: it belongs to what is seen here.
            if edit
                .cells
                .entry(number)
                .is_some_and(|(_, cell)| cell.live().next().is_some())
            {
                edit.put(number, None);
            }
        }
    }
}

forward_field!(impl[E: Value + Eq + Hash, C: Capacity] for RemoveWinsSet<E, C>);

impl<E, C: Capacity> Default for RemoveWinsSet<E, C> {
    fn default() -> Self {
        Self {
            cells: Keyed::default(),
        }
    }
}

impl<E: fmt::Debug + Eq + Hash, C: Capacity> fmt::Debug for RemoveWinsSet<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
