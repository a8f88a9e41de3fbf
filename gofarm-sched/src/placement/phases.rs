//! The phases that a plugin can take part in: [`Filter`] and [`Score`].

use super::{Candidate, Reason};

/// What a filter's or a score's answer depends on, besides the request; match it fully.
///
/// Answers are kept as long as what they depend on stays the same. One that says less than the truth makes
/// decisions out of old answers; one that says more makes them slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
pub trait Filter: core::fmt::Debug {
    /// A name for reasons, in lower case: `harvest deadline`.
    fn name(&self) -> &'static str;

    /// What the answer depends on.
    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Node
    }

    /// Why the node cannot do it; `None` where it can.
    fn refuse(&self, candidate: &Candidate<'_>) -> Option<Reason>;
}

/// Says how well a node suits a piece of work.
///
/// 0 is best and 1 is worst, as for loads. What is outside counts as the nearer bound, and NaN as 1.
pub trait Score: core::fmt::Debug {
    /// A name for reasons, in lower case: `zone spread`.
    fn name(&self) -> &'static str;

    /// What the answer depends on.
    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Node
    }

    /// Whether it matters which of a node's accelerators the work gets; if it does not, the tightest are offered.
    fn sees_devices(&self) -> bool {
        false
    }

    /// How bad the node is for it, 0 to 1.
    fn cost(&self, candidate: &Candidate<'_>) -> f32;
}
