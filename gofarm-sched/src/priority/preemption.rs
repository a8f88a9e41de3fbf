//! [`preempt`]: which running work makes room for work that no node can take.

use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt;
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};

use crate::eviction::{Stakes, WorkId};
use crate::node::NodeId;
use crate::request::Request;
use crate::resource::{Ask, DeviceSet, Resources};

/// A piece of work that runs on a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Running {
    id: WorkId,
    priority: i32,
    stakes: Stakes,
    loss: Duration,
    ask: Ask,
    devices: DeviceSet,
}

impl Running {
    /// Work of a priority that holds what it asked for; ordinary, and without loss when it is stopped.
    #[must_use]
    pub const fn new(id: WorkId, priority: i32, ask: Ask) -> Self {
        Self {
            id,
            priority,
            stakes: Stakes::Ordinary,
            loss: Duration::ZERO,
            ask,
            devices: DeviceSet::EMPTY,
        }
    }

    /// The same with what is at stake; crop-critical work is never stopped for other work.
    #[must_use]
    pub const fn stakes(mut self, stakes: Stakes) -> Self {
        self.stakes = stakes;
        self
    }

    /// The same with the computing time that is lost when it is stopped: what it did since its last checkpoint.
    #[must_use]
    pub const fn loss(mut self, loss: Duration) -> Self {
        self.loss = loss;
        self
    }

    /// The same with the accelerators that it holds.
    #[must_use]
    pub const fn devices(mut self, devices: DeviceSet) -> Self {
        self.devices = devices;
        self
    }

    /// The work.
    #[must_use]
    pub const fn id(&self) -> WorkId {
        self.id
    }

    /// Its priority.
    #[must_use]
    pub const fn priority(&self) -> i32 {
        self.priority
    }

    /// What is at stake.
    #[must_use]
    pub const fn at_stake(&self) -> Stakes {
        self.stakes
    }

    /// What it holds.
    #[must_use]
    pub const fn ask(&self) -> &Ask {
        &self.ask
    }
}

/// A node that the request might run on, with its work.
///
/// Only nodes that the filters pass belong here: of what they refuse, stopping work would not change anything.
#[derive(Clone, Copy, Debug)]
pub struct Occupied<'a> {
    id: NodeId,
    free: &'a Resources,
    running: &'a [Running],
    spread: f32,
}

impl<'a> Occupied<'a> {
    /// A node, what is free of it, and what runs there.
    #[must_use]
    pub const fn new(id: NodeId, free: &'a Resources, running: &'a [Running]) -> Self {
        Self {
            id,
            free,
            running,
            spread: 0.0,
        }
    }

    /// The same with the cost of its place in the topology, 0 to 1: what a
    /// [`SpreadOver`](crate::topology::SpreadOver) says of it as a score.
    #[must_use]
    pub const fn spread(mut self, cost: f32) -> Self {
        self.spread = cost;
        self
    }
}

/// A piece of work that makes room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Victim {
    /// The work.
    pub work: WorkId,
    /// Its priority, below that of the request.
    pub priority: i32,
    /// The computing time that is lost.
    pub loss: Duration,
}

/// Which node the request gets, and what makes room for it there.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the victims run until they are stopped"]
pub struct Preemption {
    node: NodeId,
    priority: i32,
    victims: Vec<Victim>,
    spread: f32,
    weighed: usize,
    hopeless: usize,
}

impl Preemption {
    /// The node.
    #[must_use]
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// What is to be stopped, the most important first; empty if the request fits as it is.
    #[must_use]
    pub fn victims(&self) -> &[Victim] {
        &self.victims
    }

    /// All computing time that is lost.
    #[must_use]
    pub fn loss(&self) -> Duration {
        let losses = self.victims.iter().map(|victim| victim.loss);
        losses.fold(Duration::ZERO, Duration::saturating_add)
    }

    /// Less is better: highest priority that is stopped, how many, place in the topology, loss.
    fn rank(&self) -> (Option<i32>, usize, u32, Duration, NodeId) {
        let highest = self.victims.first().map(|victim| victim.priority);
        // Costs are not negative, and the bits of such floats are ordered as they are; NaN counts as worst.
        let spread = self.spread.clamp(0.0, 1.0).abs().to_bits();
        (highest, self.victims.len(), spread, self.loss(), self.node)
    }
}

impl fmt::Display for Preemption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "node {} for priority {}: stops ",
            self.node.slot(),
            self.priority
        )?;
        if self.victims.is_empty() {
            f.write_str("nothing")?;
        }
        for (i, victim) in self.victims.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            let (work, loss) = (victim.work.number(), victim.loss.as_secs());
            write!(
                f,
                "{comma}work {work} (priority {}, {loss} s lost)",
                victim.priority
            )?;
        }
        let other = self.weighed - self.hopeless - 1;
        write!(f, "; {other} other nodes cost as much or more, ")?;
        write!(f, "{} have too little that may be stopped", self.hopeless)
    }
}

