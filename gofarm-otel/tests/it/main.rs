//! Public behaviour of gofarm-otel, a file per subject.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "std")]

#[cfg(feature = "tower")]
mod layer;
#[cfg(all(feature = "tower", feature = "b3"))]
mod propagation;
mod queue;
mod received;
mod sampler;
mod semantic;
mod tracer;
