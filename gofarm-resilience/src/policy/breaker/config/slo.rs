//! [`Slo`]: what a service promises, as a breaker's figures.

use core::time::Duration;

/// A service level objective: how fast calls must be, and how many a second are let through.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_resilience::policy::breaker::{Breaker, Slo};
///
/// let breaker = Breaker::slo(Slo::new(millis(200)).average(millis(180)).qps(1000)).build()?;
/// # let _ = breaker;
/// # Ok::<(), gofarm_resilience::policy::breaker::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[must_use = "an objective does nothing until it is given to a breaker"]
pub struct Slo {
    pub(super) p99: Duration,
    pub(super) average: Option<Duration>,
    pub(super) qps: Option<u32>,
}

impl Slo {
    /// The 99th percentile of the calls' time must not be above `p99`, 1 µs to 1 h.
    pub const fn new(p99: Duration) -> Self {
        Self {
            p99,
            average: None,
            qps: None,
        }
    }

    /// The average must not be above `limit` either, 1 µs to 16 s: a few calls show it sooner than a percentile.
    pub const fn average(mut self, limit: Duration) -> Self {
        self.average = Some(limit);
        self
    }

    /// At most `rate` calls a second, 1 to 1 000 000; the excess is rejected and does not open the breaker.
    pub const fn qps(mut self, rate: u32) -> Self {
        self.qps = Some(rate);
        self
    }
}
