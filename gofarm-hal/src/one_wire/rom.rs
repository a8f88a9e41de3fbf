//! [`Rom`]: the 64 bits that name a device for ever.

use core::fmt;

use gofarm_core::error::{Classify, Kind};

use super::crc::crc8;

/// The address of a device: family code, 48 bits of serial number, CRC (Maxim application note 937).
///
/// The CRC was checked, and the family code is not 0: a bus that is shorted reads as zeros, and their CRC fits.
///
/// ```
/// use gofarm_hal::one_wire::Rom;
///
/// let rom = Rom::from_bytes([0x02, 0x1C, 0xB8, 0x01, 0, 0, 0, 0xA2])?; // the example of application note 27
/// assert_eq!(rom.family(), 0x02);
/// assert_eq!(rom.to_string(), "02.1cb801000000.a2");
/// # Ok::<(), gofarm_hal::one_wire::RomError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "[u8; 8]", into = "[u8; 8]"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Rom([u8; 8]);

impl Rom {
    /// The device of a family with a serial number, lowest byte first; the CRC is made.
    ///
    /// # Errors
    /// [`RomError::NoFamily`] if the family is 0.
    pub const fn new(family: u8, serial: [u8; 6]) -> Result<Self, RomError> {
        let [a, b, c, d, e, f] = serial;
        let crc = crc8(&[family, a, b, c, d, e, f]);
        Self::from_bytes([family, a, b, c, d, e, f, crc])
    }

    /// The address as it comes over the bus: family first, CRC last.
    ///
    /// # Errors
    /// [`RomError`] if the CRC does not fit, or the family is 0.
    pub const fn from_bytes(bytes: [u8; 8]) -> Result<Self, RomError> {
        if crc8(&bytes) != 0 {
            Err(RomError::Crc)
        } else if bytes[0] == 0 {
            Err(RomError::NoFamily)
        } else {
            Ok(Self(bytes))
        }
    }

    /// The address as it goes over the bus.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0
    }

    /// What kind of device it is: 0x28 is a DS18B20.
    #[must_use]
    pub const fn family(self) -> u8 {
        self.0[0]
    }
}

impl fmt::Display for Rom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [family, serial @ .., crc] = self.0;
        write!(f, "{family:02x}.")?;
        for byte in serial {
            write!(f, "{byte:02x}")?;
        }
        write!(f, ".{crc:02x}")
    }
}

impl fmt::Debug for Rom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rom({self})")
    }
}

impl TryFrom<[u8; 8]> for Rom {
    type Error = RomError;

    fn try_from(bytes: [u8; 8]) -> Result<Self, RomError> {
        Self::from_bytes(bytes)
    }
}

impl From<Rom> for [u8; 8] {
    fn from(rom: Rom) -> Self {
        rom.0
    }
}

/// Why eight bytes are no address.
///
/// ```
/// use gofarm_hal::one_wire::{Rom, RomError};
///
/// assert_eq!(Rom::from_bytes([0x28, 1, 2, 3, 4, 5, 6, 7]), Err(RomError::Crc));
/// assert_eq!(Rom::from_bytes([0; 8]), Err(RomError::NoFamily));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RomError {
    /// The last byte is not the CRC of the others.
    #[error("the crc of a 1-wire address does not fit")]
    Crc,
    /// The family code is 0, which no device has.
    #[error("a 1-wire address has the family code 0")]
    NoFamily,
}

impl Classify for RomError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
