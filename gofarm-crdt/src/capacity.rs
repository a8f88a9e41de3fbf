//! Where collections keep their items: [`Growing`] on a heap, [`Fixed`] in place.
//!
//! A gateway's set grows with the farm; a valve controller has 20 KB of RAM and no heap. Both run the same
//! code: a collection is generic over its [`Capacity`], and an insertion may be refused with [`Full`],
//! which changes nothing. With [`Growing`] that does not happen.

use crate::error::Full;

/// A choice of storage for the items of a collection.
pub trait Capacity: 'static {
    /// A list of up to so many items.
    type List<T>: List<T>;

    /// The most items that a list may hold: what an owner may announce to others.
    const LIMIT: usize;
}

/// An ordered list in contiguous memory that may refuse to grow.
pub trait List<T>: Default {
    /// The items in order.
    fn as_slice(&self) -> &[T];

    /// The items in order, to be changed in place.
    fn as_mut_slice(&mut self) -> &mut [T];

    /// Puts an item at `at` and moves the later ones.
    ///
    /// # Errors
    /// [`Full`] when there is no room or `at` is beyond the end; the list is as before.
    fn insert(&mut self, at: usize, item: T) -> Result<(), Full>;

    /// Takes the item at `at` and moves the later ones; nothing if there is none.
    fn remove(&mut self, at: usize) -> Option<T>;

    /// Puts an item at the end.
    ///
    /// # Errors
    /// [`Full`] when there is no room; the list is as before.
    fn push(&mut self, item: T) -> Result<(), Full> {
        self.insert(self.as_slice().len(), item)
    }

    /// Forgets all items.
    fn clear(&mut self);
}

/// On the heap, as large as it takes. Without the feature `alloc` it holds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Growing;

/// In place, up to `N` items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixed<const N: usize>;

#[cfg(feature = "alloc")]
impl Capacity for Growing {
    type List<T> = alloc::vec::Vec<T>;
    const LIMIT: usize = usize::MAX;
}

#[cfg(not(feature = "alloc"))]
impl Capacity for Growing {
    type List<T> = heapless::Vec<T, 0>;
    const LIMIT: usize = 0;
}

impl<const N: usize> Capacity for Fixed<N> {
    type List<T> = heapless::Vec<T, N>;
    const LIMIT: usize = N;
}

#[cfg(feature = "alloc")]
impl<T> List<T> for alloc::vec::Vec<T> {
    fn as_slice(&self) -> &[T] {
        self
    }

    fn as_mut_slice(&mut self) -> &mut [T] {
        self
    }

    fn insert(&mut self, at: usize, item: T) -> Result<(), Full> {
        if at > self.len() {
            return Err(Full { limit: self.len() });
        }
        Self::insert(self, at, item);
        Ok(())
    }

    fn remove(&mut self, at: usize) -> Option<T> {
        (at < self.len()).then(|| Self::remove(self, at))
    }

    fn clear(&mut self) {
        Self::clear(self);
    }
}

impl<T, const N: usize> List<T> for heapless::Vec<T, N> {
    fn as_slice(&self) -> &[T] {
        self
    }

    fn as_mut_slice(&mut self) -> &mut [T] {
        self
    }

    fn insert(&mut self, at: usize, item: T) -> Result<(), Full> {
        if at > self.len() {
            return Err(Full { limit: self.len() });
        }
        Self::insert(self, at, item).map_err(|_| Full { limit: N })
    }

    fn remove(&mut self, at: usize) -> Option<T> {
        (at < self.len()).then(|| Self::remove(self, at))
    }

    fn clear(&mut self) {
        Self::clear(self);
    }
}
