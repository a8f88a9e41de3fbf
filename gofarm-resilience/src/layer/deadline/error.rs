//! How a call with a deadline fails: [`DeadlineError`].

use core::fmt::{Debug, Display, Formatter, Result};
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};

use crate::policy::Rejected;

/// A call that came too late, took too long, or failed.
///
/// ```
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_core::time::millis;
/// use gofarm_resilience::layer::DeadlineError;
///
/// let error: DeadlineError<std::io::Error> = DeadlineError::Elapsed { after: millis(250) };
/// assert_eq!((error.kind(), error.was_sent()), (Kind::TimedOut, true));
/// assert_eq!(error.to_string(), "no answer within 250 ms");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadlineError<E> {
    /// The time was over, or too short, before the call was made.
    Rejected(Rejected),
    /// The time passed while the call was under way; it was cancelled, its effect is unknown.
    Elapsed {
        /// How long it was under way.
        after: Duration,
    },
    /// The call failed.
    Inner(E),
}

impl<E> DeadlineError<E> {
    /// Whether the time was over, before or during the call.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        !matches!(self, Self::Inner(_))
    }
}

impl<E: Classify> DeadlineError<E> {
    /// How long to wait before trying again, where the failure knows it.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        Classify::retry_after(self)
    }
}

impl<E: Classify> Classify for DeadlineError<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Rejected(rejected) => rejected.kind(),
            Self::Elapsed { .. } => Kind::TimedOut,
            Self::Inner(error) => error.kind(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected(rejected) => Classify::retry_after(rejected),
            Self::Elapsed { .. } => None,
            Self::Inner(error) => error.retry_after(),
        }
    }

    fn was_sent(&self) -> bool {
        match self {
            Self::Rejected(rejected) => rejected.was_sent(),
            Self::Elapsed { .. } => true,
            Self::Inner(error) => error.was_sent(),
        }
    }
}

impl<E: Display> Display for DeadlineError<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Rejected(rejected) => Display::fmt(rejected, f),
            Self::Elapsed { after } => write!(f, "no answer within {} ms", after.as_millis()),
            Self::Inner(error) => Display::fmt(error, f),
        }
    }
}

impl<E: Debug + Display> core::error::Error for DeadlineError<E> {}
