//! [`Event`]: what an evictor wants done, and what it found.

use gofarm_core::time::Instant;

use super::WorkId;
use crate::node::NodeId;

/// Where lost work is to be rebuilt; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Place {
    /// In the failure domain that it was first placed in.
    SameDomain,
    /// Anywhere: an attempt in that domain failed or was not answered.
    Anywhere,
}

/// What is to be done about one piece of lost work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "lost work is rebuilt by who takes the event"]
pub struct Rebuild {
    pub(super) work: WorkId,
    pub(super) attempt: u32,
    pub(super) from: NodeId,
    pub(super) place: Place,
    pub(super) critical: bool,
}

impl Rebuild {
    /// The work.
    #[must_use]
    pub const fn work(&self) -> WorkId {
        self.work
    }

    /// The number of the attempt, which the answer repeats; never the same twice for one piece of work.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The node that it was lost on.
    #[must_use]
    pub const fn from(&self) -> NodeId {
        self.from
    }

    /// Where it is to be rebuilt; [`Evictor::domain`](super::Evictor::domain) names the domain.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Whether a crop depends on it.
    #[must_use]
    pub const fn is_critical(&self) -> bool {
        self.critical
    }
}

/// Something that an evictor found or wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// A node's lease expired: whether it lives is unknown.
    NodeUnknown(NodeId),
    /// A node renewed its lease after it had expired, and takes work from then on.
    NodeReturned {
        /// The node.
        node: NodeId,
        /// When it may take work again.
        open_from: Instant,
    },
    /// Too many nodes of this node's domain are lost at once: the link is suspected, rebuilding slows down.
    LinkSuspected(NodeId),
    /// Enough nodes of this node's domain are back: rebuilding goes on as usual.
    LinkTrusted(NodeId),
    /// A piece of work is to be rebuilt.
    Rebuild(Rebuild),
    /// A node still has a copy of work that was rebuilt elsewhere: it must stop that copy.
    ///
    /// Who takes the event repeats the order until it arrived, or until
    /// the node is the work's [`holder`](super::Evictor::holder) again.
    Stop {
        /// The work.
        work: WorkId,
        /// The node with the old copy.
        on: NodeId,
    },
}
