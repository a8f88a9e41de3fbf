//! Cells by key: what sets and maps are made of.

use core::borrow::Borrow;
use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::mem;

use rustc_hash::FxBuildHasher;

use crate::capacity::{Capacity, Index, List};
use crate::cell::lattice::{Lattice, Met, Present};
use crate::cell::marks::{Marks, Reading};
use crate::cell::{self, CellKind, CellWriter, Content};
use crate::dot::{Actor, Dot};
use crate::error::Full;
use crate::field::{Field, JoinError, Joined};
use crate::value::{Sink, Value};

/// The cells of a set or map: each has a number that stays its own as long as the cell lives.
///
/// The hash is the same on every machine and does not resist keys that were chosen to collide: keys come
/// from peers that were authenticated, and nothing but speed depends on it.
pub(crate) struct Keyed<K, S, C: Capacity> {
    slab: C::List<Place<K, S>>,
    free: Option<u32>,
    present: u32,
    index: C::Index,
}

#[derive(Clone, Debug)]
enum Place<K, S> {
    Taken(K, S),
    Free { next: Option<u32> },
}

impl<K, S> Place<K, S> {
    const fn entry(&self) -> Option<(&K, &S)> {
        match self {
            Self::Taken(key, cell) => Some((key, cell)),
            Self::Free { .. } => None,
        }
    }
}

fn hash<Q: Hash + ?Sized>(key: &Q) -> u64 {
    FxBuildHasher.hash_one(key)
}

fn at<K, S>(slab: &[Place<K, S>], number: u32) -> Option<(&K, &S)> {
    slab.get(usize::try_from(number).ok()?)?.entry()
}

impl<K: Eq + Hash, S: Present, C: Capacity> Keyed<K, S, C> {
    /// One more than the greatest number that was ever given.
    pub(crate) fn end(&self) -> u32 {
        u32::try_from(self.slab.as_slice().len()).unwrap_or(u32::MAX)
    }

    /// How many cells a reader finds something in.
    pub(crate) fn present(&self) -> usize {
        usize::try_from(self.present).unwrap_or(usize::MAX)
    }

    pub(crate) fn entry(&self, number: u32) -> Option<(&K, &S)> {
        at(self.slab.as_slice(), number)
    }

    /// Changes a cell.
    pub(crate) fn update<R>(
        &mut self,
        number: u32,
        change: impl FnOnce(&K, &mut S) -> R,
    ) -> Option<R> {
        let places = self.slab.as_mut_slice();
        let Place::Taken(key, cell) = places.get_mut(usize::try_from(number).ok()?)? else {
            return None;
        };
        let before = cell.is_present();
        let result = change(key, cell);
        self.present -= u32::from(before);
        self.present += u32::from(cell.is_present());
        Some(result)
    }

    /// All cells, in the order of numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &S)> + '_ {
        self.slab.as_slice().iter().filter_map(Place::entry)
    }

    /// The number of the cell under a key. O(1), O(cells) where memory is fixed.
    pub(crate) fn number<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
    {
        let slab = self.slab.as_slice();
        self.index.find(
            self.end(),
            || hash(key),
            |number| at(slab, number).is_some_and(|(other, _)| other.borrow() == key),
        )
    }

    /// The number of the cell under a key, if a reader finds something in it.
    pub(crate) fn present_number<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
    {
        self.number(key).filter(|number| self.is_present(*number))
    }

    /// Whether a reader finds something in a cell.
    pub(crate) fn is_present(&self, number: u32) -> bool {
        self.entry(number)
            .is_some_and(|(_, cell)| cell.is_present())
    }

    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&S>
    where
        K: Borrow<Q>,
    {
        self.entry(self.number(key)?).map(|(_, cell)| cell)
    }

    /// The number of the cell under a key; a new and empty one if there was none.
    pub(crate) fn number_or_new(&mut self, key: K) -> Result<u32, Full>
    where
        S: Default,
    {
        match self.number(&key) {
            Some(number) => Ok(number),
            None => self.insert(key, S::default()),
        }
    }

    /// Gives a cell to a key that has none.
    pub(crate) fn insert(&mut self, key: K, cell: S) -> Result<u32, Full> {
        let is_present = cell.is_present();
        let place = Place::Taken(key, cell);
        let number = match self.free {
            Some(number) => {
                let free = usize::try_from(number)
                    .ok()
                    .and_then(|at| self.slab.as_mut_slice().get_mut(at));
                if let Some(slot) = free
                    && let Place::Free { next } = mem::replace(slot, place)
                {
                    self.free = next;
                }
                number
            }
            None => {
                let number = self.end();
                if number == u32::MAX {
                    return Err(Full {
                        limit: self.slab.as_slice().len(),
                    });
                }
                self.slab.push(place)?;
                number
            }
        };
        self.present += u32::from(is_present);
        let slab = self.slab.as_slice();
        self.index.insert(number, |number| {
            at(slab, number).map_or(0, |(key, _)| hash(key))
        });
        Ok(number)
    }

    /// Takes a cell out; its number is the next to be given.
    pub(crate) fn remove(&mut self, number: u32) {
        let Some((key, cell)) = self.entry(number) else {
            return;
        };
        let (hash, was_present) = (hash(key), cell.is_present());
        self.index.remove(number, || hash);
        let next = self.free;
        let place = usize::try_from(number)
            .ok()
            .and_then(|at| self.slab.as_mut_slice().get_mut(at));
        if let Some(place) = place {
            *place = Place::Free { next };
            self.free = Some(number);
            self.present -= u32::from(was_present);
        }
    }
}

