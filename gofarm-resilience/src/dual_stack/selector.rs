//! The machine that chooses the path: [`PathSelector`].

use core::time::Duration;

use gofarm_core::time::Instant;

use super::path::Condition;
use super::{Check, Path, SelectorConfig};

/// Chooses which of two paths calls take; does no I/O.
///
/// The driver tells it what happened ([`handle`](Self::handle)), then does what [`poll_action`](Self::poll_action) says
/// until `None`, and sends [`PathEvent::Timeout`] at [`poll_timeout`](Self::poll_timeout).
///
/// ```
/// use gofarm_core::time::{Instant, millis, secs};
/// use gofarm_resilience::dual_stack::{Path, PathAction, PathEvent, PathSelector, SelectorConfig};
///
/// let mut now = Instant::ZERO;
/// let mut selector = PathSelector::new(SelectorConfig::DEFAULT, now);
/// selector.handle(now, PathEvent::Timeout); // both paths are checked at the start
///
/// // The second path answers its checks, the first does not.
/// while selector.active() == Path::First {
///     while let Some(action) = selector.poll_action() {
///         if let PathAction::Check(check) = action && check.path() == Path::Second {
///             selector.handle(now, PathEvent::CheckPassed(check));
///         }
///     }
///     now = selector.poll_timeout();
///     selector.handle(now, PathEvent::Timeout);
/// }
/// // Asked at 0 s and 1 s, each given up after 500 ms.
/// assert_eq!(now, Instant::ZERO + millis(1_500));
/// assert_eq!(selector.poll_action(), Some(PathAction::Use(Path::Second)));
/// ```
#[derive(Clone, Debug)]
pub struct PathSelector {
    config: SelectorConfig,
    active: Path,
    first: Condition,
    second: Condition,
    to_use: Option<Path>,
    to_check: [Option<Check>; 2],
    last: Option<Switch>,
    switches: u32,
    late: u32,
    /// How long the first path must be well until it is taken again.
    hold: Duration,
    handled: Instant,
}

/// What a driver tells a [`PathSelector`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PathEvent {
    /// The other side said that it is well.
    CheckPassed(Check),
    /// It said that it is not, or could not be asked.
    CheckFailed(Check),
    /// A call was answered on this path, even if by a refusal.
    Answered(Path),
    /// A call was not answered on this path, or its connection was lost.
    Failed(Path),
    /// The time of [`PathSelector::poll_timeout`] has come.
    Timeout,
}

/// What a [`PathSelector`] asks its driver to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PathAction {
    /// Calls take this path from now on; those still under way on the other one decide by
    /// [`PathSelector::last_switch`] whether to give up.
    Use(Path),
    /// Ask the other side on this path how it is.
    Check(Check),
}

/// Why the path was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SwitchReason {
    /// The path left had failed too many checks in a row.
    ChecksFailed,
    /// The path left had answered nothing for too long.
    Silent,
    /// The first path was well for long enough again.
    Returned,
}

impl SwitchReason {
    /// The name in lower case, for labels: `checks_failed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChecksFailed => "checks_failed",
            Self::Silent => "silent",
            Self::Returned => "returned",
        }
    }
}

/// The last change of the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Switch {
    to: Path,
    reason: SwitchReason,
    decided: Instant,
    took: Option<Duration>,
}

impl Switch {
    /// The path that calls take since.
    #[must_use]
    pub const fn to(&self) -> Path {
        self.to
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> SwitchReason {
        self.reason
    }

    /// When it was decided.
    #[must_use]
    pub const fn decided(&self) -> Instant {
        self.decided
    }

    /// How long after the decision the new path answered for the first time, a check or a call; `None` before that.
    #[must_use]
    pub const fn took(&self) -> Option<Duration> {
        self.took
    }
}

impl PathSelector {
    /// Starts on the first path, with a check of both paths due at once.
    #[must_use]
    pub const fn new(config: SelectorConfig, now: Instant) -> Self {
        Self {
            config,
            active: Path::First,
            first: Condition::new(Path::First, now),
            second: Condition::new(Path::Second, now),
            to_use: None,
            to_check: [None; 2],
            last: None,
            switches: 0,
            late: 0,
            hold: config.return_after,
            handled: now,
        }
    }

    /// Takes in what happened. Call [`poll_action`](Self::poll_action) until `None` afterwards.
    ///
    /// An event that comes more than a check's time-out after it was due is taken as the end of a sleep: nobody could
    /// have answered meanwhile, so all counting starts anew instead of giving a path up.
    pub fn handle(&mut self, now: Instant, event: PathEvent) {
        if now.saturating_since(self.poll_timeout()) > self.config.check_timeout {
            self.first.wake(now);
            self.second.wake(now);
        }
        let answered = match event {
            PathEvent::CheckPassed(check) => self
                .condition(check.path)
                .check_passed(now, check)
                .then_some(check.path),
            PathEvent::CheckFailed(check) => {
                self.condition(check.path).check_failed(now, check);
                None
            }
            PathEvent::Answered(path) => {
                self.condition(path).answered();
                Some(path)
            }
            PathEvent::Failed(path) => {
                let config = self.config;
                if self.condition(path).silent(now) {
                    self.condition(path).hurry(now, &config);
                }
                None
            }
            PathEvent::Timeout => None,
        };
        self.first.expire(now, &self.config);
        self.second.expire(now, &self.config);
        if let Some(path) = answered {
            self.note_answer(now, path);
        }
        self.choose(now);
        self.ask(now);
        self.handled = now;
    }

