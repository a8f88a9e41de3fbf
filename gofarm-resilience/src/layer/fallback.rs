//! Answers from what is known while the call fails.

mod answers;
mod future;
mod layer;
mod service;

pub use answers::LastAnswers;
pub use future::FallbackFuture;
pub use layer::FallbackLayer;
pub use service::WithFallback;
