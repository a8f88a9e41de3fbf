//! How much of each writer's writes is known, without gaps: [`VersionVector`].

use core::fmt;

use crate::capacity::{Capacity, Growing, List};
use crate::dot::{Actor, Dot};
use crate::error::Full;

/// For each writer the number up to which all its writes are known.
///
/// ```
/// use gofarm_crdt::dot::{Actor, Dot, ReplicaId};
/// use gofarm_crdt::VersionVector;
///
/// let a = Actor::new(ReplicaId::new(1), 7);
/// let mut seen = VersionVector::new();
/// seen.raise(Dot::new(a, 3));
/// assert!(seen.covers(Dot::new(a, 2)) && !seen.covers(Dot::new(a, 4)));
/// ```
pub struct VersionVector<C: Capacity = Growing> {
    // Sorted by actor; counters are at least 1. Farms have tens of writers: a sorted list beats a tree.
    last: C::List<Dot>,
}

impl<C: Capacity> VersionVector<C> {
    /// Knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            last: Default::default(),
        }
    }

    /// The number up to which all writes of `actor` are known; 0 for an unknown one. O(log actors).
    #[must_use]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn get(&self, actor: Actor) -> u64 {
        self.find(actor)
            .ok()
            .and_then(|at| self.last.as_slice().get(at))
            .map_or(0, |dot| dot.counter())
    }

    /// Whether this write is known.
    #[must_use]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn covers(&self, dot: Dot) -> bool {
        dot.counter() <= self.get(dot.actor())
    }

    /// Knows all writes of the dot's actor up to it, from now on.
    ///
    /// # Errors
    /// [`Full`] if its actor is new and there is no room; nothing changed.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn try_raise(&mut self, dot: Dot) -> Result<(), Full> {
        if dot.counter() == 0 {
            return Ok(());
        }
        match self.find(dot.actor()) {
            Ok(at) => {
                if let Some(last) = self.last.as_mut_slice().get_mut(at) {
                    *last = (*last).max(dot);
                }
                Ok(())
            }
            Err(at) => self.last.insert(at, dot),
        }
    }

    /// Whether all that `other` knows is known here too.
    #[must_use]
    pub fn covers_all<D: Capacity>(&self, other: &VersionVector<D>) -> bool {
        other.iter().all(|dot| self.covers(dot))
    }

    /// Forgets a writer.
    pub fn forget(&mut self, actor: Actor) {
        if let Ok(at) = self.find(actor) {
            self.last.remove(at);
        }
    }

    /// The last known write of each writer, in the order of actors.
    pub fn iter(&self) -> impl Iterator<Item = Dot> + '_ {
        self.last.as_slice().iter().copied()
    }

    /// The number of writers known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.last.as_slice().len()
    }

    /// Whether no writer is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.last.as_slice().is_empty()
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn find(&self, actor: Actor) -> Result<usize, usize> {
        self.last
            .as_slice()
            .binary_search_by(|dot| dot.actor().cmp(&actor))
    }
}

#[cfg(feature = "alloc")]
impl VersionVector {
    /// Knows all writes of the dot's actor up to it, from now on.
    pub fn raise(&mut self, dot: Dot) {
        let raised = self.try_raise(dot);
        debug_assert!(raised.is_ok(), "a growing list has room");
    }

    /// Knows what either of both knows, from now on.
    pub fn merge(&mut self, other: &Self) {
        for dot in other.iter() {
            self.raise(dot);
        }
    }
}

#[cfg(feature = "alloc")]
impl FromIterator<Dot> for VersionVector {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        let mut vector = Self::new();
        for dot in dots {
            vector.raise(dot);
        }
        vector
    }
}

impl<C: Capacity> Default for VersionVector<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Capacity<List<Dot>: Clone>> Clone for VersionVector<C> {
    fn clone(&self) -> Self {
        Self {
            last: self.last.clone(),
        }
    }
}

impl<C: Capacity, D: Capacity> PartialEq<VersionVector<D>> for VersionVector<C> {
    fn eq(&self, other: &VersionVector<D>) -> bool {
        self.last.as_slice() == other.last.as_slice()
    }
}

impl<C: Capacity> Eq for VersionVector<C> {}

impl<C: Capacity> fmt::Debug for VersionVector<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.last.as_slice()).finish()
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests;
