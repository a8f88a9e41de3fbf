//! [`LoadWeights`]: what each metric counts, and the value at which it is full.

use gofarm_core::error::{Classify, Kind};

use super::{Load, Metric};
use crate::ConfigError;

/// The weight of each metric, and its full scale: the value that is as bad as it gets.
///
/// The default is 0.3 processors, 0.25 memory, 0.2 network, 0.15 waiting for disks, 0.1 application; shares are full
/// at 1, latencies at 1 s. Weights need not add up to 1: they are divided by their sum.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_sched::load::{Load, LoadWeights};
///
/// let weights = LoadWeights::default();
/// let load = Load::idle().cpu(1.0).app_p90(millis(500));
/// assert!((weights.absolute(&load) - 0.35).abs() < 1e-6);
/// assert_eq!(weights.absolute(&Load::idle()), 0.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadWeights {
    /// At least 0, adding up to 1.
    weights: [f32; Metric::COUNT],
    full_scale: [f32; Metric::COUNT],
}

impl LoadWeights {
    /// Weights in the order of [`Metric::ALL`]; 0 leaves a metric out.
    ///
    /// # Errors
    /// A weight is not finite or below 0, or all are 0, or their sum is not finite.
    pub fn new(weights: [f32; Metric::COUNT]) -> Result<Self, ConfigError> {
        let sum: f32 = weights.iter().sum();
        let sound = weights.iter().all(|w| w.is_finite() && *w >= 0.0);
        if !sound || sum <= 0.0 || !sum.is_finite() {
            return Err(ConfigError::new(
                "weights",
                "finite, at least 0, and not all 0",
            ));
        }
        Ok(Self {
            weights: weights.map(|w| w / sum),
            full_scale: [1.0; Metric::COUNT],
        })
    }

    /// Weights by the names of their metrics, as a configuration file has them; a metric that is not named counts 0.
    ///
    /// ```
    /// use gofarm_sched::load::{LoadWeights, Metric, WeightsError};
    ///
    /// let weights = LoadWeights::named([("cpu", 3.0), ("memory", 1.0)])?;
    /// assert_eq!(weights.weight(Metric::Cpu), 0.75);
    /// let unknown = LoadWeights::named([("cpu", 3.0), ("disk", 1.0)]);
    /// assert_eq!(unknown, Err(WeightsError::Unknown { index: 1 }));
    /// # Ok::<(), WeightsError>(())
    /// ```
    ///
    /// # Errors
    /// A name is of no metric, or comes twice; or what [`new`](Self::new) refuses.
    pub fn named<'a>(
        weights: impl IntoIterator<Item = (&'a str, f32)>,
    ) -> Result<Self, WeightsError> {
        let mut known = [None; Metric::COUNT];
        for (index, (name, weight)) in weights.into_iter().enumerate() {
            let metric = Metric::ALL.into_iter().find(|m| m.as_str() == name);
            let metric = metric.ok_or(WeightsError::Unknown { index })?;
            if !(weight.is_finite() && weight >= 0.0) {
                return Err(WeightsError::OutOfRange { index, metric });
            }
            if known[metric as usize].replace(weight).is_some() {
                return Err(WeightsError::Twice { index, metric });
            }
        }
        Ok(Self::new(known.map(|weight| weight.unwrap_or(0.0)))?)
    }

    /// The same weights with another full scale for one metric, in its unit; 1 until it is set.
    ///
    /// # Errors
    /// The value is not a normal number above 0.
    pub fn full_scale(mut self, metric: Metric, value: f32) -> Result<Self, ConfigError> {
        if !(value.is_normal() && value > 0.0) {
            return Err(ConfigError::new("full_scale", "a normal number above 0"));
        }
        self.full_scale[metric as usize] = value;
        Ok(self)
    }

    /// The weight of a metric, 0..=1; all add up to 1.
    #[must_use]
    pub const fn weight(&self, metric: Metric) -> f32 {
        self.weights[metric as usize]
    }

    /// The value at which a metric is full, in its unit.
    #[must_use]
    pub const fn full(&self, metric: Metric) -> f32 {
        self.full_scale[metric as usize]
    }

    /// How loaded a node is by itself, 0 (idle) to 1 (all full); unknown metrics are left out.
    ///
    /// Each metric counts as its share of the full scale, at most 1. A load of which nothing is known is 1: nobody
    /// knows that it is not.
    #[must_use]
    pub fn absolute(&self, load: &Load) -> f32 {
        let (mut sum, mut known) = (0.0, 0.0);
        for metric in Metric::ALL {
            if let Some(value) = load.get(metric) {
                let share = (value / self.full(metric)).min(1.0);
                sum += self.weight(metric) * share;
                known += self.weight(metric);
            }
        }
        if known > 0.0 {
            (sum / known).clamp(0.0, 1.0)
        } else {
            1.0
        }
    }
}

/// Why named weights cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum WeightsError {
    /// A name is of no metric.
    #[error("weight {index} is of no metric that is known")]
    Unknown {
        /// Which one, from 0.
        index: usize,
    },
    /// A metric has two weights.
    #[error("weight {index} is the second one of {}", metric.as_str())]
    Twice {
        /// The second one, from 0.
        index: usize,
        /// Of what.
        metric: Metric,
    },
    /// A weight is not finite, or below 0.
    #[error("weight {index}, of {}, must be finite and at least 0", metric.as_str())]
    OutOfRange {
        /// Which one, from 0.
        index: usize,
        /// Of what.
        metric: Metric,
    },
    /// All are 0, or their sum is not finite.
    #[error(transparent)]
    Sum(#[from] ConfigError),
}

impl Classify for WeightsError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

impl Default for LoadWeights {
    fn default() -> Self {
        Self {
            weights: [0.3, 0.25, 0.2, 0.15, 0.1],
            full_scale: [1.0; Metric::COUNT],
        }
    }
}
