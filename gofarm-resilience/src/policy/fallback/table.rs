//! [`StaleTable`]: the last good value of each key, in bounded memory.

use alloc::vec::Vec;
use core::fmt;
use core::hash::{BuildHasher, Hash};

use gofarm_core::time::Instant;
use hashbrown::HashTable;

use super::{Cache, Stale};
use crate::policy::ConfigError;

/// The last good values of up to so many keys; a full table forgets the one that was kept longest ago.
///
/// Keeping and finding cost the same however many keys there are. A value takes its own size, its key's and some
/// 40 bytes.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_resilience::policy::{Cache, StaleTable};
///
/// let mut moisture = StaleTable::new(2)?;
/// for (probe, at) in [(1_u32, 0), (2, 1), (1, 2), (3, 3)] {
///     moisture.keep(&probe, 0.30, Instant::from_secs(at));
/// }
/// let now = Instant::from_secs(4);
/// assert!(moisture.kept(&1, now).is_some() && moisture.kept(&3, now).is_some());
/// assert!(moisture.kept(&2, now).is_none());
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct StaleTable<K, V, S> {
    entries: Vec<Entry<K, V>>,
    /// Places in `entries`, by the hash of the key there.
    places: HashTable<usize>,
    hasher: S,
    capacity: usize,
    /// The entry that was kept longest ago, and the one kept last.
    oldest: usize,
    newest: usize,
}

#[derive(Clone)]
struct Entry<K, V> {
    key: K,
    value: V,
    at: Instant,
    /// The entries kept before and after this one; its own place at the ends.
    older: usize,
    newer: usize,
}

#[cfg(feature = "std")]
impl<K, V> StaleTable<K, V, std::hash::RandomState> {
    /// An empty table for up to `capacity` keys, from 1. It allocates as it fills.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no room for any.
    pub fn new(capacity: usize) -> Result<Self, ConfigError> {
        Self::with_hasher(capacity, std::hash::RandomState::new())
    }
}

impl<K, V, S> StaleTable<K, V, S> {
    /// An empty table with this hasher, where there is no system to seed one.
    ///
    /// # Errors
    /// [`ConfigError`] if there is no room for any.
    pub fn with_hasher(capacity: usize, hasher: S) -> Result<Self, ConfigError> {
        if capacity == 0 {
            return Err(ConfigError::new("capacity", "at least 1"));
        }
        Ok(Self {
            entries: Vec::new(),
            places: HashTable::new(),
            hasher,
            capacity,
            oldest: 0,
            newest: 0,
        })
    }

    /// The keys that have a value.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no key has a value.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The most keys that it keeps.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Moves an entry to the new end of the list.
    fn touch(&mut self, place: usize) {
        if place == self.newest {
            return;
        }
        let (older, newer) = (self.entries[place].older, self.entries[place].newer);
        if place == self.oldest {
            self.oldest = newer;
            self.entries[newer].older = newer;
        } else {
            self.entries[older].newer = newer;
            self.entries[newer].older = older;
        }
        self.entries[self.newest].newer = place;
        self.entries[place].older = self.newest;
        self.entries[place].newer = place;
        self.newest = place;
    }
}

impl<K: Hash + Eq + Clone, V, S: BuildHasher> StaleTable<K, V, S> {
    fn place(&self, key: &K) -> Option<usize> {
        let hash = self.hasher.hash_one(key);
        self.places
            .find(hash, |&place| self.entries[place].key == *key)
            .copied()
    }

    /// Puts a key that is not in the table at `place`.
    fn enlist(&mut self, key: &K, place: usize) {
        let hash = self.hasher.hash_one(key);
        let (entries, hasher) = (&self.entries, &self.hasher);
        self.places
            .insert_unique(hash, place, |&place| hasher.hash_one(&entries[place].key));
    }

    fn append(&mut self, key: &K, value: V, now: Instant) {
        let place = self.entries.len();
        self.entries.push(Entry {
            key: key.clone(),
            value,
            at: now,
            older: self.newest,
            newer: place,
        });
        self.entries[self.newest].newer = place;
        self.newest = place;
        self.enlist(key, place);
    }

    fn replace_oldest(&mut self, key: &K, value: V, now: Instant) {
        let place = self.oldest;
        let hash = self.hasher.hash_one(&self.entries[place].key);
        if let Ok(entry) = self.places.find_entry(hash, |&found| found == place) {
            entry.remove();
        }
        self.touch(place);
        let entry = &mut self.entries[place];
        entry.key = key.clone();
        entry.value = value;
        entry.at = now;
        self.enlist(key, place);
    }
}

impl<K: Hash + Eq + Clone, V: Clone, S: BuildHasher> Cache<K, V> for StaleTable<K, V, S> {
    fn keep(&mut self, key: &K, value: V, now: Instant) {
        match self.place(key) {
            Some(place) => {
                self.entries[place].value = value;
                self.entries[place].at = now;
                self.touch(place);
            }
            None if self.entries.len() < self.capacity => self.append(key, value, now),
            None => self.replace_oldest(key, value, now),
        }
    }

    fn kept(&self, key: &K, now: Instant) -> Option<Stale<V>> {
        let entry = &self.entries[self.place(key)?];
        Some(Stale::new(
            entry.value.clone(),
            now.saturating_since(entry.at),
        ))
    }
}

impl<K, V, S> fmt::Debug for StaleTable<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaleTable")
            .field("len", &self.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
