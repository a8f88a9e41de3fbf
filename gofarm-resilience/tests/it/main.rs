//! Behaviour that users rely on, a file for each subject.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

mod adaptive;
mod breaker;
#[cfg(feature = "alloc")]
mod bulkhead;
#[cfg(feature = "grpc")]
mod dual_stack;
mod fallback;
mod flow;
#[cfg(feature = "alloc")]
mod health;
#[cfg(feature = "grpc")]
mod health_service;
mod hedge;
#[cfg(feature = "std")]
mod keyed;
#[cfg(all(feature = "tokio", not(loom)))]
mod layer;
mod limits_auto_traits;
#[cfg(feature = "tokio")]
mod pipeline;
mod retry;
mod semaphore;
#[cfg(feature = "serde")]
mod serde;
mod sliding_window;
mod token_bucket;
#[cfg(feature = "tokio")]
mod told;
mod zone;
