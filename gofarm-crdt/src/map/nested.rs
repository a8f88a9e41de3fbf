//! The map of CRDTs.
#![cfg(feature = "alloc")]

use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;

use crate::capacity::Growing;
use crate::cell::lattice::Present;
use crate::cell::{CellKind, CellWriter, Content};
use crate::dot::Dot;
use crate::error::Full;
use crate::field::{Edit, Field, JoinError, Joined};
use crate::keyed::Keyed;
use crate::map::numbers::{Inner, Numbers};
use crate::map::under::Under;
use crate::value::{Reader, Sink, Value};

/// A CRDT that a [`Map`] may hold: it tells whether it holds anything, and can be emptied by a write.
pub trait Nested: Field + Default {
    /// Whether a reader finds anything in it.
    fn has_content(&self) -> bool;

    /// Takes away all that this replica sees in it, by a write to each of its cells.
    fn reset(edit: &mut Edit<'_, Self>);
}

/// A CRDT under each key, maps among them.
///
/// A key is there as long as there is something in its value. Removing a key takes away what the remover
/// saw, cell by cell, and nothing else decides about what comes at the same time:
///
/// - A register ([`Lww`](crate::register::Lww), and those in maps and sets of registers): the later of the
///   removal and a concurrent write, by time-stamp.
/// - Sets, flags and multi-value registers: what was removed or replaced is gone, what was added or written
///   at the same time stays, exactly.
/// - Counters: what the remover saw is subtracted, what was counted at the same time stays, exactly; but a
///   writer that restarts and counts again at the same time brings back what it had counted before.
///
/// So an update of one part of a value brings back the key with that part, and not with what was removed. As
/// the map is no more than its cells, it obeys every law that they obey. Riak's and rust-crdt's maps keep
/// one clock for all of a value instead: their merges depend on the order, or counters in them cannot be
/// removed.
///
/// ```
/// use gofarm_crdt::counter::GCounter;
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::map::Map;
/// use gofarm_crdt::Timestamp;
///
/// let mut litres = Map::<String, GCounter>::new();
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut litres, 0).edit("north".into(), |zone| zone.add(120));
/// assert_eq!(litres.get("north").map(GCounter::value), Some(120));
/// pen.edit(&mut litres, 0).remove("north");
/// assert!(litres.is_empty());
/// ```
#[derive(Clone)]
pub struct Map<K, V> {
    entries: Keyed<K, Entry<V>, Growing>,
    numbers: Numbers,
}

#[derive(Clone, Debug)]
struct Entry<V> {
    value: V,
    inner: Inner,
}

impl<V: Nested> Present for Entry<V> {
    fn is_present(&self) -> bool {
        self.value.has_content()
    }
}

impl<V: Default> Default for Entry<V> {
    fn default() -> Self {
        Self {
            value: V::default(),
            inner: Inner::default(),
        }
    }
}

impl<K: Eq + Hash, V: Nested> Map<K, V> {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under a key, if there is anything in it.
    #[must_use]
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let value = &self.entries.get(key)?.value;
        value.has_content().then_some(value)
    }

    /// Whether there is anything under a key.
    #[must_use]
    pub fn contains_key<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// All keys with their values, in an order that differs between replicas.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> + '_ {
        self.entries
            .iter()
            .filter(|(_, entry)| entry.is_present())
            .map(|(key, entry)| (key, &entry.value))
    }

    /// The number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.present()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets an entry none of whose cells is in use.
    fn drop_if_unused(&mut self, number: u32) {
        let is_used = self
            .entries
            .entry(number)
            .is_some_and(|(_, entry)| entry.inner.is_used());
        if !is_used {
            self.entries.remove(number);
        }
    }

    /// Calls `done` with a value and its number of a cell; forgets the cell if `done` returns true.
    fn finish(&mut self, cell: u32, done: impl FnOnce(&mut V, u32) -> bool) -> bool {
        let Some((number, inner)) = self.numbers.get(cell) else {
            return false;
        };
        let is_done = self.entries.update(number, |_, entry| {
            let is_done = done(&mut entry.value, inner);
            if is_done {
                entry.inner.forget(inner);
            }
            is_done
        });
        if is_done != Some(true) {
            return false;
        }
        self.numbers.take_back(cell);
        self.drop_if_unused(number);
        true
    }
}

