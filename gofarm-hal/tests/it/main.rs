//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

mod fault_injector;
mod flow_meter;
#[cfg(feature = "frames")]
mod frames;
mod modbus;
#[cfg(feature = "tokio")]
mod modbus_live;
mod one_wire;
mod ring_buffer;
mod rs485;
mod sdi12;
mod serial;
#[cfg(all(feature = "frames", feature = "tokio"))]
mod tokio_frames;
#[cfg(all(feature = "std", target_os = "linux"))]
mod tty;
mod valve;
