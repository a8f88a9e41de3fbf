//! Why an outbox or inbox refuses.

use gofarm_core::error::{Classify, Kind};

use crate::dot::Dot;
use crate::error::{Full, Malformed};

/// Why a journal could not be read from its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError<E> {
    /// The store failed.
    #[error(transparent)]
    Store(E),
    /// A record of the journal is not what this version writes.
    #[error("a record of the journal cannot be read: {0}")]
    Malformed(Malformed),
}

impl<E: Classify> Classify for OpenError<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Malformed(error) => error.kind(),
        }
    }
}

/// Why an effect was not taken into an outbox; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum OutboxError {
    /// Too many effects wait.
    #[error("outbox {0}")]
    Full(Full),
    /// The effects that wait would be too long.
    #[error("outbox full: {bytes} bytes would exceed the limit of {limit} bytes")]
    TooLong {
        /// The length of all effects with this one, in bytes.
        bytes: usize,
        /// The most bytes.
        limit: usize,
    },
    /// The numbers of this opening are used up, after 2^64 - 1 effects.
    #[error("no number is left")]
    Exhausted,
}

impl Classify for OutboxError {
    fn kind(&self) -> Kind {
        match self {
            Self::Full(_) | Self::TooLong { .. } => Kind::Overloaded,
            Self::Exhausted => Kind::Permanent,
        }
    }
}

/// Why an inbox cannot say whether an effect is new: do not acknowledge it, it will come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum InboxError {
    /// It is too far ahead of the first one that is missing.
    #[error(
        "effect {id} is too far ahead: {first_missing} is the first missing one, and {window} are remembered from there"
    )]
    Ahead {
        /// The effect.
        id: Dot,
        /// The number of the first one that is missing.
        first_missing: u64,
        /// How many are remembered from there.
        window: u64,
    },
    /// Too many sources are remembered; see [`Inbox::forget`](super::Inbox::forget).
    #[error("inbox {0}")]
    Full(Full),
    /// Number 0 belongs to no effect.
    #[error("effect number 0 does not exist")]
    Zero,
}

impl Classify for InboxError {
    fn kind(&self) -> Kind {
        match self {
            Self::Ahead { .. } | Self::Full(_) => Kind::Overloaded,
            Self::Zero => Kind::Invalid,
        }
    }
}
