//! Nodes that fill up, with the costs of each shape kept.

use std::time::{Duration, Instant};

use gofarm_sched::node::NodeId;
use gofarm_sched::placement::{Candidate, Groups, Score};
use gofarm_sched::resource::{DeviceSet, Resources};
use oorandom::Rand64;

use super::trace::Trace;

pub(super) struct Cluster<'t> {
    trace: &'t Trace,
    scores: Vec<Box<dyn Score>>,
    see_devices: bool,
    free: Vec<Resources>,
    groups: Groups,
    /// Of each shape on each node; infinite where it does not fit.
    costs: Vec<Vec<f32>>,
    devices: Vec<Vec<DeviceSet>>,
    /// The nodes in the order in which they changed, each having changed at the beginning.
    changes: Vec<usize>,
    /// Where in the changes each node stands last.
    changed: Vec<usize>,
    /// Up to where in the changes each shape has looked.
    seen: Vec<usize>,
    outcome: Outcome,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Outcome {
    pub(super) in_use_percent: f64,
    pub(super) unplaced: u32,
    pub(super) decisions: u32,
    pub(super) time: Duration,
}

impl<'t> Cluster<'t> {
    /// All free. Without scores, nodes are chosen at random.
    pub(super) fn new(trace: &'t Trace, scores: Vec<Box<dyn Score>>) -> Self {
        let nodes = trace.nodes().len();
        Self {
            trace,
            see_devices: scores.iter().any(|score| score.sees_devices()),
            scores,
            free: trace.nodes().iter().map(|node| *node.capacity()).collect(),
            groups: Groups::new(),
            costs: vec![vec![f32::INFINITY; nodes]; trace.shapes()],
            devices: vec![vec![DeviceSet::EMPTY; nodes]; trace.shapes()],
            changes: (0..nodes).collect(),
            changed: (0..nodes).collect(),
            seen: vec![0; trace.shapes()],
            outcome: Outcome::default(),
        }
    }

    /// Other scores from now on: no cost is known.
    pub(super) fn set_scores(&mut self, scores: Vec<Box<dyn Score>>) {
        self.see_devices = scores.iter().any(|score| score.sees_devices());
        self.scores = scores;
        self.seen.fill(0);
    }

    pub(super) fn place(&mut self, pods: &[usize], random: &mut Rand64) {
        let begun = Instant::now();
        for &pod in pods {
            self.outcome.decisions += 1;
            self.look(pod);
            let chosen = if self.scores.is_empty() {
                any(&self.costs[pod], random)
            } else {
                least(&self.costs[pod])
            };
            match chosen {
                Some(node) => self.take(pod, node),
                None => self.outcome.unplaced += 1,
            }
        }
        self.outcome.time += begun.elapsed();
    }

    pub(super) fn outcome(&self) -> Outcome {
        let free = self.free.iter().map(|free| free.devices().total_free());
        let free = f64::from(free.sum::<u32>());
        Outcome {
            in_use_percent: 100.0 * (1.0 - free / f64::from(self.trace.capacity())),
            ..self.outcome
        }
    }

    /// Scores the nodes that changed since this shape was seen last.
    fn look(&mut self, pod: usize) {
        for at in self.seen[pod]..self.changes.len() {
            let node = self.changes[at];
            if self.changed[node] == at {
                let (cost, devices) = self.cost(pod, node);
                self.costs[pod][node] = cost;
                self.devices[pod][node] = devices;
            }
        }
        self.seen[pod] = self.changes.len();
    }

    fn cost(&self, pod: usize, at: usize) -> (f32, DeviceSet) {
        let (request, node, free) = (
            self.trace.request(pod),
            &self.trace.nodes()[at],
            &self.free[at],
        );
        let never = (f32::INFINITY, DeviceSet::EMPTY);
        let ask = request.ask();
        if free.fits(ask).is_err()
            || (ask.devices().devices() > 0 && !request.accepts_model(node.model()))
        {
            return never;
        }
        let id = NodeId::new(at as u32, 0);
        let now = gofarm_core::time::Instant::ZERO;
        let candidate = Candidate::new(request, (id, node), free, &self.groups, now);
        let ways = if self.see_devices { usize::MAX } else { 1 };
        let choices = free.devices().choices(ask.devices()).take(ways);
        let costs = choices.map(|devices| {
            let candidate = candidate.with_devices(devices);
            (
                self.scores.iter().map(|score| score.cost(&candidate)).sum(),
                devices,
            )
        });
        costs
            .min_by(|(a, _), (b, _)| f32::total_cmp(a, b))
            .unwrap_or(never)
    }

    fn take(&mut self, pod: usize, node: usize) {
        let took = self.free[node].take(self.trace.request(pod).ask(), self.devices[pod][node]);
        assert!(took, "a kept cost is of a node that changed");
        self.changed[node] = self.changes.len();
        self.changes.push(node);
    }
}

/// The first of the least costs.
fn least(costs: &[f32]) -> Option<usize> {
    let least = costs.iter().copied().fold(f32::INFINITY, f32::min);
    (least < f32::INFINITY).then(|| costs.iter().position(|cost| *cost == least))?
}

/// A node that fits, each as likely.
fn any(costs: &[f32], random: &mut Rand64) -> Option<usize> {
    let fit: Vec<usize> = (0..costs.len())
        .filter(|node| costs[*node] < f32::INFINITY)
        .collect();
    let chosen = random.rand_range(0..fit.len().max(1) as u64);
    fit.get(chosen as usize).copied()
}
