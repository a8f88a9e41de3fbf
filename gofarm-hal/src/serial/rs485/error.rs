//! Why a half-duplex line failed.

use core::time::Duration;

use embedded_hal::digital;
use gofarm_core::error::{Classify, Kind};

/// Why a half-duplex line failed.
///
/// ```
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_hal::serial::Rs485Error;
///
/// let error: Rs485Error<core::convert::Infallible> = Rs485Error::EchoMissing { missing: 3 };
/// assert_eq!(error.to_string(), "3 bytes that were sent were not heard on the bus");
/// assert_eq!(error.kind(), Kind::Transient);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Rs485Error<E> {
    /// The port under it.
    #[error("the serial line failed")]
    Line(E),
    /// The driver-enable pin could not be set; the next poll tries again.
    #[error("the driver-enable pin failed: {kind:?}")]
    Pin {
        /// Its kind.
        #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
        kind: digital::ErrorKind,
    },
    /// Other bytes were heard than were sent: two devices talked at once, or the bus is disturbed.
    #[error("other bytes were heard on the bus than were sent")]
    Collision,
    /// What was sent was not heard before the next transmission: the receiver is not always on, or lost bytes.
    #[error("{missing} bytes that were sent were not heard on the bus")]
    EchoMissing {
        /// How many bytes.
        missing: usize,
    },
}

impl<E> Rs485Error<E> {
    pub(super) fn pin(error: impl digital::Error) -> Self {
        Self::Pin { kind: error.kind() }
    }
}

impl<E: Classify> Classify for Rs485Error<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Line(error) => error.kind(),
            Self::Pin { .. } | Self::Collision | Self::EchoMissing { .. } => Kind::Transient,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Line(error) => error.retry_after(),
            _ => None,
        }
    }

    fn was_sent(&self) -> bool {
        match self {
            Self::Line(error) => error.was_sent(),
            _ => true,
        }
    }
}
