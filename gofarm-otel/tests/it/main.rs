//! Public behaviour of gofarm-otel, a file per subject.
#![cfg(feature = "std")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod export;
#[cfg(feature = "otlp")]
mod otlp;
mod spans;
mod spool;
