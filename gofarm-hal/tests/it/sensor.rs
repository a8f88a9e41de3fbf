//! Probes against models of their parts.

mod analog;
#[cfg(feature = "async")]
mod awaited;
mod hostile;
mod i2c;
mod pulses;
mod soil_probe;
mod teros12;
