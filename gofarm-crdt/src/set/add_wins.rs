//! The set in which adding wins.

use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;

use crate::capacity::{Capacity, Growing};
use crate::cell::lattice::Present;
use crate::cell::marks::{AnyLive, Marks};
use crate::error::Full;
use crate::field::Edit;
use crate::field::forward::forward_field;
use crate::keyed::Keyed;
use crate::value::Value;

/// A set in which an element that one adds and another removes at the same time is there.
///
/// A removal takes away the additions that it has seen, and no other. No clock plays a part. What is left of
/// a removed element is kept until all replicas know of the removal; of
/// [`Fixed`](crate::capacity::Fixed) capacity it takes room so long.
///
/// After Bieniusa et al., *An optimized conflict-free replicated set*, 2012; each element by itself.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::set::AddWinsSet;
/// use gofarm_crdt::Timestamp;
///
/// let mut crew = AddWinsSet::<u64>::new();
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut crew, 0).insert(41);
/// pen.edit(&mut crew, 0).insert(42);
/// pen.edit(&mut crew, 0).remove(&41);
/// assert!(crew.iter().eq([&42]));
/// ```
#[derive(Clone)]
pub struct AddWinsSet<E, C: Capacity = Growing> {
    cells: Keyed<E, Marks<(), C::Writers, AnyLive>, C>,
}

impl<E: Eq + Hash, C: Capacity> AddWinsSet<E, C> {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether an element is there.
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

impl<E: Value + Eq + Hash, C: Capacity> Edit<'_, AddWinsSet<E, C>> {
    /// Adds an element; one that is there is added anew, and so outlives removals elsewhere.
    ///
    /// # Errors
    /// [`Full`] if the element or its writer is new and there is no room; nothing changed.
    pub fn try_insert(&mut self, element: E) -> Result<(), Full> {
        let number = self.field.cells.claim(element, self.pen.actor())?;
        self.put(number, Some(()));
        Ok(())
    }

    /// Removes an element; returns false and does nothing if it is not there.
    ///
    /// # Errors
    /// [`Full`] if this writer is new to the element and there is no room; nothing changed.
    pub fn try_remove<Q: Hash + Eq + ?Sized>(&mut self, element: &Q) -> Result<bool, Full>
    where
        E: Borrow<Q>,
    {
        let Some(number) = self.cells.present_number(element) else {
            return Ok(false);
        };
        self.cells.admits(number, self.pen.actor())?;
        self.put(number, None);
        Ok(true)
    }

    fn put(&mut self, number: u32, value: Option<()>) {
        self.sign(number, |field, dot, _| {
            field.cells.update(number, |_, cell| cell.set(value, dot));
        });
    }
}

#[cfg(feature = "alloc")]
impl<E: Value + Eq + Hash> Edit<'_, AddWinsSet<E>> {
    /// Adds an element; one that is there is added anew, and so outlives removals elsewhere.
    ///
    /// # Panics
    /// With 2^32 - 1 elements in one set.
    pub fn insert(&mut self, element: E) {
        assert!(self.try_insert(element).is_ok(), "2^32 - 1 elements");
    }

    /// Removes an element; returns false and does nothing if it is not there.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, element: &Q) -> bool
    where
        E: Borrow<Q>,
    {
        let done = self.try_remove(element);
        debug_assert!(done.is_ok(), "a growing set has room");
        done == Ok(true)
    }
}

#[cfg(feature = "alloc")]
impl<E: Value + Eq + Hash> crate::map::Nested for AddWinsSet<E> {
    fn has_content(&self) -> bool {
        !self.is_empty()
    }

    fn reset(edit: &mut Edit<'_, Self>) {
        for number in 0..edit.cells.end() {
            if edit.cells.is_present(number) {
                edit.put(number, None);
            }
        }
    }
}

forward_field!(impl[E: Value + Eq + Hash, C: Capacity] for AddWinsSet<E, C>);

impl<E, C: Capacity> Default for AddWinsSet<E, C> {
    fn default() -> Self {
        Self {
            cells: Keyed::default(),
        }
    }
}

impl<E: fmt::Debug + Eq + Hash, C: Capacity> fmt::Debug for AddWinsSet<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
