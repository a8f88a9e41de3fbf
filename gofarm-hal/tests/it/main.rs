//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

#[cfg(feature = "frames")]
mod frames;
mod serial;
#[cfg(all(feature = "std", feature = "update"))]
mod update;
