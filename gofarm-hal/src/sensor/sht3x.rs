//! The SHT3x thermometer and hygrometer on I2C (Sensirion, datasheet SHT3x-DIS, version 7 of December 2022).
//!
//! Section and table numbers here are of that datasheet. SHT30, SHT31 and SHT35 differ in accuracy only. Measurements
//! are single shots; periodic modes (section 4.5), in which the chip heats itself up by measuring, are not offered.
//!
//! ```
//! use embedded_hal::i2c::I2c;
//! use gofarm_core::device::{Progress, Sensor};
//! use gofarm_core::time::Instant;
//! use gofarm_hal::sensor::sht3x::{Address, Repeatability, SetHeater, Sht3x};
//!
//! fn air<B: I2c>(bus: B) -> Sht3x<B> {
//!     Sht3x::new(bus, Address::A, Repeatability::High)
//! }
//!
//! fn log<B: I2c>(air: &mut Sht3x<B>, now: Instant) {
//!     match air.poll(now) {
//!         Progress::Ready(Ok(reading)) => println!("{} Cel, {} %", reading.temperature, reading.humidity),
//!         Progress::Ready(Err(error)) => println!("{error}"),
//!         Progress::WouldBlock(_until) => {} // the chip is at work
//!     }
//! }
//!
//! fn dry<B: I2c>(air: &mut Sht3x<B>, now: Instant) -> bool {
//!     matches!(air.poll_ask(&mut SetHeater(true), now), Progress::Ready(Ok(())))
//! }
//! ```

mod status;

pub use status::{ClearStatus, ReadStatus, Status};

use core::time::Duration;

use gofarm_core::Device;
use gofarm_core::time::millis;

use super::i2c::{self, Ask, Exchange, Fault};
use super::sensirion::{celsius, words};

/// The time of a soft reset, t_SR (table 4).
const SOFT_RESET_TIME: Duration = Duration::from_micros(1_500);

/// What the ADDR pin is tied to (section 3.4, table 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "the pin is low or high")]
pub enum Address {
    /// ADDR low: 0x44.
    #[default]
    A,
    /// ADDR high: 0x45.
    B,
}

impl Address {
    /// The address, 7 bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::A => 0x44,
            Self::B => 0x45,
        }
    }
}

/// How often the same air gives the same number, against time and current (section 2.1 and table 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "the chip has three")]
pub enum Repeatability {
    /// 0.08 % and 0.04 K, 15.5 ms.
    #[default]
    High,
    /// 0.15 % and 0.08 K, 6.5 ms.
    Medium,
    /// 0.21 % and 0.15 K, 4.5 ms.
    Low,
}

impl Repeatability {
    /// The longest time of a measurement, t_MEAS at the lowest supply (table 4).
    #[must_use]
    pub const fn time(self) -> Duration {
        Duration::from_micros(match self {
            Self::High => 15_500,
            Self::Medium => 6_500,
            Self::Low => 4_500,
        })
    }
}

/// What a SHT3x measures.
///
/// ```
/// use gofarm_core::Validate;
/// use gofarm_hal::sensor::sht3x::Sht3xReading;
///
/// assert!(Sht3xReading { temperature: 21.4, humidity: 58.0 }.validated().is_ok());
/// assert!(Sht3xReading { temperature: -45.0, humidity: 0.0 }.validate().is_err()); // all zeros
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Device)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[device(model = "sensirion-sht3x", version = 1)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the part measures nothing else, and tests write readings"
)]
pub struct Sht3xReading {
    /// Temperature of the air.
    #[prop(range = -40.0..=125.0, unit = "Cel", step = 0.01)]
    pub temperature: f32,
    /// Relative humidity of the air.
    #[prop(range = 0.0..=100.0, unit = "%", step = 0.01)]
    pub humidity: f32,
}

/// A SHT3x, polled.
pub type Sht3x<B> = i2c::Device<B, Measure>;

/// A SHT3x, awaited.
#[cfg(feature = "async")]
pub type Sht3xAsync<B, D> = i2c::AsyncDevice<B, D, Measure>;

