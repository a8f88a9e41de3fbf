//! [`ChaosError`]: why failures do not make a script.

use gofarm_core::error::{Classify, Kind};

use super::Chaos;
use super::failure::Failure;
use super::overlap::Excluded;
use super::time_text::{LAST_DAY, Length};

/// Why failures do not make a script.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChaosError {
    /// A script has an end.
    #[error("{count} failures, the limit is {}", Chaos::MOST)]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// A season is at most a year.
    #[error("a season of {days} days, the limit is {LAST_DAY}")]
    TooLong {
        /// How many days.
        days: u16,
    },
    /// A failure goes on after the season: nobody could say that what it broke came in order again.
    #[error("{failure} is not over when the season of {days} days is")]
    AfterTheEnd {
        /// The failure.
        failure: Failure,
        /// How many days the season has.
        days: u16,
    },
    /// A clock was wrong too shortly before the end.
    ///
    /// Time-stamps from a clock that is ahead win until their time has come, and a replica that knew no time may hold
    /// them: replicas agree in the end only if that is within the season.
    #[error(
        "{failure} is over less than {} before the end of the season, the furthest jump ahead of a clock: \
         its time-stamps would still win",
        Length(*furthest)
    )]
    ClockNearTheEnd {
        /// The failure of a clock.
        failure: Failure,
        /// The furthest jump ahead of any clock in the script.
        furthest: core::time::Duration,
    },
    /// Two failures may not overlap.
    #[error("{failure} overlaps {other}: {why}")]
    Overlap {
        /// The one that begins later.
        failure: Failure,
        /// The one that begins earlier.
        other: Failure,
        /// Why they may not.
        why: Excluded,
    },
}

impl Classify for ChaosError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
