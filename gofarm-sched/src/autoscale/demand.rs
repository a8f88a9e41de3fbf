//! [`Demand`]: what one metric asks for.

use gofarm_core::error::{Classify, Kind};

use crate::ConfigError;

/// What a metric is wanted to be: a number above 0.
///
/// ```
/// use gofarm_sched::autoscale::Target;
///
/// assert_eq!(Target::new(50.0)?.get(), 50.0);
/// assert!(Target::new(0.0).is_err());
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Target(f64);

impl Target {
    /// A target, in the unit of its metric.
    ///
    /// # Errors
    /// The number is not a normal one above 0.
    pub fn new(value: f64) -> Result<Self, ConfigError> {
        if value.is_normal() && value > 0.0 {
            Ok(Self(value))
        } else {
            Err(ConfigError::new("target", "a normal number above 0"))
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// A metric of which nothing usable is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("the metric was not measured")]
pub struct Unmeasured;

impl Classify for Unmeasured {
    fn kind(&self) -> Kind {
        Kind::Transient
    }
}

/// What a metric and its target ask for. Numbers that are not finite or below 0 count as not measured.
///
/// ```
/// use gofarm_sched::autoscale::{Demand, Target};
///
/// let backlog = Demand::average_value(320.0, Target::new(50.0)?);
/// assert_eq!(backlog.proposal(4, 0.1), Ok(7));
/// assert_eq!(Demand::value(540.0, Target::new(500.0)?).proposal(4, 0.1), Ok(4)); // within the tolerance
/// assert!(Demand::average_value(f64::NAN, Target::new(50.0)?).proposal(4, 0.1).is_err());
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a demand does nothing until an autoscaler decides by it"]
pub struct Demand {
    metric: Metric,
    target: Target,
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Metric {
    AverageValue(f64),
    Value { value: f64, ready: Option<u32> },
    Usage(Usage),
}

impl Demand {
    /// A total that is wanted to be `target` for each worker (Kubernetes' `AverageValue`): a backlog of 50 a worker.
    pub const fn average_value(total: f64, target: Target) -> Self {
        Self {
            metric: Metric::AverageValue(total),
            target,
        }
    }

    /// One number that is wanted to be `target`, and that falls as workers are added (Kubernetes' `Value`): a backlog
    /// of 500 in all.
    pub const fn value(value: f64, target: Target) -> Self {
        Self {
            metric: Metric::Value { value, ready: None },
            target,
        }
    }

    /// The same when only `ready` of the workers work: what is measured is their doing alone.
    pub const fn value_of_ready(value: f64, ready: u32, target: Target) -> Self {
        Self {
            metric: Metric::Value {
                value,
                ready: Some(ready),
            },
            target,
        }
    }

    /// What each worker uses, wanted to be `target` on average (Kubernetes' `Pods` and `Resource` metrics).
    pub const fn usage(usage: Usage, target: Target) -> Self {
        Self {
            metric: Metric::Usage(usage),
            target,
        }
    }

    /// How many workers this asks for, before limits; `tolerance` is the change of the ratio that is ignored, 0.1 by
    /// Kubernetes' default.
    ///
    /// # Errors
    /// [`Unmeasured`] if there is no usable number, or no worker that is ready.
    pub fn proposal(&self, current: u32, tolerance: f64) -> Result<u32, Unmeasured> {
        let target = self.target.get();
        match self.metric {
            Metric::AverageValue(total) => {
                let total = sound(total)?;
                if current > 0 && within(total / (target * f64::from(current)), tolerance) {
                    return Ok(current);
                }
                Ok(ceil(total / target))
            }
            Metric::Value { value, ready } => {
                let ratio = sound(value)? / target;
                if current == 0 {
                    return Ok(ceil(ratio));
                }
                if within(ratio, tolerance) {
                    return Ok(current);
                }
                Ok(ceil(ratio * f64::from(ready.unwrap_or(current))))
            }
            Metric::Usage(usage) => usage.proposal(current, target, tolerance),
        }
    }
}

/// The sum of what workers report, and how many did not.
///
/// Workers that are not ready yet count as using nothing when more are asked for, and not at all when fewer are. Those
/// whose metric is missing count as using nothing when more are asked for, and as much as
/// [`missing_uses`](Self::missing_uses) says when fewer are. Neither can turn the direction around.
///
/// ```
/// use gofarm_sched::autoscale::{Demand, Target, Usage};
///
/// // Two of three workers are busy and the third is starting: not 4 × more, since it will take its part.
/// let usage = Usage::new().ready(0.5).ready(0.7).unready();
/// assert_eq!(Demand::usage(usage, Target::new(0.3)?).proposal(3, 0.1), Ok(4));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a usage does nothing until a demand is made of it"]
pub struct Usage {
    sum: f64,
    ready: u32,
    unready: u32,
    missing: u32,
    missing_uses: Option<f64>,
}

impl Usage {
    /// No worker yet.
    pub const fn new() -> Self {
        Self {
            sum: 0.0,
            ready: 0,
            unready: 0,
            missing: 0,
            missing_uses: None,
        }
    }

    /// A worker that is ready and uses so much; a number that is not finite or below 0 counts as missing.
    pub fn ready(mut self, value: f64) -> Self {
        match sound(value) {
            Ok(value) => {
                self.sum += value;
                self.ready = self.ready.saturating_add(1);
                self
            }
            Err(Unmeasured) => self.missing(),
        }
    }

    /// A worker that is starting; what it reports is not looked at.
    pub const fn unready(mut self) -> Self {
        self.unready = self.unready.saturating_add(1);
        self
    }

    /// A worker that should report and does not.
    pub const fn missing(mut self) -> Self {
        self.missing = self.missing.saturating_add(1);
        self
    }

    /// What a worker that does not report is taken to use when fewer are asked for; the target if not set.
    ///
    /// Kubernetes takes all that was requested for resources (1 where a value is a share) and the target for others.
    pub const fn missing_uses(mut self, value: f64) -> Self {
        self.missing_uses = Some(value);
        self
    }

    fn proposal(&self, current: u32, target: f64, tolerance: f64) -> Result<u32, Unmeasured> {
        if self.ready == 0 || !self.sum.is_finite() {
            return Err(Unmeasured);
        }
        let ratio = self.sum / f64::from(self.ready) / target;
        let rebalanced = self.unready > 0 && ratio > 1.0;
        if !rebalanced && self.missing == 0 {
            return Ok(if within(ratio, tolerance) {
                current
            } else {
                ceil(ratio * f64::from(self.ready))
            });
        }
        let absent = if ratio < 1.0 {
            sound(self.missing_uses.unwrap_or(target))?
        } else {
            0.0
        };
        let unready = if rebalanced { self.unready } else { 0 };
        let counted = f64::from(self.ready) + f64::from(self.missing) + f64::from(unready);
        let filled = (self.sum + absent * f64::from(self.missing)) / counted / target;
        let turned = (ratio <= 1.0 && filled > 1.0) || (ratio >= 1.0 && filled < 1.0);
        if turned || within(filled, tolerance) {
            return Ok(current);
        }
        let desired = ceil(filled * counted);
        let against = (filled < 1.0 && desired > current) || (filled > 1.0 && desired < current);
        Ok(if against { current } else { desired })
    }
}

/// Kubernetes' workers for work in the open: the backlog times the probability of rain.
///
/// What must be in before the rain counts as much as the rain is likely: 400 tasks at 0.8 count as 320. An unknown
/// probability (`None`, not finite) counts as 1, since nobody knows that it stays dry; others are cut to 0..=1.
///
/// ```
/// use gofarm_sched::autoscale::rain_weighted;
///
/// assert_eq!(rain_weighted(400, Some(0.5)), 200.0);
/// assert_eq!(rain_weighted(400, None), 400.0);
/// ```
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    reason = "a backlog beyond 2^53 needs no exact last digit"
)]
pub fn rain_weighted(backlog: u64, probability: Option<f32>) -> f64 {
    let known = probability.filter(|p| p.is_finite()).unwrap_or(1.0);
    backlog as f64 * f64::from(known.clamp(0.0, 1.0))
}

fn sound(value: f64) -> Result<f64, Unmeasured> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(Unmeasured)
    }
}

fn within(ratio: f64, tolerance: f64) -> bool {
    libm::fabs(1.0 - ratio) <= tolerance
}

/// Rounded up; what is beyond `u32` is its maximum.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes the nearest u32"
)]
fn ceil(value: f64) -> u32 {
    libm::ceil(value) as u32
}
