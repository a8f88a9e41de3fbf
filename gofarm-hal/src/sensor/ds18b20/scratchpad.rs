//! [`Scratchpad`]: the nine bytes of a DS18B20.

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};

use crate::one_wire::crc8;

/// How finely the thermometer measures, and how long that takes (datasheet, table 2).
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_hal::sensor::ds18b20::Resolution;
///
/// assert_eq!(Resolution::Bits12.conversion_time(), millis(750));
/// assert_eq!(Resolution::default(), Resolution::Bits12); // as it leaves the factory
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "two bits of a register")]
pub enum Resolution {
    /// Steps of 0.5 K, 93.75 ms.
    Bits9,
    /// Steps of 0.25 K, 187.5 ms.
    Bits10,
    /// Steps of 0.125 K, 375 ms.
    Bits11,
    /// Steps of 0.0625 K, 750 ms.
    #[default]
    Bits12,
}

impl Resolution {
    /// The longest time of a conversion, from command to temperature.
    #[must_use]
    pub const fn conversion_time(self) -> Duration {
        Duration::from_micros(match self {
            Self::Bits9 => 93_750,
            Self::Bits10 => 187_500,
            Self::Bits11 => 375_000,
            Self::Bits12 => 750_000,
        })
    }

    /// The configuration register (datasheet, figure 10): 0, R1, R0, then ones.
    pub(super) const fn register(self) -> u8 {
        match self {
            Self::Bits9 => 0x1F,
            Self::Bits10 => 0x3F,
            Self::Bits11 => 0x5F,
            Self::Bits12 => 0x7F,
        }
    }

    const fn from_register(register: u8) -> Option<Self> {
        match register {
            0x1F => Some(Self::Bits9),
            0x3F => Some(Self::Bits10),
            0x5F => Some(Self::Bits11),
            0x7F => Some(Self::Bits12),
            _ => None,
        }
    }

    /// The low bits of the temperature register that mean nothing at this resolution (datasheet, figure 4).
    const fn undefined(self) -> i16 {
        match self {
            Self::Bits9 => 0b111,
            Self::Bits10 => 0b11,
            Self::Bits11 => 0b1,
            Self::Bits12 => 0,
        }
    }
}

/// The memory of a DS18B20 (datasheet, figure 9), with its CRC checked.
///
/// ```
/// use gofarm_hal::sensor::ds18b20::{Resolution, Scratchpad};
///
/// let scratchpad = Scratchpad::read(&[0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x10, 0x10, 0xBD])?;
/// assert_eq!(scratchpad.resolution(), Resolution::Bits12);
/// assert_eq!(scratchpad.temperature()?, 85.0); // measured: after power-on byte 6 would be 0x0C
/// # Ok::<(), gofarm_hal::sensor::ds18b20::ScratchpadError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Scratchpad {
    raw: i16,
    high: u8,
    low: u8,
    resolution: Resolution,
    reserved: u8,
}

/// The temperature register after power-on, 85 Cel (datasheet, table 1).
const POWER_ON: i16 = 0x0550;
/// Byte 6 after power-on. The datasheet calls it reserved; in the parts of the maker it is this until the first
/// conversion, and 16 less the sixteenths of the temperature after it, so never this with 85.0 Cel.
const NOT_CONVERTED: u8 = 0x0C;

impl Scratchpad {
    /// Reads the nine bytes that follow command 0xBE.
    ///
    /// # Errors
    /// [`ScratchpadError`] if they are no memory of a DS18B20.
    pub const fn read(bytes: &[u8]) -> Result<Self, ScratchpadError> {
        let [t0, t1, high, low, config, _, reserved, _, _] = *bytes else {
            return Err(ScratchpadError::Length);
        };
        let mut i = 0;
        while i < bytes.len() && bytes[i] == 0xFF {
            i += 1;
        }
        if i == bytes.len() {
            return Err(ScratchpadError::NoAnswer);
        }
        if crc8(bytes) != 0 {
            return Err(ScratchpadError::Crc);
        }
        let Some(resolution) = Resolution::from_register(config) else {
            return Err(ScratchpadError::Register { config });
        };
        Ok(Self {
            raw: i16::from_le_bytes([t0, t1]),
            high,
            low,
            resolution,
            reserved,
        })
    }

