//! Public behaviour of gofarm-otel, a file per subject.

#![cfg(feature = "std")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

mod exposition;
mod instrument;
mod meter;
mod otlp_metrics;
mod snapshot;
