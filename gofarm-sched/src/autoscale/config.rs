//! [`AutoscaleConfig`]: bounds, tolerance and rules, checked when built.

use super::{Autoscaler, ScalingRules};
use crate::ConfigError;

/// The figures of an [`Autoscaler`].
///
/// Defaults: 2 to 10 workers, tolerance 0.1, and the rules of Kubernetes for both directions.
///
/// ```
/// use gofarm_sched::autoscale::AutoscaleConfig;
///
/// let error = AutoscaleConfig::new().replicas(5, 4).build().unwrap_err();
/// assert_eq!(error.to_string(), "replicas must be a minimum that is not above the maximum, and a maximum of at least 1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing until it is built"]
pub struct AutoscaleConfig {
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) tolerance: f64,
    pub(super) up: ScalingRules,
    pub(super) down: ScalingRules,
}

impl AutoscaleConfig {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            min: 2,
            max: 10,
            tolerance: 0.1,
            up: ScalingRules::UP,
            down: ScalingRules::DOWN,
        }
    }

    /// The fewest and the most workers; a minimum of 0 lets a service without work stop.
    pub const fn replicas(mut self, min: u32, max: u32) -> Self {
        self.min = min;
        self.max = max;
        self
    }

    /// The distance of metric / target from 1 at which nothing changes, 0..1.
    pub const fn tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Rules for adding.
    pub const fn scale_up(mut self, rules: ScalingRules) -> Self {
        self.up = rules;
        self
    }

    /// Rules for removing.
    pub const fn scale_down(mut self, rules: ScalingRules) -> Self {
        self.down = rules;
        self
    }

    /// Makes an autoscaler that remembers nothing yet.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn build(&self) -> Result<Autoscaler, ConfigError> {
        if self.min > self.max || self.max == 0 {
            return Err(ConfigError::new(
                "replicas",
                "a minimum that is not above the maximum, and a maximum of at least 1",
            ));
        }
        if !(0.0..1.0).contains(&self.tolerance) {
            return Err(ConfigError::new("tolerance", "from 0 and below 1"));
        }
        self.up.check()?;
        self.down.check()?;
        Ok(Autoscaler::new(*self))
    }
}

impl Default for AutoscaleConfig {
    fn default() -> Self {
        Self::new()
    }
}