impl<K: Value + Eq + Hash, V: Nested> Edit<'_, Map<K, V>> {
    /// Writes to the value under a key, which is empty if there was none.
    ///
    /// # Panics
    /// With 2^32 - 1 keys in one map.
    pub fn edit<R>(&mut self, key: K, change: impl FnOnce(&mut Edit<'_, V>) -> R) -> R {
        match self.field.entries.number_or_new(key) {
            Ok(number) => self.edit_entry(number, change),
            Err(full) => panic!("{full}"),
        }
    }

    /// Removes a key with what is in its value here; returns false and does nothing if there is nothing.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let number = self.entries.present_number(key);
        if let Some(number) = number {
            self.edit_entry(number, V::reset);
        }
        number.is_some()
    }

    fn edit_entry<R>(&mut self, entry: u32, change: impl FnOnce(&mut Edit<'_, V>) -> R) -> R {
        let (pen, field) = (self.pen, self.number);
        let Map { entries, numbers } = &mut *self.field;
        let mut change = Some(change);
        let result = entries.update(entry, |key, Entry { value, inner }| {
            let under = Under::new(key, entry, numbers, inner, pen.notes());
            let change = change.take();
            pen.within(&under, |pen| {
                change.map(|change| {
                    change(&mut Edit {
                        field: value,
                        number: field,
                        pen,
                    })
                })
            })
        });
        self.field.drop_if_unused(entry);
        match result.flatten() {
            Some(result) => result,
            None => unreachable!("the entry was found or made by the caller"),
        }
    }
}

/// A cell's key is the map's key and, behind it, the value's key of the cell.
impl<K: Value + Eq + Hash, V: Nested> Field for Map<K, V> {
    fn kind(&self) -> CellKind {
        V::default().kind()
    }

    fn cells(&self) -> u32 {
        self.numbers.end()
    }

    fn find(&self, key: &[u8]) -> Option<u32> {
        let mut reader = Reader::new(key);
        let key = K::decode(&mut reader).ok()?;
        let entry = self.entries.get(&key)?;
        entry.inner.number(entry.value.find(reader.rest())?)
    }

    fn key(&self, cell: u32, out: &mut dyn Sink) {
        if let Some((number, inner)) = self.numbers.get(cell)
            && let Some((key, entry)) = self.entries.entry(number)
        {
            key.encode(out);
            entry.value.key(inner, out);
        }
    }

    fn write(&self, cell: u32, out: &mut dyn CellWriter) {
        if let Some((number, inner)) = self.numbers.get(cell)
            && let Some((_, entry)) = self.entries.entry(number)
        {
            entry.value.write(inner, out);
        }
    }

    fn dots(&self, cell: u32, each: &mut dyn FnMut(Dot) -> bool) -> bool {
        match self.numbers.get(cell) {
            Some((number, inner)) => match self.entries.entry(number) {
                Some((_, entry)) => entry.value.dots(inner, each),
                None => true,
            },
            None => true,
        }
    }

    fn is_present(&self, cell: u32) -> bool {
        self.numbers.get(cell).is_some_and(|(number, inner)| {
            self.entries
                .entry(number)
                .is_some_and(|(_, entry)| entry.value.is_present(inner))
        })
    }

    fn has_remains(&self, cell: u32) -> bool {
        self.numbers.get(cell).is_some_and(|(number, inner)| {
            self.entries
                .entry(number)
                .is_some_and(|(_, entry)| entry.value.has_remains(inner))
        })
    }

    fn join(&mut self, key: &[u8], content: &Content<'_>) -> Result<Joined, JoinError> {
        let mut reader = Reader::new(key);
        let key = K::decode(&mut reader)?;
        let number = self.entries.number_or_new(key)?;
        let numbers = &mut self.numbers;
        let joined = self.entries.update(number, |_, Entry { value, inner }| {
            let joined = value.join(reader.rest(), content)?;
            Ok(Joined {
                cell: inner.number_or_new(numbers, number, joined.cell),
                ..joined
            })
        });
        match joined {
            Some(Ok(joined)) => Ok(joined),
            Some(Err(error)) => {
                self.drop_if_unused(number);
                Err(error)
            }
            None => Err(Full { limit: 0 }.into()),
        }
    }

    fn erase(&mut self, cell: u32) {
        self.finish(cell, |value, inner| {
            value.erase(inner);
            true
        });
    }

    fn settle(&mut self, cell: u32, stable: &dyn Fn(Dot) -> bool) -> bool {
        self.finish(cell, |value, inner| value.settle(inner, stable))
    }
}

impl<K: Value + Eq + Hash, V: Nested> Nested for Map<K, V> {
    fn has_content(&self) -> bool {
        !self.is_empty()
    }

    fn reset(edit: &mut Edit<'_, Self>) {
        for number in 0..edit.entries.end() {
            if edit.entries.is_present(number) {
                edit.edit_entry(number, V::reset);
            }
        }
    }
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self {
            entries: Keyed::default(),
            numbers: Numbers::default(),
        }
    }
}

impl<K: fmt::Debug + Eq + Hash, V: fmt::Debug + Nested> fmt::Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
