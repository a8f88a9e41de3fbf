//! Calls without an answer: [`DualStackError`].

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};

use super::Path;

/// A call that a dual stack has no answer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DualStackError<A, B> {
    /// The first path's error.
    #[error(transparent)]
    First(A),
    /// The second path's error.
    #[error(transparent)]
    Second(B),
    /// No answer in time; the effect is unknown.
    #[error("no answer on the {path} after {} ms", after.as_millis())]
    TimedOut {
        /// The path that the call was on.
        path: Path,
        /// The time-out.
        after: Duration,
    },
    /// The path was given up while the call was under way; the effect is unknown.
    #[error("the {path} was given up during the call")]
    Abandoned {
        /// The path that was given up.
        path: Path,
    },
    /// The second path is in use, and does not carry this; nothing was sent.
    #[error("the second path carries heartbeats and metadata only")]
    NotCarried,
}

impl<A: Classify, B: Classify> Classify for DualStackError<A, B> {
    fn kind(&self) -> Kind {
        match self {
            Self::First(error) => error.kind(),
            Self::Second(error) => error.kind(),
            Self::TimedOut { .. } => Kind::TimedOut,
            Self::Abandoned { .. } | Self::NotCarried => Kind::Transient,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::First(error) => error.retry_after(),
            Self::Second(error) => error.retry_after(),
            _ => None,
        }
    }

    fn was_sent(&self) -> bool {
        match self {
            Self::First(error) => error.was_sent(),
            Self::Second(error) => error.was_sent(),
            Self::TimedOut { .. } | Self::Abandoned { .. } => true,
            Self::NotCarried => false,
        }
    }
}
