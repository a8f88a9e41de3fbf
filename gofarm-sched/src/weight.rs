//! What share of the work a node gets by how fast it answers: [`WeightRule`] and [`LatencyWeight`].
//!
//! A limit that cuts a node off at its SLA makes a cliff: the node falls over it, loses its traffic, gets well, and falls
//! again. Here a weight goes down smoothly with latency. Up to the SLA it is the ratio of the two; beyond, a penalty sets
//! in at 0 and grows exponentially, so that at the SLA there is no step; and it never goes below a floor, so that a
//! node that has recovered is noticed.
//!
//! With `x` for latency by SLA, `weight = max(floor, clamp(1 / x, low, high) × exp(−steepness × max(0, x − 1)))`.
//!
//! A call that failed says nothing by failing fast: record the time-out that it would have cost.

use core::time::Duration;

use crate::ConfigError;
use crate::ewma::Ewma;

/// How a latency becomes a weight.
///
/// The default for an SLA: base 0.5..=2, steepness 1, floor 0.01, alpha 0.2. A node that answers in half the SLA or less
/// has 2, at the SLA 1, at twice the SLA 0.18, and from five times the SLA on 0.01.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_sched::weight::WeightRule;
///
/// let rule = WeightRule::new(millis(200))?;
/// assert_eq!(rule.weight(millis(50)), 2.0);
/// assert_eq!(rule.weight(millis(200)), 1.0);
/// assert_eq!(rule.weight(millis(2_000)), 0.01);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct WeightRule {
    sla: f32,
    base: (f32, f32),
    steepness: f32,
    floor: f32,
    /// Without samples.
    mean: Ewma,
}

impl WeightRule {
    /// The default for an SLA.
    ///
    /// # Errors
    /// The SLA is 0.
    pub fn new(sla: Duration) -> Result<Self, ConfigError> {
        if sla.is_zero() {
            return Err(ConfigError::new("sla", "above 0"));
        }
        Ok(Self {
            sla: sla.as_secs_f32(),
            base: (0.5, 2.0),
            steepness: 1.0,
            floor: 0.01,
            mean: Ewma::new(0.2)?,
        })
    }

    /// The same with other bounds for the ratio of SLA to latency: `low` at most 1, `high` at least 1.
    ///
    /// # Errors
    /// A bound is something else, 0 or less, or not finite.
    pub fn base(mut self, low: f32, high: f32) -> Result<Self, ConfigError> {
        if !(low > 0.0 && low <= 1.0 && high >= 1.0 && high.is_finite()) {
            return Err(ConfigError::new(
                "base",
                "above 0 to at most 1, and at least 1",
            ));
        }
        self.base = (low, high);
        Ok(self)
    }

    /// The same with another steepness of the penalty, at least 0: at `1 / steepness` SLAs over the SLA a weight has lost
    /// 63 % to it.
    ///
    /// # Errors
    /// It is something else, or not finite.
    pub fn steepness(mut self, steepness: f32) -> Result<Self, ConfigError> {
        if !(steepness >= 0.0 && steepness.is_finite()) {
            return Err(ConfigError::new("steepness", "at least 0 and finite"));
        }
        self.steepness = steepness;
        Ok(self)
    }

    /// The same with another floor, above 0 and at most 1.
    ///
    /// # Errors
    /// It is something else.
    pub fn floor(mut self, floor: f32) -> Result<Self, ConfigError> {
        if !(floor > 0.0 && floor <= 1.0) {
            return Err(ConfigError::new("floor", "above 0 and at most 1"));
        }
        self.floor = floor;
        Ok(self)
    }

    /// The same with another share that a new latency counts in the mean, above 0 and at most 1.
    ///
    /// # Errors
    /// It is something else.
    pub fn alpha(mut self, alpha: f32) -> Result<Self, ConfigError> {
        self.mean = Ewma::new(alpha)?;
        Ok(self)
    }

    /// The weight of a latency, from the floor to the upper base.
    #[must_use]
    pub fn weight(&self, latency: Duration) -> f32 {
        self.weight_of(latency.as_secs_f32())
    }

    fn weight_of(&self, latency: f32) -> f32 {
        let x = latency / self.sla;
        let base = (1.0 / x).clamp(self.base.0, self.base.1);
        let over = (x - 1.0).max(0.0);
        (base * libm::expf(-self.steepness * over)).max(self.floor)
    }
}

/// A node's weight by the mean of its latencies.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_sched::weight::{LatencyWeight, WeightRule};
///
/// let mut node = LatencyWeight::new(WeightRule::new(millis(200))?);
/// assert_eq!(node.weight(), 1.0); // nothing is known
/// node.record(millis(80));
/// assert_eq!(node.weight(), 2.0);
/// node.record(millis(2_000)); // one slow call does not ruin it: the mean is 464 ms
/// assert!(node.weight() > 0.1);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LatencyWeight {
    rule: WeightRule,
    mean: Ewma,
}

impl LatencyWeight {
    /// A node of which no latency is known.
    #[must_use]
    pub const fn new(rule: WeightRule) -> Self {
        Self {
            rule,
            mean: rule.mean,
        }
    }

    /// Takes in how long a call took.
    pub fn record(&mut self, latency: Duration) {
        self.mean.push(latency.as_secs_f32());
    }

    /// The mean latency; `None` before the first one.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.mean
            .value()
            .and_then(|seconds| Duration::try_from_secs_f32(seconds).ok())
    }

    /// The weight, from the floor to the upper base; 1, as at the SLA, before the first latency.
    #[must_use]
    pub fn weight(&self) -> f32 {
        self.mean
            .value()
            .map_or(1.0, |seconds| self.rule.weight_of(seconds))
    }
}