    /// The next thing to do; call until `None` after each [`handle`](Self::handle). At most three wait.
    pub fn poll_action(&mut self) -> Option<PathAction> {
        if let Some(path) = self.to_use.take() {
            return Some(PathAction::Use(path));
        }
        self.to_check
            .iter_mut()
            .find_map(Option::take)
            .map(PathAction::Check)
    }

    /// When to send [`PathEvent::Timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Instant {
        let config = &self.config;
        let checks = self
            .first
            .timeout(self.every(Path::First), config)
            .min(self.second.timeout(self.every(Path::Second), config));
        // What was due at the last event was decided then, and waits for another event.
        [
            self.first.down_at(config),
            self.second.down_at(config),
            self.first.proven_at(self.hold, config),
        ]
        .into_iter()
        .flatten()
        .filter(|at| *at > self.handled)
        .fold(checks, Instant::min)
    }

    /// The path that calls take.
    #[must_use]
    pub const fn active(&self) -> Path {
        self.active
    }

    /// The last change of the path; `None` before the first.
    #[must_use]
    pub const fn last_switch(&self) -> Option<Switch> {
        self.last
    }

    /// How often the path was changed, wrapping round.
    #[must_use]
    pub const fn switches(&self) -> u32 {
        self.switches
    }

    /// How many of those took longer than the configured limit until the new path answered.
    #[must_use]
    pub const fn late_switches(&self) -> u32 {
        self.late
    }

    /// Whether this path is down at `now`: it failed enough checks in a row, or was silent for long enough.
    #[must_use]
    pub fn is_down(&self, path: Path, now: Instant) -> bool {
        match path {
            Path::First => self.first.is_down(now, &self.config),
            Path::Second => self.second.is_down(now, &self.config),
        }
    }

    const fn condition(&mut self, path: Path) -> &mut Condition {
        match path {
            Path::First => &mut self.first,
            Path::Second => &mut self.second,
        }
    }

    /// The time between two checks: the second path is checked rarely while the first is well.
    const fn every(&self, path: Path) -> Duration {
        match (path, self.active) {
            (Path::Second, Path::First) if !self.first.is_silent() => self.config.standby_every,
            _ => self.config.check_every,
        }
    }

    fn note_answer(&mut self, now: Instant, path: Path) {
        if let Some(last) = &mut self.last
            && last.to == path
            && last.took.is_none()
        {
            let took = now.saturating_since(last.decided);
            last.took = Some(took);
            if took > self.config.switch_limit {
                self.late = self.late.wrapping_add(1);
            }
        }
    }

    fn choose(&mut self, now: Instant) {
        let config = &self.config;
        let reason = match self.active {
            Path::First if self.second.is_down(now, config) => None,
            Path::First => reason_to_leave(&self.first, now, config),
            Path::Second => {
                let proven = self.first.proven_at(self.hold, config);
                if proven.is_some_and(|at| at <= now) {
                    Some(SwitchReason::Returned)
                } else if self.first.is_well() {
                    reason_to_leave(&self.second, now, config)
                } else {
                    None
                }
            }
        };
        if let Some(reason) = reason {
            self.switch(now, reason);
        }
    }

    fn switch(&mut self, now: Instant, reason: SwitchReason) {
        let to = self.active.other();
        if let Some(last) = self.last {
            let stayed = now.saturating_since(last.decided);
            if last.took.is_none() && stayed > self.config.switch_limit {
                self.late = self.late.wrapping_add(1);
            }
            if to == Path::Second {
                self.hold = if stayed < self.config.return_limit {
                    self.hold.saturating_mul(2).min(self.config.return_limit)
                } else {
                    self.config.return_after
                };
            }
        }
        self.active = to;
        self.to_use = Some(to);
        self.switches = self.switches.wrapping_add(1);
        self.last = Some(Switch {
            to,
            reason,
            decided: now,
            took: None,
        });
        // The new path proves itself at once, whether or not a call comes by.
        let config = self.config;
        self.condition(to).hurry(now, &config);
    }

    fn ask(&mut self, now: Instant) {
        let first = self.first.ask(now, self.every(Path::First));
        let second = self.second.ask(now, self.every(Path::Second));
        for (slot, check) in self.to_check.iter_mut().zip([first, second]) {
            if check.is_some() {
                *slot = check;
            }
        }
    }
}

fn reason_to_leave(
    path: &Condition,
    now: Instant,
    config: &SelectorConfig,
) -> Option<SwitchReason> {
    if path.has_failed_checks(config) {
        Some(SwitchReason::ChecksFailed)
    } else {
        path.is_down(now, config).then_some(SwitchReason::Silent)
    }
}

#[cfg(test)]
mod tests;
