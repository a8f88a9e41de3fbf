//! How evenly work is spread by metrics that are old: one task arrives each step, nodes report every so many steps.
//!
//! The set-up of the published comparisons (Mitzenmacher 2000, "How useful is old information?"). What is looked at is
//! the greatest use of a node beside the mean use of all, in the second half of a run: its mean over the run, which
//! the published tables show, and its worst.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_sched::load::{Load, StalePolicy, after};
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::{PlacementId, Scheduler};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};

pub const NODES: usize = 100;
const TASKS: u64 = 20_000;
/// How long a task lives, in steps.
const LIFE: u64 = 2_000;
/// A prime, so that looks fall on all phases between two reports.
const LOOK_EVERY: u64 = 37;
/// The time of a step: a task lives 20 s.
const STEP: Duration = millis(10);

/// How long tasks live.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lives {
    /// All as long.
    Fixed,
    /// Exponentially, which nobody can foretell.
    Exponential,
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// Equal nodes have 4 processors, unequal ones 2, 4, 6 or 8.
    pub equal: bool,
    /// All nodes report every so many steps.
    pub refreshed: u64,
    /// A report is the mean of so many steps, and so shows all of a task after them; 1 is what runs at that moment.
    pub averaged: u32,
    pub lives: Lives,
    /// Whether the end of a task is told.
    pub reported: bool,
    pub seed: u64,
}

/// The greatest use of a node beside the mean one.
#[derive(Clone, Copy, Debug)]
pub struct Balance {
    pub mean: f64,
    pub worst: f64,
}

/// Something that says where a task goes.
pub trait Placer {
    /// Names a task that runs.
    type Task;

    /// The use of each node, 0..=1.
    fn report(&mut self, uses: &[f32], now: Instant);

    /// The node for the next task.
    fn place(&mut self, now: Instant) -> (usize, Self::Task);

    /// The task has ended.
    fn ended(&mut self, task: Self::Task, now: Instant);
}

impl Experiment {
    /// Runs it with what is made for nodes of so many processors, whose metrics settle in a time.
    pub fn run<P: Placer>(&self, make: impl FnOnce(&[u32], Duration) -> P) -> Balance {
        let processors: Vec<u32> = (0..NODES as u32)
            .map(|at| if self.equal { 4 } else { 2 * (1 + at % 4) })
            .collect();
        let mut placer = make(&processors, STEP * (self.averaged - 1));
        let mut random = SplitMix64::new(self.seed);
        let mut nodes = Nodes::new(&processors, self.averaged as usize);
        let mut ends: BTreeMap<u64, Vec<(usize, P::Task)>> = BTreeMap::new();
        let (mut sum, mut looks, mut worst) = (0.0, 0.0, 0.0_f64);
        for step in 0..TASKS {
            let now = Instant::ZERO + STEP * u32::try_from(step).unwrap_or(u32::MAX);
            nodes.remember();
            if step % self.refreshed == 0 {
                placer.report(&nodes.reported(), now);
            }
            // What follows is later than what was reported.
            let now = now + millis(1);
            while let Some(first) = ends.first_entry()
                && *first.key() <= step
            {
                for (at, task) in first.remove() {
                    nodes.running[at] -= 1;
                    if self.reported {
                        placer.ended(task, now);
                    }
                }
            }
            let (at, task) = placer.place(now + millis(1));
            nodes.running[at] += 1;
            let end = step + self.lives.draw(&mut random);
            ends.entry(end).or_default().push((at, task));
            if step >= TASKS / 2 && step % LOOK_EVERY == 0 {
                let ratio = nodes.max_over_mean();
                sum += ratio;
                looks += 1.0;
                worst = worst.max(ratio);
            }
        }
        Balance {
            mean: sum / looks,
            worst,
        }
    }
}

impl Lives {
    fn draw(self, random: &mut SplitMix64) -> u64 {
        match self {
            Self::Fixed => LIFE,
            Self::Exponential => {
                let uniform = (random.below(1 << 32) + 1) as f64 / (1_u64 << 32) as f64;
                (-(LIFE as f64) * uniform.ln()).ceil().max(1.0) as u64
            }
        }
    }
}

