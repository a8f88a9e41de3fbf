//! The SHT4x thermometer and hygrometer on I2C (Sensirion, datasheet SHT4x, version 6).
//!
//! Section numbers here are of that datasheet. SHT40, SHT41, SHT43 and SHT45 differ in accuracy only.
//!
//! ```
//! use embedded_hal::i2c::I2c;
//! use gofarm_core::device::{Progress, Sensor};
//! use gofarm_core::time::Instant;
//! use gofarm_hal::sensor::i2c::Error;
//! use gofarm_hal::sensor::sht4x::{Address, Precision, Sht4x};
//!
//! fn dew_is_near<B: I2c>(air: &mut Sht4x<B>, now: Instant) -> Result<Option<bool>, Error> {
//!     match air.poll(now) {
//!         Progress::Ready(reading) => Ok(Some(reading?.humidity > 95.0)),
//!         Progress::WouldBlock(_until) => Ok(None), // the chip is at work
//!     }
//! }
//!
//! fn air<B: I2c>(bus: B) -> Sht4x<B> {
//!     Sht4x::new(bus, Address::A, Precision::High)
//! }
//! ```

use core::time::Duration;

use gofarm_core::Device;
use gofarm_core::time::millis;

use super::i2c::{self, Ask, Exchange, Fault};
use super::sensirion::{celsius, words};

/// The address, which is part of the order number (section 8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "the chip is sold with three")]
pub enum Address {
    /// SHT4x-A: 0x44.
    #[default]
    A,
    /// SHT4x-B: 0x45.
    B,
    /// SHT4x-C: 0x46.
    C,
}

impl Address {
    /// The address, 7 bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::A => 0x44,
            Self::B => 0x45,
            Self::C => 0x46,
        }
    }
}

/// How often the same air gives the same number, against time and current (sections 2.1, 3.1 and 4.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "the chip has three")]
pub enum Precision {
    /// Command 0xFD, 8.3 ms.
    #[default]
    High,
    /// Command 0xF6, 4.5 ms.
    Medium,
    /// Command 0xE0, 1.7 ms.
    Low,
}

impl Precision {
    /// The longest time of a measurement (section 3.1).
    #[must_use]
    pub const fn time(self) -> Duration {
        Duration::from_micros(match self {
            Self::High => 8_300,
            Self::Medium => 4_500,
            Self::Low => 1_700,
        })
    }
}

/// What a SHT4x measures.
///
/// ```
/// use gofarm_core::Validate;
/// use gofarm_hal::sensor::sht4x::Sht4xReading;
///
/// assert!(Sht4xReading { temperature: 21.4, humidity: 58.0 }.validated().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Device)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[device(model = "sensirion-sht4x", version = 1)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the part measures nothing else, and tests write readings"
)]
pub struct Sht4xReading {
    /// Temperature of the air.
    #[prop(range = -40.0..=125.0, unit = "Cel", step = 0.01)]
    pub temperature: f32,
    /// Relative humidity of the air. The formula of the chip reaches from -6 to 119 %, which no air has; as its
    /// datasheet says, what is outside 0..=100 is cut off (section 4.6).
    #[prop(range = 0.0..=100.0, unit = "%", step = 0.01)]
    pub humidity: f32,
}

impl Sht4xReading {
    fn from_answer(answer: &[u8]) -> Result<Self, Fault> {
        let (temperature, humidity) = words(answer)?;
        // -6 + 125 S / (2^16 - 1) (section 4.6).
        let humidity = f32::from(humidity) * (125.0 / 65_535.0) - 6.0;
        Ok(Self {
            temperature: celsius(temperature),
            humidity: humidity.clamp(0.0, 100.0),
        })
    }
}

/// A SHT4x, polled.
pub type Sht4x<B> = i2c::Device<B, Measure>;

/// A SHT4x, awaited.
#[cfg(feature = "async")]
pub type Sht4xAsync<B, D> = i2c::AsyncDevice<B, D, Measure>;