/// No node has enough that may be stopped: what runs is as urgent as the request, or crop-critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("none of {nodes} nodes has enough work below priority {priority} that may be stopped")]
pub struct Protected {
    /// How many nodes were weighed.
    pub nodes: usize,
    /// The priority of the request.
    pub priority: i32,
}

impl Classify for Protected {
    fn kind(&self) -> Kind {
        Kind::Overloaded
    }
}

/// Finds the node on which a request fits when some of its work is stopped, and what that is.
///
/// Never stopped is work of the same or a higher priority, and crop-critical work of any. Among nodes it takes the
/// one where the highest priority that is stopped is lowest, then the fewest victims, then the better place in the
/// topology, then the smallest loss, then the lowest id. On a node no victim is superfluous: with any one of them
/// left running the request would not fit. One victim is chosen where one is enough; beyond that their number is
/// small but not proven to be the smallest, which would be a knapsack problem.
///
/// It is a pure function and waits for nothing: the request can be placed as soon as the victims are stopped. Cost:
/// O(n log n) for n pieces of work on a node, for each node.
///
/// Source: Kubernetes' default pre-emption (`selectVictimsOnNode`, `pickOneNodeForPreemption`).
///
/// # Errors
/// No node has enough that may be stopped.
///
/// ```
/// use gofarm_sched::eviction::WorkId;
/// use gofarm_sched::node::NodeId;
/// use gofarm_sched::priority::{Occupied, PriorityClass, Running, preempt};
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::{Ask, Resources};
///
/// let free = Resources::new(0, 1 << 30);
/// let batch = PriorityClass::BATCH_ANALYTICS.value();
/// let running = [
///     Running::new(WorkId::new(1), batch, Ask::new(500, 0)),
///     Running::new(WorkId::new(2), batch, Ask::new(2_000, 0)),
/// ];
/// let node = Occupied::new(NodeId::new(3, 0), &free, &running);
/// let harvest = Request::new(Ask::new(1_000, 0)).priority(PriorityClass::URGENT_HARVEST.value());
/// let found = preempt(&harvest, &[node])?;
/// assert_eq!(
///     found.to_string(),
///     "node 3 for priority 1000000: stops work 2 (priority 1000, 0 s lost); \
///      0 other nodes cost as much or more, 0 have too little that may be stopped",
/// );
/// # Ok::<(), gofarm_sched::priority::Protected>(())
/// ```
pub fn preempt(request: &Request, nodes: &[Occupied<'_>]) -> Result<Preemption, Protected> {
    let mut best: Option<Preemption> = None;
    let mut hopeless = 0;
    for node in nodes {
        let Some(victims) = victims(request, node) else {
            hopeless += 1;
            continue;
        };
        let found = Preemption {
            node: node.id,
            priority: request.urgency(),
            victims,
            spread: node.spread,
            weighed: nodes.len(),
            hopeless: 0,
        };
        if best.as_ref().is_none_or(|best| found.rank() < best.rank()) {
            best = Some(found);
        }
    }
    let best = best.map(|found| Preemption { hopeless, ..found });
    best.ok_or(Protected {
        nodes: nodes.len(),
        priority: request.urgency(),
    })
}

/// What to stop on one node, the most important first; `None` if all that may be stopped is not enough.
fn victims(request: &Request, node: &Occupied<'_>) -> Option<Vec<Victim>> {
    let ask = request.ask();
    if node.free.fits(ask).is_ok() {
        return Some(Vec::new());
    }
    let mut stoppable: Vec<&Running> = node
        .running
        .iter()
        .filter(|work| work.priority < request.urgency() && work.stakes == Stakes::Ordinary)
        .collect();
    stoppable.sort_by_key(|work| work.priority);
    // As few levels of priority as it takes, from the lowest.
    let mut free = *node.free;
    let mut levels = stoppable.chunk_by(|a, b| a.priority == b.priority);
    let mut taken = 0;
    let top = loop {
        let level = levels.next()?;
        level
            .iter()
            .for_each(|work| free.give_back(&work.ask, work.devices));
        taken += level.len();
        if free.fits(ask).is_ok() {
            break level;
        }
    };
    let alone = top.iter().filter(|work| {
        let mut free = *node.free;
        free.give_back(&work.ask, work.devices);
        free.fits(ask).is_ok()
    });
    if let Some(work) = alone.min_by_key(|work| (work.loss, work.id)) {
        return Some(alloc::vec![work.victim()]);
    }
    // Spare the important first, then the small (more room per victim), then the dear.
    stoppable.truncate(taken);
    stoppable.sort_by_key(|work| {
        let size = (
            work.ask.devices().total(),
            work.ask.cpu_milli(),
            work.ask.memory(),
        );
        (Reverse(work.priority), size, Reverse(work.loss), work.id)
    });
    stoppable.retain(|work| {
        let mut without = free;
        let spared = without.take(&work.ask, work.devices) && without.fits(ask).is_ok();
        if spared {
            free = without;
        }
        !spared
    });
    Some(stoppable.into_iter().map(Running::victim).collect())
}

impl Running {
    const fn victim(&self) -> Victim {
        Victim {
            work: self.id,
            priority: self.priority,
            loss: self.loss,
        }
    }
}
