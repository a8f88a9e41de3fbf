//! One of the two paths, and what is known of it.

use core::fmt;
use core::time::Duration;

use gofarm_core::time::Instant;

use super::SelectorConfig;

/// One of the two ways to the other side; every user may match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Path {
    /// The one that is preferred and carries everything: gRPC.
    First,
    /// The one that carries what must not wait while the first is down: plain HTTP/2.
    Second,
}

impl Path {
    /// The path that this one is not.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }

    /// The name in lower case, for labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "first path",
            Self::Second => "second path",
        })
    }
}

/// A check that was asked for; it comes back in the event that says how it ended, and only the latest one of its path
/// counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Check {
    pub(super) path: Path,
    pub(super) number: u32,
}

impl Check {
    /// The path to check.
    #[must_use]
    pub const fn path(&self) -> Path {
        self.path
    }
}

/// What is known of one path.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    path: Path,
    /// Checks failed in a row.
    failed: u8,
    /// Checks passed in a row, with nothing failed in between.
    passed: u8,
    /// When the first of those passed.
    well_since: Option<Instant>,
    /// The first failure since something was answered.
    silent_since: Option<Instant>,
    /// The number of the last check.
    number: u32,
    /// When it was asked for.
    asked: Option<Instant>,
    is_under_way: bool,
    /// A time for the next check that does not wait for its turn.
    hurried: Option<Instant>,
}

impl Condition {
    pub(super) const fn new(path: Path, now: Instant) -> Self {
        Self {
            path,
            failed: 0,
            passed: 0,
            well_since: None,
            silent_since: None,
            number: 0,
            asked: None,
            is_under_way: false,
            hurried: Some(now),
        }
    }

    /// Asks for a check if it is time for one.
    pub(super) fn ask(&mut self, now: Instant, every: Duration) -> Option<Check> {
        if self.is_under_way || now < self.due(every) {
            return None;
        }
        self.is_under_way = true;
        self.asked = Some(now);
        self.hurried = None;
        self.number = self.number.wrapping_add(1);
        Some(Check {
            path: self.path,
            number: self.number,
        })
    }

    fn due(&self, every: Duration) -> Instant {
        let regular = self.asked.map_or(Instant::ZERO, |asked| asked + every);
        self.hurried.map_or(regular, |soon| soon.min(regular))
    }

    /// Brings the next check forward, but leaves a check's time-out between two. One that is under way will do.
    pub(super) fn hurry(&mut self, now: Instant, config: &SelectorConfig) {
        if !self.is_under_way {
            let earliest = self.asked.map_or(now, |asked| asked + config.check_timeout);
            self.hurried = Some(now.max(earliest));
        }
    }

    /// When a check has to be asked for, or is given up.
    pub(super) fn timeout(&self, every: Duration, config: &SelectorConfig) -> Instant {
        match self.asked {
            Some(asked) if self.is_under_way => asked + config.check_timeout,
            _ => self.due(every),
        }
    }

    /// Whether this ends the check under way.
    fn settle(&mut self, check: Check) -> bool {
        let is_awaited = self.is_under_way && self.number == check.number;
        if is_awaited {
            self.is_under_way = false;
        }
        is_awaited
    }

    pub(super) fn check_passed(&mut self, now: Instant, check: Check) -> bool {
        let counts = self.settle(check);
        if counts {
            self.failed = 0;
            self.passed = self.passed.saturating_add(1);
            self.well_since.get_or_insert(now);
            self.silent_since = None;
        }
        counts
    }

    pub(super) fn check_failed(&mut self, now: Instant, check: Check) {
        if self.settle(check) {
            self.count_failed_check(now);
        }
    }

    fn count_failed_check(&mut self, at: Instant) {
        self.failed = self.failed.saturating_add(1);
        self.silent(at);
    }

    /// A check that is not answered in time has failed, at the time when it should have been answered.
    pub(super) fn expire(&mut self, now: Instant, config: &SelectorConfig) {
        if let Some(asked) = self.asked
            && self.is_under_way
            && asked + config.check_timeout <= now
        {
            self.is_under_way = false;
            self.count_failed_check(asked + config.check_timeout);
        }
    }

    pub(super) const fn answered(&mut self) {
        self.silent_since = None;
    }

    /// Something was not answered. Returns whether it is the first failure of a row.
    pub(super) fn silent(&mut self, at: Instant) -> bool {
        self.passed = 0;
        self.well_since = None;
        let is_first = self.silent_since.is_none();
        self.silent_since.get_or_insert(at);
        is_first
    }

    /// Starts counting anew, after a time in which nobody could answer: the device slept.
    pub(super) fn wake(&mut self, now: Instant) {
        self.is_under_way = false;
        self.hurried = Some(now);
        self.well_since = self.well_since.map(|_| now);
        self.silent_since = self.silent_since.map(|_| now);
    }

    pub(super) const fn is_silent(&self) -> bool {
        self.silent_since.is_some()
    }

    /// Whether it has passed the last check and failed nothing since.
    pub(super) const fn is_well(&self) -> bool {
        self.passed > 0
    }

    pub(super) const fn has_failed_checks(&self, config: &SelectorConfig) -> bool {
        self.failed >= config.failed_checks
    }

    pub(super) fn is_down(&self, now: Instant, config: &SelectorConfig) -> bool {
        self.has_failed_checks(config) || self.down_at(config).is_some_and(|at| at <= now)
    }

    /// When it will have been silent for too long.
    pub(super) fn down_at(&self, config: &SelectorConfig) -> Option<Instant> {
        self.silent_since.map(|since| since + config.down_for)
    }

    /// When it will have been well for `hold`, if it has passed enough checks.
    pub(super) fn proven_at(&self, hold: Duration, config: &SelectorConfig) -> Option<Instant> {
        let since = self.well_since?;
        (self.passed >= config.return_checks).then(|| since + hold)
    }
}
