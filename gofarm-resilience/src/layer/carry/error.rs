//! How a call through an incoming [`CarryLayer`](super::CarryLayer) fails: [`CarryError`].

use core::fmt::{Debug, Display};
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};

use crate::context::ContextError;

/// A request whose headers were refused, or a call that failed.
///
/// ```
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_resilience::context::ContextError;
/// use gofarm_resilience::layer::CarryError;
///
/// let refused: CarryError<std::io::Error> =
///     CarryError::Context(ContextError::Repeated { header: "x-tenant-id" });
/// assert_eq!(refused.kind(), Kind::Invalid);
/// assert_eq!(refused.to_string(), "x-tenant-id: occurs more than once");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarryError<E> {
    /// A header is not what it has to be; the call was not made.
    Context(ContextError),
    /// The call failed.
    Inner(E),
}

impl<E: Classify> Classify for CarryError<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Context(error) => error.kind(),
            Self::Inner(error) => error.kind(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Context(error) => error.retry_after(),
            Self::Inner(error) => error.retry_after(),
        }
    }

    fn was_sent(&self) -> bool {
        match self {
            Self::Context(_) => false,
            Self::Inner(error) => error.was_sent(),
        }
    }
}

impl<E: Display> Display for CarryError<E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Context(error) => Display::fmt(error, f),
            Self::Inner(error) => Display::fmt(error, f),
        }
    }
}

impl<E: Debug + Display> core::error::Error for CarryError<E> {}
