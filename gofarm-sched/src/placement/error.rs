//! What can go wrong: with a request, with the end of a reservation, with a name that is not known.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use gofarm_core::error::{Classify, Kind};

use super::{Reason, Refusal};
use crate::node::NodeId;

/// Which nodes cannot do a piece of work: the first ones with their reasons, the others as a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refusals {
    kept: Vec<(Arc<str>, Refusal)>,
    count: usize,
}

impl Refusals {
    pub(super) fn count_as(&mut self, count: usize) {
        self.count = count;
    }

    pub(super) fn keep(&mut self, name: Arc<str>, refusal: Refusal) {
        self.kept.push((name, refusal));
    }

    /// How many nodes refused.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether no node refused.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The refusals that were kept, each with the node's name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Refusal)> {
        self.kept.iter().map(|(name, refusal)| (&**name, refusal))
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, refusal)) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{name} ({})", refusal.reason())?;
        }
        match (self.count.saturating_sub(self.kept.len()), self.kept.len()) {
            (0, 0) => f.write_str("none"),
            (0, _) => Ok(()),
            (more, 0) => write!(f, "{more} nodes"),
            (more, _) => write!(f, " and {more} more"),
        }
    }
}

/// Why a request has no node.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unplaced {
    /// There are no nodes.
    #[error("there are no nodes")]
    NoNodes,
    /// No node could hold it, were it empty: more is asked for than any has, or another model of accelerator.
    #[error("none of the {nodes} nodes could hold it, were it empty")]
    NeverFits {
        /// How many nodes there are.
        nodes: usize,
    },
    /// Every node refuses it now.
    #[error("every node refuses: {0}")]
    Refused(Refusals),
    /// A node was found, but not what is needed beside it.
    #[error("{by}: {reason}")]
    NotReserved {
        /// The name of the [`Reserve`](super::Reserve).
        by: &'static str,
        /// Why.
        reason: Reason,
    },
}

impl Classify for Unplaced {
    fn kind(&self) -> Kind {
        match self {
            Self::NoNodes => Kind::Transient,
            Self::NeverFits { .. } => Kind::Permanent,
            Self::Refused(_) | Self::NotReserved { .. } => Kind::Overloaded,
        }
    }
}

/// Why a reservation was not committed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum NotCommitted {
    /// It is not held: it lapsed, was abandoned or committed before, or its node is gone.
    #[error("the reservation is no longer held")]
    NotHeld,
    /// It has to wait, and is still held.
    #[error("{by} says to wait")]
    Waiting {
        /// The name of the [`Permit`](super::Permit).
        by: &'static str,
    },
    /// It may not start, and was given back.
    #[error("{by}: {reason}")]
    Denied {
        /// The name of the [`Permit`](super::Permit).
        by: &'static str,
        /// Why.
        reason: Reason,
    },
    /// It could not be started, and was given back.
    #[error("{by}: {reason}")]
    NotBound {
        /// The name of the [`Bind`](super::Bind).
        by: &'static str,
        /// Why.
        reason: Reason,
    },
}

impl Classify for NotCommitted {
    fn kind(&self) -> Kind {
        match self {
            Self::NotHeld => Kind::TimedOut,
            Self::Waiting { .. } => Kind::Overloaded,
            Self::Denied { .. } => Kind::Permanent,
            Self::NotBound { .. } => Kind::Transient,
        }
    }
}

/// A node that is not there, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("there is no node {} of generation {}", .0.slot(), .0.generation())]
pub struct UnknownNode(pub NodeId);

impl Classify for UnknownNode {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// No plugin of that name is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("no plugin has that name")]
pub struct UnknownPlugin;

impl Classify for UnknownPlugin {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// A reservation or a placement that is not there, or no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("there is no claim {0}")]
pub struct UnknownClaim(pub u64);

impl Classify for UnknownClaim {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
