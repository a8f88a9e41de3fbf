//! Bulkheads: at most N calls at once, so that one slow device does not take every task with it.
//!
//! [`Bulkhead`] counts in one word. [`ShardedBulkhead`] spreads the permits of a busy gateway over shards, each in
//! cache lines of its own, and picks the home shard by the key of the device; a shard that is used up takes
//! permits from the others, so that nobody is turned away while any permit is free. Neither waits; the form that
//! does is [`ShardedSemaphore`](crate::semaphore::ShardedSemaphore).

#[cfg(feature = "alloc")]
mod sharded;
#[cfg(feature = "alloc")]
pub(crate) mod shards;

#[cfg(feature = "alloc")]
pub use sharded::{AtShard, ShardPermit, ShardedBulkhead};

use core::time::Duration;

use gofarm_core::time::Instant;

use crate::memory::{Memory, Owned, Word};
use crate::policy::{ConfigError, Outcome, Policy, Reason, Rejected, TimeUse};

/// Lets at most N calls go on at once and turns away the rest.
///
/// Limit and calls under way are one word, so no interleaving admits more than the limit. It cannot know when a
/// place becomes free: its rejections say zero as the time to wait.
///
/// ```
/// use gofarm_resilience::policy::Bulkhead;
///
/// let bulkhead = Bulkhead::new(2)?;
/// let first = bulkhead.try_take()?;
/// let _second = bulkhead.try_take()?;
/// assert!(bulkhead.try_take().is_err());
/// bulkhead.give_back(first);
/// assert_eq!(bulkhead.free(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Bulkhead<M: Memory = Owned> {
    state: M::Word,
}

/// A bulkhead that tasks share.
#[cfg(target_has_atomic = "64")]
pub type SharedBulkhead = Bulkhead<crate::memory::Shared>;

/// A place in a [`Bulkhead`]; give it back to the bulkhead that gave it out.
#[derive(Debug)]
#[must_use = "a permit that is dropped is never given back"]
pub struct BulkheadPermit(());

/// Limit in the upper half, calls under way in the lower.
#[derive(Clone, Copy)]
struct Places {
    limit: u32,
    taken: u32,
}

impl Places {
    fn of(word: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = word.to_be_bytes();
        Self {
            limit: u32::from_be_bytes([a, b, c, d]),
            taken: u32::from_be_bytes([e, f, g, h]),
        }
    }

    fn word(self) -> u64 {
        u64::from(self.limit) << 32 | u64::from(self.taken)
    }
}

impl Bulkhead {
    /// A bulkhead with this many places, for one owner.
    ///
    /// # Errors
    /// [`ConfigError`] if there are none.
    pub fn new(permits: u32) -> Result<Self, ConfigError> {
        Self::with_permits(permits)
    }

    /// A bulkhead with this many places, that tasks share.
    ///
    /// # Errors
    /// [`ConfigError`] if there are none.
    #[cfg(target_has_atomic = "64")]
    pub fn shared(permits: u32) -> Result<SharedBulkhead, ConfigError> {
        Bulkhead::with_permits(permits)
    }
}

impl<M: Memory> Bulkhead<M> {
    /// A bulkhead with this many places, from 1, in the memory that the caller names.
    ///
    /// # Errors
    /// [`ConfigError`] if there are none.
    pub fn with_permits(permits: u32) -> Result<Self, ConfigError> {
        let places = Places {
            limit: checked(permits)?,
            taken: 0,
        };
        Ok(Self {
            state: M::Word::new(places.word()),
        })
    }

    /// Takes a place.
    ///
    /// # Errors
    /// [`Rejected`] with [`Reason::Full`] if all are taken.
    pub fn try_take(&self) -> Result<BulkheadPermit, Rejected> {
        let taken = self.state.update(|word| {
            let places = Places::of(word);
            (places.taken < places.limit).then(|| word + 1)
        });
        match taken {
            Ok(_) => Ok(BulkheadPermit(())),
            Err(_) => Err(Rejected::new(Reason::Full, Duration::ZERO)),
        }
    }

    /// Gives a place back. A permit of another bulkhead never makes more places than there are.
    pub fn give_back(&self, permit: BulkheadPermit) {
        let BulkheadPermit(()) = permit;
        let given = self
            .state
            .update(|word| (Places::of(word).taken > 0).then(|| word - 1));
        debug_assert!(given.is_ok(), "a permit of another bulkhead was given back");
    }

    /// Changes the number of places while calls go on. With fewer places than calls under way nothing is admitted
    /// until enough of them have ended.
    ///
    /// # Errors
    /// [`ConfigError`] if there are no places; nothing has changed then.
    pub fn configure(&self, permits: u32) -> Result<(), ConfigError> {
        let limit = checked(permits)?;
        let changed = self.state.update(|word| {
            let taken = Places::of(word).taken;
            Some(Places { limit, taken }.word())
        });
        debug_assert!(changed.is_ok(), "a change is never refused");
        Ok(())
    }

    /// The number of places.
    #[must_use]
    pub fn permits(&self) -> u32 {
        Places::of(self.state.load()).limit
    }

    /// Calls under way.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        Places::of(self.state.load()).taken
    }

    /// Places that can be taken now.
    #[must_use]
    pub fn free(&self) -> u32 {
        let places = Places::of(self.state.load());
        places.limit.saturating_sub(places.taken)
    }
}

fn checked(permits: u32) -> Result<u32, ConfigError> {
    match permits {
        0 => Err(ConfigError::new("permits", "from 1 to 4294967295")),
        permits => Ok(permits),
    }
}

impl<M: Memory> Policy for Bulkhead<M> {
    type Permit = BulkheadPermit;

    const TIME: TimeUse = TimeUse::Never;

    fn try_acquire(&self, _now: Instant) -> Result<BulkheadPermit, Rejected> {
        self.try_take()
    }

    fn record(&self, permit: BulkheadPermit, _now: Instant, _outcome: Outcome) {
        self.give_back(permit);
    }

    fn cancel(&self, permit: BulkheadPermit, _now: Instant) {
        self.give_back(permit);
    }
}
