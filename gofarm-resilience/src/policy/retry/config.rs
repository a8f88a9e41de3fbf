//! [`RetryConfig`]: attempts, kinds, back-off and budget, checked when built.

use core::time::Duration;

use gofarm_core::error::Kind;

use super::{Backoff, Retry};
use crate::policy::{BudgetConfig, ConfigError, Kinds};

/// The figures of a [`Retry`].
///
/// ```
/// use gofarm_core::error::Kind;
/// use gofarm_resilience::policy::{Kinds, Retry};
///
/// // Opening a valve twice is harmless, starting a dosing pump twice is not: the effect of a time-out is unknown.
/// let dosing = Retry::attempts(3).on(Kinds::RETRYABLE.without(Kind::TimedOut)).build()?;
/// let error = Retry::attempts(0).build().unwrap_err();
/// assert_eq!(error.to_string(), "attempts must be from 1 to 100");
/// # let _ = dosing;
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing until it is built"]
pub struct RetryConfig {
    attempts: u32,
    kinds: Kinds,
    backoff: Backoff,
    budget: BudgetConfig,
}

impl RetryConfig {
    pub(super) const fn new(attempts: u32) -> Self {
        Self {
            attempts,
            kinds: Kinds::RETRYABLE,
            backoff: Backoff::DEFAULT,
            budget: BudgetConfig::DEFAULT,
        }
    }

    /// Which failures are tried again. Default [`Kinds::RETRYABLE`]; never cancelled calls.
    pub const fn on(mut self, kinds: Kinds) -> Self {
        self.kinds = kinds;
        self
    }

    /// How long to wait. The base from 1 ms, the cap from the base to 1 h; default [`Backoff::DEFAULT`].
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// What retries are paid from. Default [`BudgetConfig::DEFAULT`].
    pub const fn budget(mut self, budget: BudgetConfig) -> Self {
        self.budget = budget;
        self
    }

    /// Makes a policy for one owner.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn build(&self) -> Result<Retry, ConfigError> {
        Retry::new(self)
    }

    /// Makes a policy that tasks share.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    #[cfg(target_has_atomic = "64")]
    pub fn build_shared(&self) -> Result<super::SharedRetry, ConfigError> {
        Retry::new(self)
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.attempts == 0 || self.attempts > 100 {
            return Err(ConfigError::new("attempts", "from 1 to 100"));
        }
        if self.kinds.contains(Kind::Cancelled) {
            return Err(ConfigError::new("on", "without cancelled calls"));
        }
        if self.backoff.base() < Duration::from_millis(1) {
            return Err(ConfigError::new("backoff base", "at least 1 ms"));
        }
        if self.backoff.cap() < self.backoff.base()
            || self.backoff.cap() > Duration::from_secs(3_600)
        {
            return Err(ConfigError::new("backoff cap", "from the base to 1 h"));
        }
        Ok(())
    }

    pub(super) const fn retries(&self, kind: Kind) -> bool {
        self.kinds.contains(kind)
    }

    pub(super) const fn max_attempts(&self) -> u32 {
        self.attempts
    }

    pub(super) const fn backoff_config(&self) -> &Backoff {
        &self.backoff
    }

    pub(super) const fn budget_config(&self) -> &BudgetConfig {
        &self.budget
    }
}
