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

/// What a late metric adds to a rank.
fn penalty(nodes: &[Option<Entry>]) -> f64 {
    32.0 + 8.0 * (nodes.iter().flatten().count() as f64).sqrt()
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
                        expected += penalty(&book.nodes) * page.late as f64;
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
                StalePolicy::Penalise => page.rank + penalty(&book.nodes) * page.late as f64,
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

#[test]
fn one_changed_node_costs_one_node() {
    const NODES: usize = 2_000;
    let mut noise = Noise(7);
    let config = config(StalePolicy::Hold, 0.05);
    let mut table = full_table(NODES, config, &mut noise);
    let before = table.work();
    for step in 0..NODES {
        table
            .observe(step * 7 % NODES, &noise.load(), Instant::ZERO)
            .unwrap();
        table.advance(Instant::ZERO);
    }
    let work = table.work();
    assert_eq!(work.ranked_alone() - before.ranked_alone(), NODES as u64);
    // Every node has another load of the same kind: the figures of all have hardly moved.
    assert!(work.renewals() - before.renewals() <= 4, "{work:?}");
    assert_eq!(work.resyncs(), before.resyncs());
}

#[test]
fn a_report_that_says_the_same_costs_nothing() {
    let mut table = full_table(10, config(StalePolicy::Penalise, 0.05), &mut Noise(3));
    let same = table.load(4).unwrap();
    let (before, cursor) = (table.work(), table.cursor());
    for second in 1..100 {
        for slot in 0..10 {
            let load = table.load(slot).unwrap();
            table
                .observe(slot, &load, Instant::from_secs(second))
                .unwrap();
        }
        table.advance(Instant::from_secs(second));
    }
    assert_eq!((table.work(), table.cursor()), (before, cursor));
    assert_eq!(table.load(4), Some(same));
    assert_eq!(table.age(4, Metric::Cpu), Some(Duration::ZERO));
}

#[test]
fn sums_do_not_drift() {
    let mut noise = Noise(11);
    let config = config(StalePolicy::Hold, 0.0);
    let mut table = full_table(50, config, &mut noise);
    for step in 0..60_000_usize {
        let slot = step * 13 % 50;
        // Now and then a value that drowns all others for one report.
        let load = match step % 997 {
            0 => noise.load().with(Metric::Network, 1e30),
            _ => noise.load(),
        };
        table.observe(slot, &load, Instant::ZERO).unwrap();
        table.advance(Instant::ZERO);
    }
    for slot in 0..50 {
        table.observe(slot, &noise.load(), Instant::ZERO).unwrap();
    }
    table.advance(Instant::ZERO);
    let work = table.work();
    let resyncs = 60_000 / 4_096;
    assert!(
        (resyncs..4 * resyncs + 200).contains(&work.resyncs()),
        "{work:?}"
    );
    let mut fresh = table.clone();
    fresh.rescore();
    for slot in 0..50 {
        let (kept, exact) = (table.score(slot), fresh.score(slot));
        assert!((kept - exact).abs() < 1e-6, "{kept} {exact}");
    }
}

#[test]
fn only_what_has_expired_is_looked_at() {
    let mut noise = Noise(5);
    let mut table = full_table(1_000, config(StalePolicy::Penalise, 0.5), &mut noise);
    // All but two report again.
    for slot in 0..1_000 {
        if slot != 3 && slot != 700 {
            let load = table.load(slot).unwrap();
            table.observe(slot, &load, Instant::from_secs(1)).unwrap();
        }
    }
    assert_eq!(table.next_expiry(), Some(Instant::from_micros(2_000_001)));
    let (before, cursor) = (table.work(), table.cursor());
    table.advance(Instant::from_secs(2));
    assert_eq!(table.work(), before);
    table.advance(Instant::from_micros(2_000_001));
    assert_eq!(table.work().ranked_alone() - before.ranked_alone(), 2);
    let Changes::Slots(slots) = table.changes(cursor) else {
        panic!("not all have changed")
    };
    let mut slots: Vec<usize> = slots.collect();
    slots.sort_unstable();
    assert_eq!(slots, [3, 700]);
    assert_eq!((table.score(3), table.score(700)), (1.0, 1.0));
    // The others are asked about once more, at the end of their second report.
    assert_eq!(table.next_expiry(), Some(Instant::from_micros(3_000_001)));
}

/// Three nodes with cpu 0.2, 0.5 and 0.8; the first one has not reported for 3 s.
fn one_is_silent(policy: StalePolicy) -> NodeTable {
    let weights = LoadWeights::new([1.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
    let mut table = NodeTable::new(config(policy, 0.0).weights(weights));
    for (slot, cpu) in [0.2, 0.5, 0.8].into_iter().enumerate() {
        table.insert(slot).unwrap();
        let at = Instant::from_secs(if slot == 0 { 1 } else { 4 });
        table.observe(slot, &Load::new().cpu(cpu), at).unwrap();
    }
    table.advance(Instant::from_secs(4));
    table
}

#[test]
fn each_policy_treats_a_silent_node_its_way() {
    use StalePolicy::{Hold, Ignore, Penalise, Refuse};
    // Policy, order of the slots, absolute load of the silent one.
    let rows: [(StalePolicy, &[usize], f32); 4] = [
        (Ignore, &[1, 0, 2], 0.65),
        (Hold, &[0, 1, 2], 0.2),
        (Penalise, &[1, 2, 0], 1.0),
        (Refuse, &[1, 2], 1.0),
    ];
    for (policy, order, absolute) in rows {
        let table = one_is_silent(policy);
        let mut slots = Vec::new();
        table.top_k(9, &mut slots);
        assert_eq!(slots, order, "{policy:?}");
        assert!((table.absolute(0) - absolute).abs() < 1e-6, "{policy:?}");
        assert_eq!(table.is_refused(0), policy == Refuse);
        assert_eq!(table.oldest(0), Some((Metric::Cpu, Some(secs(3)))));
        let known = (policy == Hold).then_some(0.2);
        assert_eq!(table.load(0).unwrap().get(Metric::Cpu), known);
    }
}

#[test]
fn a_silent_node_that_reports_again_is_one_of_them() {
    for policy in [StalePolicy::Penalise, StalePolicy::Refuse] {
        let mut table = one_is_silent(policy);
        table
            .observe(0, &Load::new().cpu(0.1), Instant::from_secs(5))
            .unwrap();
        table.advance(Instant::from_secs(5));
        assert_eq!((table.top(), table.is_refused(0)), (Some(0), false));
    }
}

#[test]
fn a_metric_that_nobody_reports_is_not_required() {
    let mut table = NodeTable::new(NodeTableConfig::new());
    for slot in 0..3 {
        table.insert(slot).unwrap();
    }
    table.advance(Instant::ZERO);
    // Nothing is known of anybody: all are penalised, and equal.
    assert_eq!([0, 1, 2].map(|slot| table.score(slot)), [1.0; 3]);
    for (slot, cpu) in [0.3, 0.1, 0.2].into_iter().enumerate() {
        table
            .observe(slot, &Load::new().cpu(cpu), Instant::ZERO)
            .unwrap();
    }
    table.advance(Instant::ZERO);
    assert_eq!(table.top(), Some(1));
    assert!((table.score(2) - 0.5).abs() < 1e-6);
    assert!((table.absolute(0) - 0.3).abs() < 1e-6);
    // Now one reports memory too: of the others it is missing.
    table
        .observe(0, &Load::new().memory(0.9), Instant::ZERO)
        .unwrap();
    table.advance(Instant::ZERO);
    assert_eq!(table.top(), Some(0));
    assert_eq!(table.oldest(1), Some((Metric::Memory, None)));
    // It leaves, and with it the only one that did.
    table.remove(0).unwrap();
    table.advance(Instant::ZERO);
    assert_eq!(table.top(), Some(1));
    assert!(table.score(1) < 0.5);
}

#[test]
fn work_in_flight_spreads_over_nodes_of_which_nothing_is_known() {
    for policy in [
        StalePolicy::Ignore,
        StalePolicy::Hold,
        StalePolicy::Penalise,
    ] {
        let mut table = NodeTable::new(config(policy, 0.05));
        for slot in 0..10 {
            table.insert(slot).unwrap();
        }
        let mut placed = [0_u32; 10];
        for _ in 0..100 {
            table.advance(Instant::ZERO);
            let slot = table.top().unwrap();
            table.add_in_flight(slot, &Load::idle().cpu(0.03)).unwrap();
            placed[slot] += 1;
        }
        assert_eq!(placed, [10; 10], "{policy:?}");
    }
}

#[test]
fn what_was_in_flight_leaves_no_trace() {
    let mut noise = Noise(23);
    let mut table = full_table(20, config(StalePolicy::Hold, 0.0), &mut noise);
    let before: Vec<_> = (0..20).map(|slot| table.load(slot)).collect();
    let loads: Vec<(usize, Load)> = (0..500)
        .map(|step| {
            (
                step % 20,
                noise.load().with(Metric::App, 1e6 * noise.next()),
            )
        })
        .collect();
    for (slot, load) in &loads {
        table.add_in_flight(*slot, load).unwrap();
    }
    for (slot, load) in loads.iter().rev() {
        table.remove_in_flight(*slot, load).unwrap();
    }
    // One too many is not below nothing.
    table.remove_in_flight(0, &loads[0].1).unwrap();
    let after: Vec<_> = (0..20).map(|slot| table.load(slot)).collect();
    assert_eq!(after, before);
}

#[test]
fn other_weights_count_at_once() {
    let mut table = NodeTable::new(NodeTableConfig::new());
    let loads = [Load::idle().cpu(0.9), Load::idle().memory(0.9)];
    for (slot, load) in loads.iter().enumerate() {
        table.insert(slot).unwrap();
        table.observe(slot, load, Instant::ZERO).unwrap();
    }
    table.advance(Instant::ZERO);
    assert_eq!(table.top(), Some(1));
    let (epoch, cursor) = (table.epoch(), table.cursor());
    table.set_weights(LoadWeights::new([0.1, 0.9, 0.0, 0.0, 0.0]).unwrap());
    assert_eq!((table.top(), table.epoch()), (Some(0), epoch + 1));
    assert!(matches!(table.changes(cursor), Changes::All));
    let attribution = table.attribution(1).unwrap();
    assert!((attribution.part(Metric::Memory) - table.score(1)).abs() < 1e-6);
}

#[test]
fn another_rule_for_stale_metrics_counts_at_once() {
    let mut table = one_is_silent(StalePolicy::Penalise);
    table.set_stale(after(secs(3)), StalePolicy::Penalise);
    assert_eq!(table.top(), Some(0));
    table.set_stale(after(secs(1)), StalePolicy::Refuse);
    assert!(table.is_refused(0));
    table.set_stale(after(secs(1)), StalePolicy::Hold);
    assert_eq!((table.top(), table.is_refused(0)), (Some(0), false));
}

#[test]
fn reports_that_overtake_each_other_do_no_harm() {
    let mut table = full_table(2, config(StalePolicy::Penalise, 0.0), &mut Noise(1));
    table
        .observe(0, &Load::new().cpu(0.4), Instant::from_secs(5))
        .unwrap();
    table
        .observe(0, &Load::new().cpu(0.9), Instant::from_secs(3))
        .unwrap();
    table.advance(Instant::from_secs(6));
    assert_eq!(table.load(0).unwrap().get(Metric::Cpu), Some(0.4));
    assert_eq!(table.age(0, Metric::Cpu), Some(secs(1)));
}

#[test]
fn slots_that_cannot_be_used_are_refused() {
    let mut table = NodeTable::new(NodeTableConfig::new());
    let limit = NodeTable::MAX_SLOTS;
    let beyond = TableError::OutOfRange {
        slot: 1,
        next: 0,
        limit,
    };
    assert_eq!(table.insert(1), Err(beyond));
    assert_eq!(
        beyond.to_string(),
        "slot 1 is beyond the next one, 0, or beyond the limit of 4194304"
    );
    table.insert(0).unwrap();
    assert_eq!(table.insert(0), Err(TableError::Occupied { slot: 0 }));
    let absent = Err(TableError::Absent { slot: 7 });
    assert_eq!(table.remove(7), absent);
    assert_eq!(table.observe(7, &Load::idle(), Instant::ZERO), absent);
    assert_eq!(table.add_in_flight(7, &Load::idle()), absent);
    assert_eq!(table.remove_in_flight(7, &Load::idle()), absent);
    assert_eq!(
        (table.rank(7), table.score(7), table.absolute(7)),
        (None, 1.0, 1.0)
    );
    assert_eq!((table.load(7), table.attribution(7)), (None, None));
    assert_eq!((table.age(7, Metric::Cpu), table.oldest(7)), (None, None));
}

#[test]
fn a_slot_that_is_used_again_knows_nothing_of_before() {
    let mut table = full_table(3, config(StalePolicy::Hold, 0.0), &mut Noise(9));
    table.add_in_flight(1, &Load::idle().cpu(0.5)).unwrap();
    table.remove(1).unwrap();
    assert_eq!(table.slots().collect::<Vec<_>>(), [0, 2]);
    assert_eq!((table.len(), table.is_empty()), (2, false));
    table.insert(1).unwrap();
    assert_eq!(table.load(1), Some(Load::new()));
    assert_eq!(table.oldest(1), Some((Metric::Cpu, None)));
}

#[test]
fn an_empty_table_has_no_best_node() {
    let mut table = NodeTable::new(NodeTableConfig::new());
    table.advance(Instant::from_secs(1));
    let mut slots = vec![9];
    table.top_k(3, &mut slots);
    assert_eq!(
        (table.top(), slots, table.spread()),
        (None, Vec::new(), 0.0)
    );
    assert!(table.is_empty());
}

#[test]
fn the_spread_is_that_of_the_loads_and_not_of_the_scores() {
    let mut near = NodeTable::new(NodeTableConfig::new());
    let mut apart = near.clone();
    for slot in 0..2 {
        near.insert(slot).unwrap();
        apart.insert(slot).unwrap();
        let part = slot as f32;
        let all = |value: f32| load([Some(value); 5]);
        near.observe(slot, &all(0.5 + part * 0.01), Instant::ZERO)
            .unwrap();
        apart.observe(slot, &all(part), Instant::ZERO).unwrap();
    }
    near.advance(Instant::ZERO);
    apart.advance(Instant::ZERO);
    assert!((near.score(1) - apart.score(1)).abs() < 1e-4);
    assert!((near.spread() - 0.005).abs() < 1e-4);
    assert!((apart.spread() - 0.5).abs() < 1e-4);
}
