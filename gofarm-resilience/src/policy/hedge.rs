//! Hedging: [`Hedge`] says when a second attempt is worth sending while the first still runs.
//!
//! A call that is slower than nearly all others was unlucky: it waits behind a retransmission or a busy worker. A
//! second one then often answers first (Dean and Barroso, "The Tail at Scale", CACM 2013). It costs load, so it is
//! sent only after a percentile of the latency, and paid from a [`Budget`]; and it makes the call twice, so it is
//! only for calls that say they are [idempotent](Idempotence).

mod quantile;

use quantile::Quantile;

use core::time::Duration;

use gofarm_core::time::Instant;

use crate::memory::{Memory, Owned};
use crate::policy::{Budget, BudgetConfig, ConfigError, Rejected};

/// The figures of a [`Hedge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing until it is built"]
pub struct HedgeConfig {
    permille: u16,
    start: Duration,
    shortest: Duration,
    longest: Duration,
    budget: BudgetConfig,
}

/// Whether a call may be made twice; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Idempotence {
    /// Twice is as good as once: reading a probe, closing a valve.
    Idempotent,
    /// Twice is not once: dosing, appending.
    Once,
}

/// Says when a second attempt is due, and whether there is budget for it.
///
/// The percentile is estimated in one word by DUMIQE (Yazidi and Hammer, "Multiplicative update methods for
/// incremental quantile estimation", IEEE Trans. Cybernetics 2019): it follows a change of latency within some
/// hundred calls and forgets what it knew before.
///
/// ```
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_resilience::policy::{Hedge, Idempotence};
///
/// let hedge = Hedge::after_permille(950).start_with(millis(50)).build()?;
/// let now = Instant::ZERO;
/// assert_eq!(hedge.delay(Idempotence::Once), None);
/// assert_eq!(hedge.delay(Idempotence::Idempotent), Some(millis(50)));
/// // 50 ms later, still no answer:
/// if hedge.try_hedge(now + millis(50)).is_ok() {
///     // … send the second attempt; the answer comes after 70 ms:
/// }
/// hedge.answered(now, now + millis(70));
/// assert!(hedge.delay(Idempotence::Idempotent) > Some(millis(50)));
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Hedge<M: Memory = Owned> {
    quantile: Quantile<M>,
    shortest: Duration,
    longest: Duration,
    budget: Budget<M>,
}

/// A hedge policy that tasks share.
#[cfg(target_has_atomic = "64")]
pub type SharedHedge = Hedge<crate::memory::Shared>;

impl Hedge {
    /// Starts a configuration: a second attempt is due when this many calls of a thousand have been answered;
    /// 500 to 999.
    pub const fn after_permille(permille: u16) -> HedgeConfig {
        HedgeConfig {
            permille,
            start: Duration::from_millis(100),
            shortest: Duration::from_millis(1),
            longest: Duration::from_secs(10),
            budget: BudgetConfig::percent(5),
        }
    }
}

impl HedgeConfig {
    /// The delay before any latency is known. Default 100 ms.
    pub const fn start_with(mut self, start: Duration) -> Self {
        self.start = start;
        self
    }

    /// The shortest and the longest delay, whatever the percentile says. From 100 µs to 10 min, default 1 ms and
    /// 10 s.
    pub const fn within(mut self, shortest: Duration, longest: Duration) -> Self {
        self.shortest = shortest;
        self.longest = longest;
        self
    }

    /// What second attempts are paid from. Default 5 for 100 answered calls, and the reserve of
    /// [`BudgetConfig::DEFAULT`].
    pub const fn budget(mut self, budget: BudgetConfig) -> Self {
        self.budget = budget;
        self
    }

    /// Makes a policy for one owner.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn build(&self) -> Result<Hedge, ConfigError> {
        Hedge::new(self)
    }

    /// Makes a policy that tasks share.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    #[cfg(target_has_atomic = "64")]
    pub fn build_shared(&self) -> Result<SharedHedge, ConfigError> {
        Hedge::new(self)
    }
}

impl<M: Memory> Hedge<M> {
    /// A policy with this configuration, in the memory that the caller names.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: &HedgeConfig) -> Result<Self, ConfigError> {
        if config.permille < 500 || config.permille > 999 {
            return Err(ConfigError::new("permille", "from 500 to 999"));
        }
        if config.shortest < Duration::from_micros(100) {
            return Err(ConfigError::new("shortest delay", "at least 100 µs"));
        }
        if config.longest < config.shortest || config.longest > Duration::from_secs(600) {
            return Err(ConfigError::new(
                "longest delay",
                "from the shortest to 10 min",
            ));
        }
        if config.start < config.shortest || config.start > config.longest {
            return Err(ConfigError::new(
                "start_with",
                "from the shortest to the longest delay",
            ));
        }
        Ok(Self {
            quantile: Quantile::new(config.permille, config.start),
            shortest: config.shortest,
            longest: config.longest,
            budget: Budget::new(&config.budget)?,
        })
    }

    /// After how long without an answer a second attempt is due; never for a call that is not idempotent.
    #[must_use]
    pub fn delay(&self, call: Idempotence) -> Option<Duration> {
        match call {
            Idempotence::Idempotent => {
                Some(self.quantile.estimate().clamp(self.shortest, self.longest))
            }
            Idempotence::Once => None,
        }
    }

    /// Pays for a second attempt, once its delay is over.
    ///
    /// # Errors
    /// [`Rejected`] if the budget is used up: go on waiting for the first attempt.
    pub fn try_hedge(&self, now: Instant) -> Result<(), Rejected> {
        self.budget.withdraw(now)
    }

    /// Records that a call was answered, by whichever attempt.
    ///
    /// `started` is when the *first* attempt went out. If the second one answered, the first took at least as
    /// long, which is all that the percentile needs to know: the delay is no longer than that.
    pub fn answered(&self, started: Instant, now: Instant) {
        self.quantile
            .record(now.saturating_since(started), self.shortest, self.longest);
        self.budget.deposit(now);
    }

    /// The budget that its second attempts are paid from.
    pub const fn budget(&self) -> &Budget<M> {
        &self.budget
    }
}
