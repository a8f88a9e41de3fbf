//! [`Refusal`]: which node cannot do a piece of work, by whose word, and why.

use core::fmt;
use core::time::Duration;

use crate::node::NodeId;
use crate::resource::{DriverMismatch, Shortage};

/// Why a node cannot do a piece of work.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Reason {
    /// It has too little left.
    Short(Shortage),
    /// It takes no new work: cordoned by a person.
    Cordoned,
    /// It takes no new work: it is not known to live.
    NotReady,
    /// Its load by itself is over the limit; both 0 to 1.
    Overloaded {
        /// The load.
        load: f32,
        /// The limit.
        limit: f32,
    },
    /// Its metrics are this old, or were never there.
    Stale(Option<Duration>),
    /// Its accelerators are of another model.
    Model,
    /// The driver of its accelerators will not do.
    Driver(DriverMismatch),
    /// Its stored energy ends this soon.
    LosesPower(Duration),
    /// Work of the same group would be too close together in a domain of a label.
    TooClose {
        /// How many of the group are in the node's domain.
        there: u32,
        /// How many count as in the emptiest domain.
        fewest: u32,
        /// How many more than in the emptiest domain may be there.
        max_skew: u32,
    },
    /// Its label with this key is not as it must be; `None` where the key is known at run time only.
    Label(Option<&'static str>),
    /// It is not beside the work that it belongs to, or beside work that it must not be with.
    Affinity,
    /// The tenant's quota is used up.
    Quota,
    /// Something that only the filter knows.
    Other(&'static str),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(shortage) => shortage.fmt(f),
            Self::Cordoned => f.write_str("is cordoned"),
            Self::NotReady => f.write_str("is not known to live"),
            Self::Overloaded { load, limit } => write!(f, "load {load:.2} is over {limit:.2}"),
            Self::Stale(None) => f.write_str("was never measured"),
            Self::Stale(Some(age)) => write!(f, "was last measured {} s ago", age.as_secs()),
            Self::Model => f.write_str("has accelerators of another model"),
            Self::Driver(mismatch) => mismatch.fmt(f),
            Self::LosesPower(left) => write!(f, "loses power in {} h", left.as_secs() / 3_600),
            Self::TooClose {
                there,
                fewest,
                max_skew,
            } => {
                let with_it = u64::from(*there) + 1;
                write!(
                    f,
                    "its domain would have {with_it} of the group, the emptiest has {fewest}: more than {max_skew} apart"
                )
            }
            Self::Label(Some(key)) => write!(f, "its label {key} is not as required"),
            Self::Label(None) => f.write_str("a label is not as required"),
            Self::Affinity => f.write_str("is not beside what the work belongs to"),
            Self::Quota => f.write_str("the tenant's quota is used up"),
            Self::Other(why) => f.write_str(why),
        }
    }
}

/// A node that cannot do a piece of work, with the filter that said so.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Refusal {
    node: NodeId,
    filter: &'static str,
    reason: Reason,
}

impl Refusal {
    /// A refusal of a node, by a filter's name.
    #[must_use]
    pub const fn new(node: NodeId, filter: &'static str, reason: Reason) -> Self {
        Self {
            node,
            filter,
            reason,
        }
    }

    /// The node.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// The name of the filter.
    #[must_use]
    pub const fn filter(&self) -> &'static str {
        self.filter
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }
}
