//! Why a batch is not in the spool: [`AppendError`].

use std::io;

use gofarm_core::error::{Classify, Kind};

/// Why [`Spool::append`](super::Spool::append) did not take a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// It does not fit into a segment.
    #[error("a batch of {bytes} bytes does not fit into a segment, which takes {limit} bytes")]
    TooLarge {
        /// Bytes of the batch.
        bytes: u64,
        /// Bytes of the largest that fits.
        limit: u64,
    },
    /// The bytes of 24 hours are used up; flash wears out.
    #[error("the {limit} bytes that may be written in 24 hours are used up")]
    WornForToday {
        /// Bytes in 24 hours.
        limit: u64,
    },
    /// The storage failed.
    #[error("the storage failed: {0}")]
    Storage(io::ErrorKind),
}

impl Classify for AppendError {
    fn kind(&self) -> Kind {
        match self {
            Self::TooLarge { .. } => Kind::Invalid,
            Self::WornForToday { .. } => Kind::Overloaded,
            Self::Storage(kind) => Classify::kind(&io::Error::from(*kind)),
        }
    }
}