impl<B> Sht4x<B> {
    /// The chip at `address`.
    pub const fn new(bus: B, address: Address, precision: Precision) -> Self {
        Self::with(bus, address.bits(), Measure(precision))
    }
}

#[cfg(feature = "async")]
impl<B, D> Sht4xAsync<B, D> {
    /// The chip at `address`.
    pub const fn new(bus: B, delay: D, address: Address, precision: Precision) -> Self {
        Self::with(bus, delay, address.bits(), Measure(precision))
    }
}

/// A measurement of temperature and humidity (section 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the precision is all it has")]
pub struct Measure(pub Precision);

impl Ask for Measure {
    type Answer = Sht4xReading;

    fn exchange(&self) -> Exchange {
        let command = match self.0 {
            Precision::High => 0xFD,
            Precision::Medium => 0xF6,
            Precision::Low => 0xE0,
        };
        Exchange::command([command]).takes(self.0.time()).answers(6)
    }

    fn handle(&mut self, answer: &[u8]) -> Result<Option<Sht4xReading>, Fault> {
        Sht4xReading::from_answer(answer).map(Some)
    }
}

/// How strongly the chip is heated, typically (section 4.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "the chip has three")]
pub enum HeaterPower {
    /// 200 mW.
    High,
    /// 110 mW.
    Medium,
    /// 20 mW.
    Low,
}

/// How long the chip is heated (sections 3.1 and 4.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "the chip has two")]
pub enum HeaterTime {
    /// 1 s, at most 1.1 s.
    Long,
    /// 0.1 s, at most 0.11 s.
    Short,
}

/// Heats the chip, to drive off dew, and measures at the end of it: what it gives is the heated chip, not the air.
///
/// The datasheet allows it for at most a tenth of the time, and not above 65 Cel (section 4.9); the caller sees to that.
/// The heater goes off by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "power and time are all it has")]
pub struct Heat {
    /// How strongly.
    pub power: HeaterPower,
    /// How long.
    pub time: HeaterTime,
}

impl Ask for Heat {
    type Answer = Sht4xReading;

    fn exchange(&self) -> Exchange {
        let command = match (self.power, self.time) {
            (HeaterPower::High, HeaterTime::Long) => 0x39,
            (HeaterPower::High, HeaterTime::Short) => 0x32,
            (HeaterPower::Medium, HeaterTime::Long) => 0x2F,
            (HeaterPower::Medium, HeaterTime::Short) => 0x24,
            (HeaterPower::Low, HeaterTime::Long) => 0x1E,
            (HeaterPower::Low, HeaterTime::Short) => 0x15,
        };
        let heating = match self.time {
            HeaterTime::Long => millis(1_100),
            HeaterTime::Short => millis(110),
        };
        Exchange::command([command])
            .takes(heating + Precision::High.time())
            .answers(6)
    }

    fn handle(&mut self, answer: &[u8]) -> Result<Option<Sht4xReading>, Fault> {
        Sht4xReading::from_answer(answer).map(Some)
    }
}

/// Reads the number that no other chip has (section 4.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a command without values")]
pub struct ReadSerialNumber;

impl Ask for ReadSerialNumber {
    type Answer = u32;

    fn exchange(&self) -> Exchange {
        Exchange::command([0x89]).answers(6)
    }

    fn handle(&mut self, answer: &[u8]) -> Result<Option<u32>, Fault> {
        let (high, low) = words(answer)?;
        Ok(Some(u32::from(high) << 16 | u32::from(low)))
    }
}

/// Starts the chip afresh, in at most 1 ms (sections 3.1 and 4.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a command without values")]
pub struct SoftReset;

impl Ask for SoftReset {
    type Answer = ();

    fn exchange(&self) -> Exchange {
        Exchange::command([0x94]).takes(millis(1))
    }

    fn handle(&mut self, _: &[u8]) -> Result<Option<()>, Fault> {
        Ok(Some(()))
    }
}
