//! The one middleware that all rejecting policies share.

mod error;
mod future;
mod gate;
mod guard;
mod layer;
mod service;

pub use error::CallError;
pub use future::{CallFuture, KeyedCallFuture};
pub(super) use gate::Sealed;
pub use gate::{Gate, Settle, Single};
pub use guard::{Event, Reporter};
pub use layer::AdmissionLayer;
pub use service::{Guarded, KeyedGuarded};
