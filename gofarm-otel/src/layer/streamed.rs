//! Requests that end with the last byte of their answer.

mod body;
mod future;
mod layer;
mod service;

pub use body::StreamedBody;
pub use future::StreamedFuture;
pub use layer::StreamedLayer;
pub use service::Streamed;
