//! The phases that a plugin can take part in: [`Filter`], [`Score`], [`Reserve`], [`Permit`] and [`Bind`].
//!
//! All are `Send` and `Sync`, so that a scheduler is; one that shares data with others holds a handle to it.

use super::{Candidate, Claim, Reason};
use crate::node::Node;
use crate::resource::Resources;

/// What a filter's or a score's answer depends on, besides the request; match it fully.
///
/// Answers are kept as long as what they depend on stays the same. One that says less than the truth makes
/// decisions out of old answers; one that says more makes them slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Sensitivity {
    /// The node alone: its description, what is free of it, its accelerators, its load.
    Node,
    /// The node, and where the request's group runs.
    Group,
    /// Anything: the time, data of its own. Asked anew for every decision.
    Always,
}

/// Says which nodes cannot do a piece of work.
///
/// ```
/// use gofarm_sched::placement::{Candidate, Filter, Reason};
///
/// /// Work with a label `dry` stays off the nodes in the wash house.
/// #[derive(Debug)]
/// struct DryPlace;
///
/// impl Filter for DryPlace {
///     fn name(&self) -> &'static str {
///         "dry place"
///     }
///     fn refuse(&self, candidate: &Candidate<'_>) -> Option<Reason> {
///         let wet = candidate.node().labels().get("place") == Some("wash-house");
///         (wet && candidate.request().labels().get("dry").is_some())
///             .then_some(Reason::Other("stands in the wet"))
///     }
/// }
/// ```
pub trait Filter: core::fmt::Debug + Send + Sync {
    /// A name for reasons, in lower case: `harvest deadline`.
    fn name(&self) -> &'static str;

    /// What the answer depends on; a scheduler asks once, when it gets the plugin.
    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Node
    }

    /// Why the node cannot do it; `None` where it can.
    fn refuse(&self, candidate: &Candidate<'_>) -> Option<Reason>;
}

/// Says how well a node suits a piece of work.
///
/// 0 is best and 1 is worst, as for loads. What is outside counts as the nearer bound, and NaN as 1.
pub trait Score: core::fmt::Debug + Send + Sync {
    /// A name for reasons, in lower case: `zone spread`.
    fn name(&self) -> &'static str;

    /// What the answer depends on; a scheduler asks once, when it gets the plugin.
    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Node
    }

    /// Whether it matters which of a node's accelerators the work gets; if it does not, the tightest are offered.
    /// A scheduler asks once.
    ///
    /// The choice is made by the scores of [`Sensitivity::Node`]; others see what was chosen.
    fn sees_devices(&self) -> bool {
        false
    }

    /// What the cost needs to know of the node as it is now, whatever is asked for; 0 until it is implemented.
    ///
    /// A scheduler works it out when the node changes, and not for each request and each choice of accelerators: it is
    /// [`Candidate::of_node`] then. It must follow from these arguments alone.
    fn of_node(&self, node: &Node, free: &Resources) -> f32 {
        let _not_needed = (node, free);
        0.0
    }

    /// How bad the node is for it, 0 to 1.
    fn cost(&self, candidate: &Candidate<'_>) -> f32;
}

/// Holds what a placement uses beside the resources of its node: a tenant's quota, a licence.
///
/// Each claim that was reserved is released once: when it is abandoned, forgotten or not permitted, when its work
/// is completed, or when its node is gone. What can differ from node to node belongs into a [`Filter`]: a claim that
/// is not reserved leaves the request unplaced, no other node is tried.
pub trait Reserve: core::fmt::Debug + Send + Sync {
    /// A name for reasons, in lower case: `tenant quota`.
    fn name(&self) -> &'static str;

    /// Holds what the claim needs.
    ///
    /// # Errors
    /// Why it cannot; nothing is held then, and the claim will not be released.
    fn reserve(&mut self, claim: &Claim<'_>) -> Result<(), Reason>;

    /// Gives back what [`reserve`](Self::reserve) held for the claim.
    fn release(&mut self, claim: &Claim<'_>);
}

/// What a [`Permit`] says; match it fully.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Permission {
    /// The work may start.
    Granted,
    /// Not yet: the claim stays reserved until its time limit, and may be committed again before that.
    Wait,
    /// It may not start; the claim is given back.
    Denied(Reason),
}

/// Has the last word before work starts: an approval, a gate, all members of a group at once.
pub trait Permit: core::fmt::Debug + Send + Sync {
    /// A name for reasons, in lower case: `approval`.
    fn name(&self) -> &'static str;

    /// Whether the work may start now.
    fn permit(&mut self, claim: &Claim<'_>) -> Permission;
}

/// Starts the work on its node, or puts that into the queue of who does.
pub trait Bind: core::fmt::Debug + Send + Sync {
    /// A name for reasons, in lower case: `start queue`.
    fn name(&self) -> &'static str;

    /// Starts the work.
    ///
    /// # Errors
    /// Why it cannot; the claim is given back. Binds that came before this one are not undone.
    fn bind(&mut self, claim: &Claim<'_>) -> Result<(), Reason>;
}
