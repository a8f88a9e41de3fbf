//! Behaviour that users rely on, a file for each subject.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

mod breaker;
#[cfg(feature = "std")]
mod keyed;
mod sliding_window;

mod adaptive;
#[cfg(feature = "alloc")]
mod bulkhead;
mod fallback;
mod flow;
#[cfg(feature = "alloc")]
mod health;
mod hedge;
#[cfg(all(feature = "tokio", not(loom)))]
mod layer;
mod limits_auto_traits;
mod retry;
mod semaphore;
mod token_bucket;
mod zone;
