//! [`Error`] and [`MeasureError`]: why a driver has no values.

use gofarm_core::error::{Classify, Kind};

use super::recorder::Failure;

/// Why an exchange or a measurement over a line failed; `E` is the error of the line.
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_hal::sdi12::{Error, Failure, MeasureError};
///
/// let error: Error<Infallible> = Error::Exchange(Failure::NoReply { sends: 12 });
/// assert_eq!(error.kind(), Kind::TimedOut);
/// let error: Error<Infallible> = Error::Measure(MeasureError::Aborted);
/// assert_eq!(error.kind(), Kind::Transient);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// The serial line failed for good, or each time.
    #[error("the serial line of the bus failed")]
    Line(E),
    /// No answer to a command.
    #[error(transparent)]
    Exchange(Failure),
    /// Answers, but not the values that were asked for.
    #[error(transparent)]
    Measure(MeasureError),
    /// The bus was given to another user, because this one had not come back in time.
    #[error("the bus was given to another user")]
    Lost,
}

impl<E: Classify> Classify for Error<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Line(error) => error.kind(),
            Self::Exchange(failure) => failure.kind(),
            Self::Measure(error) => error.kind(),
            Self::Lost => Kind::Transient,
        }
    }
}

/// Why a measurement gave no values though the sensor answers.
///
/// See [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum MeasureError {
    /// The sensor makes another number of values than is wanted: the wrong sensor, or the wrong measurement. An
    /// announcement has no CRC, so on a noisy line it may also be a digit that fell over.
    #[error("the sensor announces {announced} values instead of {wanted}")]
    Announced {
        /// What it announces, 0..=999.
        announced: u16,
        /// What is wanted.
        wanted: u16,
    },
    /// The sensor has ended the measurement without values, for instance because of a break on the line
    /// (section 4.4.5.1); or it has no such continuous measurement (section 4.4.8.1).
    #[error("the sensor aborted the measurement")]
    Aborted,
    /// More values came than were announced.
    #[error("{received} values came instead of {announced}")]
    TooMany {
        /// How many came, at least.
        received: u16,
        /// How many were announced.
        announced: u16,
    },
    /// Fewer values came than were announced, and there is no further page.
    #[error("only {received} of {announced} values came")]
    TooFew {
        /// How many came.
        received: u16,
        /// How many were announced.
        announced: u16,
    },
}

impl Classify for MeasureError {
    fn kind(&self) -> Kind {
        match self {
            Self::Announced { .. } => Kind::Permanent,
            Self::Aborted | Self::TooMany { .. } | Self::TooFew { .. } => Kind::Transient,
        }
    }
}
