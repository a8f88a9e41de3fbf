//! [`Autoscaler`]: demands in, a number of workers out.

use core::fmt;

use gofarm_core::time::Instant;

use super::recent::Recent;
use super::rules::Pace;
use super::{AutoscaleConfig, Demand};

/// Decides how many workers a service should have.
///
/// Contract: call [`decide`](Self::decide) at a regular period (15 s in Kubernetes) with the number of workers that are
/// wanted at present, and [`scaled`](Self::scaled) when a change was carried out, or the policies have nothing to count.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_sched::autoscale::{AutoscaleConfig, Demand, Target, rain_weighted};
///
/// let mut autoscaler = AutoscaleConfig::new().replicas(2, 10).build()?;
/// let (each, in_all) = (Target::new(50.0)?, Target::new(500.0)?);
/// let now = Instant::from_secs(60);
///
/// let backlog = rain_weighted(400, Some(0.75));
/// let demands = [Demand::average_value(backlog, each), Demand::value(backlog, in_all)];
/// let scaling = autoscaler.decide(now, 4, &demands);
/// assert_eq!(scaling.desired(), 6);
/// autoscaler.scaled(now, 4, scaling.desired());
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Autoscaler {
    config: AutoscaleConfig,
    /// The lowest recommendations of the window for adding.
    lows: Recent<u32>,
    /// The highest recommendations of the window for removing.
    highs: Recent<u32>,
    up: Pace,
    down: Pace,
}

/// What to do, and why it is not what the metrics ask for.
///
/// See [`Autoscaler`] for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a decision that is not carried out changes nothing"]
pub struct Scaling {
    current: u32,
    proposed: Option<u32>,
    desired: u32,
    limit: Option<Limit>,
}

impl Scaling {
    /// The number of workers that there were.
    #[must_use]
    pub const fn current(&self) -> u32 {
        self.current
    }

    /// What the metrics ask for; `None` if they cannot say.
    #[must_use]
    pub const fn proposed(&self) -> Option<u32> {
        self.proposed
    }

    /// The number of workers to have.
    #[must_use]
    pub const fn desired(&self) -> u32 {
        self.desired
    }

    /// Whether the number changes.
    #[must_use]
    pub const fn is_change(&self) -> bool {
        self.desired != self.current
    }

    /// What last kept it from what the metrics ask for.
    #[must_use]
    pub const fn limit(&self) -> Option<Limit> {
        self.limit
    }
}

impl fmt::Display for Scaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} workers", self.current, self.desired)?;
        match self.limit {
            Some(limit) => write!(f, " ({limit})"),
            None => Ok(()),
        }
    }
}

/// Why the number is not what the metrics ask for; named as the conditions of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Limit {
    /// No metric is known, or one is unknown and the others ask for fewer.
    Unmeasured,
    /// It is the maximum.
    TooManyReplicas,
    /// It is the minimum.
    TooFewReplicas,
    /// A recent recommendation was lower.
    ScaleUpStabilized,
    /// A recent recommendation was higher.
    ScaleDownStabilized,
    /// The policies allow no more in this period.
    ScaleUpLimit,
    /// The policies allow no fewer in this period.
    ScaleDownLimit,
}

impl Limit {
    /// The name in lower case, for labels: `scale_up_limit`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unmeasured => "unmeasured",
            Self::TooManyReplicas => "too_many_replicas",
            Self::TooFewReplicas => "too_few_replicas",
            Self::ScaleUpStabilized => "scale_up_stabilized",
            Self::ScaleDownStabilized => "scale_down_stabilized",
            Self::ScaleUpLimit => "scale_up_limit",
            Self::ScaleDownLimit => "scale_down_limit",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unmeasured => "not all metrics are known",
            Self::TooManyReplicas => "the maximum",
            Self::TooFewReplicas => "the minimum",
            Self::ScaleUpStabilized => "fewer were enough a short while ago",
            Self::ScaleDownStabilized => "more were needed a short while ago",
            Self::ScaleUpLimit => "as many as may be added in this period",
            Self::ScaleDownLimit => "as many as may be removed in this period",
        })
    }
}

