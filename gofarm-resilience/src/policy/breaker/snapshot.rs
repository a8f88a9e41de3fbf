//! What a restart must not forget: [`Snapshot`].

use core::time::Duration;

use gofarm_core::time::{Instant, UnixMillis};

use super::phase::{Deadline, Mode, Phase, Stand};
use super::settings::Settings;
use super::state::State;
use super::{Breaker, Config, ConfigError};
use crate::memory::{Memory, Word};

/// Where a breaker stood, to be kept over a restart.
///
/// Windows are not in it: what they held is over when the process is back.
///
/// ```
/// use gofarm_core::time::{Instant, UnixMillis, secs};
/// use gofarm_resilience::Outcome;
/// use gofarm_resilience::policy::breaker::Breaker;
///
/// let config = Breaker::consecutive(1).open_for(secs(30));
/// let breaker = config.build()?;
/// let wall = UnixMillis::new(1_790_000_000_000);
/// let permit = breaker.try_acquire(Instant::ZERO)?;
/// breaker.record(permit, Instant::ZERO, Outcome::Failure);
/// let snapshot = breaker.snapshot(Instant::from_secs(5), Some(wall));
///
/// // Ten seconds later, in another process, whose clock starts at zero:
/// let restored = config.build()?;
/// restored.restore(&snapshot, Instant::ZERO, Some(wall + secs(10)));
/// assert_eq!(restored.open_remaining(Instant::ZERO), Some(secs(15)));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Snapshot {
    phase: Phase,
    mode: Mode,
    openings: u8,
    failures: u16,
    /// Of the open time or of the ramp, when it was taken.
    remaining_ms: u32,
    taken_at: Option<UnixMillis>,
}

impl Snapshot {
    /// Where the breaker stood.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Who decided.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether it says anything that a new breaker does not: it is not closed, is held, or has failures in a row.
    #[must_use]
    pub fn is_worth_keeping(&self) -> bool {
        self.phase != Phase::Closed || self.mode != Mode::Automatic || self.failures > 0
    }

    /// When it was taken, if the wall time was known.
    #[must_use]
    pub const fn taken_at(&self) -> Option<UnixMillis> {
        self.taken_at
    }
}

impl<M: Memory, const W: usize> Breaker<M, W> {
    /// Where it stands now; `wall` is the wall time, if it is known.
    #[must_use]
    pub fn snapshot(&self, now: Instant, wall: Option<UnixMillis>) -> Snapshot {
        self.state.snapshot(now, wall)
    }

    /// Goes on where a snapshot was taken, with its override.
    ///
    /// An open breaker stays open for the rest of its wait, less the wall time that has passed, where both ends
    /// of it are known; if not, or if the clock was set back, for all of the rest. No rest is taken to be longer
    /// than the configuration allows. One that was half-open may try again at once. Failures in a row are kept.
    /// Calls under way decide nothing any more.
    pub fn restore(&self, snapshot: &Snapshot, now: Instant, wall: Option<UnixMillis>) {
        self.state.restore(&self.settings, snapshot, now, wall);
    }
}

impl<M: Memory, const W: usize> State<M, W> {
    pub(crate) fn snapshot(&self, now: Instant, wall: Option<UnixMillis>) -> Snapshot {
        let stand = self.stand();
        let phase = self.phase(now);
        let remaining = match phase {
            Phase::Open | Phase::Ramping => stand.deadline.remaining(now),
            Phase::Closed | Phase::HalfOpen => Duration::ZERO,
        };
        let counts_failures = matches!(phase, Phase::Closed | Phase::Ramping);
        Snapshot {
            phase,
            mode: stand.mode,
            openings: if phase == Phase::Closed {
                0
            } else {
                stand.openings
            },
            failures: if counts_failures {
                self.failures(stand.generation)
            } else {
                0
            },
            remaining_ms: u32::try_from(remaining.as_micros().div_ceil(1_000)).unwrap_or(u32::MAX),
            taken_at: wall,
        }
    }

    pub(crate) fn restore(
        &self,
        settings: &Settings<M, W>,
        snapshot: &Snapshot,
        now: Instant,
        wall: Option<UnixMillis>,
    ) {
        let passed = match (snapshot.taken_at, wall) {
            (Some(then), Some(wall)) => wall.saturating_since(then),
            _ => Duration::ZERO,
        };
        let (phase, longest) = match snapshot.phase {
            Phase::Open => (Phase::Open, settings.longest_wait_ms()),
            Phase::HalfOpen => (Phase::Open, 0),
            Phase::Ramping => (Phase::Ramping, u64::from(settings.ramp_ms())),
            Phase::Closed => (Phase::Closed, 0),
        };
        let passed_ms = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        let rest = u64::from(snapshot.remaining_ms)
            .saturating_sub(passed_ms)
            .min(longest);
        // It always changes something: the generation.
        let _ = self.stand.update(|word| {
            let stand = Stand {
                openings: snapshot.openings,
                mode: snapshot.mode,
                phase,
                deadline: match phase {
                    Phase::Closed => Deadline::NONE,
                    _ => Deadline::after(now, rest),
                },
                ..Stand::unpack(word)
            };
            Some(stand.renewed().pack())
        });
        if snapshot.failures > 0 {
            let generation = self.stand().generation;
            self.change_run(generation, |mut run| {
                run.failures = snapshot.failures;
                Some(run)
            });
        }
    }
}

impl<M: Memory, const W: usize> Settings<M, W> {
    /// The longest open time with its spread.
    fn longest_wait_ms(&self) -> u64 {
        let longest = u64::from(self.longest_open_ms());
        longest + longest * u64::from(self.jitter()) / 10_000
    }
}

impl<const W: usize> Config<W> {
    /// A breaker that goes on where a snapshot was taken; see [`Breaker::restore`].
    ///
    /// # Errors
    /// [`ConfigError`], with the first field that breaks its rule.
    pub fn restore<M: Memory>(
        self,
        snapshot: &Snapshot,
        now: Instant,
        wall: Option<UnixMillis>,
    ) -> Result<Breaker<M, W>, ConfigError> {
        let breaker = Breaker::new(self)?;
        breaker.restore(snapshot, now, wall);
        Ok(breaker)
    }
}