/// What runs, and what ran in each of the last steps.
struct Nodes {
    processors: Vec<f64>,
    running: Vec<u32>,
    /// In all steps so far, as it was after each of the last ones.
    totals: VecDeque<Vec<u32>>,
    averaged: usize,
}

impl Nodes {
    fn new(processors: &[u32], averaged: usize) -> Self {
        Self {
            processors: processors.iter().copied().map(f64::from).collect(),
            running: vec![0; processors.len()],
            totals: VecDeque::from([vec![0; processors.len()]]),
            averaged,
        }
    }

    fn remember(&mut self) {
        let mut totals = if self.totals.len() > self.averaged {
            self.totals.pop_front().unwrap_or_default()
        } else {
            vec![0; self.running.len()]
        };
        if let Some(last) = self.totals.back() {
            totals.clone_from(last);
        }
        for (total, running) in totals.iter_mut().zip(&self.running) {
            *total += running;
        }
        self.totals.push_back(totals);
    }

    /// The mean use over the last steps.
    fn reported(&self) -> Vec<f32> {
        let (Some(first), Some(last)) = (self.totals.front(), self.totals.back()) else {
            return Vec::new();
        };
        let steps = (self.totals.len() - 1) as f64;
        let runs = first
            .iter()
            .zip(last)
            .map(|(a, b)| f64::from(b - a) / steps);
        runs.zip(&self.processors)
            .map(|(runs, processors)| (runs * share(*processors)) as f32)
            .collect()
    }

    fn max_over_mean(&self) -> f64 {
        let uses = self.running.iter().zip(&self.processors);
        let most = uses.map(|(r, p)| f64::from(*r) / p).fold(0.0, f64::max);
        let running: u32 = self.running.iter().sum();
        most * self.processors.iter().sum::<f64>() / f64::from(running)
    }
}

/// What a task takes, in thousandths of a processor, and what a node has for each of its own: more than all tasks that
/// it gets, since those whose end is not told keep what they took. The load has to spread them.
const ASK: u32 = 10_000;
const EACH: u32 = 1_000_000;

/// The part of a node that a task takes.
fn share(processors: f64) -> f64 {
    f64::from(ASK) / (processors * f64::from(EACH))
}

/// The scheduler of this crate.
#[derive(Debug)]
pub struct Gofarm {
    sched: Scheduler,
    nodes: Vec<NodeId>,
    request: Request,
}

impl Gofarm {
    /// With metrics that show all of a task so long after its start, and keep their last value.
    pub fn new(processors: &[u32], settling: Duration) -> Self {
        let mut sched = Scheduler::builder()
            .stale(after(secs(3_600)), StalePolicy::Hold)
            .settling(settling)
            .in_flight(secs(3_600))
            .slow_start(secs(0))
            .no_limit()
            .build()
            .unwrap();
        let resources = |n: &u32| Resources::new(n * EACH, 0);
        let nodes = processors.iter();
        let nodes = nodes.map(|n| sched.add_node(Node::new("n", resources(n))));
        Self {
            nodes: nodes.collect(),
            request: Request::new(Ask::new(ASK, 0)),
            sched,
        }
    }
}

impl Placer for Gofarm {
    type Task = PlacementId;

    fn report(&mut self, uses: &[f32], now: Instant) {
        for (node, used) in self.nodes.iter().zip(uses) {
            self.sched
                .observe(*node, Load::idle().cpu(*used), now)
                .unwrap();
        }
    }

    fn place(&mut self, now: Instant) -> (usize, PlacementId) {
        let decision = self.sched.place(&self.request, now).unwrap();
        let at = decision.node().slot();
        (at, self.sched.commit(decision, now).unwrap())
    }

    fn ended(&mut self, task: PlacementId, now: Instant) {
        self.sched.completed(task, now).unwrap();
    }
}
