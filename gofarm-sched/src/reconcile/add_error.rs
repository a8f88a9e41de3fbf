//! [`AddError`]: why a key was not taken in.

use gofarm_core::error::{Classify, Kind};

/// Why a key was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AddError {
    /// There are as many keys as there may be.
    #[error("the queue is full with {0} keys")]
    Full(u32),
    /// The queue takes nothing in any more.
    #[error("the queue is shut down")]
    ShutDown,
}

impl Classify for AddError {
    fn kind(&self) -> Kind {
        match self {
            Self::Full(_) => Kind::Overloaded,
            Self::ShutDown => Kind::Cancelled,
        }
    }

    fn was_sent(&self) -> bool {
        false
    }
}
