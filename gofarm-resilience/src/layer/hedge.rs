//! Slow calls that are made a second time.

mod future;
mod layer;
mod service;

pub use future::HedgeFuture;
pub use layer::HedgeLayer;
pub use service::Hedging;
