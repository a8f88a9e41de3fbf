//! Cayenne Low Power Payload: four bytes for a temperature, on links that carry 51.
//!
//! Each record is a channel, a type and a fixed-point number, big endian ([myDevices, *Cayenne Low Power
//! Payload*][spec]). Two things go wrong in encoders. They cut instead of rounding: 0.29 × 100 is 28.999… in binary, and
//! what was 0.29 m³/m³ arrives as 0.28. And they wrap or clamp what does not fit, so a broken probe's 400 °C arrives as
//! a plausible number. Here every decimal on a type's grid is encoded to its own integer, for `f32` and `f64` (ties
//! between two grid points go away from zero), and what is out of range, NaN or too long for the link is an error that
//! names the channel and leaves the payload as it was.
//!
//! A device's record needs no code per field: see [`Mapping`].
//!
//! ```
//! use gofarm_hal::payload::cayenne_lpp::{Decoder, Encoder, Measurement};
//!
//! let mut buffer = [0; 51]; // EU868, DR0
//! let mut encoder = Encoder::new(&mut buffer);
//! encoder.push(1, Measurement::Temperature(-4.1))?;
//! encoder.push(2, Measurement::AnalogInput(0.29_f32.into()))?;
//! assert_eq!(encoder.payload(), [1, 103, 0xff, 0xd7, 2, 2, 0, 29]);
//! assert!(encoder.push(3, Measurement::Temperature(f64::NAN)).is_err());
//!
//! for record in Decoder::new(encoder.payload()) {
//!     let record = record?;
//!     println!("{}: {:?}", record.channel, record.measurement);
//! }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! Types 0 to 3, 101 to 104, 113, 115, 134 and 136 are myDevices' own. The others ([`Kind::is_extension`]) are the
//! numbers of [ElectronicCats/CayenneLPP](https://github.com/ElectronicCats/CayenneLPP), release of September 2025, which
//! The Things Stack and others read; they are sent only where asked for. Type 240 (polyline) is not known here: it has
//! no fixed length, and a decoder stops at it as at any unknown type.
//!
//! [spec]: https://docs.mydevices.com/docs/lorawan/cayenne-lpp

mod contract;
mod decoder;
mod encoder;
mod error;
mod kind;
mod measurement;

pub use contract::{Mapping, MappingError};
pub use decoder::{DecodeError, Decoder, Record};
pub use encoder::Encoder;
pub use error::EncodeError;
pub use kind::Kind;
pub use measurement::Measurement;
