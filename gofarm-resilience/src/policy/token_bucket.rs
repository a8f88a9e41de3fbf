//! A token bucket: [`TokenBucket`], with an exact time to wait.
//!
//! A gateway must not ask a probe more often than its bus bears, however many tasks want to. A bucket holds up to
//! *burst* tokens and is refilled at a *rate*; each call takes one or more. The usual form counts tokens and
//! remembers when it last counted: two fields that tasks would have to change together. Here the state is one
//! number, the time at which the bucket will be full again (the generic cell rate algorithm, ITU-T I.371), so
//! taking tokens is one compare-and-swap and the time to wait is a subtraction.
//!
//! The rate can be changed while calls go on. What is in the bucket is then kept in tokens, not in time, so that a
//! change never makes tokens; see [`TokenBucket::configure`].

mod config;
mod rate;
mod state;

pub use config::TokenBucketConfig;
pub use rate::Rate;

use core::time::Duration;

use gofarm_core::time::Instant;

use crate::memory::{Memory, Owned, Word};
use crate::policy::{ConfigError, Outcome, Policy, Reason, Rejected, TimeUse};
use config::Shape;
use state::{Packed, ticks};

/// Lets calls through at a rate, with bursts.
///
/// In any interval of length `t` it admits at most `burst + rate × t` tokens (with a refill in steps:
/// `burst + rate × (t + step)`), also while tasks share it and while the rate changes. It starts full.
///
/// As a [`Policy`] each call takes one token. A call that is cancelled does not give its token back, because the
/// request may have gone out.
///
/// ```
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_resilience::policy::{Rate, TokenBucket};
///
/// // 5 readings a second, two at once.
/// let bucket = TokenBucket::at(Rate::per_second(5)).burst(2).build()?;
/// let now = Instant::ZERO;
/// assert!(bucket.try_take(2, now).is_ok());
/// assert_eq!(bucket.try_take(1, now).unwrap_err().retry_after(), millis(200));
/// assert!(bucket.try_take(1, now + millis(200)).is_ok());
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct TokenBucket<M: Memory = Owned> {
    /// When the bucket will be full, and which of the two shapes is in force.
    state: M::Word,
    shapes: [Stored<M>; 2],
    /// 1 while a task changes the configuration.
    changing: M::Word,
}

/// A token bucket that tasks share.
#[cfg(target_has_atomic = "64")]
pub type SharedTokenBucket = TokenBucket<crate::memory::Shared>;

/// The figures of a bucket in the memory of the policy.
#[derive(Debug)]
struct Stored<M: Memory> {
    cost: M::Word,
    depth: M::Word,
    step: M::Word,
}

impl<M: Memory> Stored<M> {
    fn new(shape: Shape) -> Self {
        Self {
            cost: M::Word::new(shape.cost),
            depth: M::Word::new(shape.depth),
            step: M::Word::new(shape.step),
        }
    }

    fn load(&self) -> Shape {
        Shape {
            cost: self.cost.load(),
            depth: self.depth.load(),
            step: self.step.load(),
        }
    }

    fn store(&self, shape: Shape) {
        self.cost.store(shape.cost);
        self.depth.store(shape.depth);
        self.step.store(shape.step);
    }
}

impl TokenBucket {
    /// Starts the configuration of a bucket with this rate.
    pub const fn at(rate: Rate) -> TokenBucketConfig {
        TokenBucketConfig::new(rate)
    }
}

