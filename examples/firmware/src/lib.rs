//! What the nodes of this folder stand on.

#![no_std]

#[cfg(feature = "mps2")]
pub mod board;
#[cfg(feature = "mps2")]
pub mod irrigation;
pub mod line_frame;
#[cfg(feature = "mps2")]
pub mod plot;
#[cfg(feature = "mps2")]
pub mod probes;
#[cfg(feature = "mps2")]
pub mod reading;
#[cfg(feature = "mps2")]
pub mod sync_line;
#[cfg(feature = "messages")]
pub mod valve_message;
