//! [`Aimd`]: additive increase, multiplicative decrease.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::places::{ONE, Places};
use super::{Bounds, LimitPermit, micros};
use crate::memory::{Memory, Owned};
use crate::policy::{ConfigError, Outcome, Policy, Rejected};

/// The figures of an [`Aimd`].
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_resilience::policy::Aimd;
///
/// let error = Aimd::slower_than(millis(500)).bounds(10, 5, 8).build().unwrap_err();
/// assert_eq!(error.to_string(), "initial must be from min to max");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing until it is built"]
pub struct AimdConfig {
    bounds: Bounds,
    slow: Duration,
    keep_percent: u8,
}

/// A limit that grows by one for each round of calls that went well, and is cut when one fails or is slow.
///
/// In balance it saws between the limit at which calls begin to fail and [`AimdConfig::keep_percent`] of it
/// (Chiu and Jain 1989 show that it converges and is fair between callers). Any [`Outcome::Failure`] cuts, once
/// for all calls that were under way: where failures of other causes are common, give it the outcome of
/// overloads only.
///
/// ```
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_resilience::policy::{Aimd, Policy};
/// use gofarm_resilience::Outcome;
///
/// let limit = Aimd::slower_than(millis(500)).bounds(10, 1, 100).build()?;
/// let now = Instant::ZERO;
/// let permit = limit.try_acquire(now)?;
/// limit.record(permit, now + millis(20), Outcome::Failure);
/// assert_eq!(limit.limit(), 9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Aimd<M: Memory = Owned> {
    places: Places<M>,
    slow_micros: u64,
    keep_percent: u64,
}

/// An AIMD limit that tasks share.
#[cfg(target_has_atomic = "64")]
pub type SharedAimd = Aimd<crate::memory::Shared>;

impl Aimd {
    /// Starts a configuration: a call that takes longer than this counts as overload. From 1 ms to 10 min.
    pub const fn slower_than(slow: Duration) -> AimdConfig {
        AimdConfig {
            bounds: Bounds::DEFAULT,
            slow,
            keep_percent: 90,
        }
    }
}

impl AimdConfig {
    /// The limit at the start, the lowest and the highest; from 1 to 65535. Default 10, 1 and 1000.
    pub const fn bounds(mut self, initial: u32, min: u32, max: u32) -> Self {
        self.bounds = Bounds { initial, min, max };
        self
    }

    /// How much of the limit a cut leaves, in percent; 10 to 99. Default 90, as in Netflix' limit; TCP Reno: 50.
    pub const fn keep_percent(mut self, keep_percent: u8) -> Self {
        self.keep_percent = keep_percent;
        self
    }

    /// Makes a limit for one owner.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn build(&self) -> Result<Aimd, ConfigError> {
        Aimd::new(self)
    }

    /// Makes a limit that tasks share.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    #[cfg(target_has_atomic = "64")]
    pub fn build_shared(&self) -> Result<SharedAimd, ConfigError> {
        Aimd::new(self)
    }
}

impl<M: Memory> Aimd<M> {
    /// A limit with this configuration, in the memory that the caller names.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: &AimdConfig) -> Result<Self, ConfigError> {
        config.bounds.check()?;
        if config.slow < Duration::from_millis(1) || config.slow > Duration::from_secs(600) {
            return Err(ConfigError::new("slower_than", "from 1 ms to 10 min"));
        }
        if config.keep_percent < 10 || config.keep_percent > 99 {
            return Err(ConfigError::new("keep_percent", "from 10 to 99"));
        }
        Ok(Self {
            places: Places::new(&config.bounds),
            slow_micros: micros(config.slow),
            keep_percent: u64::from(config.keep_percent),
        })
    }

    /// The limit in force, in whole calls.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.places.limit()
    }

    /// Calls under way.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.places.in_flight()
    }
}

impl<M: Memory> Policy for Aimd<M> {
    type Permit = LimitPermit;

    fn try_acquire(&self, now: Instant) -> Result<LimitPermit, Rejected> {
        self.places.try_take(now)
    }

    fn record(&self, permit: LimitPermit, now: Instant, outcome: Outcome) {
        let load = self.places.give_back();
        let slow = micros(now.saturating_since(permit.started)) > self.slow_micros;
        match outcome {
            Outcome::Neutral => {}
            Outcome::Success if !slow => {
                // Grow only while at least half of the limit is in use.
                if load.in_flight * 2 * ONE >= load.limit {
                    self.places.change(|limit| limit + ONE * ONE / limit);
                }
            }
            Outcome::Success | Outcome::Failure => {
                self.places.cut(&permit, now, self.keep_percent);
            }
        }
    }

    fn cancel(&self, permit: LimitPermit, _now: Instant) {
        let LimitPermit { .. } = permit;
        self.places.give_back();
    }
}
