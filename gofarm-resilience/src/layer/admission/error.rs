//! How a call through an admitting layer fails: [`CallError`].

use core::fmt::{Debug, Display};
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};

use crate::policy::Rejected;

/// A call that was not made, or one that failed.
///
/// It prints as what it holds. It has no `source`, so that it is an error for every `E` that prints, boxed errors
/// included; what failed is in [`inner`](Self::inner).
///
/// ```
/// use core::time::Duration;
/// use gofarm_resilience::layer::CallError;
/// use gofarm_resilience::policy::{Reason, Rejected};
/// use std::io;
///
/// let rejected = Rejected::new(Reason::Open, Duration::from_secs(30));
/// // Two layers, one in the other: how deep a rejection happened matters little to the caller.
/// let nested: CallError<CallError<io::Error>> = CallError::Inner(CallError::Rejected(rejected));
/// let error = nested.flatten();
/// assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
/// assert_eq!(error.to_string(), "the call was rejected, the breaker is open; retry after 30000 ms");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError<E> {
    /// The policy did not admit it; it never went out from here.
    Rejected(Rejected),
    /// It failed.
    Inner(E),
}

impl<E> CallError<E> {
    /// The rejection, if it was this layer that did not admit the call.
    #[must_use]
    pub const fn rejected(&self) -> Option<&Rejected> {
        match self {
            Self::Rejected(rejected) => Some(rejected),
            Self::Inner(_) => None,
        }
    }

    /// The failure, if the call was made.
    #[must_use]
    pub const fn inner(&self) -> Option<&E> {
        match self {
            Self::Rejected(_) => None,
            Self::Inner(error) => Some(error),
        }
    }
}

impl<E: Classify> CallError<E> {
    /// How long to wait before trying again, where the policy or the failure knows it.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        Classify::retry_after(self)
    }
}

impl<E> CallError<CallError<E>> {
    /// The error of two layers as that of one.
    #[must_use]
    pub fn flatten(self) -> CallError<E> {
        match self {
            Self::Rejected(rejected) => CallError::Rejected(rejected),
            Self::Inner(error) => error,
        }
    }
}

impl<E> From<Rejected> for CallError<E> {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }
}

impl<E: Classify> Classify for CallError<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Rejected(rejected) => rejected.kind(),
            Self::Inner(error) => error.kind(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected(rejected) => Classify::retry_after(rejected),
            Self::Inner(error) => error.retry_after(),
        }
    }

    fn was_sent(&self) -> bool {
        match self {
            Self::Rejected(rejected) => rejected.was_sent(),
            Self::Inner(error) => error.was_sent(),
        }
    }
}

impl<E: Display> Display for CallError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Rejected(rejected) => Display::fmt(rejected, f),
            Self::Inner(error) => Display::fmt(error, f),
        }
    }
}

impl<E: Debug + Display> core::error::Error for CallError<E> {}
