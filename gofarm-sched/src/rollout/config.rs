//! [`RolloutConfig`]: gates, risk and plan, checked when built.

use core::time::Duration;

use super::{Risk, Rollout, RolloutPlan};
use crate::ConfigError;

/// The gates of a [`Rollout`], with its plan and risk.
///
/// Defaults: the plan of [`RolloutPlan::default`], no risk, back at an error rate of 0.000 2 from the first error on, held
/// over 150 ms, a report each minute at least, at least one call in each stage, approval over a risk of 0.6.
///
/// ```
/// use gofarm_sched::rollout::{Risk, RolloutConfig};
///
/// let rollout = RolloutConfig::new().risk(Risk::new(1.0, 0.5, 0.5)?).build(42)?;
/// assert!(rollout.awaits_approval());
/// assert!(RolloutConfig::new().error_rate(0.0).build(42).is_err());
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a configuration does nothing until it is built"]
pub struct RolloutConfig {
    pub(super) plan: RolloutPlan,
    pub(super) risk: Risk,
    pub(super) error_rate: f64,
    pub(super) least_errors: u64,
    pub(super) least_calls: u64,
    pub(super) latency: Duration,
    pub(super) report_every: Duration,
    pub(super) approval_over: f32,
}

impl RolloutConfig {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            plan: RolloutPlan::default(),
            risk: Risk::NONE,
            error_rate: 0.000_2,
            least_errors: 1,
            least_calls: 1,
            latency: Duration::from_millis(150),
            report_every: Duration::from_secs(60),
            approval_over: 0.6,
        }
    }

    /// The stages.
    pub fn plan(mut self, plan: RolloutPlan) -> Self {
        self.plan = plan;
        self
    }

    /// What the change could cost.
    pub const fn risk(mut self, risk: Risk) -> Self {
        self.risk = risk;
        self
    }

    /// The part of a stage's calls that fail at which it rolls back; over 0 and up to 1.
    pub const fn error_rate(mut self, rate: f64) -> Self {
        self.error_rate = rate;
        self
    }

    /// How many errors a stage must have before their rate counts; from 1.
    pub const fn least_errors(mut self, errors: u64) -> Self {
        self.least_errors = errors;
        self
    }

    /// How many calls a stage must have had before the next; 0 for what may be idle, as a valve in winter.
    pub const fn least_calls(mut self, calls: u64) -> Self {
        self.least_calls = calls;
        self
    }

    /// The latency over which a step is held; over 0 s.
    pub const fn latency(mut self, limit: Duration) -> Self {
        self.latency = limit;
        self
    }

    /// How far apart reports may be before the clock of the stage stops; over 0 s.
    pub const fn report_every(mut self, time: Duration) -> Self {
        self.report_every = time;
        self
    }

    /// The risk over which somebody must approve before it starts; 0 to 1, where 1 never asks.
    pub const fn approval_over(mut self, score: f32) -> Self {
        self.approval_over = score;
        self
    }

    /// Makes a rollout that has not started; `id` is its number, which decides who comes first.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn build(self, id: u64) -> Result<Rollout, ConfigError> {
        self.check()?;
        Ok(Rollout::new(self, id))
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if !(self.error_rate > 0.0 && self.error_rate <= 1.0) {
            return Err(ConfigError::new("error_rate", "over 0 and up to 1"));
        }
        if self.least_errors == 0 {
            return Err(ConfigError::new("least_errors", "at least 1"));
        }
        if self.latency.is_zero() {
            return Err(ConfigError::new("latency", "over 0 s"));
        }
        if self.report_every.is_zero() {
            return Err(ConfigError::new("report_every", "over 0 s"));
        }
        if !(0.0..=1.0).contains(&self.approval_over) {
            return Err(ConfigError::new("approval_over", "from 0 to 1"));
        }
        Ok(())
    }
}

impl Default for RolloutConfig {
    fn default() -> Self {
        Self::new()
    }
}
