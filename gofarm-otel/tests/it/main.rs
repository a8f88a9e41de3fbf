//! Public behaviour of gofarm-otel, a file per subject.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(feature = "std")]

extern crate alloc;

mod export;
mod exposition;
mod instrument;
#[cfg(feature = "tower")]
mod layer;
mod logger;
mod meter;
#[cfg(feature = "otlp")]
mod otlp;
mod otlp_metrics;
#[cfg(feature = "prometheus")]
mod prometheus;
#[cfg(all(feature = "tower", feature = "b3"))]
mod propagation;
mod queue;
mod received;
mod remote_span;
mod sampler;
#[cfg(feature = "sdk")]
mod sdk;
mod semantic;
mod snapshot;
mod spans;
mod spool;
#[cfg(all(feature = "otlp", feature = "prometheus", feature = "tower"))]
mod telemetry;
mod tracer;
#[cfg(feature = "tracing")]
mod tracing;