impl Autoscaler {
    pub(super) fn new(config: AutoscaleConfig) -> Self {
        Self {
            lows: Recent::new(config.up.window()),
            highs: Recent::new(config.down.window()),
            up: Pace::new(config.up),
            down: Pace::new(config.down),
            config,
        }
    }

    /// Decides by the metric that asks for the most workers.
    ///
    /// If a metric is unknown, the others may add workers but not remove any. A number outside the bounds is put to
    /// the nearer one at once. A service that a person has switched off is not asked about.
    pub fn decide(&mut self, now: Instant, current: u32, demands: &[Demand]) -> Scaling {
        let AutoscaleConfig { min, max, .. } = self.config;
        if current < min || current > max {
            let limit = if current < min {
                Limit::TooFewReplicas
            } else {
                Limit::TooManyReplicas
            };
            return scaling(current, None, current.clamp(min, max), Some(limit));
        }
        let Some(proposed) = self.proposed(current, demands) else {
            return scaling(current, None, current, Some(Limit::Unmeasured));
        };
        let (stable, stabilized) = self.stabilize(now, current, proposed);
        let (desired, limited) = self.limit(now, current, stable);
        scaling(current, Some(proposed), desired, limited.or(stabilized))
    }

    /// Takes note that the number was changed, which is what policies count.
    pub fn scaled(&mut self, now: Instant, from: u32, to: u32) {
        let change = i64::from(to) - i64::from(from);
        if change != 0 {
            self.up.record(now, change);
            self.down.record(now, change);
        }
    }

    /// The figures that it follows.
    pub const fn config(&self) -> &AutoscaleConfig {
        &self.config
    }

    fn proposed(&self, current: u32, demands: &[Demand]) -> Option<u32> {
        let proposals = || {
            demands
                .iter()
                .map(|demand| demand.proposal(current, self.config.tolerance))
        };
        let most = proposals().flatten().max()?;
        let unknown = proposals().any(|proposal| proposal.is_err());
        if unknown && most < current {
            return None;
        }
        Some(most)
    }

    /// Up only to the lowest, down only to the highest of the recent recommendations.
    fn stabilize(&mut self, now: Instant, current: u32, proposed: u32) -> (u32, Option<Limit>) {
        let up = self.lows.live(now).fold(proposed, u32::min);
        let down = self.highs.live(now).fold(proposed, u32::max);
        self.lows.record(now, proposed, u32::min);
        self.highs.record(now, proposed, u32::max);
        let stable = current.max(up).min(down);
        let limit = match stable {
            _ if stable == proposed => None,
            _ if proposed >= current => Some(Limit::ScaleUpStabilized),
            _ => Some(Limit::ScaleDownStabilized),
        };
        (stable, limit)
    }

    fn limit(&self, now: Instant, current: u32, stable: u32) -> (u32, Option<Limit>) {
        let AutoscaleConfig { min, max, .. } = self.config;
        if stable > current {
            let pace = self.up.up_limit(now, current);
            let (highest, limit) = if max > pace {
                (pace, Limit::ScaleUpLimit)
            } else {
                (max, Limit::TooManyReplicas)
            };
            (stable.min(highest), (stable > highest).then_some(limit))
        } else {
            let pace = self.down.down_limit(now, current);
            let (lowest, limit) = if min < pace {
                (pace, Limit::ScaleDownLimit)
            } else {
                (min, Limit::TooFewReplicas)
            };
            (stable.max(lowest), (stable < lowest).then_some(limit))
        }
    }
}

const fn scaling(
    current: u32,
    proposed: Option<u32>,
    desired: u32,
    limit: Option<Limit>,
) -> Scaling {
    Scaling {
        current,
        proposed,
        desired,
        limit,
    }
}
