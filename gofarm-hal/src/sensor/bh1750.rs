//! The BH1750FVI light meter on I2C (ROHM, technical note, Rev. B of April 2009).
//!
//! A one-time measurement each, after which the chip switches itself off. Its measurement time register does not survive
//! a supply that fails, and then all values are wrong by a factor; so it is written before each measurement.
//!
//! The chip has no CRC. What it gives at its upper end, 65 535, is also what a data line gives that nobody drives, so it
//! is an error: [`Fault::Saturated`]. A bit that is wrong, and a line that is held down (0 lx), cannot be told from
//! light. Full sunlight is about 100 000 lx, and needs [`MeasurementTime::SUNLIGHT`].
//!
//! ```
//! use embedded_hal::i2c::I2c;
//! use gofarm_hal::sensor::bh1750::{Address, Bh1750, MeasurementTime, Resolution};
//!
//! fn outside<B: I2c>(bus: B) -> Bh1750<B> {
//!     Bh1750::new(bus, Address::Low, Resolution::High, MeasurementTime::SUNLIGHT)
//! }
//! ```

use core::time::Duration;

use gofarm_core::Device;

use super::i2c::{self, Ask, Exchange, Fault};

/// What the ADDR pin is tied to (page 10, "Slave Address").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "the pin is low or high")]
pub enum Address {
    /// ADDR low: 0x23.
    #[default]
    Low,
    /// ADDR high: 0x5C.
    High,
}

impl Address {
    /// The address, 7 bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Low => 0x23,
            Self::High => 0x5C,
        }
    }
}

/// The one-time modes (page 5, "Instruction Set Architecture"; times on page 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "the chip has three")]
pub enum Resolution {
    /// H-resolution mode: 1 lx, 180 ms.
    #[default]
    High,
    /// H-resolution mode 2: 0.5 lx, 180 ms, half the range.
    High2,
    /// L-resolution mode: 4 lx, 24 ms.
    Low,
}

/// The measurement time register, MTreg, 31 to 254: more is finer and slower, less reaches further (page 11).
///
/// ```
/// use gofarm_hal::sensor::bh1750::MeasurementTime;
///
/// assert_eq!(MeasurementTime::new(254).map(MeasurementTime::register), Some(254));
/// assert_eq!(MeasurementTime::new(30), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "u8", into = "u8"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MeasurementTime(u8);

impl MeasurementTime {
    /// 69, as after power-on: up to 54 611 lx.
    pub const DEFAULT: Self = Self(69);
    /// 31, the shortest: up to 121 553 lx, which full sunlight does not reach.
    pub const SUNLIGHT: Self = Self(31);

    /// Another one; `None` outside 31..=254.
    #[must_use]
    pub const fn new(register: u8) -> Option<Self> {
        match register {
            31..=254 => Some(Self(register)),
            _ => None,
        }
    }

    /// The register.
    #[must_use]
    pub const fn register(self) -> u8 {
        self.0
    }
}

impl Default for MeasurementTime {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl From<MeasurementTime> for u8 {
    fn from(time: MeasurementTime) -> Self {
        time.0
    }
}

/// The register has 31 to 254.
impl TryFrom<u8> for MeasurementTime {
    type Error = MeasurementTimeError;

    fn try_from(register: u8) -> Result<Self, MeasurementTimeError> {
        Self::new(register).ok_or(MeasurementTimeError(register))
    }
}

/// A value that the measurement time register cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("a measurement time of {0} is outside 31..=254")]
pub struct MeasurementTimeError(u8);

impl gofarm_core::error::Classify for MeasurementTimeError {
    fn kind(&self) -> gofarm_core::error::Kind {
        gofarm_core::error::Kind::Invalid
    }
}

/// What a BH1750 measures.
///
/// ```
/// use gofarm_core::Validate;
/// use gofarm_hal::sensor::bh1750::Bh1750Reading;
///
/// assert!(Bh1750Reading { illuminance: 54_000.0 }.validated().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Device)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[device(model = "rohm-bh1750", version = 1)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the part measures nothing else, and tests write readings"
)]
pub struct Bh1750Reading {
    /// Illuminance, accurate to a fifth (page 2, "Measurement Accuracy").
    #[prop(range = 0.0..=121_560.0, unit = "lx")]
    pub illuminance: f32,
}

