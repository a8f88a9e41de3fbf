//! [`Fault`]: what goes wrong on the wire.

use gofarm_core::error::{Classify, Kind};

/// Why an exchange on the bus failed.
///
/// ```
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_hal::one_wire::Fault;
///
/// assert_eq!(Fault::NoPresence.kind(), Kind::Transient);
/// assert_eq!(Fault::Collision { slot: 3 }.to_string(), "the echo of slot 3 after the reset is not what was sent");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Fault {
    /// No device pulled the line down after the reset.
    #[error("no device is present")]
    NoPresence,
    /// The line stays low: a short circuit, or a device that holds it.
    #[error("the line is held low")]
    HeldLow,
    /// What was sent did not come back in time: the receiver does not hear the line.
    #[error("no echo came back")]
    NoEcho,
    /// The line went high while the reset held it low: noise, or not our line.
    #[error("the echo of the reset is {heard:#04x}")]
    ResetEcho {
        /// What came back instead of a byte whose four low bits are 0.
        heard: u8,
    },
    /// Something else came back than was sent, and no device may do that there: noise, or two masters.
    #[error("the echo of slot {slot} after the reset is not what was sent")]
    Collision {
        /// The slot, from 0.
        slot: u16,
    },
    /// In a search no device answered to a bit that one had answered to before.
    #[error("the search lost its device at bit {bit}")]
    SearchLost {
        /// The bit of the address, 0..=63.
        bit: u8,
    },
    /// In a search the devices are not those of the pass before.
    #[error("the devices changed during the search at bit {bit}")]
    SearchChanged {
        /// The bit of the address, 0..=63.
        bit: u8,
    },
    /// A search found an address whose CRC does not fit, or of family 0.
    #[error("the search found an address that is none")]
    SearchCrc,
    /// A search found more devices than a bus carries.
    #[error("the search found more than {limit} devices")]
    SearchLimit {
        /// The most that it looks for.
        limit: u16,
    },
}

impl Classify for Fault {
    fn kind(&self) -> Kind {
        match self {
            Self::NoEcho => Kind::TimedOut,
            Self::SearchLimit { .. } => Kind::Permanent,
            _ => Kind::Transient,
        }
    }
}

/// Why a driver of the bus failed; `E` is the error of the serial port.
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_hal::one_wire::{Error, Fault};
///
/// let error: Error<Infallible> = Error::Bus(Fault::NoEcho);
/// assert_eq!(error.kind(), Kind::TimedOut);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// The serial port failed.
    #[error("the serial line of the bus failed")]
    Line(E),
    /// The pin of the strong pull-up failed.
    #[error("the pin of the strong pull-up failed")]
    PullUp,
    /// The wire.
    #[error(transparent)]
    Bus(Fault),
    /// The bus was given to another user, because this one had not come back in time.
    #[error("the bus was given to another user")]
    Lost,
}

impl<E: Classify> Classify for Error<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Line(error) => error.kind(),
            Self::PullUp => Kind::Permanent,
            Self::Bus(fault) => fault.kind(),
            Self::Lost => Kind::Transient,
        }
    }
}
