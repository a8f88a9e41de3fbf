//! Models of the parts for tests and examples, without the parts: what they answer, when, and how they fail.
//!
//! A driver that is tested against bytes written by its own author passes with every mistake that the author made twice.
//! These models are made from the datasheets a second time: they share no decoding with the drivers, compute their CRCs
//! another way, keep the datasheets' times, and refuse what a real part refuses. Faults are injected while they run.
//!
//! | | model |
//! |---|---|
//! | [`i2c::Bus`] | a bus with [`Sht3x`], [`Sht4x`], [`Bh1750`], [`Seesaw`] or a [`Chip`](i2c::Chip) of one's own on it |
//! | [`line::pair`] | a wire between two [`Port`](crate::serial::Port)s, as slow as its bit rate |
//! | [`SoilProbe`] | a seven-in-one probe, a Modbus server on a line |
//! | [`Teros12`] | what an SDI-12 sensor measures, for a [`Station`](crate::sdi12::Station) on a line |
//! | [`adc`] | converters, and what is soldered to them |
//! | [`Sleep`] | a delay that moves a clock |
//!
//! Nothing here reads a clock: a bus is given one, mostly a [`ManualClock`](gofarm_core::time::ManualClock).
//!
//! ```
//! use std::sync::{Arc, Mutex};
//! use gofarm_core::device::{Progress, Sensor};
//! use gofarm_core::time::{Clock, ManualClock};
//! use gofarm_hal::emulator::{self, i2c::Bus};
//! use gofarm_hal::sensor::sht4x::{Address, Precision, Sht4x};
//!
//! let clock = ManualClock::new();
//! let greenhouse = Arc::new(Mutex::new(emulator::Sht4x::new(24.5, 81.0)));
//! let mut bus = Bus::new(&clock);
//! bus.attach(0x44, greenhouse.clone());
//!
//! let mut air = Sht4x::new(bus, Address::A, Precision::High);
//! let reading = loop {
//!     match air.poll(clock.now()) {
//!         Progress::Ready(reading) => break reading?,
//!         Progress::WouldBlock(until) => clock.advance_to(until),
//!     }
//! };
//! assert!((reading.humidity - 81.0).abs() < 0.01);
//! # Ok::<(), gofarm_hal::sensor::i2c::Error>(())
//! ```

pub mod adc;
mod bh1750;
pub mod i2c;
pub mod line;
mod seesaw;
mod sht3x;
mod sht4x;
#[cfg(feature = "async")]
mod sleep;
mod soil_probe;
mod teros12;

pub use bh1750::Bh1750;
pub use seesaw::Seesaw;
pub use sht3x::Sht3x;
pub use sht4x::Sht4x;
#[cfg(feature = "async")]
pub use sleep::Sleep;
pub use soil_probe::{Layout, Soil, SoilProbe};
pub use teros12::Teros12;

/// The CRC of Sensirion's chips by long division of the whole message, of which a driver does each bit in turn.
fn sensirion_crc(word: u16) -> u8 {
    // The polynomial 0x131 goes from the highest bit down; starting at 0xFF inverts the first byte.
    let mut rest = (u32::from(word) << 8) ^ 0x00FF_0000;
    for shift in (0..16).rev() {
        if rest & (0x100 << shift) != 0 {
            rest ^= 0x131 << shift;
        }
    }
    rest.to_le_bytes()[0]
}

/// Two words as the chip sends them.
fn sensirion_words(first: u16, second: u16) -> [u8; 6] {
    let [a, b] = first.to_be_bytes();
    let [c, d] = second.to_be_bytes();
    [a, b, sensirion_crc(first), c, d, sensirion_crc(second)]
}

/// A number as the nearest of 16 bits.
fn nearest(number: f64) -> u16 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from floating point stays in the range of its type"
    )]
    {
        number.round() as u16
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_crc_is_that_of_the_datasheet() {
        assert_eq!(super::sensirion_crc(0xBEEF), 0x92);
    }
}
