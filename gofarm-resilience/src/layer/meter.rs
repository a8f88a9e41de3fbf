//! Calls counted by how they ended and whose they were.

mod future;
mod layer;
mod service;

pub use future::MeterFuture;
pub use layer::MeterLayer;
pub use service::Metered;
