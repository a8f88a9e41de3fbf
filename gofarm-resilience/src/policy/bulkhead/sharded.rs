//! [`ShardedBulkhead`]: permits by key, with stealing.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::shards::{Home, Shards};
use crate::memory::{Memory, Owned};
use crate::policy::{ConfigError, Outcome, Policy, Reason, Rejected, TimeUse};

/// Lets at most `shards × permits_each` calls go on at once, with one compare-and-swap on a cache line that few
/// others use.
///
/// The key of a call, its device, picks the home shard. A home without a free permit takes one of another shard:
/// a call is turned away only after every shard was seen without a permit. A shard is not a limit for its
/// devices: one busy device can hold all permits, and a [`Bulkhead`](super::Bulkhead) for each device is what
/// bounds it.
///
/// It takes 128 bytes a shard.
///
/// ```
/// use gofarm_resilience::policy::ShardedBulkhead;
///
/// let bulkhead = ShardedBulkhead::new(4, 1)?;
/// // One busy device may use all four shards.
/// let permits = [7, 7, 7, 7].map(|device| bulkhead.try_take(device));
/// assert!(permits.iter().all(Result::is_ok));
/// assert!(bulkhead.try_take(8).is_err());
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct ShardedBulkhead<M: Memory = Owned> {
    shards: Shards<M>,
}

/// A permit of a [`ShardedBulkhead`]; give it back to the bulkhead that gave it out.
#[derive(Debug)]
#[must_use = "a permit that is dropped is never given back"]
pub struct ShardPermit(Home);

impl ShardPermit {
    /// The shard that it came from, from 0.
    #[must_use]
    pub const fn shard(&self) -> usize {
        self.0.index()
    }
}

impl ShardedBulkhead {
    /// A bulkhead for one owner, with 1 to 1024 shards and at least one permit in each.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(shards: u32, permits_each: u32) -> Result<Self, ConfigError> {
        Self::with_permits(shards, permits_each)
    }

    /// A bulkhead that tasks share, with 1 to 1024 shards and at least one permit in each.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    #[cfg(target_has_atomic = "64")]
    pub fn shared(
        shards: u32,
        permits_each: u32,
    ) -> Result<ShardedBulkhead<crate::memory::Shared>, ConfigError> {
        ShardedBulkhead::with_permits(shards, permits_each)
    }
}

impl<M: Memory> ShardedBulkhead<M> {
    /// A bulkhead in the memory that the caller names, with 1 to 1024 shards and at least one permit in each.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn with_permits(shards: u32, permits_each: u32) -> Result<Self, ConfigError> {
        Ok(Self {
            shards: Shards::new(shards, permits_each)?,
        })
    }

    /// Takes a permit for a call with this key: a device's number or any hash of its name.
    ///
    /// # Errors
    /// [`Rejected`] with [`Reason::Full`] if no shard has one.
    pub fn try_take(&self, key: u64) -> Result<ShardPermit, Rejected> {
        match self.shards.take(self.shards.home(key)) {
            Some(home) => Ok(ShardPermit(home)),
            None => Err(Rejected::new(Reason::Full, Duration::ZERO)),
        }
    }

    /// Gives a permit back to the shard that it came from.
    pub fn give_back(&self, permit: ShardPermit) {
        self.shards.give_back(permit.0);
    }

    /// The bulkhead as a [`Policy`] for calls with this key.
    #[must_use]
    pub const fn at(&self, key: u64) -> AtShard<'_, M> {
        AtShard {
            bulkhead: self,
            key,
        }
    }

    /// The free permits of all shards; while other tasks take and give back, a sum over different moments.
    #[must_use]
    pub fn free(&self) -> u64 {
        self.shards.free()
    }

    /// All permits, free or not.
    #[must_use]
    pub fn permits(&self) -> u64 {
        self.shards.permits()
    }

    /// The number of shards.
    #[must_use]
    pub fn shards(&self) -> usize {
        self.shards.len()
    }
}

/// A [`ShardedBulkhead`] seen from one key.
#[derive(Debug)]
pub struct AtShard<'a, M: Memory = Owned> {
    bulkhead: &'a ShardedBulkhead<M>,
    key: u64,
}

impl<M: Memory> Policy for AtShard<'_, M> {
    type Permit = ShardPermit;

    const TIME: TimeUse = TimeUse::Never;

    fn try_acquire(&self, _now: Instant) -> Result<ShardPermit, Rejected> {
        self.bulkhead.try_take(self.key)
    }

    fn record(&self, permit: ShardPermit, _now: Instant, _outcome: Outcome) {
        self.bulkhead.give_back(permit);
    }

    fn cancel(&self, permit: ShardPermit, _now: Instant) {
        self.bulkhead.give_back(permit);
    }
}
