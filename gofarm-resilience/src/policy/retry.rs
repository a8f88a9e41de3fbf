//! Trying again: [`Retry`], within a budget, a deadline and what the other side asks for.
//!
//! A retry is a bet that a failure was bad luck. It pays for a lost frame, costs only time for a broken probe and
//! brings down a gateway that is overloaded. So four questions are asked before each: does this
//! [kind](gofarm_core::error::Kind) of failure pass, are attempts left, is there time before the deadline, and is
//! the [`Budget`] not used up. Waiting grows exponentially with jitter, so that callers that failed together do
//! not come back together, and is never shorter than what a rejection asked for.
//!
//! Whether a call *may* be made twice is not known here. A timed-out call may have had its effect: leave
//! [`Kind::TimedOut`](gofarm_core::error::Kind::TimedOut) out for calls that are not idempotent.

mod backoff;
mod config;

pub use backoff::{Backoff, Jitter};
pub use config::RetryConfig;

use core::time::Duration;

use gofarm_core::error::Classify;
use gofarm_core::random::Random;
use gofarm_core::time::Instant;

use crate::memory::{Memory, Owned};
use crate::policy::{Budget, ConfigError};

/// Decides whether and when a failed call is made again.
///
/// ```
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_core::random::SplitMix64;
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_resilience::policy::{Attempts, Backoff, Decision, GiveUp, Jitter, Retry};
///
/// struct Lost;
/// impl Classify for Lost {
///     fn kind(&self) -> Kind { Kind::Transient }
/// }
///
/// let retry = Retry::attempts(2).backoff(Backoff::exponential(millis(100), millis(800), Jitter::None)).build()?;
/// let (mut random, now) = (SplitMix64::new(1), Instant::ZERO);
/// let mut call = Attempts::new();
/// assert_eq!(retry.after_failure(&mut call, &Lost, now, &mut random), Decision::RetryAfter(millis(100)));
/// assert_eq!(retry.after_failure(&mut call, &Lost, now, &mut random), Decision::GiveUp(GiveUp::AttemptsUsedUp));
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Retry<M: Memory = Owned> {
    config: RetryConfig,
    budget: Budget<M>,
}

/// A retry policy, with its budget, that tasks share.
#[cfg(target_has_atomic = "64")]
pub type SharedRetry = Retry<crate::memory::Shared>;

/// What one call has tried so far; kept by the caller for as long as the call lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Attempts {
    failed: u32,
    deadline: Option<Instant>,
}

impl Attempts {
    /// A call that has not been tried, without a deadline.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            failed: 0,
            deadline: None,
        }
    }

    /// A call that must have ended by then.
    #[must_use]
    pub const fn until(deadline: Instant) -> Self {
        Self {
            failed: 0,
            deadline: Some(deadline),
        }
    }

    /// Attempts that have failed.
    #[must_use]
    pub const fn failed(&self) -> u32 {
        self.failed
    }
}

/// What to do after a failed attempt; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a decision that is not followed has still been paid for"]
pub enum Decision {
    /// Try again after this time. The budget has paid for it.
    RetryAfter(Duration),
    /// Return the failure to the caller.
    GiveUp(GiveUp),
}

/// Why a failed call is not made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum GiveUp {
    /// A failure of this kind does not pass.
    #[error("a failure of this kind is not tried again")]
    NotRetryable,
    /// The call has been tried as often as allowed.
    #[error("all attempts are used up")]
    AttemptsUsedUp,
    /// The other side asks for a longer wait than the back-off's cap.
    #[error("the time to wait is longer than the cap of the back-off")]
    WaitTooLong,
    /// The wait would not end before the deadline.
    #[error("the deadline passes before the next attempt")]
    DeadlineTooClose,
    /// Too many calls are being made again already.
    #[error("the retry budget is used up")]
    BudgetUsedUp,
}

impl Retry {
    /// Starts a configuration with this many attempts in all, the first included; 1 to 100.
    pub const fn attempts(attempts: u32) -> RetryConfig {
        RetryConfig::new(attempts)
    }
}

impl<M: Memory> Retry<M> {
    /// A policy with this configuration, in the memory that the caller names.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: &RetryConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            config: *config,
            budget: Budget::new(config.budget_config())?,
        })
    }

    /// Records that a call went well, in whichever attempt: it pays into the budget.
    pub fn succeeded(&self, now: Instant) {
        self.budget.deposit(now);
    }

    /// Decides what follows a failed attempt.
    ///
    /// The questions are asked in the order of [`GiveUp`], so that a call that is given up anyway costs no budget.
    pub fn after_failure<E, R>(
        &self,
        call: &mut Attempts,
        failure: &E,
        now: Instant,
        random: &mut R,
    ) -> Decision
    where
        E: Classify + ?Sized,
        R: Random + ?Sized,
    {
        let repeated = call.failed;
        call.failed = call.failed.saturating_add(1);
        if !self.config.retries(failure.kind()) {
            return Decision::GiveUp(GiveUp::NotRetryable);
        }
        if call.failed >= self.config.max_attempts() {
            return Decision::GiveUp(GiveUp::AttemptsUsedUp);
        }
        let backoff = self.config.backoff_config();
        let asked = failure.retry_after().unwrap_or_default();
        if asked > backoff.cap() {
            return Decision::GiveUp(GiveUp::WaitTooLong);
        }
        let wait = backoff.delay_at_least(asked, repeated, random);
        if call.deadline.is_some_and(|deadline| now + wait >= deadline) {
            return Decision::GiveUp(GiveUp::DeadlineTooClose);
        }
        match self.budget.withdraw(now) {
            Ok(()) => Decision::RetryAfter(wait),
            Err(_) => Decision::GiveUp(GiveUp::BudgetUsedUp),
        }
    }

    /// The budget that its retries are paid from.
    pub const fn budget(&self) -> &Budget<M> {
        &self.budget
    }
}
