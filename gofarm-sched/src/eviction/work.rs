//! What an evictor knows of a piece of work and of a node.

use alloc::collections::BTreeSet;

use gofarm_core::time::Instant;

use crate::node::NodeId;

/// A piece of work by the number that its owner gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WorkId(u64);

impl WorkId {
    /// A piece of work by its number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What is lost with a piece of work; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Stakes {
    /// Time.
    Ordinary,
    /// A crop: it is rebuilt before all that is not.
    CropCritical,
}

/// Whether a node is known to live; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum NodeState {
    /// Its lease runs.
    Ready,
    /// Its lease expired. It may be dead, or cut off and at work.
    Unknown,
}

#[derive(Clone, Debug)]
pub(super) struct Work {
    /// The domain that it was first placed in.
    pub(super) home: usize,
    pub(super) critical: bool,
    /// The node that has, or may have, the copy that counts.
    pub(super) holder: Option<NodeId>,
    /// The node that it runs on or was lost on.
    pub(super) node: NodeId,
    /// How often it was asked to be rebuilt.
    pub(super) attempt: u32,
    /// How many of these failed since it was lost.
    pub(super) failed: u32,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Running,
    /// Waits in the queue of its home, from then on.
    Queued(Instant),
    /// Asked to be rebuilt; asked again then.
    Asked(Instant),
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) domain: usize,
    pub(super) boot: u64,
    pub(super) lease_until: Instant,
    pub(super) state: NodeState,
    /// When it took work again after it had been lost; `None` for one that never was.
    pub(super) open_from: Option<Instant>,
    /// Work of which it holds the copy that counts.
    pub(super) works: BTreeSet<WorkId>,
    /// Work of which it may hold a copy that no longer counts.
    pub(super) ghosts: BTreeSet<WorkId>,
}
