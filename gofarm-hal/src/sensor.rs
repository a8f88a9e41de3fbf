//! Probes and meters, one file a part: registers and times with the section of the datasheet that they come from.
//!
//! Each gives a raw record with a contract; `validated()` holds it against the range of the part.
//!
//! | on | parts |
//! |---|---|
//! | [I2C](i2c) | [`sht3x`], [`sht4x`], [`bh1750`], [`seesaw`] |
//! | Modbus | [`soil_probe_7in1`] |
//! | SDI-12 | [`teros12`] |
//! | 1-Wire | [`ds18b20`] |
//! | an [analog input](adc) | [`capacitive`], [`current_loop`] |
//! | a [digital input](pulse_counter) | [`rain_gauge`], [`anemometer`] |

pub mod adc;
pub mod anemometer;
#[cfg(feature = "async")]
pub mod awaited;
pub mod bh1750;
pub mod capacitive;
pub mod current_loop;
pub mod ds18b20;
pub mod i2c;
pub mod pulse_counter;
pub mod rain_gauge;
pub mod seesaw;
mod sensirion;
pub mod sht3x;
pub mod sht4x;
pub mod soil_probe_7in1;
pub mod teros12;
