//! Tables of nodes, as those who place work see them.

use core::time::Duration;

use gofarm_core::time::{Instant, millis, secs};
use gofarm_sched::load::{Load, LoadWeights, Metric, StalePolicy, after};
use gofarm_sched::node_table::{Changes, Cursor, NodeTable, NodeTableConfig, TableError};
use proptest::prelude::*;

const STALE: Duration = secs(2);

/// The same by the book: two passes over all nodes in `f64`, from nothing but what was told.
#[derive(Clone, Debug)]
struct Book {
    nodes: Vec<Option<Entry>>,
    weights: LoadWeights,
    policy: StalePolicy,
    now: Instant,
}

#[derive(Clone, Debug)]
struct Entry {
    measured: [Option<(f32, Instant)>; 5],
    in_flight: [f64; 5],
}

/// What the book says of one node.
#[derive(Clone, Copy, Debug)]
struct Page {
    rank: f64,
    /// The sum of weighted |z|.
    far: f64,
    late: usize,
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

    fn pages(&self) -> Vec<Option<Page>> {
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
            if deviation < mean.abs() * 1e-6 || deviation < 1e-30 {
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

    fn score(&self, page: &Page) -> f64 {
        match self.policy {
            StalePolicy::Penalise | StalePolicy::Refuse if page.late > 0 => 1.0,
            _ => 1.0 / (1.0 + (-page.rank).exp()),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Insert,
    Remove(usize),
    Observe(usize, [Option<f32>; 5]),
    AddInFlight(usize, [f32; 5]),
    Wait(u64),
}

fn load(values: [Option<f32>; 5]) -> Load {
    let known = Metric::ALL.into_iter().zip(values);
    known.fold(Load::new(), |load, (metric, value)| {
        value.map_or(load, |value| load.with(metric, value))
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let value = prop::option::weighted(0.8, 0.0_f32..1.5);
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

fn policies() -> impl Strategy<Value = StalePolicy> {
    prop_oneof![
        Just(StalePolicy::Ignore),
        Just(StalePolicy::Hold),
        Just(StalePolicy::Penalise),
        Just(StalePolicy::Refuse),
    ]
}

fn config(policy: StalePolicy, tolerance: f32) -> NodeTableConfig {
    let config = NodeTableConfig::new().stale(after(STALE), policy);
    config.tolerance(tolerance).unwrap()
}

/// Runs both through the steps; `check` sees them after each one.
fn run(
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

proptest! {
    #[test]
    fn incremental_equals_two_passes_by_the_book(steps in steps(), policy in policies()) {
        run(&steps, config(policy, 0.0), |table, book| {
            for (slot, page) in book.pages().iter().enumerate() {
                let Some(page) = page else {
                    prop_assert_eq!(table.score(slot), 1.0);
                    prop_assert_eq!(table.rank(slot), None);
                    continue;
                };
                let score = f64::from(table.score(slot));
                prop_assert!((score - book.score(page)).abs() < 1e-4, "{} {:?}", score, page);
                let refused = policy == StalePolicy::Refuse && page.late > 0;
                prop_assert_eq!(table.is_refused(slot), refused);
                if !refused {
                    let mut expected = page.rank;
                    if policy == StalePolicy::Penalise {
                        expected += 4096.0 * page.late as f64;
                    }
                    let rank = f64::from(table.rank(slot).unwrap());
                    prop_assert!((rank - expected).abs() < 1e-3 * (1.0 + page.late as f64));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn within_the_tolerance_scores_stay_near_the_book(steps in steps(), tolerance in 0.0_f32..0.3) {
        run(&steps, config(StalePolicy::Ignore, tolerance), |table, book| {
            let tolerance = f64::from(tolerance);
            for (slot, page) in book.pages().iter().enumerate() {
                if let Some(page) = page {
                    let far = tolerance * (1.0 + page.far) / 4.0 / (1.0 - tolerance) + 1e-4;
                    let score = f64::from(table.score(slot));
                    prop_assert!((score - book.score(page)).abs() <= far, "{} {:?}", score, page);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_order_is_that_of_the_book(steps in steps(), policy in policies()) {
        run(&steps, config(policy, 0.0), |table, book| {
            let pages = book.pages();
            let key = |page: &Page| match policy {
                StalePolicy::Penalise => page.rank + 4096.0 * page.late as f64,
                StalePolicy::Refuse if page.late > 0 => f64::INFINITY,
                _ => page.rank,
            };
            let takes = |slot: &usize| pages[*slot].as_ref().is_some_and(|p| key(p).is_finite());
            let mut order: Vec<usize> = (0..pages.len()).filter(takes).collect();
            order.sort_by(|a, b| {
                let of = |slot: &usize| key(pages[*slot].as_ref().unwrap());
                of(a).total_cmp(&of(b))
            });
            let mut top = Vec::new();
            table.top_k(7, &mut top);
            prop_assert_eq!(top.len(), order.len().min(7));
            prop_assert_eq!(table.top(), top.first().copied());
            for (mine, theirs) in top.iter().zip(&order) {
                let of = |slot: &usize| key(pages[*slot].as_ref().unwrap());
                prop_assert!((of(mine) - of(theirs)).abs() < 2e-3, "{} {}", of(mine), of(theirs));
            }
            Ok(())
        })?;
    }

    #[test]
    fn whoever_follows_the_changes_knows_all_ranks(steps in steps(), policy in policies()) {
        let mut cursor = Cursor::START;
        let mut mirror: Vec<(Option<f32>, f32)> = Vec::new();
        run(&steps, config(policy, 0.05), |table, book| {
            let look = |slot| (table.rank(slot), table.absolute(slot));
            match table.changes(cursor) {
                Changes::All => mirror = (0..book.nodes.len()).map(look).collect(),
                Changes::Slots(slots) => {
                    let slots: Vec<usize> = slots.collect();
                    let mut unique = slots.clone();
                    unique.sort_unstable();
                    unique.dedup();
                    prop_assert_eq!(unique.len(), slots.len());
                    mirror.resize(book.nodes.len(), (None, 1.0));
                    for slot in slots {
                        mirror[slot] = look(slot);
                    }
                }
            }
            cursor = table.cursor();
            let all: Vec<_> = (0..book.nodes.len()).map(look).collect();
            prop_assert_eq!(&mirror, &all);
            Ok(())
        })?;
    }

    #[test]
    fn whatever_comes_scores_are_finite_and_add_up(
        loads in prop::collection::vec((0_usize..4, prop::array::uniform5(any::<f32>())), 1..60),
        flights in prop::collection::vec((0_usize..4, prop::array::uniform5(any::<f32>())), 0..20),
        nodes in 1_usize..5,
        policy in policies(),
        wait in 0_u64..4_000,
    ) {
        let mut table = NodeTable::new(config(policy, 0.02));
        for slot in 0..nodes {
            table.insert(slot).unwrap();
        }
        let mut now = Instant::ZERO;
        let check = |table: &NodeTable| {
            for slot in 0..nodes {
                for value in [table.score(slot), table.absolute(slot)] {
                    prop_assert!((0.0..=1.0).contains(&value), "{}", value);
                }
                prop_assert!(table.rank(slot).is_none_or(f32::is_finite));
                let attribution = table.attribution(slot).unwrap();
                let parts: Vec<f32> = attribution.parts().map(|(_, part)| part).collect();
                prop_assert!(parts.iter().all(|part| *part >= 0.0), "{:?}", parts);
                let sum: f32 = parts.iter().sum();
                prop_assert!((sum - table.score(slot)).abs() < 1e-5, "{:?}", attribution);
            }
            prop_assert!((0.0..=0.5).contains(&table.spread()));
            prop_assert_eq!(table.top().is_some(), (0..nodes).any(|s| table.rank(s).is_some()));
            Ok(())
        };
        for (slot, values) in loads {
            let _ = table.observe(slot, &load(values.map(Some)), now);
            now += millis(wait / 10);
            table.advance(now);
            check(&table)?;
        }
        for (slot, values) in flights {
            let _ = table.add_in_flight(slot, &load(values.map(Some)));
            table.advance(now);
            check(&table)?;
        }
        table.advance(now + secs(60));
        check(&table)?;
    }
}
