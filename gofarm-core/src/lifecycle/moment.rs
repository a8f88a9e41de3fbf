//! The moments of a device's life: [`Moment`], and its name alone, [`Stage`].

use core::fmt;

/// Why a device has started.
///
/// See [`Lifecycle::boot`](super::Lifecycle::boot).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum BootCause {
    /// Power came on.
    PowerOn,
    /// The supply voltage had dropped too far.
    BrownOut,
    /// The watchdog was not fed in time.
    Watchdog,
    /// Somebody asked for it.
    Commanded,
    /// A new firmware image runs for the first time.
    NewImage,
    /// The hardware does not say.
    Unknown,
}

/// How a sync ended.
///
/// See [`Lifecycle::sync_end`](super::Lifecycle::sync_end).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SyncOutcome {
    /// Both sides had what the other one lacked.
    Completed,
    /// The link or a hook ended it early; what was adopted stays.
    Aborted,
}

/// A moment in a device's life, with what there is to know of it.
///
/// ```
/// use gofarm_core::lifecycle::{Moment, Stage};
///
/// assert_eq!(Moment::ImageConfirmed { version: 7 }.stage(), Stage::ImageConfirmed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moment<'a> {
    /// The device has started.
    Boot {
        /// Why.
        cause: BootCause,
    },
    /// A sync is about to start.
    SyncStart {
        /// With whom.
        peer: &'a str,
    },
    /// Data is about to be adopted.
    DataValidate {
        /// Where it comes from.
        source: &'a str,
        /// The data in its encoded form.
        data: &'a [u8],
    },
    /// A sync is over.
    SyncEnd {
        /// With whom.
        peer: &'a str,
        /// How it ended.
        outcome: SyncOutcome,
    },
    /// The running firmware image is about to be confirmed.
    ImageConfirmed {
        /// The image's version.
        version: u32,
    },
}

impl Moment<'_> {
    /// The moment's name.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        match self {
            Self::Boot { .. } => Stage::Boot,
            Self::SyncStart { .. } => Stage::SyncStart,
            Self::DataValidate { .. } => Stage::DataValidate,
            Self::SyncEnd { .. } => Stage::SyncEnd,
            Self::ImageConfirmed { .. } => Stage::ImageConfirmed,
        }
    }
}

/// The name of a [`Moment`].
///
/// ```
/// assert_eq!(gofarm_core::lifecycle::Stage::SyncStart.to_string(), "sync start");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Stage {
    /// [`Moment::Boot`]
    Boot,
    /// [`Moment::SyncStart`]
    SyncStart,
    /// [`Moment::DataValidate`]
    DataValidate,
    /// [`Moment::SyncEnd`]
    SyncEnd,
    /// [`Moment::ImageConfirmed`]
    ImageConfirmed,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boot => "boot",
            Self::SyncStart => "sync start",
            Self::DataValidate => "data validate",
            Self::SyncEnd => "sync end",
            Self::ImageConfirmed => "image confirmed",
        })
    }
}
