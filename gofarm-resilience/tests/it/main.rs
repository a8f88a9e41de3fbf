//! Behaviour that users rely on, a file for each subject.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

mod adaptive;
mod breaker;
#[cfg(feature = "alloc")]
mod bulkhead;
#[cfg(feature = "std")]
mod fallback;
mod flow;
#[cfg(feature = "alloc")]
mod health;
mod hedge;
#[cfg(feature = "std")]
mod keyed;
#[cfg(all(feature = "tokio", not(loom)))]
mod layer;
mod retry;
#[cfg(feature = "std")]
mod semaphore;
mod sliding_window;
mod token_bucket;
mod zone;
