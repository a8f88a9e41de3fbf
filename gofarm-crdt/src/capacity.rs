//! Where collections keep their items: [`Growing`] on a heap, [`Fixed`] in place.
//!
//! A gateway's set grows with the farm; a valve controller has 20 KB of RAM and no heap. Both run the same
//! code: a collection is generic over its [`Capacity`], and an insertion may be refused with [`Full`],
//! which changes nothing. With [`Growing`] that does not happen.

use crate::error::Full;

mod few;
mod index;
mod rare;

#[cfg(feature = "alloc")]
pub use few::Few;
pub use index::{Index, Scan};
#[cfg(feature = "alloc")]
pub use rare::Rare;

/// A choice of storage for the items of a collection.
pub trait Capacity: Copy + 'static {
    /// A list of up to so many items.
    type List<T>: List<T>;

    /// A list that holds one item most of the time.
    type Few<T>: List<T>;

    /// A list that is empty most of the time, for what may be forgotten when it does not fit.
    type Rare<T>: List<T>;

    /// What finds an item of a list by a hash.
    type Index: Index;

    /// Room for the writers of each item of a collection of this capacity.
    type Writers: Capacity;

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

    /// How many more items fit; [`usize::MAX`] if only memory ends it.
    fn room(&self) -> usize;

    /// Puts an item at the end.
    ///
    /// # Errors
    /// [`Full`] when there is no room; the list is as before.
    fn push(&mut self, item: T) -> Result<(), Full> {
        self.insert(self.as_slice().len(), item)
    }

    /// Forgets the items from `len` on.
    fn truncate(&mut self, len: usize) {
        while self.as_slice().len() > len {
            self.remove(self.as_slice().len().saturating_sub(1));
        }
    }

    /// Forgets all items.
    fn clear(&mut self);
}

/// On the heap, as large as it takes. Without the feature `alloc` it holds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Growing;

/// In place, up to `N` items, and in a set or map up to `W` writers of each.
///
/// A writer is one incarnation of a replica: `W` is the number of devices that write an item between two
/// times that all of them met, and one more for each restart in between.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fixed<const N: usize, const W: usize = 8>;

#[cfg(feature = "alloc")]
impl Capacity for Growing {
    type List<T> = alloc::vec::Vec<T>;
    type Few<T> = Few<T>;
    type Rare<T> = Rare<T>;
    type Index = hashbrown::HashTable<u32>;
    type Writers = Self;
    const LIMIT: usize = usize::MAX;
}

#[cfg(not(feature = "alloc"))]
impl Capacity for Growing {
    type List<T> = heapless::Vec<T, 0>;
    type Few<T> = heapless::Vec<T, 0>;
    type Rare<T> = heapless::Vec<T, 0>;
    type Index = Scan;
    type Writers = Self;
    const LIMIT: usize = 0;
}

impl<const N: usize, const W: usize> Capacity for Fixed<N, W> {
    type List<T> = heapless::Vec<T, N>;
    type Few<T> = heapless::Vec<T, N>;
    type Rare<T> = heapless::Vec<T, 2>;
    type Index = Scan;
    type Writers = Fixed<W, W>;
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

    fn truncate(&mut self, len: usize) {
        Self::truncate(self, len);
    }

    fn room(&self) -> usize {
        usize::MAX
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
        insert(self.as_mut_view(), at, item)
    }

    fn remove(&mut self, at: usize) -> Option<T> {
        remove(self.as_mut_view(), at)
    }

    fn push(&mut self, item: T) -> Result<(), Full> {
        push(self.as_mut_view(), item)
    }

    fn truncate(&mut self, len: usize) {
        Self::truncate(self, len);
    }

    fn room(&self) -> usize {
        N.saturating_sub(self.len())
    }

    fn clear(&mut self) {
        Self::clear(self);
    }
}

/// One function for all lengths.
#[cfg_attr(target_os = "none", inline(never))]
fn insert<T>(list: &mut heapless::VecView<T>, at: usize, item: T) -> Result<(), Full> {
    let limit = list.capacity();
    if at > list.len() {
        return Err(Full { limit: list.len() });
    }
    list.insert(at, item).map_err(|_| Full { limit })
}

/// As [`insert`], without moving anything.
#[cfg_attr(target_os = "none", inline(never))]
fn push<T>(list: &mut heapless::VecView<T>, item: T) -> Result<(), Full> {
    let limit = list.capacity();
    list.push(item).map_err(|_| Full { limit })
}

/// As [`insert`].
#[cfg_attr(target_os = "none", inline(never))]
fn remove<T>(list: &mut heapless::VecView<T>, at: usize) -> Option<T> {
    (at < list.len()).then(|| list.remove(at))
}
