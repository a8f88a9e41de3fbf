//! [`Rollout`]: reports in, a share out.

use core::fmt;
use core::time::Duration;

use gofarm_core::time::Instant;

use super::tally::Tally;
use super::{RolloutConfig, Share, Stage, position};

/// What the devices that have the new version did since the last report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Report {
    calls: u64,
    errors: u64,
    latency: Duration,
}

impl Report {
    /// So many calls, so many of them failed, and their latency at the percentile that the farm watches.
    ///
    /// More errors than calls count as that many calls.
    #[must_use]
    pub const fn new(calls: u64, errors: u64, latency: Duration) -> Self {
        Self {
            calls: if calls > errors { calls } else { errors },
            errors,
            latency,
        }
    }

    /// How many calls there were.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.calls
    }

    /// How many of them failed.
    #[must_use]
    pub const fn errors(&self) -> u64 {
        self.errors
    }

    /// Their latency.
    #[must_use]
    pub const fn latency(&self) -> Duration {
        self.latency
    }
}

/// Where a rollout stands; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Phase {
    /// Nobody has the new version.
    Pending,
    /// The share of the stage has it, and is watched.
    Rolling,
    /// A person has stopped the clock; the share stays.
    Paused,
    /// Everybody has it.
    Completed,
    /// Nobody shall have it any more.
    RolledBack(RollbackCause),
}

/// Why a rollout went back; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum RollbackCause {
    /// Too many calls failed.
    Errors,
    /// A person decided so.
    Aborted,
}

impl RollbackCause {
    /// The name in lower case, for labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Aborted => "aborted",
        }
    }
}

/// Why the clock of a stage stands; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum HoldCause {
    /// Latency is over the limit.
    Latency,
    /// No report has come in time.
    NoReport,
}

impl HoldCause {
    /// The name in lower case, for labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::NoReport => "no_report",
        }
    }
}

/// What has happened to a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "devices change their version because of it"]
#[non_exhaustive]
pub enum RolloutEvent {
    /// This share now gets the new version.
    Advanced(Share),
    /// The clock of the stage stands.
    Held(HoldCause),
    /// The clock of the stage runs again.
    Resumed,
    /// Everybody has had it for the time of the last stage.
    Completed,
    /// Everybody goes back to the old version.
    RolledBack(RollbackCause),
}

/// A rollout in its stages.
///
/// Contract: [`start`](Self::start) it, then hand over a [`Report`] at least as often as the configuration says;
/// [`handle_timeout`](Self::handle_timeout) when [`poll_timeout`](Self::poll_timeout) is due; act on each event.
///
/// ```
/// use gofarm_core::time::{Instant, millis, secs};
/// use gofarm_sched::rollout::{Phase, Report, RollbackCause, RolloutConfig, RolloutEvent, Share};
///
/// let mut rollout = RolloutConfig::new().build(2_026)?;
/// let mut now = Instant::from_secs(1_000);
/// assert_eq!(rollout.start(now), Some(RolloutEvent::Advanced(Share::percent(1))));
///
/// while rollout.share() == Share::percent(1) {
///     now += secs(30);
///     let _ = rollout.handle_report(now, Report::new(400, 0, millis(80)));
/// }
/// assert_eq!((rollout.share(), now), (Share::percent(10), Instant::from_secs(1_300)));
///
/// let event = rollout.handle_report(now + secs(30), Report::new(400, 3, millis(80)));
/// assert_eq!(event, Some(RolloutEvent::RolledBack(RollbackCause::Errors)));
/// assert!(!rollout.includes(b"valve-12"));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rollout {
    pub(super) config: RolloutConfig,
    pub(super) id: u64,
    pub(super) phase: Phase,
    pub(super) approved: bool,
    pub(super) stage: usize,
    pub(super) watched: Duration,
    pub(super) tally: Tally,
    pub(super) held: Option<HoldCause>,
    /// Up to when the stage was watched; `None` if the next report begins the watch.
    pub(super) reported_at: Option<Instant>,
}

impl Rollout {
    pub(super) fn new(config: RolloutConfig, id: u64) -> Self {
        Self {
            config,
            id,
            phase: Phase::Pending,
            approved: false,
            stage: 0,
            watched: Duration::ZERO,
            tally: Tally::default(),
            held: None,
            reported_at: None,
        }
    }

    /// Whether its risk asks for a person's consent that is not there yet.
    #[must_use]
    pub fn awaits_approval(&self) -> bool {
        !self.approved && self.config.risk.score() > self.config.approval_over
    }

    /// A person consents.
    pub const fn approve(&mut self) {
        self.approved = true;
    }

    /// Begins with the first stage. Without effect while it [awaits approval](Self::awaits_approval), or if it began before.
    pub fn start(&mut self, now: Instant) -> Option<RolloutEvent> {
        if self.phase != Phase::Pending || self.awaits_approval() {
            return None;
        }
        self.phase = Phase::Rolling;
        self.enter(0, now);
        Some(RolloutEvent::Advanced(self.share()))
    }

    /// A person stops the clock of the stage; errors still roll back.
    pub const fn pause(&mut self) {
        if matches!(self.phase, Phase::Rolling) {
            self.phase = Phase::Paused;
        }
    }

