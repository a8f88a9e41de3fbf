//! Calls that are given up when their time is over.

mod error;
mod future;
mod layer;
mod service;
mod when;

pub use error::DeadlineError;
pub use future::DeadlineFuture;
pub use layer::{DeadlineLayer, TimeoutLayer};
pub use service::Deadlined;
pub use when::{Fixed, FromContext, Unlimited, When};
