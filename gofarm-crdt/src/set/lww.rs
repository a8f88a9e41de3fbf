//! The set in which the later write wins.

use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;

use crate::capacity::{Capacity, Growing};
use crate::cell::lattice::Present;
use crate::cell::register::Register;
use crate::dot::Dot;
use crate::error::Full;
use crate::field::Edit;
use crate::field::forward::forward_field;
use crate::keyed::Keyed;
use crate::timestamp::Timestamp;
use crate::value::Value;

/// A set in which the later of adding and removing an element counts.
///
/// Each element is a [`Lww`](crate::register::Lww) of its own. It is as right as the clocks are; where one
/// of the two matters more, take the set in which it wins.
///
/// The LWW element set of Shapiro et al., *A comprehensive study of CRDTs*, 2011, except that the removal of
/// an element that is not here does nothing.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::set::LwwSet;
/// use gofarm_crdt::Timestamp;
///
/// let mut blocked = LwwSet::<u64>::new();
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut blocked, 0).insert(41);
/// assert!(blocked.contains(&41));
/// ```
#[derive(Clone)]
pub struct LwwSet<E, C: Capacity = Growing> {
    cells: Keyed<E, Register<(), C>, C>,
}

impl<E: Eq + Hash, C: Capacity> LwwSet<E, C> {
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

    /// When an element was last added or removed.
    #[must_use]
    pub fn stamp<Q: Hash + Eq + ?Sized>(&self, element: &Q) -> Option<Timestamp>
    where
        E: Borrow<Q>,
    {
        self.cells.get(element).map(Register::stamp)
    }

    /// The write that added or removed an element last.
    #[must_use]
    pub fn writer<Q: Hash + Eq + ?Sized>(&self, element: &Q) -> Option<Dot>
    where
        E: Borrow<Q>,
    {
        self.cells.get(element)?.dot()
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

impl<E: Value + Eq + Hash, C: Capacity> Edit<'_, LwwSet<E, C>> {
    /// Adds an element.
    ///
    /// # Errors
    /// [`Full`] if the element is new and there is no room; nothing changed. Removed elements take room until
    /// all replicas know of it.
    pub fn try_insert(&mut self, element: E) -> Result<(), Full> {
        let number = self.field.cells.number_or_new(element)?;
        self.put(number, Some(()));
        Ok(())
    }

    /// Removes an element; does nothing and returns false if it is not there.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, element: &Q) -> bool
    where
        E: Borrow<Q>,
    {
        let number = self.cells.present_number(element);
        if let Some(number) = number {
            self.put(number, None);
        }
        number.is_some()
    }

    fn put(&mut self, number: u32, value: Option<()>) {
        self.sign(number, |field, dot, stamp| {
            field
                .cells
                .update(number, |_, cell| cell.set(value, dot, stamp));
        });
    }
}

#[cfg(feature = "alloc")]
impl<E: Value + Eq + Hash> Edit<'_, LwwSet<E>> {
    /// Adds an element.
    ///
    /// # Panics
    /// With 2^32 - 1 elements in one set.
    pub fn insert(&mut self, element: E) {
        assert!(self.try_insert(element).is_ok(), "2^32 - 1 elements");
    }
}

#[cfg(feature = "alloc")]
impl<E: Value + Eq + Hash, C: Capacity> crate::map::Nested for LwwSet<E, C> {
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

forward_field!(impl[E: Value + Eq + Hash, C: Capacity] for LwwSet<E, C>);

impl<E, C: Capacity> Default for LwwSet<E, C> {
    fn default() -> Self {
        Self {
            cells: Keyed::default(),
        }
    }
}

impl<E: fmt::Debug + Eq + Hash, C: Capacity> fmt::Debug for LwwSet<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
