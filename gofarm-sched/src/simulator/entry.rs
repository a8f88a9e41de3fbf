//! [`Entry`]: what a run did, one thing at a time.

use core::fmt;

use gofarm_core::time::Instant;

use super::Name;
use super::write::Seconds;
use crate::autonomy::LinkMode;
use crate::eviction::WorkId;
use crate::mode::Mode;

/// Something that happened in a run, with its time; prints as one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When, from the start of the run.
    pub at: Instant,
    /// What.
    pub what: What,
}

/// Why work was placed; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Cause {
    /// It had waited for a place, from its arrival or since it was evicted or shed.
    Waited,
    /// It was lost with its node.
    Lost,
    /// Its node was too full.
    Moved,
}

/// Whether a placement kept the spread; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Spread {
    /// All hard rules held.
    Kept,
    /// No node would have kept them, and a crop depends on the work.
    Lifted,
}

/// What happened in a run.
///
/// The claims of the scheduler follow from it: [`Placed`](Self::Placed) makes one, and
/// [`Released`](Self::Released) ends one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// Work was given to a node, and began there.
    Placed {
        /// The work.
        work: WorkId,
        /// The node.
        node: Name,
        /// Why.
        cause: Cause,
        /// Whether the spread was kept.
        spread: Spread,
        /// How bad the node is for it, 0 (best) to 1.
        cost: f32,
    },
    /// No node takes the work now; said again only when another number of nodes refuses.
    Unplaced {
        /// The work.
        work: WorkId,
        /// How many nodes refused.
        refused: usize,
    },
    /// A node was chosen and did not answer; it gets no work until it is [heard](Self::NodeHeard).
    NotStarted {
        /// The work.
        work: WorkId,
        /// The node.
        node: Name,
    },
    /// A permit or a bind of the scheduler said no, or to wait.
    NotCommitted {
        /// The work.
        work: WorkId,
        /// The node.
        node: Name,
    },
    /// Work no longer holds what it held on a node: it has ended, was stopped, moved, or is gone with the node.
    Released {
        /// The work.
        work: WorkId,
        /// The node.
        node: Name,
    },
    /// Work was stopped to make room.
    Evicted {
        /// The work.
        work: WorkId,
        /// For which.
        by: WorkId,
    },
    /// Work was stopped because the farm is cut off or short of power.
    Shed(WorkId),
    /// Work that was shed is wanted again.
    Resumed(WorkId),
    /// Work is over.
    Done(WorkId),
    /// A copy that no longer counted was stopped.
    CopyStopped {
        /// The work.
        work: WorkId,
        /// The node.
        node: Name,
    },
    /// A node that did not answer has reported again.
    NodeHeard(Name),
    /// A node's lease expired.
    NodeUnknown(Name),
    /// A node renewed its lease after it had expired; it takes no new work before it opens.
    NodeReturned(Name),
    /// A node that returned takes new work.
    NodeOpened(Name),
    /// A node that returned has its share of work for now; it opens again as the share grows.
    NodeClosed(Name),
    /// The link to the domain of this node is suspected.
    DomainSuspected(Name),
    /// The link to the domain of this node is trusted again.
    DomainTrusted(Name),
    /// A node meets its load in another way.
    Mode {
        /// The node.
        node: Name,
        /// Where it stood.
        from: Mode,
        /// Where it stands.
        to: Mode,
    },
    /// The farm is in another mode.
    Link(LinkMode),
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Seconds(self.at.saturating_since(Instant::ZERO));
        write!(f, "{at} s: {}", self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Placed {
                work,
                node,
                cause,
                spread,
                cost,
            } => {
                let cause = match cause {
                    Cause::Waited => "placed",
                    Cause::Lost => "rebuilt",
                    Cause::Moved => "moved",
                };
                write!(f, "work {} {cause} on {node} at {cost}", work.number())?;
                match spread {
                    Spread::Kept => Ok(()),
                    Spread::Lifted => f.write_str(", spread lifted"),
                }
            }
            Self::Unplaced { work, refused } => {
                write!(f, "work {} waits: {refused} nodes refuse", work.number())
            }
            Self::NotStarted { work, node } => {
                write!(f, "work {} did not start on {node}", work.number())
            }
            Self::NotCommitted { work, node } => {
                write!(f, "work {} was not let on {node}", work.number())
            }
            Self::Released { work, node } => write!(f, "work {} left {node}", work.number()),
            Self::Evicted { work, by } => {
                write!(
                    f,
                    "work {} made room for work {}",
                    work.number(),
                    by.number()
                )
            }
            Self::Shed(work) => write!(f, "work {} shed", work.number()),
            Self::Resumed(work) => write!(f, "work {} resumed", work.number()),
            Self::Done(work) => write!(f, "work {} done", work.number()),
            Self::CopyStopped { work, node } => {
                write!(f, "copy of work {} stopped on {node}", work.number())
            }
            Self::NodeHeard(node) => write!(f, "{node} heard"),
            Self::NodeUnknown(node) => write!(f, "{node} unknown"),
            Self::NodeReturned(node) => write!(f, "{node} returned"),
            Self::NodeOpened(node) => write!(f, "{node} opened"),
            Self::NodeClosed(node) => write!(f, "{node} closed"),
            Self::DomainSuspected(node) => write!(f, "link to the domain of {node} suspected"),
            Self::DomainTrusted(node) => write!(f, "link to the domain of {node} trusted"),
            Self::Mode { node, from, to } => write!(f, "{node} from {from} to {to}"),
            Self::Link(mode) => write!(f, "farm {mode}"),
        }
    }
}
