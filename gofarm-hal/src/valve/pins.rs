//! [`Pins`]: what carries out a drive's output.

use embedded_hal::digital::{self, ErrorKind};
use embedded_hal::pwm;
use gofarm_core::error::{Classify, Kind};

/// Carries out what a drive says must be on.
pub trait Pins<O> {
    /// Sets the pins; what has to go off goes off first.
    ///
    /// # Errors
    /// [`PinError`] if a pin refused; the others are then off as far as they obey.
    fn set(&mut self, output: O) -> Result<(), PinError>;
}

/// A pin that could not be set; the valve goes on trying to close.
///
/// ```
/// use embedded_hal::digital::ErrorKind;
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_hal::valve::PinError;
///
/// let error = PinError::Digital { kind: ErrorKind::Other };
/// assert_eq!(error.kind(), Kind::Transient);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PinError {
    /// A digital output.
    #[error("a pin could not be set: {kind}")]
    Digital {
        /// What it said.
        #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
        kind: ErrorKind,
    },
    /// A PWM output.
    #[error("a duty cycle could not be set: {kind}")]
    Pwm {
        /// What it said.
        #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
        kind: pwm::ErrorKind,
    },
}

impl PinError {
    pub(super) fn of<E: digital::Error>(result: Result<(), E>) -> Result<(), Self> {
        result.map_err(|error| Self::Digital { kind: error.kind() })
    }

    pub(super) fn of_pwm<E: pwm::Error>(result: Result<(), E>) -> Result<(), Self> {
        result.map_err(|error| Self::Pwm { kind: error.kind() })
    }
}

impl Classify for PinError {
    fn kind(&self) -> Kind {
        Kind::Transient
    }
}
