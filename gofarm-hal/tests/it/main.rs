//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

mod calibration;
mod filter;
#[cfg(feature = "frames")]
mod frames;
mod modbus;
#[cfg(feature = "tokio")]
mod modbus_live;
mod one_wire;
mod sdi12;
#[cfg(feature = "std")]
mod sensor;
mod serial;
