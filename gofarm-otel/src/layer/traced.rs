//! Requests that end with the head of their answer.

mod future;
mod service;

pub use future::TracedFuture;
pub use service::Traced;
