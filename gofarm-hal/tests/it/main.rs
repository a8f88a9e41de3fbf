//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

#[cfg(feature = "frames")]
mod frames;
mod lorawan;
#[cfg(feature = "lorawan")]
mod lorawan_node;
mod payload_cayenne_lpp;
#[cfg(feature = "senml")]
mod payload_senml;
mod serial;
