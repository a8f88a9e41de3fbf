//! The last-writer-wins map.

use core::borrow::Borrow;
use core::fmt;
use core::hash::Hash;

use crate::capacity::{Capacity, Growing};
use crate::cell::register::Register;
use crate::dot::Dot;
use crate::error::Full;
use crate::field::Edit;
use crate::field::forward::forward_field;
use crate::keyed::Keyed;
use crate::timestamp::Timestamp;
use crate::value::Value;

/// A value under each key; of two writes to a key the later wins, removals among them.
///
/// Each key is a [`Lww`](crate::register::Lww) of its own. A removal that never heard of a later insertion
/// loses against it, and wins against an earlier one.
///
/// ```
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::Pen;
/// use gofarm_crdt::map::LwwMap;
/// use gofarm_crdt::Timestamp;
///
/// let mut reasons = LwwMap::<String, String>::new();
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut reasons, 0).insert("valve-7".into(), "frost".into());
/// assert_eq!(reasons.get("valve-7").map(String::as_str), Some("frost"));
/// ```
#[derive(Clone)]
pub struct LwwMap<K, V, C: Capacity = Growing> {
    cells: Keyed<K, Register<V, C>, C>,
}

impl<K: Eq + Hash, V: Value, C: Capacity> LwwMap<K, V, C> {
    /// Empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under a key.
    #[must_use]
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.cells.get(key)?.value()
    }

    /// Whether there is a value under a key.
    #[must_use]
    pub fn contains_key<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// When a key was last written or removed.
    #[must_use]
    pub fn stamp<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<Timestamp>
    where
        K: Borrow<Q>,
    {
        self.cells.get(key).map(Register::stamp)
    }

    /// The write that set or removed a key last.
    #[must_use]
    pub fn writer<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<Dot>
    where
        K: Borrow<Q>,
    {
        self.cells.get(key)?.dot()
    }

    /// All keys with their values, in an order that differs between replicas.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> + '_ {
        self.cells
            .iter()
            .filter_map(|(key, cell)| Some((key, cell.value()?)))
    }

    /// The number of keys that have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.present()
    }

    /// Whether no key has a value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K: Value + Eq + Hash, V: Value, C: Capacity> Edit<'_, LwwMap<K, V, C>> {
    /// Writes a value under a key.
    ///
    /// # Errors
    /// [`Full`] if the key is new and there is no room; nothing changed. Removed keys take room until all
    /// replicas know of it.
    pub fn try_insert(&mut self, key: K, value: V) -> Result<(), Full> {
        let number = self.field.cells.number_or_new(key)?;
        self.put(number, Some(value));
        Ok(())
    }

    /// Takes away the value under a key; does nothing and returns false if there is none here.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let number = self.cells.present_number(key);
        if let Some(number) = number {
            self.put(number, None);
        }
        number.is_some()
    }

    fn put(&mut self, number: u32, value: Option<V>) {
        self.sign(number, |field, dot, stamp| {
            field
                .cells
                .update(number, |_, cell| cell.set(value, dot, stamp));
        });
    }
}

#[cfg(feature = "alloc")]
impl<K: Value + Eq + Hash, V: Value> Edit<'_, LwwMap<K, V>> {
    /// Writes a value under a key.
    ///
    /// # Panics
    /// With 2^32 - 1 keys in one map.
    pub fn insert(&mut self, key: K, value: V) {
        assert!(self.try_insert(key, value).is_ok(), "2^32 - 1 keys");
    }
}

#[cfg(feature = "alloc")]
impl<K: Value + Eq + Hash, V: Value, C: Capacity> crate::map::Nested for LwwMap<K, V, C> {
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

forward_field!(impl[K: Value + Eq + Hash, V: Value, C: Capacity] for LwwMap<K, V, C>);

impl<K, V, C: Capacity> Default for LwwMap<K, V, C> {
    fn default() -> Self {
        Self {
            cells: Keyed::default(),
        }
    }
}

impl<K: fmt::Debug, V: fmt::Debug, C: Capacity> fmt::Debug for LwwMap<K, V, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cells.fmt(f)
    }
}
