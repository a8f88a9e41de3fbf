//! [`Stranding`]: what is left of a node should be of use.

use super::lanes::{Lanes, devices_free};
use super::{Mix, left_after, squash};
use crate::node::Node;
use crate::placement::{Candidate, Score};
use crate::resource::Resources;

/// The node where the work strands the fewest accelerators: the one to begin with where there are any.
///
/// It compares what is free before and after by three terms, in devices:
/// - accelerators that would stay without processors, if each took as many as one does on average in the mix; weight
///   1. This is what keeps work that needs processors alone off nodes with many accelerators.
/// - accelerators that copies of a typical ask could not use until the first resource is short, over the asks of the
///   mix by frequency; weight 0.3. [`Fragmentation`](super::Fragmentation) asks only whether one copy fits.
/// - the square root of how many accelerators have something free; weight 0.4. It fills those that were begun.
///
/// The weights were chosen on shuffles of the openb trace other than those that are reported. The 32 most frequent asks
/// of the mix are looked at.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_sched::node::{Node, NodeId};
/// use gofarm_sched::packing::{Mix, Stranding};
/// use gofarm_sched::placement::{Candidate, Groups, Score};
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::{Ask, Resources, Share};
///
/// let detect = Request::new(Ask::new(8_000, 16 << 30).share(Share::Whole(1)));
/// let mut mix = Mix::new();
/// mix.count(&detect);
/// let score = Stranding::new(&mix);
///
/// // Work without accelerators takes the processors that none of them need.
/// let dense = Node::new("dense", Resources::new(64_000, 256 << 30).accelerators(8));
/// let roomy = Node::new("roomy", Resources::new(64_000, 256 << 30).accelerators(2));
/// let collect = Request::new(Ask::new(16_000, 8 << 30));
/// let groups = Groups::new();
/// let cost = |node| {
///     let at = (NodeId::new(0, 0), node);
///     score.cost(&Candidate::new(&collect, at, node.capacity(), &groups, Instant::ZERO))
/// };
/// assert!(cost(&roomy) < cost(&dense));
/// ```
#[derive(Clone, Debug)]
pub struct Stranding {
    lanes: Option<Lanes<ASKS>>,
    devices_per_cpu_milli: f32,
}

/// How many asks are looked at; with 64 it was at most 0.1 % better on openb, and slower.
const ASKS: usize = 32;

const WITHOUT_CPU: f32 = 1.0;
const UNUSABLE: f32 = 0.3;
const BEGUN: f32 = 0.4;

/// The square roots of 0 to 16, the most devices that a node has: the software root costs as much as all the rest.
const ROOTS: [f32; 17] = [
    0.0,
    1.0,
    core::f32::consts::SQRT_2,
    1.7320508,
    2.0,
    2.236068,
    2.4494898,
    2.6457512,
    2.828427,
    3.0,
    3.1622777,
    3.3166249,
    3.4641016,
    3.6055512,
    3.7416575,
    3.8729835,
    4.0,
];

impl Stranding {
    /// For a mix of work, as it is now; of an empty one, every cost is 0.5.
    #[must_use]
    pub fn new(mix: &Mix) -> Self {
        Self {
            lanes: Lanes::new(mix),
            devices_per_cpu_milli: mix.cpu_milli_per_device().map_or(f32::MAX, f32::recip),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "amounts need no more")]
    fn stranded(&self, lanes: &Lanes<ASKS>, frequencies: &[f32; ASKS], free: &Resources) -> f32 {
        let all = devices_free(free);
        if all <= 0.0 {
            return 0.0;
        }
        let with_cpu = free.cpu_milli() as f32 * self.devices_per_cpu_milli;
        let usable = lanes.usable(free, frequencies);
        let begun = free.devices().free().iter().filter(|f| **f > 0).count();
        WITHOUT_CPU * (all - with_cpu).max(0.0)
            + UNUSABLE * (all - usable)
            + BEGUN * ROOTS.get(begun).copied().unwrap_or(4.0)
    }
}

impl Score for Stranding {
    fn name(&self) -> &'static str {
        "stranding"
    }

    fn sees_devices(&self) -> bool {
        true
    }

    fn of_node(&self, node: &Node, free: &Resources) -> f32 {
        let lanes = self.lanes.as_ref();
        lanes.map_or(0.0, |lanes| {
            self.stranded(lanes, lanes.frequencies(node), free)
        })
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