    /// A person lets the clock go on; the pause does not count.
    pub const fn resume(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Paused) {
            self.phase = Phase::Rolling;
            self.reported_at = Some(now);
        }
    }

    /// A person takes the new version back, even after it was completed.
    pub fn abort(&mut self) -> Option<RolloutEvent> {
        match self.phase {
            Phase::RolledBack(_) => None,
            _ => Some(self.roll_back(RollbackCause::Aborted)),
        }
    }

    /// Takes in a report; before the start and after the end it changes nothing.
    pub fn handle_report(&mut self, now: Instant, report: Report) -> Option<RolloutEvent> {
        if !matches!(self.phase, Phase::Rolling | Phase::Paused) {
            return None;
        }
        self.tally.add(now, self.watch(), &report);
        if self.fails() {
            return Some(self.roll_back(RollbackCause::Errors));
        }
        let slow = report.latency > self.config.latency;
        if self.phase == Phase::Rolling && !slow {
            self.watched = self.watched.saturating_add(self.watch_ended(now));
        }
        self.reported_at = Some(now);
        if slow {
            return self.hold(HoldCause::Latency);
        }
        if self.phase == Phase::Rolling && self.stage_is_done() {
            return Some(self.advance(now));
        }
        self.held.take().map(|_| RolloutEvent::Resumed)
    }

    /// Notices that reports have stopped.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<RolloutEvent> {
        if self.poll_timeout().is_none_or(|due| now < due) {
            return None;
        }
        self.hold(HoldCause::NoReport)
    }

    /// When it holds if no report comes.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let runs = self.phase == Phase::Rolling && self.held != Some(HoldCause::NoReport);
        let reported_at = self.reported_at.filter(|_| runs)?;
        // Just after the last moment that would still count.
        Some(reported_at + self.config.report_every + Duration::from_micros(1))
    }

    /// Who has the new version.
    #[must_use]
    pub fn share(&self) -> Share {
        match self.phase {
            Phase::Pending | Phase::RolledBack(_) => Share::NONE,
            Phase::Rolling | Phase::Paused => self.stage().map_or(Share::NONE, |s| s.share()),
            Phase::Completed => Share::ALL,
        }
    }

    /// Whether this device or tenant shall have the new version now.
    #[must_use]
    pub fn includes(&self, key: &[u8]) -> bool {
        self.share().holds(position(self.id, key))
    }

    /// Where it stands.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Why the clock of the stage stands; pauses by a person are in [`phase`](Self::phase).
    #[must_use]
    pub const fn held(&self) -> Option<HoldCause> {
        self.held
    }

    /// The number of the rollout.
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// How long the stage must still do well; zero before the start and after the end.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        match self.phase {
            Phase::Rolling | Phase::Paused => self.watch().saturating_sub(self.watched),
            _ => Duration::ZERO,
        }
    }

    pub(super) fn stage(&self) -> Option<&Stage> {
        self.config.plan.stages().get(self.stage)
    }

    /// How long the stage is watched, its risk included.
    fn watch(&self) -> Duration {
        let watch = self.stage().map_or(Duration::ZERO, Stage::watch);
        self.config.risk.stretch(watch)
    }

    /// The time since the last report, if that was recent and good.
    fn watch_ended(&self, now: Instant) -> Duration {
        let Some(at) = self.reported_at.filter(|_| self.held.is_none()) else {
            return Duration::ZERO;
        };
        let time = now.saturating_since(at);
        if time <= self.config.report_every {
            time
        } else {
            Duration::ZERO
        }
    }

    fn fails(&self) -> bool {
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts beyond 2^53 need no exact last digit"
        )]
        let (errors, calls) = (self.tally.errors() as f64, self.tally.calls() as f64);
        self.tally.errors() >= self.config.least_errors && errors >= self.config.error_rate * calls
    }

    fn stage_is_done(&self) -> bool {
        self.watched >= self.watch() && self.tally.calls() >= self.config.least_calls
    }

    fn hold(&mut self, cause: HoldCause) -> Option<RolloutEvent> {
        if self.held == Some(cause) {
            return None;
        }
        self.held = Some(cause);
        Some(RolloutEvent::Held(cause))
    }

    fn advance(&mut self, now: Instant) -> RolloutEvent {
        if self.stage + 1 < self.config.plan.stages().len() {
            self.enter(self.stage + 1, now);
            return RolloutEvent::Advanced(self.share());
        }
        self.phase = Phase::Completed;
        self.held = None;
        RolloutEvent::Completed
    }

    fn enter(&mut self, stage: usize, now: Instant) {
        self.stage = stage;
        self.watched = Duration::ZERO;
        self.tally = Tally::since(now);
        self.held = None;
        self.reported_at = Some(now);
    }

    fn roll_back(&mut self, cause: RollbackCause) -> RolloutEvent {
        self.phase = Phase::RolledBack(cause);
        self.held = None;
        RolloutEvent::RolledBack(cause)
    }
}

impl fmt::Display for Rollout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rollout {}: {}", self.id, self.share())?;
        match (self.phase, self.held) {
            (Phase::Pending, _) if self.awaits_approval() => f.write_str(", awaits approval"),
            (Phase::Pending, _) => f.write_str(", not started"),
            (Phase::Rolling, Some(HoldCause::Latency)) => f.write_str(", held by latency"),
            (Phase::Rolling, Some(HoldCause::NoReport)) => f.write_str(", held, no report"),
            (Phase::Rolling, None) => write!(f, ", {} s to go", self.remaining().as_secs()),
            (Phase::Paused, _) => f.write_str(", paused"),
            (Phase::Completed, _) => f.write_str(", completed"),
            (Phase::RolledBack(RollbackCause::Errors), _) => f.write_str(", back after errors"),
            (Phase::RolledBack(RollbackCause::Aborted), _) => f.write_str(", taken back"),
        }
    }
}
