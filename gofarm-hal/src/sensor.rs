//! Probes and meters, one file a part: registers and times with the section of the datasheet that they come from.
//!
//! Each gives a raw record with a contract; `validated()` holds it against the range of the part.

pub mod bh1750;
pub mod ds18b20;
pub mod i2c;
pub mod seesaw;
mod sensirion;
pub mod sht3x;
pub mod sht4x;
