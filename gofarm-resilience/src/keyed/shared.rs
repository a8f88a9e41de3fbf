//! A table that tasks share: [`SharedKeyed`].

use core::hash::{BuildHasher, Hash};
use std::sync::{Mutex, MutexGuard, PoisonError};

use alloc::boxed::Box;
use gofarm_core::time::Instant;

use super::{Keyed, KeyedPermit};
use crate::policy::{Admission, Blueprint, Outcome, Rejected};

/// A bounded table of one policy for each key, shared between tasks.
///
/// It is cut into shards by the key's hash, each behind its own lock, held for one lookup and one decision; no
/// lock is held while a call is under way. Hashes do not fill shards evenly, so each has room for more than its part: in
/// fewer than one table of 10 000 does a key find its shard full while the table is not. A table for 100 000 keys
/// has 64 shards and holds at most 112 832; one for fewer than 128 has one. What a key needs is allocated, some keys at a
/// time, when they are first met; the index of all is there from the start.
#[derive(Debug)]
pub struct SharedKeyed<K, B: Blueprint, S> {
    shards: Box<[Mutex<Keyed<K, B, S>>]>,
    hasher: S,
}

/// Leave to make one call for one key; must be settled by the table that gave it.
#[derive(Debug)]
#[must_use = "a permit that is not settled keeps its key in the table: record or cancel it"]
pub struct SharedPermit<P> {
    shard: u32,
    permit: KeyedPermit<P>,
}

impl<P> SharedPermit<P> {
    /// The permit of the key's own policy.
    #[must_use]
    pub const fn permit(&self) -> &P {
        self.permit.permit()
    }
}

/// The most shards of a table; a power of two, as their number always is.
const MOST_SHARDS: usize = 64;

/// The least that is one shard's part. With fewer keys in each, room for what hashes do unevenly would be most of it.
const LEAST_PART: usize = 64;

/// How many shards a table has for so many keys, and the room in each.
fn cut(capacity: usize) -> (usize, usize) {
    let most = (capacity / LEAST_PART).clamp(1, MOST_SHARDS);
    let shards = 1 << most.ilog2();
    if shards == 1 {
        return (1, capacity);
    }
    let part = capacity.div_ceil(shards);
    // Five standard deviations of how many keys hash to one shard.
    (shards, part + 5 * (part.isqrt() + 1))
}

impl<K: Hash + Eq + Clone, B: Blueprint, S: BuildHasher + Clone> SharedKeyed<K, B, S> {
    /// An empty table with room for at least `capacity` keys, 1 to 2^31.
    ///
    /// # Errors
    /// What `blueprint` returns; it is called once for each shard.
    pub fn with_hasher<E>(
        capacity: usize,
        hasher: S,
        mut blueprint: impl FnMut() -> Result<B, E>,
    ) -> Result<Self, E> {
        let (shards, room) = cut(capacity.clamp(1, 1 << 31));
        let shards = (0..shards)
            .map(|_| {
                let table = Keyed::growing(blueprint()?, room, hasher.clone());
                Ok(Mutex::new(table))
            })
            .collect::<Result<_, E>>()?;
        Ok(Self { shards, hasher })
    }

    /// Asks for leave to make one call for this key, which is cloned if it is new.
    ///
    /// # Errors
    /// As [`Keyed::try_acquire`].
    pub fn try_acquire(&self, key: &K, now: Instant) -> Result<SharedPermit<B::Permit>, Rejected> {
        self.admit(key, now).result
    }

    /// Asks for leave to make one call for this key, and says what that has caused.
    pub fn admit(&self, key: &K, now: Instant) -> Admission<SharedPermit<B::Permit>, B::Event> {
        let number = self.number(key);
        let admission = self.shard(number).admit(key, now);
        let shard = u32::try_from(number).unwrap_or(0);
        admission.map(|permit| SharedPermit { shard, permit })
    }

    /// Settles a call that ended. If its key has been removed meanwhile, there is nothing to settle.
    pub fn record(
        &self,
        permit: SharedPermit<B::Permit>,
        now: Instant,
        outcome: Outcome,
    ) -> Option<B::Event> {
        self.shard(permit.shard as usize)
            .record(permit.permit, now, outcome)
    }

    /// Settles a call that was given up before it ended.
    pub fn cancel(&self, permit: SharedPermit<B::Permit>, now: Instant) -> Option<B::Event> {
        self.shard(permit.shard as usize).cancel(permit.permit, now)
    }

    /// Looks at what is kept for a key, under its shard's lock; nothing if there is nothing.
    pub fn with<T>(&self, key: &K, look: impl FnOnce(&B::State) -> T) -> Option<T> {
        self.shard(self.number(key)).get(key).map(look)
    }

    /// Forgets a key, whatever its state; see [`Keyed::remove`].
    pub fn remove(&self, key: &K) -> bool {
        self.shard(self.number(key)).remove(key)
    }

    /// Looks at each shard in turn, under its lock.
    pub fn for_each_shard(&self, mut look: impl FnMut(&mut Keyed<K, B, S>)) {
        for number in 0..self.shards.len() {
            look(&mut self.shard(number));
        }
    }

    /// How many keys there are; shards are counted one after another.
    #[must_use]
    pub fn len(&self) -> usize {
        let mut len = 0;
        self.for_each_shard(|shard| len += shard.len());
        len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Works on the shard of a key, under its lock.
    pub fn with_shard<T>(&self, key: &K, work: impl FnOnce(&mut Keyed<K, B, S>) -> T) -> T {
        work(&mut self.shard(self.number(key)))
    }

    /// The shard of a key. The table in it uses the low bits and the highest seven of the hash.
    fn number(&self, key: &K) -> usize {
        let hash = self.hasher.hash_one(key);
        (hash >> 32) as usize & (self.shards.len() - 1)
    }

    fn shard(&self, number: usize) -> MutexGuard<'_, Keyed<K, B, S>> {
        // A panic of a key's `Hash` or `Eq` leaves a table that is whole.
        self.shards[number % self.shards.len()]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
