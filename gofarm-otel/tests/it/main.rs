//! What an integrator sees of the telemetry.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(all(feature = "tower", feature = "b3"))]
mod propagation;
mod remote_span;
#[cfg(feature = "std")]
mod sampler;
