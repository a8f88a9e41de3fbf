//! A circuit breaker: after too many failures calls are not made any more, until trials show that they succeed.
//!
//! A device that does not answer costs its caller a time-out for each call, and its gateway the bus. A breaker
//! rejects such calls at once and says when to come back.
//!
//! # What it does
//!
//! ```text
//!             a rule is broken                  the open time is over and a call comes
//!   Closed ─────────────────────▶ Open ───────────────────────────────────────────▶ HalfOpen
//!     ▲                            ▲ ▲   a trial fails, is slow or does not answer     │
//!     │ the ramp is over           │ └──────────────────────────────────────────────────┤
//!     │                            │ a rule is broken                                   │ trials succeed
//!   Ramping ───────────────────────┘                                                    │
//!     ▲                                                                                 │
//!     └─────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! Without a ramp, `HalfOpen` leads to `Closed`. [`Mode`] overrides all of it until it is released.
//!
//! # Decided
//!
//! Breakers of other families disagree on these; here they are fixed, and each is a row of the sequence tables.
//!
//! - It may try again when it has been open for the full wait (`>=`).
//! - A rate opens it when it reaches its threshold (`>=`). A call is slow when it takes longer than the limit
//!   (`>`), and a percentile or average is missed when it is above it.
//! - Only a failure or a slow call opens it. A success within all limits never does, even if it is the call that
//!   makes up the minimum.
//! - A minimum of calls that is larger than a count window is refused when built.
//! - A result that comes after its generation has ended is counted ([`Stats::late`]) and decides nothing.
//! - No more than the allowed trials are under way in one half-open phase, nor more than its verdict needs. A
//!   neutral or cancelled trial gives its place back. Trials that have not answered when the half-open time is
//!   over count as failed; if that leaves too few answers for a verdict it opens again, from that moment on.
//! - Excess over a rate of calls is rejected and does not open it.
//! - An operator's override holds until it is released; setting and releasing it start a new generation.
//!
//! # Memory
//!
//! All that decides (phase, override, generation and deadline) is one word, and each move is one compare-and-swap
//! of it. There is no lock, and no task waits for another: what a task leaves half done, the next call completes.
//! [`State`] is 40 bytes and the window; [`Settings`] (80 bytes) are apart from it, so a keyed table holds them
//! once.
//!
//! It does not classify errors (see [`Outcome::of`]), wait, or make calls.

mod admit;
mod blueprint;
mod config;
mod counts;
mod half_open;
mod hold;
mod open_time;
mod permit;
mod phase;
mod ramp;
mod rate;
mod record;
mod settings;
mod share;
mod signal;
mod snapshot;
mod state;
mod stats;
#[cfg(test)]
mod tests;
mod transition;
mod trip;

pub use config::{Config, ConfigError, Slo};
pub use permit::Permit;
pub use phase::{Mode, Phase};
pub use settings::Settings;
pub use signal::{INSTRUMENTS, observe, observe_named};
pub use snapshot::Snapshot;
pub use state::State;
pub use stats::Stats;
pub use transition::{Cause, Recorded, Transition};

use core::time::Duration;

use gofarm_core::time::Instant;

use super::sliding_window::Totals;
use super::{Admission, Outcome, Policy, Rejected};
#[cfg(target_has_atomic = "64")]
use crate::memory::Shared;
use crate::memory::{Memory, Owned};

/// Words of the window of a preset that looks at rates: 468 calls, or 13 buckets.
pub const WINDOW_WORDS: usize = 40;

/// A breaker that tasks share by reference.
#[cfg(target_has_atomic = "64")]
pub type SharedBreaker<const W: usize = 0> = Breaker<Shared, W>;

