//! The STEMMA soil sensor on I2C, product 4026: a plate that feels water, on Adafruit's seesaw firmware.
//!
//! There is no datasheet; what is here is of the reference code, `Adafruit_seesaw` (`Adafruit_seesaw.h`, modules and
//! functions; `Adafruit_seesaw.cpp`, `touchRead` and `getTemp`, delays), and of the product's guide. The firmware has no
//! CRC and does other work between, so its first answer is checked for the chip's name, a value above 4095 is one that
//! was not ready and is fetched again, and each exchange gets the time of the slowest of the reference libraries.
//!
//! What it counts is no water content: about 200 in dry air and 2000 in water (guide). Calibrate it in the soil where it
//! stands, with a [`TwoPoint`](crate::calibration::TwoPoint):
//!
//! ```
//! use gofarm_hal::calibration::{Beyond, TwoPoint};
//! use gofarm_hal::sensor::seesaw::SeesawReading;
//!
//! const FIELD: TwoPoint = match TwoPoint::new((330.0, 0.0), (1_010.0, 100.0)) {
//!     Ok(line) => line.beyond(Beyond::Clamp),
//!     Err(_) => panic!("dry and wet are the same"),
//! };
//! let reading = SeesawReading { capacitance: 670, temperature: 18.5 };
//! assert_eq!(FIELD.value(reading.capacitance.into())?, 50.0);
//! # Ok::<(), gofarm_hal::calibration::OutOfCalibration>(())
//! ```

use gofarm_core::Device;
use gofarm_core::time::millis;

use super::i2c::{self, Ask, Exchange, Fault};

/// Module 0x00, status: `SEESAW_STATUS_BASE`.
const STATUS: u8 = 0x00;
/// `SEESAW_STATUS_HW_ID`.
const HARDWARE_ID: u8 = 0x01;
/// `SEESAW_STATUS_TEMP`.
const TEMPERATURE: u8 = 0x04;
/// `SEESAW_STATUS_SWRST`.
const SOFTWARE_RESET: u8 = 0x7F;
/// Module 0x0F, touch: `SEESAW_TOUCH_BASE`.
const TOUCH: u8 = 0x0F;
/// `SEESAW_TOUCH_CHANNEL_OFFSET`, and the plate is channel 0.
const CHANNEL_0: u8 = 0x10;
/// The most that the plate counts; more means "not ready" (`moisture_read` of the CircuitPython library).
const MOST: u16 = 4095;
/// How often a plate that is not ready is asked (`moisture_read`).
const TRIES: u8 = 3;

/// The address, by the solder bridges AD0 and AD1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "two bridges make four")]
pub enum Address {
    /// 0x36, no bridge.
    #[default]
    A,
    /// 0x37, AD0.
    B,
    /// 0x38, AD1.
    C,
    /// 0x39, both.
    D,
}

impl Address {
    /// The address, 7 bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::A => 0x36,
            Self::B => 0x37,
            Self::C => 0x38,
            Self::D => 0x39,
        }
    }
}

/// What the sensor gives.
///
/// ```
/// use gofarm_core::Validate;
/// use gofarm_hal::sensor::seesaw::SeesawReading;
///
/// assert!(SeesawReading { capacitance: 812, temperature: 18.5 }.validated().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Device)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[device(model = "adafruit-4026", version = 1)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the part measures nothing else, and tests write readings"
)]
pub struct SeesawReading {
    /// What the plate counts; more is wetter.
    #[prop(range = 0..=4095)]
    pub capacitance: u16,
    /// Temperature of the board's chip, accurate to 2 K (guide): not of the soil if the sun shines on it.
    #[prop(range = -40.0..=85.0, unit = "Cel")]
    pub temperature: f32,
}

/// A STEMMA soil sensor, polled.
pub type Seesaw<B> = i2c::Device<B, Measure>;

/// A STEMMA soil sensor, awaited.
#[cfg(feature = "async")]
pub type SeesawAsync<B, D> = i2c::AsyncDevice<B, D, Measure>;

impl<B> Seesaw<B> {
    /// The sensor at `address`.
    pub const fn new(bus: B, address: Address) -> Self {
        Self::with(bus, address.bits(), Measure::new())
    }
}

#[cfg(feature = "async")]
impl<B, D> SeesawAsync<B, D> {
    /// The sensor at `address`.
    pub const fn new(bus: B, delay: D, address: Address) -> Self {
        Self::with(bus, delay, address.bits(), Measure::new())
    }
}

/// A measurement: the chip's name, its temperature, the plate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    next: Next,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    HardwareId,
    Temperature,
    Touch { temperature: f32, tries: u8 },
}

impl Measure {
    /// A measurement.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            next: Next::HardwareId,
        }
    }
}

impl Default for Measure {
    fn default() -> Self {
        Self::new()
    }
}

impl Ask for Measure {
    type Answer = SeesawReading;

    fn exchange(&self) -> Exchange {
        match self.next {
            Next::HardwareId => Exchange::command([STATUS, HARDWARE_ID])
                .takes(millis(8))
                .answers(1),
            Next::Temperature => Exchange::command([STATUS, TEMPERATURE])
                .takes(millis(5))
                .answers(4),
            Next::Touch { .. } => Exchange::command([TOUCH, CHANNEL_0])
                .takes(millis(5))
                .answers(2),
        }
    }

    fn handle(&mut self, answer: &[u8]) -> Result<Option<SeesawReading>, Fault> {
        match (self.next, answer) {
            // `SEESAW_HW_ID_CODE_SAMD09`, and those of the boards with a tinyAVR.
            (Next::HardwareId, &[0x55 | 0x84..=0x89]) => {
                self.next = Next::Temperature;
                Ok(None)
            }
            (Next::HardwareId, &[found]) => Err(Fault::WrongChip { found }),
            (Next::Temperature, &[a, b, c, d]) => {
                // Signed, in 2^-16 K (`getTemp`).
                let fixed = i32::from_be_bytes([a, b, c, d]);
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "the chip is not accurate to a ten thousandth of a kelvin"
                )]
                let temperature = fixed as f32 / 65_536.0;
                self.next = Next::Touch {
                    temperature,
                    tries: 0,
                };
                Ok(None)
            }
            (Next::Touch { temperature, tries }, &[high, low]) => {
                let capacitance = u16::from_be_bytes([high, low]);
                if capacitance <= MOST {
                    return Ok(Some(SeesawReading {
                        capacitance,
                        temperature,
                    }));
                }
                let tries = tries + 1;
                if tries >= TRIES {
                    let found = capacitance.into();
                    return Err(Fault::Implausible { found });
                }
                self.next = Next::Touch { temperature, tries };
                Ok(None)
            }
            _ => Err(Fault::Length),
        }
    }

    fn restart(&mut self) {
        *self = Self::new();
    }
}

/// Starts the firmware afresh (`SWReset`); it takes up to 500 ms to be back (`begin`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a command without values")]
pub struct SoftwareReset;

impl Ask for SoftwareReset {
    type Answer = ();

    fn exchange(&self) -> Exchange {
        Exchange::command([STATUS, SOFTWARE_RESET, 0xFF]).takes(millis(500))
    }

    fn handle(&mut self, _: &[u8]) -> Result<Option<()>, Fault> {
        Ok(Some(()))
    }
}
