//! Why a frame was refused as a whole: [`FrameError`].

use gofarm_core::error::{Classify, Kind};

use crate::dot::{Actor, ReplicaId};
use crate::error::{Full, Malformed};

/// A frame that was refused; nothing was changed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Longer than this side accepts.
    #[error("a frame of {len} bytes, the limit is {limit}")]
    TooLong {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The check at its end does not match: bytes were damaged, or it belongs to an earlier session. A
    /// greeting from either side follows by itself.
    #[error("the check does not match: damaged, or of an earlier session")]
    Check,
    /// A version of the protocol that is not spoken here.
    #[error(
        "protocol versions {oldest} to {newest}, this side speaks {}",
        super::VERSION
    )]
    Version {
        /// The oldest that the peer speaks.
        oldest: u8,
        /// The newest.
        newest: u8,
    },
    /// A greeting of somebody else than the driver authenticated.
    #[error("greeting of replica {found}, the link is to {expected}")]
    WrongPeer {
        /// Who greets.
        found: ReplicaId,
        /// Who was authenticated.
        expected: ReplicaId,
    },
    /// A greeting of this very actor: the link leads back here, or a copy of this store is running.
    #[error("greeting of this very actor {0}")]
    Mirror(Actor),
    /// The bytes do not follow the protocol.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// No room to keep what the frame asks to keep.
    #[error(transparent)]
    Full(#[from] Full),
}

impl Classify for FrameError {
    fn kind(&self) -> Kind {
        match self {
            Self::Check => Kind::Transient,
            Self::Full(_) => Kind::Overloaded,
            Self::Version { .. } | Self::WrongPeer { .. } | Self::Mirror(_) => Kind::Permanent,
            Self::TooLong { .. } | Self::Malformed(_) => Kind::Invalid,
        }
    }
}
