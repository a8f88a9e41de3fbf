//! Why a double write is not taken.

use gofarm_core::error::{Classify, Kind};

use super::WriteId;
use crate::error::Full;

/// Why a double write was not taken; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DoubleWriteError {
    /// Too many writes are not settled.
    #[error("double writes {0}")]
    Full(Full),
    /// The writes that are not settled would be too long.
    #[error("double writes full: {bytes} bytes would exceed the limit of {limit} bytes")]
    TooLong {
        /// The length of all payloads with this one, in bytes.
        bytes: usize,
        /// The most bytes.
        limit: usize,
    },
    /// The same id is on its way with another payload.
    #[error("write {0} is on its way with another payload")]
    Differs(WriteId),
}

impl Classify for DoubleWriteError {
    fn kind(&self) -> Kind {
        match self {
            Self::Full(_) | Self::TooLong { .. } => Kind::Overloaded,
            Self::Differs(_) => Kind::Invalid,
        }
    }
}
