//! Public behaviour of gofarm-otel, a file per subject.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "std")]

#[cfg(feature = "tower")]
mod layer;
mod queue;
mod received;
mod semantic;
mod tracer;
