#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(test, feature = "std")), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(test, feature = "std"))]
extern crate alloc;

pub mod calibration;
mod crc16;
#[cfg(feature = "std")]
pub mod emulator;
pub mod fault_injector;
pub mod filter;
pub mod flow_meter;
#[cfg(all(any(doc, doctest), feature = "std", feature = "update"))]
pub mod guide;
pub mod lorawan;
pub mod modbus;
pub mod one_wire;
mod outbox;
pub mod payload;
pub mod ring_buffer;
pub mod sdi12;
pub mod sensor;
pub mod serial;
mod turn;
#[cfg(feature = "update")]
pub mod update;
pub mod valve;
