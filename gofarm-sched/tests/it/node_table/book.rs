//! The table by the book, and what happens to both.

use gofarm_core::time::{Instant, millis};
use gofarm_sched::load::{LoadWeights, Metric, StalePolicy};
use gofarm_sched::node_table::{NodeTable, NodeTableConfig};
use proptest::prelude::*;

use super::{STALE, load};

/// The same by the book: two passes over all nodes in `f64`, from nothing but what was told.
#[derive(Clone, Debug)]
pub(super) struct Book {
    pub(super) nodes: Vec<Option<Entry>>,
    pub(super) weights: LoadWeights,
    pub(super) policy: StalePolicy,
    pub(super) now: Instant,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) measured: [Option<(f32, Instant)>; 5],
    pub(super) in_flight: [f64; 5],
}

/// What the book says of one node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) rank: f64,
    /// The sum of weighted |z|.
    pub(super) far: f64,
    pub(super) late: usize,
}

impl Book {
    fn known(&self, entry: &Entry, k: usize) -> Option<f64> {
        let (value, at) = entry.measured[k]?;
        let fresh = self.policy == StalePolicy::Hold || self.now.saturating_since(at) <= STALE;
        fresh.then(|| f64::from(value) + entry.in_flight[k])
    }

    fn required(&self) -> Vec<usize> {
        let weighted = (0..5).filter(|&k| self.weights.weight(Metric::ALL[k]) > 0.0);
        let weighted: Vec<usize> = weighted.collect();
        let reported = weighted.iter().copied().filter(|&k| {
            let mut entries = self.nodes.iter().flatten();
            entries.any(|entry| entry.measured[k].is_some())
        });
        let reported: Vec<usize> = reported.collect();
        if reported.is_empty() {
            weighted
        } else {
            reported
        }
    }

    pub(super) fn pages(&self) -> Vec<Option<Page>> {
        let mut pages: Vec<Option<Page>> = vec![None; self.nodes.len()];
        for (page, node) in pages.iter_mut().zip(&self.nodes) {
            *page = node.as_ref().map(|entry| Page {
                rank: 0.0,
                far: 0.0,
                late: self
                    .required()
                    .iter()
                    .filter(|&&k| self.known(entry, k).is_none())
                    .count(),
            });
        }
        for k in 0..5 {
            let entries = self.nodes.iter().flatten();
            let known: Vec<f64> = entries.clone().filter_map(|e| self.known(e, k)).collect();
            let average = match known.len() {
                0 => 0.0,
                n => known.iter().sum::<f64>() / n as f64,
            };
            let value = |e: &Entry| self.known(e, k).unwrap_or(average + e.in_flight[k]);
            let n = entries.clone().count() as f64;
            let mean = entries.clone().map(value).sum::<f64>() / n;
            let variance = entries.map(|e| (value(e) - mean).powi(2)).sum::<f64>() / n;
            let deviation = variance.sqrt();
            if deviation < mean.abs() * 1e-6 || deviation < 1e-18 {
                continue;
            }
            for (page, node) in pages.iter_mut().zip(&self.nodes) {
                if let (Some(page), Some(entry)) = (page, node) {
                    let weight = f64::from(self.weights.weight(Metric::ALL[k]));
                    let z = (value(entry) - mean) / deviation;
                    page.rank += weight * z;
                    page.far += weight * z.abs();
                }
            }
        }
        pages
    }

    pub(super) fn score(&self, page: &Page) -> f64 {
        match self.policy {
            StalePolicy::Penalise | StalePolicy::Refuse if page.late > 0 => 1.0,
            _ => 1.0 / (1.0 + (-page.rank).exp()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Insert,
    Remove(usize),
    Observe(usize, [Option<f32>; 5]),
    AddInFlight(usize, [f32; 5]),
    Wait(u64),
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Now and then a value that drowns the others.
    let value = prop_oneof![20 => 0.0_f32..1.5, 1 => 0.0_f32..1e6];
    let value = prop::option::weighted(0.8, value);
    let step = prop_oneof![
        2 => Just(Step::Insert),
        1 => (0_usize..40).prop_map(Step::Remove),
        12 => (0_usize..40, prop::array::uniform5(value)).prop_map(|(s, v)| Step::Observe(s, v)),
        4 => (0_usize..40, prop::array::uniform5(0.0_f32..0.5))
            .prop_map(|(s, v)| Step::AddInFlight(s, v)),
        3 => (0_u64..900).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..150)
}

pub(super) fn policies() -> impl Strategy<Value = StalePolicy> {
    prop_oneof![
        Just(StalePolicy::Ignore),
        Just(StalePolicy::Hold),
        Just(StalePolicy::Penalise),
        Just(StalePolicy::Refuse),
    ]
}

/// Runs both through the steps; `check` sees them after each one.
pub(super) fn run(
    steps: &[Step],
    config: NodeTableConfig,
    mut check: impl FnMut(&NodeTable, &Book) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut table = NodeTable::new(config);
    let mut book = Book {
        nodes: Vec::new(),
        weights: *config.load_weights(),
        policy: config.stale_rule().1,
        now: Instant::from_secs(100),
    };
    // What goes in comes out at the end.
    let mut in_flight = Vec::new();
    for step in steps {
        let here = |slot: usize| book.nodes.get(slot).is_some_and(Option::is_some);
        match *step {
            Step::Insert => {
                let free = book.nodes.iter().position(Option::is_none);
                let slot = free.unwrap_or(book.nodes.len());
                table.insert(slot).unwrap();
                book.nodes.resize(book.nodes.len().max(slot + 1), None);
                book.nodes[slot] = Some(Entry {
                    measured: [None; 5],
                    in_flight: [0.0; 5],
                });
            }
            Step::Remove(slot) => {
                prop_assert_eq!(table.remove(slot).is_ok(), here(slot));
                if let Some(node) = book.nodes.get_mut(slot) {
                    *node = None;
                }
                in_flight.retain(|(at, _)| *at != slot);
            }
            Step::Observe(slot, values) => {
                let told = table.observe(slot, &load(values), book.now);
                prop_assert_eq!(told.is_ok(), here(slot));
                if let Some(Some(entry)) = book.nodes.get_mut(slot) {
                    for (known, value) in entry.measured.iter_mut().zip(values) {
                        *known = value.map(|value| (value, book.now)).or(*known);
                    }
                }
            }
            Step::AddInFlight(slot, values) => {
                let more = load(values.map(Some));
                let told = table.add_in_flight(slot, &more);
                prop_assert_eq!(told.is_ok(), here(slot));
                if let Some(Some(entry)) = book.nodes.get_mut(slot) {
                    in_flight.push((slot, values));
                    for (sum, value) in entry.in_flight.iter_mut().zip(values) {
                        *sum += f64::from(value);
                    }
                }
            }
            Step::Wait(ms) => book.now += millis(ms),
        }
        table.advance(book.now);
        check(&table, &book)?;
    }
    for (slot, values) in in_flight {
        table
            .remove_in_flight(slot, &load(values.map(Some)))
            .unwrap();
        let entry = book.nodes[slot].as_mut().unwrap();
        for (sum, value) in entry.in_flight.iter_mut().zip(values) {
            *sum -= f64::from(value);
            if *sum < 1e-6 {
                *sum = 0.0;
            }
        }
    }
    table.advance(book.now);
    check(&table, &book)
}
