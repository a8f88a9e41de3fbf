//! [`TokenBucketConfig`]: rate, burst and steps, checked when a bucket is built or changed.

use core::time::Duration;

use super::state::{DEPTH_MAX, TICKS_PER_MICRO};
use super::{Rate, TokenBucket};
use crate::policy::ConfigError;

/// The figures of a [`TokenBucket`].
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_resilience::policy::{Rate, TokenBucket};
///
/// let config = TokenBucket::at(Rate::per_second(1_000)).burst(50).in_steps_of(millis(10));
/// assert!(config.build().is_ok());
/// let error = config.burst(0).build().unwrap_err();
/// assert_eq!(error.to_string(), "burst must be at least 1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing until it is built"]
pub struct TokenBucketConfig {
    rate: Rate,
    burst: u32,
    step: Duration,
}

/// The figures as the bucket works with them, in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// What a token costs.
    pub(super) cost: u64,
    /// What all tokens of a full bucket cost; 0 if nothing flows.
    pub(super) depth: u64,
    /// The step in which tokens flow in; 1 if continuously.
    pub(super) step: u64,
}

impl TokenBucketConfig {
    pub(super) const fn new(rate: Rate) -> Self {
        Self {
            rate,
            burst: 1,
            step: Duration::ZERO,
        }
    }

    /// Another rate.
    pub const fn rate(mut self, rate: Rate) -> Self {
        self.rate = rate;
        self
    }

    /// How many tokens the bucket holds at most, from 1. Default 1: calls are spread evenly.
    pub const fn burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    /// Tokens flow in at multiples of `step` on the clock, as a timer would put them in; from 1 µs to 1 h.
    /// Default: continuously.
    pub const fn in_steps_of(mut self, step: Duration) -> Self {
        self.step = step;
        self
    }

    /// Makes a full bucket for one owner.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn build(&self) -> Result<TokenBucket, ConfigError> {
        TokenBucket::new(self)
    }

    /// Makes a full bucket that tasks share.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    #[cfg(target_has_atomic = "64")]
    pub fn build_shared(&self) -> Result<super::SharedTokenBucket, ConfigError> {
        TokenBucket::new(self)
    }

    pub(super) fn shape(&self) -> Result<Shape, ConfigError> {
        if self.burst == 0 {
            return Err(ConfigError::new("burst", "at least 1"));
        }
        let step = match self.step {
            Duration::ZERO => 1,
            step if step >= Duration::from_micros(1) && step <= Duration::from_secs(3_600) => {
                micros(step) * TICKS_PER_MICRO
            }
            _ => return Err(ConfigError::new("step", "from 1 µs to 1 h")),
        };
        let per = self.rate.per();
        if per < Duration::from_micros(1) || per > Duration::from_secs(400 * 86_400) {
            return Err(ConfigError::new("rate", "for a time from 1 µs to 400 days"));
        }
        if self.rate.is_zero() {
            return Ok(Shape {
                cost: 1,
                depth: 0,
                step,
            });
        }
        let per = micros(per) * TICKS_PER_MICRO;
        if u64::from(self.rate.tokens()) > per {
            return Err(ConfigError::new("rate", "at most 64 tokens a microsecond"));
        }
        let cost = per.div_ceil(u64::from(self.rate.tokens()));
        match cost.checked_mul(u64::from(self.burst)) {
            Some(depth) if depth <= DEPTH_MAX => Ok(Shape { cost, depth, step }),
            _ => Err(ConfigError::new("burst", "refilled within 4 years")),
        }
    }
}

/// Whole microseconds of a duration that is known to be short enough.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