impl<B> Sht3x<B> {
    /// The chip at `address`, which is given the bus free while it measures.
    pub const fn new(bus: B, address: Address, repeatability: Repeatability) -> Self {
        Self::with(bus, address.bits(), Measure::new(repeatability))
    }
}

#[cfg(feature = "async")]
impl<B, D> Sht3xAsync<B, D> {
    /// The chip at `address`, which is given the bus free while it measures.
    pub const fn new(bus: B, delay: D, address: Address, repeatability: Repeatability) -> Self {
        Self::with(bus, delay, address.bits(), Measure::new(repeatability))
    }
}

/// A single shot: temperature and humidity (section 4.3, table 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    repeatability: Repeatability,
    stretch: bool,
}

impl Measure {
    /// A measurement during which the bus is free.
    #[must_use]
    pub const fn new(repeatability: Repeatability) -> Self {
        Self {
            repeatability,
            stretch: false,
        }
    }

    /// The same with clock stretching: it is read 1 ms after the command (table 9), and the chip holds the clock until
    /// it is done. So the bus, and with a polled driver the program, stands for up to 15.5 ms. It saves nothing but
    /// time at the end; for a chip that shares the bus with others it is wrong.
    #[must_use]
    pub const fn stretching(mut self) -> Self {
        self.stretch = true;
        self
    }
}

impl Ask for Measure {
    type Answer = Sht3xReading;

    fn exchange(&self) -> Exchange {
        let (command, time) = match (self.stretch, self.repeatability) {
            (false, Repeatability::High) => ([0x24, 0x00], self.repeatability.time()),
            (false, Repeatability::Medium) => ([0x24, 0x0B], self.repeatability.time()),
            (false, Repeatability::Low) => ([0x24, 0x16], self.repeatability.time()),
            (true, Repeatability::High) => ([0x2C, 0x06], millis(1)),
            (true, Repeatability::Medium) => ([0x2C, 0x0D], millis(1)),
            (true, Repeatability::Low) => ([0x2C, 0x10], millis(1)),
        };
        Exchange::command(command).takes(time).answers(6)
    }

    fn handle(&mut self, answer: &[u8]) -> Result<Option<Sht3xReading>, Fault> {
        let (temperature, humidity) = words(answer)?;
        Ok(Some(Sht3xReading {
            temperature: celsius(temperature),
            // 100 S / (2^16 - 1) (section 4.13).
            humidity: f32::from(humidity) * (100.0 / 65_535.0),
        }))
    }
}

/// Switches the heater on or off (section 4.10, table 16).
///
/// It is for checking the chip and against dew: some kelvins more, so what is measured meanwhile is not the air. A reset
/// switches it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "on or off")]
pub struct SetHeater(pub bool);

impl Ask for SetHeater {
    type Answer = ();

    fn exchange(&self) -> Exchange {
        Exchange::command([0x30, if self.0 { 0x6D } else { 0x66 }])
    }

    fn handle(&mut self, _: &[u8]) -> Result<Option<()>, Fault> {
        Ok(Some(()))
    }
}

/// Starts the chip afresh (section 4.9, table 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a command without values")]
pub struct SoftReset;

impl Ask for SoftReset {
    type Answer = ();

    fn exchange(&self) -> Exchange {
        Exchange::command([0x30, 0xA2]).takes(SOFT_RESET_TIME)
    }

    fn handle(&mut self, _: &[u8]) -> Result<Option<()>, Fault> {
        Ok(Some(()))
    }
}

/// Starts *all* chips on the bus afresh that know the general call (section 4.9, table 14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a command without values")]
pub struct GeneralCallReset;

impl Ask for GeneralCallReset {
    type Answer = ();

    fn exchange(&self) -> Exchange {
        Exchange::command([0x06]).takes(SOFT_RESET_TIME).to_all()
    }

    fn handle(&mut self, _: &[u8]) -> Result<Option<()>, Fault> {
        Ok(Some(()))
    }
}
