//! [`Component`]: the health of one part, in two words.

use gofarm_core::time::Instant;

use super::{HealthConfig, Need, Report, Status};
use crate::memory::{Memory, Owned, Word};
use crate::policy::{ConfigError, Outcome};

/// One part of the whole: its checks, and whether it makes progress.
///
/// ```
/// use gofarm_resilience::Outcome;
/// use gofarm_resilience::policy::health::{HealthConfig, Status};
///
/// let pump = HealthConfig::required().down_after(2).up_after(2).build()?;
/// assert_eq!(pump.status(), Status::Unknown);
/// for (outcome, status) in [
///     (Outcome::Success, Status::Unknown), // once is not enough
///     (Outcome::Success, Status::Up),
///     (Outcome::Failure, Status::Up),
///     (Outcome::Failure, Status::Down),
///     (Outcome::Success, Status::Down),
///     (Outcome::Success, Status::Up),
/// ] {
///     assert_eq!(pump.record(outcome), status);
/// }
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Component<M: Memory = Owned> {
    /// See [`Checks`].
    checks: M::Word,
    /// The last heartbeat in µs.
    heartbeat: M::Word,
    config: HealthConfig,
}

/// A component that tasks share.
#[cfg(target_has_atomic = "64")]
pub type SharedComponent = Component<crate::memory::Shared>;

/// What the checks have said: a byte each for the phase, the checks in a row against it, and whether it is degraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Checks {
    phase: Phase,
    good: u8,
    bad: u8,
    degraded: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Unknown,
    Up,
    Down,
}

impl Checks {
    const START: Self = Self {
        phase: Phase::Unknown,
        good: 0,
        bad: 0,
        degraded: false,
    };

    fn of(word: u64) -> Self {
        let [.., degraded, bad, good, phase] = word.to_be_bytes();
        Self {
            phase: match phase {
                0 => Phase::Unknown,
                1 => Phase::Up,
                _ => Phase::Down,
            },
            good,
            bad,
            degraded: degraded != 0,
        }
    }

    fn word(self) -> u64 {
        let phase = match self.phase {
            Phase::Unknown => 0,
            Phase::Up => 1,
            Phase::Down => 2,
        };
        u64::from_be_bytes([
            0,
            0,
            0,
            0,
            u8::from(self.degraded),
            self.bad,
            self.good,
            phase,
        ])
    }

    fn after(mut self, outcome: Outcome, config: &HealthConfig) -> Self {
        match outcome {
            Outcome::Neutral => return self,
            Outcome::Success => {
                self.good = self.good.saturating_add(1);
                self.bad = 0;
                if self.good >= config.up_after {
                    self.phase = Phase::Up;
                }
            }
            Outcome::Failure => {
                self.bad = self.bad.saturating_add(1);
                self.good = 0;
                if self.bad >= config.down_after {
                    self.phase = Phase::Down;
                }
            }
        }
        self
    }

    const fn status(self) -> Status {
        match (self.phase, self.degraded) {
            (Phase::Unknown, _) => Status::Unknown,
            (Phase::Up, false) => Status::Up,
            (Phase::Up, true) => Status::Degraded,
            (Phase::Down, _) => Status::Down,
        }
    }
}

impl<M: Memory> Component<M> {
    /// A component that has not been checked, with this configuration, in the memory that the caller names.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: &HealthConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            checks: M::Word::new(Checks::START.word()),
            heartbeat: M::Word::new(0),
            config: *config,
        })
    }

    /// Takes in the outcome of a check, or of a call that serves as one, and returns the status after it.
    pub fn record(&self, outcome: Outcome) -> Status {
        self.change(|checks| checks.after(outcome, &self.config))
    }

    /// Says that it works with less from now on, until [`recover`](Self::recover): it serves stale values, or runs on
    /// its second path. A component that is down stays down.
    pub fn degrade(&self) -> Status {
        self.change(|checks| Checks {
            degraded: true,
            ..checks
        })
    }

    /// Says that it works as it should again.
    pub fn recover(&self) -> Status {
        self.change(|checks| Checks {
            degraded: false,
            ..checks
        })
    }

    /// Says that it makes progress, for [`HealthConfig::stuck_after`].
    pub fn heartbeat(&self, now: Instant) {
        // Refused if another task was later.
        let _ = self
            .heartbeat
            .update(|last| (now.as_micros() > last).then_some(now.as_micros()));
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> Status {
        Checks::of(self.checks.load()).status()
    }

    /// Whether it makes progress. The time before the first heartbeat counts from the start of the clock; a component
    /// without [`HealthConfig::stuck_after`] is always live.
    #[must_use]
    pub fn is_live(&self, now: Instant) -> bool {
        let last = Instant::from_micros(self.heartbeat.load());
        self.config
            .stuck_after
            .is_none_or(|stuck_after| now.saturating_since(last) <= stuck_after)
    }

    /// Whether the whole is ready without it.
    #[must_use]
    pub const fn need(&self) -> Need {
        self.config.need
    }

    /// The report with this component.
    pub fn report(&self, so_far: Report, now: Instant) -> Report {
        so_far.and(self.need(), self.status(), self.is_live(now))
    }

    fn change(&self, change: impl Fn(Checks) -> Checks) -> Status {
        let mut status = Status::Unknown;
        // Refused if nothing changes.
        let _ = self.checks.update(|word| {
            let checks = change(Checks::of(word));
            status = checks.status();
            (checks.word() != word).then(|| checks.word())
        });
        status
    }
}
