//! [`AutonomyEvent`]: what has changed.

use core::fmt;
use core::time::Duration;

use super::{Action, WorkId};

/// Whether the farm works with the others; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LinkMode {
    /// The link is there, or has not been away for long.
    Connected,
    /// The farm decides alone.
    CutOff,
}

impl LinkMode {
    /// The name in lower case, for labels: `cut_off`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::CutOff => "cut_off",
        }
    }
}

impl fmt::Display for LinkMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What has changed since it was last asked for.
///
/// What changed and changed back in between is not told: an event says what holds now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AutonomyEvent {
    /// The farm is in another mode.
    ModeChanged(LinkMode),
    /// Work may do more or less than before.
    ActionChanged {
        /// Which work.
        work: WorkId,
        /// Its name.
        name: &'static str,
        /// What it may do now.
        action: Action,
    },
    /// It has been cut off for as long as it was made for: a person must look.
    HorizonReached(Duration),
}
