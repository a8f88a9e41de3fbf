//! Chips on I2C that take their time: [`Device`] and, with `async`, `AsyncDevice` over one machine.
//!
//! Drivers for such chips usually write a command, sleep for the conversion and read. The sleep stops the valve beside
//! it, and when the chip does not acknowledge the reading, the driver cannot say whether it is busy, broken or gone. Here
//! a part says what its [`Exchange`]s are ([`Ask`]), and one machine does them: it writes, gives the bus free for the
//! longest time of the datasheet, reads, and counts refusals. A poll does at most the bytes of one command and one
//! answer on the bus, less than 1 ms at 100 kbit/s.
//!
//! | seen | means | after |
//! |---|---|---|
//! | a command is not acknowledged, three times | [`Error::Missing`] | 2 ms |
//! | a command was taken, and the answer is not there, five times | [`Error::StillBusy`] | the time of the exchange, and 9 ms |
//! | the bus says so | [`Error::Bus`] | at once |
//! | the answer has a wrong CRC, or cannot be | [`Error::Answer`] | at once |
//!
//! These times hold for a caller that polls when it is told to. A bus that a chip holds down for ever is for the I2C
//! peripheral to notice: its own time-out comes as [`Error::Bus`].
//!
//! Several chips share a bus with any of the devices of the crate `embedded-hal-bus`, or through `&mut`.
//!
//! A part of one's own:
//!
//! ```
//! use gofarm_core::time::millis;
//! use gofarm_hal::sensor::i2c::{Ask, Device, Exchange, Fault};
//!
//! /// A LM75B thermometer: register 0 has 11 bits, 0.125 K each (datasheet, section 7.4.3).
//! struct Temperature;
//!
//! impl Ask for Temperature {
//!     type Answer = f32;
//!     fn exchange(&self) -> Exchange { Exchange::command([0x00]).takes(millis(0)).answers(2) }
//!     fn handle(&mut self, answer: &[u8]) -> Result<Option<f32>, Fault> {
//!         let &[high, low] = answer else { return Err(Fault::Length) };
//!         Ok(Some(f32::from(i16::from_be_bytes([high, low]) >> 5) * 0.125))
//!     }
//! }
//!
//! fn thermometer<B: embedded_hal::i2c::I2c>(bus: B) -> Device<B, Temperature> {
//!     Device::with(bus, 0x48, Temperature)
//! }
//! ```

mod ask;
mod device;
mod error;
mod session;
mod signal;
#[cfg(feature = "async")]
mod wait;

pub use ask::{Ask, Exchange};
pub use device::Device;
pub use error::{Error, Fault};
pub use signal::INSTRUMENTS;
#[cfg(feature = "async")]
pub use wait::AsyncDevice;
