//! A list that is empty most of the time.
#![cfg(feature = "alloc")]

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::List;
use crate::error::Full;

/// A list that takes one pointer while it is empty.
#[derive(Clone, Debug)]
pub struct Rare<T>(
    #[expect(clippy::box_collection, reason = "a pointer, not three words")] Option<Box<Vec<T>>>,
);

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> List<T> for Rare<T> {
    fn as_slice(&self) -> &[T] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    fn as_mut_slice(&mut self) -> &mut [T] {
        self.0.as_deref_mut().map_or(&mut [], Vec::as_mut_slice)
    }

    fn insert(&mut self, at: usize, item: T) -> Result<(), Full> {
        let limit = self.as_slice().len();
        if at > limit {
            return Err(Full { limit });
        }
        self.0.get_or_insert_default().insert(at, item);
        Ok(())
    }

    fn remove(&mut self, at: usize) -> Option<T> {
        let removed = List::remove(self.0.as_deref_mut()?, at);
        if self.as_slice().is_empty() {
            self.0 = None;
        }
        removed
    }

    fn room(&self) -> usize {
        usize::MAX
    }

    fn clear(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_pointer_and_gives_its_memory_back() {
        assert_eq!(size_of::<Rare<[u64; 9]>>(), size_of::<usize>());
        let mut rare = Rare::default();
        assert!(rare.insert(0, 'a').is_ok() && rare.insert(1, 'b').is_ok());
        assert_eq!(rare.as_slice(), ['a', 'b']);
        assert_eq!((rare.remove(0), rare.remove(0)), (Some('a'), Some('b')));
        assert!(rare.0.is_none());
    }
}