/// A circuit breaker; see the [module](self).
///
/// `M` says whether it has one owner or is shared between tasks, `W` how many words its window has. Each admitted
/// call gets a [`Permit`] that must be settled by [`record`](Self::record) or [`cancel`](Self::cancel).
///
/// ```
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_resilience::Outcome;
/// use gofarm_resilience::policy::breaker::{Breaker, Phase};
///
/// let breaker = Breaker::consecutive(1).open_for(secs(30)).build()?;
/// let start = Instant::ZERO;
/// let permit = breaker.try_acquire(start)?;
/// breaker.record(permit, start, Outcome::Failure);
/// assert_eq!(breaker.phase(start), Phase::Open);
///
/// let trial = breaker.try_acquire(start + secs(30))?;
/// breaker.record(trial, start + secs(30), Outcome::Success);
/// assert_eq!(breaker.phase(start + secs(30)), Phase::Closed);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Breaker<M: Memory = Owned, const W: usize = 0> {
    settings: Settings<M, W>,
    state: State<M, W>,
}

impl<M: Memory, const W: usize> Breaker<M, W> {
    /// A closed breaker.
    ///
    /// # Errors
    /// [`ConfigError`], with the first field that breaks its rule.
    pub fn new(config: Config<W>) -> Result<Self, ConfigError> {
        Ok(Self {
            settings: Settings::new(config)?,
            state: State::new(config.seed),
        })
    }

    /// Asks for leave to make one call.
    ///
    /// # Errors
    /// [`Rejected`], with the reason and the time to wait.
    pub fn try_acquire(&self, now: Instant) -> Result<Permit, Rejected> {
        self.state.try_acquire(&self.settings, now)
    }

    /// Asks for leave to make one call, and says which move that has caused.
    pub fn admit(&self, now: Instant) -> Admission<Permit, Transition> {
        self.state.admit(&self.settings, now)
    }

    /// Settles a call that ended.
    pub fn record(&self, permit: Permit, now: Instant, outcome: Outcome) -> Recorded {
        self.state.record(&self.settings, permit, now, outcome)
    }

    /// Settles a call that was given up: as the configuration says, neutral unless set.
    pub fn cancel(&self, permit: Permit, now: Instant) -> Recorded {
        self.record(permit, now, self.settings.cancelled())
    }

    /// Where it stands. An open breaker stays open until a call comes; a ramp ends by itself.
    #[must_use]
    pub fn phase(&self, now: Instant) -> Phase {
        self.state.phase(now)
    }

    /// Who decides.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.state.mode()
    }

    /// How long until it may try again; nothing if it is not open.
    #[must_use]
    pub fn open_remaining(&self, now: Instant) -> Option<Duration> {
        self.state.open_remaining(now)
    }

    /// What the window has counted since the phase or the override last changed; all zero without a rule that
    /// needs a window.
    #[must_use]
    pub fn totals(&self, now: Instant) -> Totals {
        let generation = self.state.stand().generation;
        self.state.totals(&self.settings, generation, now)
    }

    /// What it has counted in its life.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.state.stats()
    }

    /// Puts an operator's override in force, or with [`Mode::Automatic`] releases it; returns what was in force.
    ///
    /// The phase below it is kept. Calls under way decide nothing any more, and counts start again; setting what
    /// is in force already changes nothing.
    pub fn hold(&self, mode: Mode) -> Mode {
        self.state.hold(mode)
    }

    /// Follows another configuration from now on.
    ///
    /// Phase, deadlines, counts and overrides stay. If the window has another shape, its counts start again, and
    /// calls under way in a closed breaker are late.
    ///
    /// # Errors
    /// [`ConfigError`] if `config` breaks a rule, or another task replaces it at this moment: nothing has changed
    /// then.
    pub fn configure(&self, config: Config<W>) -> Result<(), ConfigError> {
        let before = self.settings.window();
        self.settings.replace(config, || {
            if self.settings.window() != before {
                self.state.restart_window();
            }
        })
    }
}

impl<M: Memory, const W: usize> Policy for Breaker<M, W> {
    type Permit = Permit;

    fn try_acquire(&self, now: Instant) -> Result<Permit, Rejected> {
        self.try_acquire(now)
    }

    fn record(&self, permit: Permit, now: Instant, outcome: Outcome) {
        self.record(permit, now, outcome);
    }

    fn cancel(&self, permit: Permit, now: Instant) {
        self.cancel(permit, now);
    }
}
