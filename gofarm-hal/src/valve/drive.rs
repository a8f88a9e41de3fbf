//! [`Drive`]: what moves a valve, as a machine that says which outputs are on.

use core::fmt;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use super::{ConfigError, Confirm};

/// Where a stroke leads; a drive has to handle both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a drive has to handle both")]
pub enum Position {
    /// Water runs.
    Open,
    /// No water runs.
    Closed,
}

impl Position {
    /// The other one.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Open => Self::Closed,
            Self::Closed => Self::Open,
        }
    }
}

/// What has become of a stroke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a guard has to handle all")]
pub enum Stroke {
    /// None is under way, and a current that holds the valve is as it should be.
    Resting,
    /// It goes on.
    Moving,
    /// It was driven to its end; said once.
    Done,
    /// It was broken off, or what held the valve has failed; said once.
    Failed(Fault),
}

/// Why a stroke failed.
///
/// ```
/// use gofarm_hal::valve::Fault;
///
/// let short = Fault::OverCurrent { milliamps: 2_150, limit: 1_800 };
/// assert_eq!(short.to_string(), "2150 mA is over the limit of 1800 mA");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Fault {
    /// A short circuit; the output was switched off at once.
    #[error("{milliamps} mA is over the limit of {limit} mA")]
    OverCurrent {
        /// What was measured.
        milliamps: u16,
        /// The limit at that time, with the inrush.
        limit: u16,
    },
    /// The coil is broken or not connected.
    #[error("{milliamps} mA is under the limit of {limit} mA")]
    UnderCurrent {
        /// The highest that was measured.
        milliamps: u16,
        /// The limit.
        limit: u16,
    },
    /// The boost capacitor did not reach its voltage in time.
    #[error("the boost capacitor was at {millivolts} mV when its time ran out, not at {target} mV")]
    NotCharged {
        /// The last voltage that was measured, 0 if none was.
        millivolts: u16,
        /// What the pulse needs.
        target: u16,
    },
    /// A motor reached no end switch in its time, or did not leave the one it stood on.
    #[error("the motor has stalled")]
    Stalled,
    /// Both end switches of a motor are on, which no valve can do.
    #[error("both end switches are on")]
    Switches,
    /// A pin could not be set.
    #[error("a pin could not be set")]
    Pin,
}

impl Fault {
    /// The fault's name in lower case, for labels: `over_current`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OverCurrent { .. } => "over_current",
            Self::UnderCurrent { .. } => "under_current",
            Self::NotCharged { .. } => "not_charged",
            Self::Stalled => "stalled",
            Self::Switches => "switches",
            Self::Pin => "pin",
        }
    }
}

impl Classify for Fault {
    fn kind(&self) -> Kind {
        match self {
            Self::NotCharged { .. } => Kind::TimedOut,
            Self::Pin => Kind::Transient,
            Self::OverCurrent { .. }
            | Self::UnderCurrent { .. }
            | Self::Stalled
            | Self::Switches => Kind::Permanent,
        }
    }
}

/// Switches at both ends of a valve's travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_structs, reason = "a valve has two ends")]
pub struct EndSwitches {
    /// The valve stands fully open.
    pub open: bool,
    /// The valve stands fully closed.
    pub closed: bool,
}

impl EndSwitches {
    /// Where the valve stands; `None` between the ends, and when both are on.
    #[must_use]
    pub const fn position(self) -> Option<Position> {
        match (self.open, self.closed) {
            (true, false) => Some(Position::Open),
            (false, true) => Some(Position::Closed),
            (false, false) | (true, true) => None,
        }
    }
}

/// Something that was measured at a valve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Sense {
    /// The current through coil or motor, in mA.
    Current(u16),
    /// The voltage of the boost capacitor, in mV.
    Boost(u16),
    /// The end switches.
    EndSwitches(EndSwitches),
}

/// What moves a valve: a machine without pins and without a clock.
///
/// [`Guard`](super::Guard) decides when a stroke begins, a drive decides how. A program uses one of this crate's,
/// [`Latching`](super::Latching), [`Solenoid`](super::Solenoid) or [`Motorised`](super::Motorised), or writes its own
/// for other hardware, with four duties:
///
/// - The output changes in [`poll`](Self::poll) and nowhere else, at most once a call, so that each one reaches the
///   pins. A fault and [`rest`](Self::rest) may switch it off in between.
/// - It never goes from one direction to the other without being off for the dead time.
/// - Every stroke ends, in `Done` or `Failed`, in a time that does not depend on what is measured.
/// - A stroke that fails leaves the output off.
pub trait Drive {
    /// What is switched on; its type has no value for what must never be on together.
    type Output: Copy + PartialEq + fmt::Debug;

    /// Whether its settings can work, and whether it can confirm a close in this way.
    ///
    /// # Errors
    /// [`ConfigError`] naming the setting.
    fn check(&self, confirm: Confirm) -> Result<(), ConfigError>;

    /// Asks for a stroke; it replaces the one under way and begins with the next poll.
    fn start(&mut self, to: Position, now: Instant);

    /// Goes on.
    fn poll(&mut self, now: Instant) -> Stroke;

    /// Takes a measurement.
    fn sense(&mut self, sense: Sense, now: Instant);

    /// Switches everything off and forgets the stroke.
    fn rest(&mut self, now: Instant);

    /// What has to be on now.
    fn output(&self) -> Self::Output;

    /// When to poll next; `None` while nothing changes by itself.
    fn poll_timeout(&self) -> Option<Instant>;

    /// Whether the current that was measured in the last stroke is that of a stroke which reached the coil.
    fn is_proven(&self) -> bool;

    /// Whether a stroke there draws current, and so has to wait for its turn at a shared supply.
    fn draws(&self, to: Position) -> bool;
}
