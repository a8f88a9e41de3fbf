//! Tables of nodes, as those who place work see them.

mod book;
mod cost;
mod in_flight;
mod laws;
mod silent;
mod slots;
mod weights;

use core::time::Duration;

use gofarm_core::time::{Instant, secs};
use gofarm_sched::load::{Load, Metric, StalePolicy, after};
use gofarm_sched::node_table::{NodeTable, NodeTableConfig};

const STALE: Duration = secs(2);

fn load(values: [Option<f32>; 5]) -> Load {
    let known = Metric::ALL.into_iter().zip(values);
    known.fold(Load::new(), |load, (metric, value)| {
        value.map_or(load, |value| load.with(metric, value))
    })
}

fn config(policy: StalePolicy, tolerance: f32) -> NodeTableConfig {
    let config = NodeTableConfig::new().stale(after(STALE), policy);
    config.tolerance(tolerance).unwrap()
}

/// Numbers that look random, the same in each run.
struct Noise(u64);

impl Noise {
    /// 0 to 1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }

    fn load(&mut self) -> Load {
        load([(); 5].map(|()| Some(self.next())))
    }
}

fn full_table(nodes: usize, config: NodeTableConfig, noise: &mut Noise) -> NodeTable {
    let mut table = NodeTable::new(config);
    for slot in 0..nodes {
        table.insert(slot).unwrap();
        table.observe(slot, &noise.load(), Instant::ZERO).unwrap();
    }
    table.advance(Instant::ZERO);
    table
}
