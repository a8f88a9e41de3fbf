//! Public behaviour of gofarm-otel, a file per subject.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "std")]

extern crate alloc;

mod logger;
mod queue;
mod received;
#[cfg(feature = "sdk")]
mod sdk;
mod tracer;
#[cfg(feature = "tracing")]
mod tracing;
