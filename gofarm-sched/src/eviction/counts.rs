//! What an evictor counts, and what it answers.

use gofarm_core::error::{Classify, Kind};

/// How much was lost and what became of it, since the evictor was made.
///
/// `lost = rebuilt + kept + ended + waiting`, at any time, with [`Evictor::waiting`](super::Evictor::waiting).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Counts {
    /// Pieces of work that were lost.
    pub lost: u64,
    /// Lost ones that run again on a node that was chosen for them.
    pub rebuilt: u64,
    /// Lost ones whose node came back with them first.
    pub kept: u64,
    /// Lost ones that ended before they were rebuilt.
    pub ended: u64,
    /// Rebuilds that were asked for.
    pub asked: u64,
    /// Rebuilds that nobody answered in time.
    pub unanswered: u64,
}

impl Counts {
    pub(super) const NONE: Self = Self {
        lost: 0,
        rebuilt: 0,
        kept: 0,
        ended: 0,
        asked: 0,
        unanswered: 0,
    };
}

/// What an evictor says to a rebuilt piece of work; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Answer {
    /// It is the copy that counts.
    Accepted,
    /// Another one counts, or the work has ended: stop this copy, as after [`Event::Stop`](super::Event::Stop).
    Superseded,
    /// Its node is not known to live: it will be rebuilt again, and this copy stopped if the node comes back.
    NodeLost,
}

/// The node was never added to the evictor, or was removed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("the node was never added or was removed")]
pub struct UnknownNode;

impl Classify for UnknownNode {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