    /// The temperature in Cel, as measured: not held against the range of the part.
    ///
    /// # Errors
    /// [`ScratchpadError::PowerOn`] if nothing was measured since the device got its supply. Copies of the part that do
    /// not set byte 6 give 85.0 then, and no software can tell.
    pub const fn temperature(&self) -> Result<f32, ScratchpadError> {
        if self.raw == POWER_ON && self.reserved == NOT_CONVERTED {
            return Err(ScratchpadError::PowerOn);
        }
        Ok((self.raw & !self.resolution.undefined()) as f32 / 16.0)
    }

    /// The resolution that the device is set to.
    #[must_use]
    pub const fn resolution(&self) -> Resolution {
        self.resolution
    }

    /// The limits of the alarm as they stand in the registers: high, then low, two's complement in Cel.
    #[must_use]
    pub const fn alarms(&self) -> [u8; 2] {
        [self.high, self.low]
    }
}

/// Why what was read is no temperature.
///
/// See [`Scratchpad`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ScratchpadError {
    /// It is not nine bytes.
    #[error("the memory of a thermometer has nine bytes")]
    Length,
    /// Nothing but ones: the device of this address is not there.
    #[error("the thermometer did not answer")]
    NoAnswer,
    /// The CRC does not fit.
    #[error("the crc of the thermometer's memory does not fit")]
    Crc,
    /// The fixed bits of the configuration are others: not a DS18B20, or a line that is held low.
    #[error("{config:#04x} is no configuration of the thermometer")]
    Register {
        /// The configuration register.
        config: u8,
    },
    /// It has not measured since it got its supply.
    #[error("the thermometer was reset and reads its power-on value of 85 Cel")]
    PowerOn,
    /// Its resolution is not the one that was written: it lost its supply in between.
    #[error("the thermometer was reset and lost its resolution")]
    ResolutionLost,
}

impl Classify for ScratchpadError {
    fn kind(&self) -> Kind {
        match self {
            Self::Length => Kind::Invalid,
            _ => Kind::Transient,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_crc(mut bytes: [u8; 9]) -> [u8; 9] {
        bytes[8] = crc8(&bytes[..8]);
        bytes
    }

    #[test]
    fn temperatures_are_those_of_the_datasheet() {
        // Table 1; the power-on row is measured here.
        let rows: [(u16, f32); 10] = [
            (0x07D0, 125.0),
            (0x0550, 85.0),
            (0x0191, 25.0625),
            (0x00A2, 10.125),
            (0x0008, 0.5),
            (0x0000, 0.0),
            (0xFFF8, -0.5),
            (0xFF5E, -10.125),
            (0xFE6F, -25.0625),
            (0xFC90, -55.0),
        ];
        for (raw, celsius) in rows {
            let [t0, t1] = raw.to_le_bytes();
            let byte_6 = 0x10 - (t0 & 0xF);
            let bytes = with_crc([t0, t1, 0x4B, 0x46, 0x7F, 0xFF, byte_6, 0x10, 0]);
            assert_eq!(Scratchpad::read(&bytes).unwrap().temperature(), Ok(celsius));
        }
    }

    #[test]
    fn bits_below_the_resolution_do_not_count() {
        for (config, celsius) in [(0x1F, 25.5), (0x3F, 25.75), (0x5F, 25.875), (0x7F, 25.9375)] {
            let bytes = with_crc([0x9F, 0x01, 0, 0, config, 0xFF, 1, 0x10, 0]);
            assert_eq!(Scratchpad::read(&bytes).unwrap().temperature(), Ok(celsius));
        }
        let cold = with_crc([0x6F, 0xFE, 0, 0, 0x1F, 0xFF, 1, 0x10, 0]);
        assert_eq!(Scratchpad::read(&cold).unwrap().temperature(), Ok(-25.5));
    }

    #[test]
    fn what_is_no_measurement_is_told_apart() {
        let power_on = with_crc([0x50, 0x05, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10, 0]);
        let error = Scratchpad::read(&power_on).unwrap().temperature();
        assert_eq!(error, Err(ScratchpadError::PowerOn));
        let rows: [(&[u8], ScratchpadError); 5] = [
            (&[0; 9], ScratchpadError::Register { config: 0 }), // a shorted line, whose crc fits
            (&[0xFF; 9], ScratchpadError::NoAnswer),
            (&[0x50; 9], ScratchpadError::Crc),
            (&power_on[..8], ScratchpadError::Length),
            (&[], ScratchpadError::Length),
        ];
        for (bytes, error) in rows {
            assert_eq!(Scratchpad::read(bytes), Err(error));
        }
    }
}
