//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

mod calibration;
mod fault_injector;
mod filter;
mod flow_meter;
#[cfg(feature = "frames")]
mod frames;
mod lorawan;
#[cfg(feature = "lorawan")]
mod lorawan_node;
mod lorawan_queue;
mod modbus;
#[cfg(feature = "tokio")]
mod modbus_live;
mod one_wire;
mod payload_cayenne_lpp;
#[cfg(feature = "senml")]
mod payload_senml;
#[cfg(feature = "senml")]
mod payload_senml_pack;
mod ring_buffer;
mod rs485;
mod sdi12;
#[cfg(feature = "std")]
mod sensor;
mod serial;
#[cfg(all(feature = "frames", feature = "tokio"))]
mod tokio_frames;
#[cfg(all(feature = "std", target_os = "linux"))]
mod tty;
#[cfg(all(feature = "std", feature = "update"))]
mod update;
mod valve;
