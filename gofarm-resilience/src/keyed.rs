//! One policy for each key, in bounded memory: [`Keyed`], and [`SharedKeyed`] between tasks.
//!
//! A gateway of 100 000 devices needs a breaker for each, and must neither grow without end as keys come and go
//! nor forget that a pump is broken. So a table has room for a fixed number of keys, allocated when it is made
//! ([`Keyed`]) or as keys come ([`SharedKeyed`]), and a new key takes the place of one that can be spared: without
//! calls under way, and, for a breaker, closed and under nobody's hand. Among these it takes one that has not been
//! asked for lately (the clock algorithm, Corbató 1968). If none is found in [`STEPS`] places, the call is rejected
//! with [`Reason::Full`]: admitting it unwatched would be the flood that the table is there to prevent. Give it room
//! for all devices there are, and [`remove`](Keyed::remove) those taken out of service.
//!
//! A lookup is one hash and one probe; settling a call takes neither, since its permit knows the place.
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use gofarm_core::time::Instant;
//! use gofarm_resilience::Outcome;
//! use gofarm_resilience::policy::breaker::Breaker;
//!
//! let mut breakers = Breaker::consecutive(1).build_keyed::<u64>(100_000)?;
//! let now = Instant::ZERO;
//! let permit = breakers.try_acquire(&7, now)?;
//! breakers.record(permit, now, Outcome::Failure);
//! assert!(breakers.try_acquire(&7, now).is_err());
//! assert!(breakers.try_acquire(&8, now).is_ok());
//! # }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod breaker;
mod place;
#[cfg(feature = "std")]
mod shared;
#[cfg(feature = "std")]
mod shared_breaker;

#[cfg(feature = "std")]
pub use shared::{SharedKeyed, SharedPermit};
#[cfg(feature = "std")]
pub use shared_breaker::{KeyedBreaker, SharedKeyedBreaker};

use alloc::vec::Vec;
use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::time::Duration;

use gofarm_core::time::Instant;
use hashbrown::HashTable;

use crate::policy::{Admission, Blueprint, Outcome, Reason, Rejected};
use place::Place;

/// How many places are looked at for one that can be given to a new key.
pub const STEPS: usize = 128;

/// A bounded table of one policy for each key, of one owner; see the [module](self).
pub struct Keyed<K, B: Blueprint, S> {
    blueprint: B,
    hasher: S,
    index: HashTable<u32>,
    places: Vec<Place<K, B::State>>,
    vacant: Vec<u32>,
    capacity: usize,
    hand: usize,
    evicted: u64,
    refused: u64,
}

/// Leave to make one call for one key; must be settled by the table that gave it.
///
/// One that is lost keeps its key in the table for ever.
#[derive(Debug)]
#[must_use = "a permit that is not settled keeps its key in the table: record or cancel it"]
pub struct KeyedPermit<P> {
    place: u32,
    serial: u32,
    permit: P,
}

impl<P> KeyedPermit<P> {
    /// The permit of the key's own policy.
    #[must_use]
    pub const fn permit(&self) -> &P {
        &self.permit
    }
}

impl<K: Hash + Eq + Clone, B: Blueprint, S: BuildHasher> Keyed<K, B, S> {
    /// An empty table with room for `capacity` keys, 1 to 2^31; fewer or more are taken as these.
    ///
    /// All memory is allocated here. The hasher should be seeded where keys come from outside.
    #[must_use]
    pub fn with_hasher(blueprint: B, capacity: usize, hasher: S) -> Self {
        let mut table = Self::growing(blueprint, capacity, hasher);
        table.places.reserve_exact(table.capacity);
        table
    }

    /// As [`with_hasher`](Self::with_hasher), but places are allocated as keys come.
    fn growing(blueprint: B, capacity: usize, hasher: S) -> Self {
        let capacity = capacity.clamp(1, 1 << 31);
        Self {
            blueprint,
            hasher,
            index: HashTable::with_capacity(capacity),
            places: Vec::new(),
            vacant: Vec::new(),
            capacity,
            hand: 0,
            evicted: 0,
            refused: 0,
        }
    }

    /// Asks for leave to make one call for this key, which is cloned if it is new.
    ///
    /// # Errors
    /// [`Rejected`] by the key's policy, or with [`Reason::Full`] if the key is new and none can be spared.
    pub fn try_acquire(
        &mut self,
        key: &K,
        now: Instant,
    ) -> Result<KeyedPermit<B::Permit>, Rejected> {
        self.admit(key, now).result
    }

    /// Asks for leave to make one call for this key, and says what that has caused.
    pub fn admit(&mut self, key: &K, now: Instant) -> Admission<KeyedPermit<B::Permit>, B::Event> {
        let hash = self.hasher.hash_one(key);
        let number = match self.find(hash, key) {
            Some(number) => Some(number),
            None => self.insert(hash, key, now),
        };
        let found = number.and_then(|number| Some((number, self.places.get_mut(at(number))?)));
        let Some((number, place)) = found else {
            self.refused = self.refused.saturating_add(1);
            return Admission::rejected(Rejected::new(Reason::Full, Duration::ZERO));
        };
        place.usage.touch();
        self.blueprint.admit(&place.state, now).map(|permit| {
            place.usage.begin();
            KeyedPermit {
                place: number,
                serial: place.serial,
                permit,
            }
        })
    }

