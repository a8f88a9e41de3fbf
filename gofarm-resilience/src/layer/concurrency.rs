//! Calls that wait for a place.

mod future;
mod layer;
mod service;

pub use future::ConcurrencyFuture;
pub use layer::ConcurrencyLayer;
pub use service::ConcurrencyLimited;
