//! A list that holds one item most of the time.
#![cfg(feature = "alloc")]

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::List;
use crate::error::Full;

/// A list whose only item lies in place; a second one takes the heap.
#[derive(Clone, Debug)]
pub struct Few<T>(Items<T>);

#[derive(Clone, Debug)]
enum Items<T> {
    Short(Option<T>),
    #[expect(
        clippy::box_collection,
        reason = "the short form decides how large the type is"
    )]
    Long(Box<Vec<T>>),
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Items::Short(None))
    }
}

impl<T> List<T> for Few<T> {
    fn as_slice(&self) -> &[T] {
        match &self.0 {
            Items::Short(item) => item.as_slice(),
            Items::Long(items) => items,
        }
    }

    fn as_mut_slice(&mut self) -> &mut [T] {
        match &mut self.0 {
            Items::Short(item) => item.as_mut_slice(),
            Items::Long(items) => items,
        }
    }

    fn insert(&mut self, at: usize, item: T) -> Result<(), Full> {
        let limit = self.as_slice().len();
        if at > limit {
            return Err(Full { limit });
        }
        match &mut self.0 {
            Items::Short(only @ None) => *only = Some(item),
            Items::Short(only) => {
                let mut items = Vec::with_capacity(2);
                items.extend(only.take());
                items.insert(at, item);
                self.0 = Items::Long(Box::new(items));
            }
            Items::Long(items) => items.insert(at, item),
        }
        Ok(())
    }

    fn remove(&mut self, at: usize) -> Option<T> {
        match &mut self.0 {
            Items::Short(only) if at == 0 => only.take(),
            Items::Short(_) => None,
            Items::Long(items) => {
                let removed = List::remove(&mut **items, at);
                if items.len() < 2 {
                    self.0 = Items::Short(items.pop());
                }
                removed
            }
        }
    }

    fn room(&self) -> usize {
        usize::MAX
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_a_vector_would() {
        let mut few = Few::default();
        let mut vec = Vec::new();
        for (at, item) in [(0, 'b'), (0, 'a'), (2, 'd'), (2, 'c'), (9, 'x')] {
            assert_eq!(
                few.insert(at, item).is_ok(),
                List::insert(&mut vec, at, item).is_ok()
            );
            assert_eq!(few.as_slice(), vec);
        }
        for at in [4, 1, 0, 1, 0, 0] {
            assert_eq!(few.remove(at), List::remove(&mut vec, at));
            assert_eq!(few.as_slice(), vec);
        }
    }

    #[test]
    fn one_item_takes_no_more_room_than_itself() {
        assert_eq!(
            size_of::<Few<(u64, Option<()>)>>(),
            size_of::<(u64, Option<()>)>()
        );
    }
}
