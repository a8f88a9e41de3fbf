//! No herd: work is spread evenly although metrics are old, because what was placed counts at once.
//!
//! The set-up of the published comparisons of stale load (Mitzenmacher 2000, "How useful is old information?"): one
//! task arrives each step and lives 2 000 steps; all nodes report every so many arrivals.

#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::std_instead_of_alloc,
    clippy::print_stdout,
    reason = "a run of a test: small numbers, and what fails fails it"
)]

use std::collections::BTreeMap;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_sched::load::{Load, StalePolicy, after};
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::{PlacementId, Scheduler};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};

const NODES: usize = 100;
const TASKS: usize = 20_000;
const LIFE: u64 = 2_000;
const ASK: u32 = 50;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Lives {
    Fixed,
    Exponential { reported: bool },
}

impl Lives {
    fn draw(self, random: &mut SplitMix64) -> u64 {
        match self {
            Self::Fixed => LIFE,
            Self::Exponential { .. } => {
                let uniform = (random.below(1 << 32) + 1) as f64 / (1_u64 << 32) as f64;
                (-(LIFE as f64) * uniform.ln()).ceil().max(1.0) as u64
            }
        }
    }

    fn are_reported(self) -> bool {
        self != Self::Exponential { reported: false }
    }
}

/// The greatest use of a node beside the mean one, on average over the second half of the run.
fn max_over_mean(equal: bool, refreshed: usize, lives: Lives) -> f64 {
    let mut sched = Scheduler::builder()
        .stale(after(secs(3_600)), StalePolicy::Hold)
        .settling(millis(0))
        .in_flight(secs(3_600))
        .slow_start(secs(0))
        .no_limit()
        .build()
        .unwrap();
    let mut random = SplitMix64::new(11);
    // Equal nodes have 4 processors; unequal ones have 2, 4, 6 or 8. Resources are no limit: the load has to do it.
    let capacities: Vec<u32> = (0..NODES)
        .map(|at| {
            if equal {
                4_000
            } else {
                2_000 * (1 + at as u32 % 4)
            }
        })
        .collect();
    let nodes: Vec<NodeId> = capacities
        .iter()
        .map(|cpu| sched.add_node(Node::new("n", Resources::new(1_000_000 * (cpu / 1_000), 0))))
        .collect();
    let share = |tasks: usize, at: usize| {
        (tasks as u32 * ASK) as f32 / (1_000_000 * (capacities[at] / 1_000)) as f32
    };
    let mut running = vec![0_usize; NODES];
    let mut ends: BTreeMap<u64, Vec<(usize, PlacementId)>> = BTreeMap::new();
    let request = Request::new(Ask::new(ASK, 0));
    let (mut sum, mut samples) = (0.0, 0.0);
    for step in 0..TASKS {
        let now = Instant::from_millis(10 * step as u64);
        if step % refreshed == 0 {
            for (at, id) in nodes.iter().enumerate() {
                let load = Load::idle().cpu(share(running[at], at));
                sched.observe(*id, load, now).unwrap();
            }
        }
        let now = now + millis(1);
        while let Some(first) = ends.first_entry()
            && *first.key() <= step as u64
        {
            for (at, placement) in first.remove() {
                running[at] -= 1;
                if lives.are_reported() {
                    sched.completed(placement, now).unwrap();
                }
            }
        }
        let now = now + millis(1);
        let decision = sched.place(&request, now).unwrap();
        let at = decision.node().slot();
        let placement = sched.commit(decision, now).unwrap();
        running[at] += 1;
        let end = step as u64 + lives.draw(&mut random);
        ends.entry(end).or_default().push((at, placement));
        if step >= TASKS / 2 && step % 50 == 0 {
            let uses = (0..NODES).map(|at| running[at] as f64 / f64::from(capacities[at]));
            let most = uses.fold(0.0, f64::max);
            let all: usize = running.iter().sum();
            let mean = all as f64 / f64::from(capacities.iter().sum::<u32>());
            sum += most / mean;
            samples += 1.0;
        }
    }
    sum / samples
}

#[test]
fn old_metrics_make_no_herd() {
    let rows = [
        (Lives::Fixed, 1.10),
        (Lives::Exponential { reported: true }, 1.10),
        (Lives::Exponential { reported: false }, 1.35),
    ];
    let mut over = Vec::new();
    for (lives, bound) in rows {
        for equal in [true, false] {
            for refreshed in [1, 10, 100, 1_000] {
                let ratio = max_over_mean(equal, refreshed, lives);
                println!("{lives:?}, equal {equal}, refreshed every {refreshed}: {ratio:.3}");
                if ratio > bound {
                    over.push((lives, equal, refreshed, ratio, bound));
                }
            }
        }
    }
    assert!(over.is_empty(), "{over:?}");
}
