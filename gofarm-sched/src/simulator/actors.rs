//! The nodes and the work of a run: what is true of them, and what the scheduler was told.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use core::time::Duration;

use gofarm_core::time::{Instant, hours};

use super::{Feed, Name, NodeSpec, WorkSpec};
use crate::eviction::WorkId;
use crate::load::{Load, Metric};
use crate::mode::ModeMachine;
use crate::node::NodeId;
use crate::placement::PlacementId;
use crate::request::Request;

/// Slowed work brings this share of its load.
const SLOWED: f32 = 0.5;

#[derive(Debug)]
pub(super) struct SimNode<'t> {
    pub(super) spec: &'t NodeSpec,
    /// `None` once it was removed.
    pub(super) id: Option<NodeId>,
    pub(super) up: bool,
    pub(super) boot: u64,
    /// The boot that its last metrics told of.
    pub(super) heard_boot: u64,
    pub(super) feed: Feed,
    /// How often the feed changed: measurements of an earlier one are not gone on with.
    pub(super) feeds: u64,
    pub(super) background: Load,
    /// It did not answer, and was not heard since.
    pub(super) silent: bool,
    /// What truly runs here.
    pub(super) copies: BTreeMap<WorkId, Running>,
    /// Copies that are to stop as soon as the node is heard.
    pub(super) stops: BTreeSet<WorkId>,
    /// Work that the scheduler has here.
    pub(super) claims: BTreeSet<WorkId>,
    pub(super) mode: ModeMachine,
    pub(super) moves: Hour,
    /// When it opens after its return.
    pub(super) opens: Option<Instant>,
    /// When its last metrics were measured, and its load by itself as they have it.
    pub(super) heard: Option<(Instant, f32)>,
}

/// A copy that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) uses_milli: u32,
    pub(super) memory: u64,
    pub(super) kind: Option<Name>,
    pub(super) slowed: bool,
}

impl SimNode<'_> {
    /// What truly loads the node.
    #[expect(clippy::cast_precision_loss, reason = "shares are wanted")]
    pub(super) fn load(&self) -> Load {
        let (mut milli, mut memory) = (0.0, 0);
        for copy in self.copies.values() {
            let slowed = if copy.slowed { SLOWED } else { 1.0 };
            milli += copy.uses_milli as f32 * slowed;
            memory += copy.memory;
        }
        let other = |metric| self.background.get(metric).unwrap_or(0.0);
        let cpu = other(Metric::Cpu) + milli / self.spec.cpu_milli as f32;
        let memory = other(Metric::Memory) + memory as f32 / self.spec.memory as f32;
        Load::new()
            .cpu(cpu.min(1.0))
            .memory(memory.min(1.0))
            .with(Metric::Network, other(Metric::Network))
            .io_wait(other(Metric::IoWait))
            .with(Metric::App, other(Metric::App))
    }
}

#[derive(Debug)]
pub(super) struct SimWork<'t> {
    pub(super) spec: &'t WorkSpec,
    pub(super) request: Request,
    pub(super) state: State,
    /// Its place in the queue of those that wait: the number of its arrival there.
    pub(super) queued: u64,
    /// The node that it was given, as the scheduler has it.
    pub(super) claim: Option<(usize, PlacementId)>,
    pub(super) ran: bool,
    /// How long it still has to run, and since when it does.
    pub(super) left: Option<Duration>,
    pub(super) began: Option<Instant>,
    /// How often it began: the end of an earlier beginning is not one.
    pub(super) begins: u64,
    /// Since when it runs nowhere within reach.
    pub(super) out_since: Option<Instant>,
    /// By how many nodes it was last said to be refused since it waits.
    pub(super) told: Option<usize>,
    pub(super) makes_room_from: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    /// It was given a node; it may be lost, and is rebuilt then.
    Placed,
    Shed,
}

impl SimWork<'_> {
    /// Takes account of what it has done so far.
    pub(super) fn pause(&mut self, now: Instant) {
        if let (Some(left), Some(began)) = (&mut self.left, self.began.take()) {
            *left = left.saturating_sub(now.saturating_since(began));
        }
        self.begins += 1;
    }
}

/// How often something happened within the last hour, and within any.
#[derive(Debug, Default)]
pub(super) struct Hour {
    times: VecDeque<Instant>,
}

impl Hour {
    /// It happened; how often within the hour that ends now, both ends included.
    pub(super) fn count(&mut self, now: Instant) -> u64 {
        self.times.push_back(now);
        while let Some(first) = self.times.front()
            && now.saturating_since(*first) > hours(1)
        {
            self.times.pop_front();
        }
        self.times.len() as u64
    }
}
