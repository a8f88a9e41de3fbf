//! Sensor Measurement Lists (RFC 8428): named values with units, as JSON or CBOR.
//!
//! SenML is what a gateway, a broker and a cloud agree on without knowing the device: each value comes with its name,
//! unit and time, and what is common to all stands once, in base fields. Two things are easily got wrong. Numbers:
//! `0.1_f32` printed through `f64` is `0.10000000149011612`, twice the bytes and not what the probe said. And reading:
//! base fields reach over records, a label that ends in `_` must be understood or the pack refused, and a value may
//! never be taken for another record's. So [`Pack`] writes the shortest digits that read back as the same number, in the
//! width that the value has, and [`Decoder`] hands out records that are resolved already (section 4.6), or says why not
//! and where.
//!
//! Nothing is allocated: a pack is written into the caller's buffer, record by record, and read from the bytes as they
//! came. A device's record needs no code per field: see [`Pack::device`].
//!
//! ```
//! use gofarm_hal::payload::senml::{Decoder, Entry, Pack};
//! use gofarm_core::time::UnixMillis;
//!
//! let mut buffer = [0; 160];
//! let mut pack = Pack::json(&mut buffer);
//! pack.base_name("urn:dev:mac:0024befffe804ff1/");
//! pack.base_time(UnixMillis::new(1_790_000_000_500));
//! pack.push(Entry::new("water").unit("/").number(0.29_f32))?;
//! pack.push(Entry::new("valve").boolean(true))?;
//! let payload = pack.finish();
//! assert_eq!(core::str::from_utf8(payload)?, concat!(
//!     r#"[{"bn":"urn:dev:mac:0024befffe804ff1/","bt":1790000000.5,"n":"water","u":"/","v":0.29},"#,
//!     r#"{"n":"valve","vb":true}]"#,
//! ));
//!
//! let records: Vec<_> = Decoder::json(payload).collect::<Result<_, _>>()?;
//! assert!(records[1].name() == "urn:dev:mac:0024befffe804ff1/valve");
//! assert_eq!(records[1].time().unix(None), Some(UnixMillis::new(1_790_000_000_500)));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! What is not here: XML and EXI, streams without an end (SensML) on the writing side, and fields beyond RFC 8428; a
//! reader skips those, as it must. Secondary units (RFC 8798, 9100) are read and never written: a value in such a unit
//! is converted to the primary one.
//!
//! Sizes on thumbv6m are in the docs of [`Pack`].

mod base64;
mod cbor;
mod contract;
mod decoder;
mod error;
mod fields;
mod half;
mod json;
mod label;
mod pack;
mod record;
mod text;

pub use base64::DataBytes;
pub use contract::DeviceError;
pub use decoder::Decoder;
pub use error::{DecodeError, Reason};
pub use pack::{Entry, Pack, PackError};
pub use record::{Data, Record, Time, Value};
pub use text::{Name, Text};
