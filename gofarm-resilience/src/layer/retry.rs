//! Calls that are tried again.

mod future;
mod layer;
mod repeat;
mod service;

pub use future::RetryFuture;
pub use layer::RetryLayer;
pub use repeat::{ByClone, Repeat};
pub use service::Retrying;
