//! [`Error`]: why a chip gave no answer; [`Fault`]: why what it gave is none.

use embedded_hal::i2c::ErrorKind;
use gofarm_core::error::{Classify, Kind};

/// Why a chip on I2C gave no answer.
///
/// ```
/// use gofarm_core::error::{Classify, Kind};
/// use gofarm_hal::sensor::i2c::{Error, Fault};
///
/// let gone = Error::Missing { address: 0x44 };
/// assert_eq!(gone.to_string(), "nothing acknowledges at I2C address 0x44");
/// assert_eq!(Error::StillBusy { address: 0x44 }.kind(), Kind::TimedOut);
/// let disturbed = Error::Answer { address: 0x44, fault: Fault::Crc { found: 0x92, expected: 0x81 } };
/// assert_eq!(disturbed.kind(), Kind::Transient);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// Nothing acknowledged the command: no chip, no power, another address.
    #[error("nothing acknowledges at I2C address {address:#04x}")]
    Missing {
        /// Where it should be.
        address: u8,
    },
    /// The chip took the command, and does not give its answer.
    #[error("the chip at I2C address {address:#04x} took the command and gives no answer")]
    StillBusy {
        /// Where it is.
        address: u8,
    },
    /// What the chip gave is no answer.
    #[error("I2C address {address:#04x}: {fault}")]
    Answer {
        /// Where it is.
        address: u8,
        /// What is wrong with it.
        fault: Fault,
    },
    /// The bus failed.
    #[error("the I2C bus failed at address {address:#04x}: {kind:?}")]
    Bus {
        /// Who was spoken to.
        address: u8,
        /// How it failed.
        #[cfg_attr(feature = "defmt", defmt(Debug2Format))]
        kind: ErrorKind,
    },
}

impl Classify for Error {
    fn kind(&self) -> Kind {
        match self {
            Self::Missing { .. } | Self::Bus { .. } => Kind::Transient,
            Self::StillBusy { .. } => Kind::TimedOut,
            Self::Answer { fault, .. } => fault.kind(),
        }
    }
}

/// Why bytes are no answer of a chip.
///
/// See [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Fault {
    /// They were changed on the way, or a line hangs: neither all zeros nor all ones pass a CRC.
    #[error("the CRC is {found:#04x} in place of {expected:#04x}")]
    Crc {
        /// What came.
        found: u8,
        /// What fits the bytes before it.
        expected: u8,
    },
    /// More light than the chip can measure with its settings, or a data line that nobody drives.
    #[error("the measurement is at its upper end")]
    Saturated,
    /// The chip says of itself that it is another one.
    #[error("the chip calls itself {found:#04x}, which is not the part that was expected")]
    WrongChip {
        /// What it calls itself.
        found: u8,
    },
    /// A value that this part never gives.
    #[error("the value {found} is none that the chip gives")]
    Implausible {
        /// What came.
        found: u32,
    },
    /// It has not as many bytes as it should.
    #[error("the answer has a wrong length")]
    Length,
}

impl Classify for Fault {
    fn kind(&self) -> Kind {
        match self {
            Self::Crc { .. } | Self::Saturated | Self::Implausible { .. } => Kind::Transient,
            Self::WrongChip { .. } => Kind::Permanent,
            Self::Length => Kind::Invalid,
        }
    }
}
