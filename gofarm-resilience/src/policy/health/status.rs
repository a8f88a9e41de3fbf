//! [`Status`] of one component and [`Report`] over several.

use core::fmt;

use super::Need;

/// How a component is; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status {
    /// Not checked yet, or not often enough to say: does not serve.
    Unknown,
    /// Works.
    Up,
    /// Works with less: stale values, a second path.
    Degraded,
    /// Does not work.
    Down,
}

impl Status {
    /// Whether it serves calls.
    #[must_use]
    pub const fn serves(self) -> bool {
        matches!(self, Self::Up | Self::Degraded)
    }

    /// The status in lower case, for labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The answers to the three questions, over all components.
///
/// ```
/// use gofarm_resilience::policy::health::{Need, Report, Status};
///
/// let report = Report::NOTHING
///     .and(Need::Required, Status::Up, true)
///     .and(Need::Optional, Status::Down, true);
/// assert!(report.is_live() && report.is_ready() && report.is_degraded());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a report is for whoever asks"]
pub struct Report {
    live: bool,
    ready: bool,
    degraded: bool,
}

impl Report {
    /// The report over no components: live, ready and not degraded.
    pub const NOTHING: Self = Self {
        live: true,
        ready: true,
        degraded: false,
    };

    /// The report with one more component; the order does not matter.
    pub const fn and(self, need: Need, status: Status, live: bool) -> Self {
        let serves = status.serves();
        Self {
            live: self.live && live,
            ready: self.ready && (serves || matches!(need, Need::Optional)),
            degraded: self.degraded || !matches!(status, Status::Up),
        }
    }

    /// Whether everything that reports progress makes some; if not: restart.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.live
    }

    /// Whether everything that is needed serves; if not: send calls elsewhere.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.ready
    }

    /// Whether anything is less than up.
    #[must_use]
    pub const fn is_degraded(&self) -> bool {
        self.degraded
    }

    /// One word for all: down if not ready, else degraded or up.
    #[must_use]
    pub const fn overall(&self) -> Status {
        match (self.ready, self.degraded) {
            (false, _) => Status::Down,
            (true, true) => Status::Degraded,
            (true, false) => Status::Up,
        }
    }
}
