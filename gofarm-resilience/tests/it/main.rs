//! Behaviour that users rely on, a file for each subject.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

mod adaptive;
#[cfg(feature = "alloc")]
mod bulkhead;
#[cfg(feature = "std")]
mod fallback;
mod flow;
#[cfg(feature = "alloc")]
mod health;
mod hedge;
#[cfg(all(feature = "tokio", not(loom)))]
mod layer;
mod retry;
#[cfg(feature = "std")]
mod semaphore;
mod token_bucket;
mod zone;
