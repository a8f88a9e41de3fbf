//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

#[cfg(feature = "frames")]
mod frames;
mod modbus;
#[cfg(feature = "tokio")]
mod modbus_live;
mod one_wire;
mod sdi12;
mod serial;