impl<K: Eq + Hash, V: Value, C: Capacity, W: Capacity, P: Reading<V>> Keyed<K, Marks<V, W, P>, C> {
    /// Whether a write of `actor` to a cell has room.
    pub(crate) fn admits(&self, number: u32, actor: Actor) -> Result<(), Full> {
        self.entry(number)
            .map_or(Ok(()), |(_, cell)| cell.admits(actor))
    }

    /// The number of the cell under a key, with room for a write of `actor`; a new and empty one if there
    /// was none.
    pub(crate) fn claim(&mut self, key: K, actor: Actor) -> Result<u32, Full> {
        let number = self.number_or_new(key)?;
        if let Some((_, cell)) = self.entry(number)
            && let Err(full) = cell.admits(actor)
        {
            if cell.is_empty() {
                self.remove(number);
            }
            return Err(full);
        }
        Ok(number)
    }
}

impl<K: Value + Eq + Hash, S: Lattice + Default, C: Capacity> Field for Keyed<K, S, C> {
    fn kind(&self) -> CellKind {
        S::default().kind()
    }

    fn cells(&self) -> u32 {
        self.end()
    }

    fn find(&self, key: &[u8]) -> Option<u32> {
        self.number(&K::from_bytes(key).ok()?)
    }

    fn key(&self, cell: u32, out: &mut dyn Sink) {
        if let Some((key, _)) = self.entry(cell) {
            key.encode(out);
        }
    }

    fn write(&self, cell: u32, out: &mut dyn CellWriter) {
        if let Some((_, cell)) = self.entry(cell) {
            cell.write(out);
        }
    }

    fn dots(&self, cell: u32, each: &mut dyn FnMut(Dot) -> bool) -> bool {
        self.entry(cell).is_none_or(|(_, cell)| cell.dots(each))
    }

    fn is_present(&self, cell: u32) -> bool {
        self.entry(cell).is_some_and(|(_, cell)| cell.is_present())
    }

    fn has_remains(&self, cell: u32) -> bool {
        self.entry(cell).is_some_and(|(_, cell)| cell.has_remains())
    }

    fn join(&mut self, key: &[u8], content: &Content<'_>) -> Result<Joined, JoinError> {
        let key = K::from_bytes(key)?;
        let (cell, met) = match self.number(&key) {
            Some(number) => {
                let met = self.update(number, |_, cell| cell.join(content));
                (number, met.unwrap_or(Ok(Met::NOTHING))?)
            }
            None => {
                let mut cell = S::default();
                let met = cell.join(content)?;
                (self.insert(key, cell)?, met)
            }
        };
        Ok(Joined {
            cell,
            change: met.change,
            conflict: met.conflict,
        })
    }

    fn erase(&mut self, cell: u32) {
        self.remove(cell);
    }

    fn settle(&mut self, cell: u32, stable: &dyn Fn(Dot) -> bool) -> bool {
        let is_done = self.update(cell, |_, cell| cell.settle(stable)) == Some(true);
        if is_done {
            self.remove(cell);
        }
        is_done
    }
}

impl<K, S, C: Capacity> Default for Keyed<K, S, C> {
    fn default() -> Self {
        Self {
            slab: Default::default(),
            free: None,
            present: 0,
            index: Default::default(),
        }
    }
}

impl<K: Clone, S: Clone, C: Capacity> Clone for Keyed<K, S, C> {
    fn clone(&self) -> Self {
        Self {
            slab: cell::clone_list(&self.slab),
            free: self.free,
            present: self.present,
            index: self.index.clone(),
        }
    }
}

impl<K: fmt::Debug, S: fmt::Debug, C: Capacity> fmt::Debug for Keyed<K, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.slab.as_slice().iter().filter_map(Place::entry))
            .finish()
    }
}
