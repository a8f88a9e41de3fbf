//! What a machine says: [`ModeEvent`].

use super::Mode;

/// What has happened, or is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ModeEvent {
    /// The node meets its load in another way.
    Moved(Moved),
    /// Replicas should leave the node. Asked when Breaker begins, and after each dwell time in which the load has not come
    /// back.
    MoveReplicas {
        /// The load, 0 to 1.
        load: f32,
    },
    /// What the node's services call should scale ahead of time. Asked when Predictive begins, and after each dwell time
    /// in which the slope is still over its bound.
    ScaleCalled {
        /// The slope, in load a period.
        slope: f32,
    },
}

/// A move from one mode to another.
///
/// Where one was not taken before the next, it is the first mode, the last one, and the last cause, which need not be a
/// row of the table; there and back again is nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Moved {
    from: Mode,
    to: Mode,
    cause: Cause,
}

impl Moved {
    pub(super) const fn new(from: Mode, to: Mode, cause: Cause) -> Self {
        Self { from, to, cause }
    }

    /// Where it stood.
    #[must_use]
    pub const fn from(&self) -> Mode {
        self.from
    }

    /// Where it stands.
    #[must_use]
    pub const fn to(&self) -> Mode {
        self.to
    }

    /// Why.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }
}

/// Why a node has moved, with the figure that decided.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Cause {
    /// Its load went over the bound.
    Overloaded(f32),
    /// Its load came back.
    Relieved(f32),
    /// Its load rises: the slope went over the bound, in load a period.
    Rising(f32),
    /// Its load no longer rises, and the nodes' loads are near each other.
    Settled(f32),
}

impl Cause {
    /// The name in lower case, for labels: `overloaded`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Overloaded(_) => "overloaded",
            Self::Relieved(_) => "relieved",
            Self::Rising(_) => "rising",
            Self::Settled(_) => "settled",
        }
    }
}
