//! Whole decisions: one node reports, a request is placed, started, and the oldest of those that run ends.

use std::collections::VecDeque;
use std::hint::black_box;

use gofarm_core::time::Instant;
use gofarm_sched::load::Load;
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::{PlacementId, Scheduler};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};

use super::node_table::Reports;
use crate::figures::Figures;

const SIZES: [usize; 3] = [100, 1_500, 10_000];

const WHOLE: &str = "one node reports, a request is placed and started, the oldest ends";
const DECISION: &str = "a request is placed and given up, nothing else changed";

/// Shapes of requests that come in turn.
const SHAPES: u32 = 16;

pub(super) fn measure(figures: &mut Figures) {
    for size in SIZES {
        naive(figures, size);
        let mut cluster = Cluster::new(size, 1);
        figures.time(&case(WHOLE, size), "gofarm, one shape", || cluster.step());
        let mut cluster = Cluster::new(size, SHAPES);
        figures.time(&case(WHOLE, size), "gofarm, 16 shapes", || cluster.step());
        figures.time(&case(DECISION, size), "gofarm", || cluster.decide());
    }
}

fn case(what: &str, nodes: usize) -> String {
    format!("{nodes} nodes: {what}")
}

/// A scheduler in which two requests for each node run.
struct Cluster {
    sched: Scheduler,
    nodes: Vec<NodeId>,
    requests: Vec<Request>,
    running: VecDeque<PlacementId>,
    reports: Reports,
    made: usize,
    now: Instant,
}

impl Cluster {
    fn new(size: usize, shapes: u32) -> Self {
        let mut sched = Scheduler::builder()
            .no_limit()
            .build()
            .expect("the defaults");
        let node = |_| sched.add_node(Node::new("node", Resources::new(16_000, 64 << 30)));
        let nodes = (0..size).map(node).collect();
        let request = |shape| {
            let ask = Ask::new(100 + 10 * shape, 256 << 20);
            Request::new(ask).expected(Load::idle().cpu(0.01))
        };
        let mut cluster = Self {
            sched,
            nodes,
            requests: (0..shapes).map(request).collect(),
            running: VecDeque::new(),
            reports: Reports::new(size),
            made: 0,
            now: Instant::ZERO,
        };
        for _ in 0..size {
            cluster.report();
        }
        for _ in 0..2 * size {
            cluster.place();
        }
        for _ in 0..2 * size {
            cluster.step();
        }
        cluster
    }

    fn step(&mut self) {
        self.report();
        self.place();
        let oldest = self.running.pop_front().expect("they run");
        self.sched.completed(oldest, self.now).expect("it runs");
    }

    fn report(&mut self) {
        let (slot, load, now) = self.reports.next();
        self.now = now;
        self.sched
            .observe(self.nodes[slot], load, now)
            .expect("it is there");
    }

    fn place(&mut self) {
        let request = &self.requests[self.made % self.requests.len()];
        self.made += 1;
        let decision = self.sched.place(request, self.now).expect("there is room");
        let placement = self.sched.commit(decision, self.now).expect("it is held");
        self.running.push_back(placement);
    }

    fn decide(&mut self) {
        let request = black_box(&self.requests[0]);
        let decision = self.sched.place(request, self.now).expect("there is room");
        self.sched.abandon(decision).expect("it is held");
    }
}

/// A node as a plain loop has it.
struct Plain {
    cpu: f64,
    memory: f64,
    free_cpu: f64,
    free_memory: f64,
}

/// Filter and score as Kubernetes does for each request: whether it fits, least allocated and balanced allocation, of
/// all nodes and of as many as its `numFeasibleNodesToFind` says.
fn naive(figures: &mut Figures, size: usize) {
    let plain = |at| Plain {
        cpu: 16_000.0,
        memory: 65_536.0,
        free_cpu: 16_000.0 - (at % 97) as f64,
        free_memory: 65_536.0 - (at % 89) as f64,
    };
    let mut nodes: Vec<Plain> = (0..size).map(plain).collect();
    let percent = 50_usize.saturating_sub(size / 125).max(5);
    let some = (size * percent / 100).clamp(100, size);
    let mut start = 0;
    let engines = [
        ("loop over all, least + balanced", size),
        ("loop over as many as Kubernetes", some),
    ];
    for (engine, feasible) in engines {
        figures.time(&case(WHOLE, size), engine, || {
            let (cpu, memory) = black_box((100.0, 256.0));
            let mut best = (0, f64::MIN);
            for step in 0..feasible {
                let at = (start + step) % size;
                let node = &nodes[at];
                if node.free_cpu < cpu || node.free_memory < memory {
                    continue;
                }
                let cpu = (node.free_cpu - cpu) / node.cpu;
                let memory = (node.free_memory - memory) / node.memory;
                let least = (cpu + memory) / 2.0;
                let balanced = 1.0 - (cpu - memory).abs() / 2.0;
                if least + balanced > best.1 {
                    best = (at, least + balanced);
                }
            }
            start = (start + feasible) % size;
            // What was placed two rounds ago ends, so that the nodes stay as they are.
            nodes[best.0].free_cpu -= cpu;
            nodes[(best.0 + size / 2) % size].free_cpu += cpu;
            best.0
        });
    }
}
