//! Probes and meters, one file a part: registers and times with the section of the datasheet that they come from.
//!
//! Each gives a raw record with a contract; `validated()` holds it against the range of the part.

#[cfg(feature = "async")]
pub mod awaited;
pub mod ds18b20;