/// A BH1750, polled.
pub type Bh1750<B> = i2c::Device<B, Measure>;

/// A BH1750, awaited.
#[cfg(feature = "async")]
pub type Bh1750Async<B, D> = i2c::AsyncDevice<B, D, Measure>;

impl<B> Bh1750<B> {
    /// The chip at `address`.
    pub const fn new(
        bus: B,
        address: Address,
        resolution: Resolution,
        time: MeasurementTime,
    ) -> Self {
        Self::with(bus, address.bits(), Measure::new(resolution, time))
    }
}

#[cfg(feature = "async")]
impl<B, D> Bh1750Async<B, D> {
    /// The chip at `address`.
    pub const fn new(
        bus: B,
        delay: D,
        address: Address,
        resolution: Resolution,
        time: MeasurementTime,
    ) -> Self {
        Self::with(bus, delay, address.bits(), Measure::new(resolution, time))
    }
}

/// A one-time measurement, in three exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    resolution: Resolution,
    time: MeasurementTime,
    next: Next,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    TimeHigh,
    TimeLow,
    Light,
}

impl Measure {
    /// A measurement in `resolution`, with `time` in the register.
    #[must_use]
    pub const fn new(resolution: Resolution, time: MeasurementTime) -> Self {
        Self {
            resolution,
            time,
            next: Next::TimeHigh,
        }
    }

    /// The longest time of the measurement: it is proportional to the register (page 11), 180 or 24 ms at 69 (page 2).
    #[must_use]
    pub const fn time(&self) -> Duration {
        let at_default = match self.resolution {
            Resolution::High | Resolution::High2 => 180_000,
            Resolution::Low => 24_000,
        };
        Duration::from_micros((at_default * self.time.0 as u64).div_ceil(69))
    }
}

impl Ask for Measure {
    type Answer = Bh1750Reading;

    fn exchange(&self) -> Exchange {
        let register = self.time.0;
        match self.next {
            // "Change Measurement time": 01000 and the three high bits, 011 and the five low ones (page 5).
            Next::TimeHigh => Exchange::command([0x40 | register >> 5]),
            Next::TimeLow => Exchange::command([0x60 | register & 0x1F]),
            Next::Light => {
                let command = match self.resolution {
                    Resolution::High => 0x20,
                    Resolution::High2 => 0x21,
                    Resolution::Low => 0x23,
                };
                Exchange::command([command]).takes(self.time()).answers(2)
            }
        }
    }

    fn handle(&mut self, answer: &[u8]) -> Result<Option<Bh1750Reading>, Fault> {
        match self.next {
            Next::TimeHigh => self.next = Next::TimeLow,
            Next::TimeLow => self.next = Next::Light,
            Next::Light => {
                let &[high, low] = answer else {
                    return Err(Fault::Length);
                };
                let counts = u16::from_be_bytes([high, low]);
                if counts == u16::MAX {
                    return Err(Fault::Saturated);
                }
                // counts / 1.2 at 69 (page 10), in proportion to the register; half of it in mode 2 (page 11).
                let divisor = match self.resolution {
                    Resolution::High | Resolution::Low => 1.2,
                    Resolution::High2 => 2.4,
                };
                let scale = 69.0 / (divisor * f32::from(self.time.0));
                return Ok(Some(Bh1750Reading {
                    illuminance: f32::from(counts) * scale,
                }));
            }
        }
        Ok(None)
    }

    fn restart(&mut self) {
        self.next = Next::TimeHigh;
    }
}
