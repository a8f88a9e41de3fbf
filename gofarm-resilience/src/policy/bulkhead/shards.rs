//! Permits spread over shards: what the sharded bulkhead and the sharded semaphore have in common.
//!
//! A shard is one word: its free permits and, in the top bit, whether somebody waits. The bit is what makes
//! waiting safe without a lock on the quick path: whoever gives a permit back learns in the same compare-and-swap
//! that it has to be handed over instead.

use alloc::boxed::Box;

use crate::memory::{Memory, Word};
use crate::policy::ConfigError;

/// Set while somebody may wait for a permit.
const AWAITED: u64 = 1 << 63;

/// The permits of a bulkhead or a semaphore.
#[derive(Debug)]
pub(crate) struct Shards<M: Memory> {
    shards: Box<[Shard<M>]>,
    permits_each: u32,
}

/// One shard on cache lines of its own, so that shards do not slow each other down: 128 bytes, because
/// processors fetch lines in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Shard<M: Memory> {
    free: M::Word,
    /// Where the search for a permit of another shard last ended.
    last_helper: M::Word,
}

/// Which shard a permit belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home(usize);

impl Home {
    pub(crate) const fn index(self) -> usize {
        self.0
    }
}

impl<M: Memory> Shards<M> {
    pub(crate) fn new(shards: u32, permits_each: u32) -> Result<Self, ConfigError> {
        if shards == 0 || shards > 1_024 {
            return Err(ConfigError::new("shards", "from 1 to 1024"));
        }
        if permits_each == 0 {
            return Err(ConfigError::new("permits_each", "from 1 to 4294967295"));
        }
        let shards = (0..shards)
            .map(|_| Shard {
                free: M::Word::new(u64::from(permits_each)),
                last_helper: M::Word::new(0),
            })
            .collect();
        Ok(Self {
            shards,
            permits_each,
        })
    }

    /// The shard of a key. The key is mixed, so that numbers in a row are as good as hashes.
    pub(crate) fn home(&self, key: u64) -> Home {
        // The last steps of SplitMix64, then multiply-shift onto the number of shards.
        let mixed = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 32;
        let index = (mixed * self.shards.len() as u64) >> 32;
        Home(usize::try_from(index).unwrap_or(0))
    }

    /// Takes a permit of the home shard, or of another one if there is none. `None` only if every shard was seen
    /// without a permit.
    pub(crate) fn take(&self, home: Home) -> Option<Home> {
        if self.take_from(home) {
            return Some(home);
        }
        let hint = &self.shards.get(home.0)?.last_helper;
        let start = usize::try_from(hint.load()).unwrap_or(0);
        let found = self.round(start).find(|&shard| self.take_from(shard))?;
        if found.0 != start {
            hint.store(found.0 as u64);
        }
        Some(found)
    }

    /// Gives a permit back to its shard, unless somebody may wait for it.
    pub(crate) fn give_back(&self, home: Home) -> bool {
        let Some(shard) = self.shards.get(home.0) else {
            return true;
        };
        let given = shard
            .free
            .update(|free| (free & AWAITED == 0).then(|| (free + 1).min(self.full())));
        given.is_ok()
    }

    /// The free permits of all shards; while calls come and go, a sum of values of different moments.
    pub(crate) fn free(&self) -> u64 {
        self.shards
            .iter()
            .map(|shard| shard.free.load() & !AWAITED)
            .sum()
    }

    /// All permits, free or not.
    pub(crate) fn permits(&self) -> u64 {
        self.shards.len() as u64 * self.full()
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.len()
    }

    fn full(&self) -> u64 {
        u64::from(self.permits_each)
    }

    /// All shards once, from `start` on.
    fn round(&self, start: usize) -> impl Iterator<Item = Home> + use<M> {
        let len = self.shards.len();
        let start = if start < len { start } else { 0 };
        (start..len).chain(0..start).map(Home)
    }

    fn take_from(&self, home: Home) -> bool {
        self.shards.get(home.0).is_some_and(|shard| {
            // A look first: a shard without a permit costs its neighbours nothing.
            shard.free.load() & !AWAITED != 0
                && shard
                    .free
                    .update(|free| (free & !AWAITED != 0).then(|| free - 1))
                    .is_ok()
        })
    }
}

/// What waiting needs.
#[cfg(all(feature = "std", target_has_atomic = "64"))]
impl<M: Memory> Shards<M> {
    /// Whether somebody may wait for a permit of this shard: then none is likely to be free anywhere.
    pub(crate) fn is_awaited(&self, home: Home) -> bool {
        self.shards
            .get(home.0)
            .is_some_and(|shard| shard.free.load() & AWAITED != 0)
    }

    /// As [`take`](Self::take), but marks the shards that it finds without a permit as awaited. After `None` all
    /// are, and a permit that comes back is refused by [`give_back`](Self::give_back).
    pub(crate) fn take_or_await(&self, home: Home) -> Option<Home> {
        self.round(home.0).find(|&shard| self.take_or_mark(shard))
    }

    /// Gives a permit back to its shard, for which nobody waits any more.
    pub(crate) fn give_back_unawaited(&self, home: Home) {
        let Some(shard) = self.shards.get(home.0) else {
            return;
        };
        let given = shard
            .free
            .update(|free| Some(((free & !AWAITED) + 1).min(self.full())));
        debug_assert!(given.is_ok(), "giving back is never refused");
    }

    fn take_or_mark(&self, home: Home) -> bool {
        let Some(shard) = self.shards.get(home.0) else {
            return false;
        };
        let mut taken = false;
        let changed = shard.free.update(|free| {
            taken = free & !AWAITED != 0;
            match free {
                AWAITED => None,
                0 => Some(AWAITED),
                _ => Some(free - 1),
            }
        });
        taken && changed.is_ok()
    }
}
