//! The crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

mod autonomy;
mod autoscale;
#[cfg(feature = "alloc")]
mod control_signal;
#[cfg(feature = "alloc")]
mod dependency;
#[cfg(feature = "tokio")]
mod driver;
#[cfg(feature = "alloc")]
mod reconcile;
#[cfg(feature = "alloc")]
mod rollout;
