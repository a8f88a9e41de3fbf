//! [`Error`]: how a request ends that has no answer.

use core::convert::Infallible;

use gofarm_core::error::{Classify, Kind};

use super::{ExceptionCode, ReplyError, ReplyMismatch, RequestError};

/// Why a request has no answer; `E` is the error of the port.
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_hal::modbus::{Error, ExceptionCode};
///
/// let refused: Error<Infallible> = Error::Exception(ExceptionCode::IllegalDataAddress);
/// assert_eq!(refused.to_string(), "illegal data address (exception 2)");
/// assert_eq!(Error::<Infallible>::TimedOut.kind(), Kind::TimedOut);
/// assert!(!Error::<Infallible>::LineBusy.was_sent());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// It breaks the protocol, or has no room; it was not sent.
    #[error(transparent)]
    Request(RequestError),
    /// The unit refused.
    #[error(transparent)]
    Exception(ExceptionCode),
    /// No answer in time; whether the unit did what it was asked is unknown.
    #[error("no answer in time")]
    TimedOut,
    /// The unit said something in time, and the last of it does not answer the request.
    #[error(transparent)]
    ReplyMismatch(ReplyMismatch),
    /// The line was never silent, so that the request was not sent.
    #[error("the line is never silent")]
    LineBusy,
    /// What comes over a stream is not Modbus TCP; nothing after it can be trusted, and a new stream is needed.
    #[error("the stream is out of step: these are no frames of Modbus TCP")]
    OutOfStep,
    /// The answer was not fetched in its time, and another's request has taken its place.
    #[error("the answer was not fetched in time")]
    Forgotten,
    /// The port failed.
    #[error("the line failed: {0}")]
    Line(E),
}

impl Error<Infallible> {
    /// The same error for a port that can fail.
    pub(crate) fn widen<E>(self) -> Error<E> {
        match self {
            Self::Request(error) => Error::Request(error),
            Self::Exception(code) => Error::Exception(code),
            Self::TimedOut => Error::TimedOut,
            Self::ReplyMismatch(mismatch) => Error::ReplyMismatch(mismatch),
            Self::LineBusy => Error::LineBusy,
            Self::OutOfStep => Error::OutOfStep,
            Self::Forgotten => Error::Forgotten,
            Self::Line(never) => match never {},
        }
    }
}

impl<E> From<RequestError> for Error<E> {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl<E> From<ReplyError> for Error<E> {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::Exception(code) => Self::Exception(code),
            ReplyError::Mismatch(mismatch) => Self::ReplyMismatch(mismatch),
        }
    }
}

impl<E: Classify> Classify for Error<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Request(error) => error.kind(),
            Self::Exception(code) => code.kind(),
            Self::TimedOut | Self::Forgotten => Kind::TimedOut,
            Self::ReplyMismatch(mismatch) => mismatch.kind(),
            Self::LineBusy => Kind::Overloaded,
            Self::OutOfStep => Kind::Permanent,
            Self::Line(error) => error.kind(),
        }
    }

    fn was_sent(&self) -> bool {
        match self {
            Self::Request(_) | Self::LineBusy => false,
            Self::Line(error) => error.was_sent(),
            _ => true,
        }
    }
}