    /// Settles a call that ended. If its key has been removed meanwhile, there is nothing to settle.
    pub fn record(
        &mut self,
        permit: KeyedPermit<B::Permit>,
        now: Instant,
        outcome: Outcome,
    ) -> Option<B::Event> {
        let place = settled(&mut self.places, permit.place, permit.serial)?;
        self.blueprint
            .record(&place.state, permit.permit, now, outcome)
    }

    /// Settles a call that was given up before it ended.
    pub fn cancel(&mut self, permit: KeyedPermit<B::Permit>, now: Instant) -> Option<B::Event> {
        let place = settled(&mut self.places, permit.place, permit.serial)?;
        self.blueprint.cancel(&place.state, permit.permit, now)
    }

    /// What is kept for a key, if anything is.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&B::State> {
        let number = self.find(self.hasher.hash_one(key), key)?;
        Some(&self.places.get(at(number))?.state)
    }

    /// What is kept for a key, which takes a place if it is new; nothing if none can be spared.
    pub fn get_or_insert(&mut self, key: &K, now: Instant) -> Option<&B::State> {
        let hash = self.hasher.hash_one(key);
        let number = match self.find(hash, key) {
            Some(number) => number,
            None => self.insert(hash, key, now)?,
        };
        Some(&self.places.get(at(number))?.state)
    }

    /// Forgets a key, whatever its state: for a device that was taken out of service. Whether it was there.
    ///
    /// Calls under way for it are not counted any more. Its place is free, the key itself is dropped when another
    /// takes it.
    pub fn remove(&mut self, key: &K) -> bool {
        let Self {
            index,
            places,
            hasher,
            ..
        } = self;
        let is_key = |number: &u32| {
            places
                .get(at(*number))
                .is_some_and(|place| place.key == *key)
        };
        let Ok(entry) = index.find_entry(hasher.hash_one(key), is_key) else {
            return false;
        };
        let (number, _) = entry.remove();
        if let Some(place) = places.get_mut(at(number)) {
            place.vacate();
        }
        self.vacant.push(number);
        true
    }

    /// All keys with what is kept for them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &B::State)> {
        let held = self.places.iter().filter(|place| !place.usage.is_vacant());
        held.map(|place| (&place.key, &place.state))
    }

    /// What all keys have in common.
    #[must_use]
    pub const fn blueprint(&self) -> &B {
        &self.blueprint
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// How many keys there can be.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many keys have given their place to another.
    #[must_use]
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// How many calls were rejected because no place could be spared.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    fn find(&self, hash: u64, key: &K) -> Option<u32> {
        self.index
            .find(hash, |&number| {
                self.places
                    .get(at(number))
                    .is_some_and(|place| place.key == *key)
            })
            .copied()
    }

    /// The place of a new key.
    fn insert(&mut self, hash: u64, key: &K, now: Instant) -> Option<u32> {
        let state = self.blueprint.start(hash);
        let number = if let Some(number) = self.vacant.pop() {
            self.places.get_mut(at(number))?.give(key.clone(), state);
            number
        } else if self.places.len() < self.capacity {
            let number = u32::try_from(self.places.len()).ok()?;
            self.make_room();
            self.places.push(Place::new(key.clone(), state));
            number
        } else {
            let number = self.spare(now)?;
            let place = self.places.get_mut(at(number))?;
            let old = self.hasher.hash_one(&place.key);
            if let Ok(entry) = self.index.find_entry(old, |&other| other == number) {
                entry.remove();
            }
            place.give(key.clone(), state);
            self.evicted = self.evicted.saturating_add(1);
            number
        };
        let Self {
            index,
            places,
            hasher,
            ..
        } = self;
        // There is room: it does not grow. The hashes are asked for if it is swept of removed entries.
        index.insert_unique(hash, number, |&number| {
            places
                .get(at(number))
                .map_or(0, |place| hasher.hash_one(&place.key))
        });
        Some(number)
    }

    /// Makes room for one more place, by small steps: what is doubled is half empty on average.
    fn make_room(&mut self) {
        const LEAST_STEP: usize = 16;
        let held = self.places.len();
        if held == self.places.capacity() {
            let step = (held / 32).max(LEAST_STEP).min(self.capacity - held);
            self.places.reserve_exact(step);
        }
    }

    /// A place that can be given away: not asked for since the hand last passed, or else the first that can be
    /// forgotten.
    fn spare(&mut self, now: Instant) -> Option<u32> {
        let mut second_best = None;
        for _ in 0..STEPS.min(self.places.len()) {
            let number = self.hand;
            self.hand = (self.hand + 1) % self.places.len().max(1);
            let Some(place) = self.places.get_mut(number) else {
                continue;
            };
            if place.usage.is_under_way() || !self.blueprint.may_forget(&place.state, now) {
                continue;
            }
            if !place.usage.pass() {
                return u32::try_from(number).ok();
            }
            second_best = second_best.or(Some(number));
        }
        second_best.and_then(|number| u32::try_from(number).ok())
    }
}

impl<K, B: Blueprint, S> fmt::Debug for Keyed<K, B, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed")
            .field("len", &self.index.len())
            .field("capacity", &self.capacity)
            .field("evicted", &self.evicted)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

/// The place of a permit, with one call less under way; nothing if it has changed hands.
fn settled<K, T>(places: &mut [Place<K, T>], number: u32, serial: u32) -> Option<&mut Place<K, T>> {
    let place = places
        .get_mut(at(number))
        .filter(|place| place.serial == serial)?;
    place.usage.end();
    Some(place)
}

const fn at(number: u32) -> usize {
    number as usize
}
