//! The [context](crate::context) of a request between its headers and its extensions.

mod error;
mod future;
mod layer;
mod service;

pub use error::CarryError;
pub use future::CarryFuture;
pub use layer::{CarryLayer, Incoming, Outgoing};
pub use service::Carry;
