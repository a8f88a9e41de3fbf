//! [`Fragmentation`]: fragmentation gradient descent.

use super::lanes::Lanes;
use super::{Mix, left_after, squash};
use crate::node::Node;
use crate::placement::{Candidate, Score};
use crate::resource::Resources;

/// The node where the work makes the fewest accelerators unusable for typical work.
///
/// What is unusable is an expectation over the mix: an ask that does not fit can use nothing of the node, and one
/// that does can use the devices that have enough free for it. This is the fragmentation gradient descent of Weng,
/// Yang, Yu, Wang, Tang, Yang and Zhang, "Beware of fragmentation: scheduling GPU-sharing workloads with
/// fragmentation gradient descent" (USENIX ATC 2023), with two differences: memory counts as well, and scores are not
/// cut to integers from 0 to 100. The 64 most frequent asks of the mix are looked at.
///
/// It looks one piece of work ahead: a node on which each ask fits once has no fragments, also when its processors
/// are enough for one of its eight accelerators. [`Stranding`](super::Stranding) sees that.
#[derive(Clone, Debug)]
pub struct Fragmentation {
    lanes: Option<Lanes<ASKS>>,
}

/// How many asks are looked at; with 32 it was up to 4.7 % worse on openb.
const ASKS: usize = 64;

impl Fragmentation {
    /// For a mix of work, as it is now; of an empty one, every cost is 0.5.
    #[must_use]
    pub fn new(mix: &Mix) -> Self {
        Self {
            lanes: Lanes::new(mix),
        }
    }
}

impl Score for Fragmentation {
    fn name(&self) -> &'static str {
        "fragmentation"
    }

    fn sees_devices(&self) -> bool {
        true
    }

    fn of_node(&self, node: &Node, free: &Resources) -> f32 {
        let lanes = self.lanes.as_ref();
        lanes.map_or(0.0, |lanes| lanes.fragments(free, lanes.frequencies(node)))
    }

    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        if self.lanes.is_none() {
            return squash(0.0);
        }
        let Some(left) = left_after(candidate) else {
            return 1.0;
        };
        let (node, free) = (candidate.node(), candidate.free());
        let before = candidate.of_node();
        let before = before.unwrap_or_else(|| self.of_node(node, free));
        squash(self.of_node(node, &left) - before)
    }
}
