//! [`Size`]: what a request would do to nodes of different sizes.
//!
//! A load says how a node is, not how it would be with the request on it: a node of 2 processors at 10 % is full with
//! work for 2 processors, and one of 32 hardly notices. So nodes are ranked by the load that each would have: its share
//! of processors and memory is added, and z-scores are taken over the sums. Their deviation is that of the loads and
//! that of the shares together, as if they had nothing to do with each other, so that it is known without a look at
//! all nodes. Where all nodes are equal, or a request says its load as a share, nothing changes.

use crate::load::Metric;
use crate::node_table::{NodeTable, logistic};
use crate::request::Request;
use crate::resource::Resources;

/// Shares from 0 to 1 deviate by no more; a node that is too small for the request could say so.
const MOST_DEVIATION: f64 = 0.5;
/// Below it nodes are equal but for rounding.
const EQUAL: f64 = 1e-6;

/// 1 over what a node has of processors (in thousandths) and of memory (in bytes); 0 where it has nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Part([f64; 2]);

impl Part {
    #[expect(clippy::cast_precision_loss, reason = "a rank needs no more")]
    pub(super) fn of(capacity: &Resources) -> Self {
        let all = [f64::from(capacity.cpu_milli()), capacity.memory() as f64];
        Self(all.map(|all| if all > 0.0 { 1.0 / all } else { 0.0 }))
    }
}

/// Sums over all nodes, by which the shares of any request have a mean and a deviation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fleet {
    nodes: f64,
    parts: [f64; 2],
    squares: [f64; 2],
    mean: [f64; 2],
    deviation: [f64; 2],
    changes: u64,
}

impl Fleet {
    pub(super) fn add(&mut self, capacity: &Resources) {
        self.count(capacity, 1.0);
    }

    pub(super) fn remove(&mut self, capacity: &Resources) {
        self.count(capacity, -1.0);
    }

    fn count(&mut self, capacity: &Resources, times: f64) {
        self.nodes += times;
        self.changes += 1;
        if self.nodes <= 0.0 {
            let changes = self.changes;
            *self = Self {
                changes,
                ..Self::default()
            };
            return;
        }
        for (resource, part) in Part::of(capacity).0.into_iter().enumerate() {
            self.parts[resource] += times * part;
            self.squares[resource] += times * part * part;
            let mean = self.parts[resource] / self.nodes;
            let variance = self.squares[resource] / self.nodes - mean * mean;
            self.mean[resource] = mean;
            self.deviation[resource] = libm::sqrt(variance.max(0.0));
        }
    }

    /// Mean and deviation of the shares of so much of a resource.
    fn shares(&self, resource: usize, amount: f64) -> (f64, f64) {
        let mean = (amount * self.mean[resource]).min(1.0);
        let deviation = amount * self.deviation[resource];
        let is_equal = deviation <= EQUAL;
        (
            mean,
            if is_equal {
                0.0
            } else {
                deviation.min(MOST_DEVIATION)
            },
        )
    }
}

/// By what a [`Size`] was found; it stays while this does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Basis {
    epoch: u64,
    changes: u64,
}

impl Basis {
    pub(super) const fn of(table: &NodeTable, fleet: &Fleet) -> Self {
        Self {
            epoch: table.epoch(),
            changes: fleet.changes,
        }
    }
}

/// What a table says of a node in the two metrics that follow from its size: how far each is from the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Offsets([f32; 2]);

impl Offsets {
    pub(super) fn of(table: &NodeTable, slot: usize) -> Self {
        Self([Metric::Cpu, Metric::Memory].map(|metric| table.offset(slot, metric)))
    }
}

/// How one request changes ranks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    /// For each unit that a metric is above the mean: less than before, since shares deviate as well.
    by_offset: [f64; 2],
    /// For each part of a node that the request takes.
    by_part: [f64; 2],
    base: f64,
    differs: bool,
}

impl Size {
    /// Of a request, by the coefficients of the table now.
    #[expect(clippy::cast_precision_loss, reason = "a rank needs no more")]
    pub(super) fn of(request: &Request, table: &NodeTable, fleet: &Fleet) -> Self {
        let ask = request.ask();
        let asked = [
            (Metric::Cpu, f64::from(ask.cpu_milli())),
            (Metric::Memory, ask.memory() as f64),
        ];
        let mut size = Self::default();
        for (resource, (metric, amount)) in asked.into_iter().enumerate() {
            let (mean, deviation) = fleet.shares(resource, amount);
            let weight = f64::from(table.config().load_weights().weight(metric));
            let slope = f64::from(table.slope(metric));
            let is_said = request.expected_load().get(metric).is_some();
            if is_said || deviation <= 0.0 || weight <= 0.0 {
                continue;
            }
            let before = slope * deviation / weight;
            let flatter = slope / libm::sqrt(1.0 + before * before);
            size.by_offset[resource] = flatter - slope;
            size.by_part[resource] = flatter * amount;
            size.base -= flatter * mean;
            size.differs = true;
        }
        size
    }

    /// Whether it makes a difference between nodes.
    pub(super) const fn differs(&self) -> bool {
        self.differs
    }

    /// The score of a node of this rank with the request on it.
    #[expect(clippy::cast_possible_truncation, reason = "a rank needs no more")]
    pub(super) fn score(&self, rank: f32, offsets: Offsets, part: Part) -> f32 {
        let mut by = self.base;
        for resource in 0..2 {
            by += self.by_offset[resource] * f64::from(offsets.0[resource])
                + self.by_part[resource] * part.0[resource];
        }
        logistic(rank + by as f32)
    }
}