impl<M: Memory> TokenBucket<M> {
    /// A full bucket with this configuration, in the memory that the caller names.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: &TokenBucketConfig) -> Result<Self, ConfigError> {
        let shape = config.shape()?;
        Ok(Self {
            state: M::Word::new(Packed::START.word()),
            shapes: [Stored::new(shape), Stored::new(shape)],
            changing: M::Word::new(0),
        })
    }

    /// Takes `tokens` from the bucket, all or none. Zero tokens are always there.
    ///
    /// # Errors
    /// [`Rejected`] with [`Reason::RateExceeded`] and the exact time after which these tokens are in the bucket if
    /// nobody else takes one; [`Duration::MAX`] if that never happens: more than the burst, or a rate of zero.
    pub fn try_take(&self, tokens: u32, now: Instant) -> Result<(), Rejected> {
        let mut wait = Duration::ZERO;
        let taken = self.state.update(|word| {
            let state = Packed::of(word);
            let shape = self.shape(state);
            match shape.take(state.full_at, tokens, now) {
                Ok(full_at) => Some(state.moved_to(full_at).word()),
                Err(too_early) => {
                    wait = too_early;
                    None
                }
            }
        });
        match taken {
            Ok(_) => Ok(()),
            Err(_) => Err(Rejected::new(Reason::RateExceeded, wait)),
        }
    }

    /// The whole tokens that can be taken now.
    #[must_use]
    pub fn available(&self, now: Instant) -> u32 {
        let state = Packed::of(self.state.load());
        self.shape(state).available(state.full_at, now)
    }

    /// Changes rate, burst and steps while calls go on.
    ///
    /// What has been taken stays taken, in tokens: a bucket with 3 tokens missing has 3 missing after the change.
    /// When the rate was zero the bucket is empty after the change, since nothing flowed in meanwhile.
    ///
    /// # Errors
    /// [`ConfigError`] if a field breaks its rule, or if another task is changing the bucket at this moment;
    /// nothing has changed then.
    pub fn configure(&self, config: &TokenBucketConfig, now: Instant) -> Result<(), ConfigError> {
        let new = config.shape()?;
        if self.changing.swap(1) != 0 {
            return Err(ConfigError::new(
                "configure",
                "called by one task at a time",
            ));
        }
        // Nobody reads the other shape for a decision: whoever still does decides on a state that is gone.
        let next = Packed::of(self.state.load()).next_shape(0);
        self.shapes[next.index()].store(new);
        let changed = self.state.update(|word| {
            let state = Packed::of(word);
            let full_at = self.shape(state).converted(state.full_at, &new, now);
            Some(state.next_shape(full_at).word())
        });
        debug_assert!(changed.is_ok(), "a change is never refused");
        self.changing.store(0);
        Ok(())
    }

    fn shape(&self, state: Packed) -> Shape {
        self.shapes[state.index()].load()
    }
}

impl<M: Memory> Policy for TokenBucket<M> {
    type Permit = ();

    const TIME: TimeUse = TimeUse::Admitting;

    fn try_acquire(&self, now: Instant) -> Result<(), Rejected> {
        self.try_take(1, now)
    }

    fn record(&self, _permit: (), _now: Instant, _outcome: Outcome) {}

    fn cancel(&self, _permit: (), _now: Instant) {}
}

impl Shape {
    /// When the bucket will be full after taking `tokens`, or how long it takes until they are there.
    fn take(&self, full_at: u64, tokens: u32, now: Instant) -> Result<u64, Duration> {
        if tokens == 0 {
            return Ok(full_at);
        }
        let price = u64::from(tokens)
            .checked_mul(self.cost)
            .filter(|price| *price <= self.depth);
        let (Some(price), true) = (price, self.flows()) else {
            return Err(Duration::MAX);
        };
        let stepped = self.stepped(now);
        let after = full_at.max(stepped).saturating_add(price);
        if after <= stepped.saturating_add(self.depth) {
            return Ok(after);
        }
        Err(self.wait_until(after.saturating_sub(self.depth), now))
    }

    fn available(&self, full_at: u64, now: Instant) -> u32 {
        if !self.flows() {
            return 0;
        }
        let missing = full_at.saturating_sub(self.stepped(now));
        let there = self.depth.saturating_sub(missing) / self.cost;
        u32::try_from(there).unwrap_or(u32::MAX)
    }

    /// The same missing tokens under another shape.
    fn converted(&self, full_at: u64, new: &Self, now: Instant) -> u64 {
        let start = new.stepped(now);
        let missing = full_at.saturating_sub(self.stepped(now));
        if !self.flows() || !new.flows() {
            return start.saturating_add(new.depth);
        }
        let scaled = u128::from(missing) * u128::from(new.cost);
        let missing = scaled.div_ceil(u128::from(self.cost));
        let missing = u64::try_from(missing).unwrap_or(u64::MAX);
        start.saturating_add(missing.min(new.depth))
    }

    /// The ticks at the last step.
    fn stepped(&self, now: Instant) -> u64 {
        let now = ticks(now.as_micros());
        now - now % self.step
    }

    /// The time until the first step at or after `tick`, in whole microseconds, rounded up.
    fn wait_until(&self, tick: u64, now: Instant) -> Duration {
        let step = tick.div_ceil(self.step).saturating_mul(self.step);
        let at = Instant::from_micros(step.div_ceil(state::TICKS_PER_MICRO));
        at.saturating_since(now)
    }

    /// Whether tokens flow in at all.
    const fn flows(&self) -> bool {
        self.depth > 0
    }
}
