//! The table of nodes by load: all scored anew, and one node that reports.

use std::hint::black_box;
use std::time::Duration;

use gofarm_core::time::{Instant, millis};
use gofarm_sched::load::{Load, LoadWeights, Metric};
use gofarm_sched::node_table::{NodeTable, NodeTableConfig};
use oorandom::Rand64;

use super::{note_share, textbook};
use crate::figures::Figures;

/// The case of so many nodes.
pub(super) fn case(what: &str, nodes: usize) -> String {
    format!("{nodes} nodes, five metrics: {what}")
}

pub(super) const ANEW: &str = "all scored";
pub(super) const LEAST: &str = "one node reports, the least loaded is read";
pub(super) const TEN: &str = "the ten least loaded, in order";

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

const ALL: &str = "gofarm, sums and ranks";
const FROZEN: &str = "gofarm, ranks by the running sums";
const OWN: &str = "gofarm";

/// A node reports so often, as the collector does; metrics are stale after ten such times.
const PERIOD: Duration = millis(200);

/// Nodes report in steps of so many slots, so that neighbours in time are not neighbours in memory; a prime, so that
/// each has its turn.
const STRIDE: usize = 7_919;

pub(super) fn measure(figures: &mut Figures) {
    for size in SIZES {
        textbook::measure(figures, size);
        let anew = case(ANEW, size);
        let mut reports = Reports::new(size);
        let mut table = reports.table(NodeTableConfig::new());
        figures.time(&anew, ALL, || black_box(&mut table).rescore());
        // The same weights again: ranks by the sums that are there, without a pass for the sums.
        figures.time(&anew, FROZEN, || {
            black_box(&mut table).set_weights(LoadWeights::default());
        });
        note_share(figures, &anew, ALL, textbook::ENGINE);
        note_share(figures, &anew, FROZEN, textbook::ENGINE);

        figures.time(&case(LEAST, size), OWN, || {
            let (slot, load, now) = reports.next();
            table.observe(slot, &load, now).expect("it is there");
            table.advance(now);
            table.top()
        });
        let mut slots = Vec::with_capacity(10);
        figures.time(&case(TEN, size), OWN, || {
            black_box(&table).top_k(10, &mut slots);
            slots[0]
        });
    }
}

/// What nodes report, one after the other.
pub(super) struct Reports {
    loads: Vec<Load>,
    nodes: usize,
    made: usize,
    now: Instant,
}

impl Reports {
    pub(super) fn new(nodes: usize) -> Self {
        let mut random = Rand64::new(7);
        let load = |_| {
            Metric::ALL.into_iter().fold(Load::new(), |load, metric| {
                load.with(metric, random.rand_float() as f32)
            })
        };
        Self {
            loads: (0..8_192).map(load).collect(),
            nodes,
            made: 0,
            now: Instant::from_secs(1),
        }
    }

    /// The slot, what it reports, and when.
    pub(super) fn next(&mut self) -> (usize, Load, Instant) {
        let at = self.made;
        self.made += 1;
        self.now = self.now + PERIOD / u32::try_from(self.nodes).expect("few nodes");
        let slot = at.wrapping_mul(STRIDE) % self.nodes;
        (slot, self.loads[at % self.loads.len()], self.now)
    }

    /// A table in which each node has reported once.
    fn table(&mut self, config: NodeTableConfig) -> NodeTable {
        let mut table = NodeTable::new(config);
        for slot in 0..self.nodes {
            table.insert(slot).expect("the next one");
        }
        for _ in 0..self.nodes {
            let (slot, load, now) = self.next();
            table.observe(slot, &load, now).expect("it is there");
        }
        table.advance(self.now);
        table
    }
}
