//! What a node table makes of loads that its metrics do not show yet, or still show.

use gofarm_core::time::{Instant, secs};
use gofarm_sched::load::{Load, Metric, StalePolicy, after};
use gofarm_sched::node_table::{NodeTable, NodeTableConfig, TableError};
use proptest::prelude::*;

fn table(nodes: usize, config: NodeTableConfig) -> NodeTable {
    let mut table = NodeTable::new(config);
    for slot in 0..nodes {
        table.insert(slot).unwrap();
    }
    table
}

fn cpu(table: &NodeTable, slot: usize) -> Option<f32> {
    table.load(slot)?.get(Metric::Cpu)
}

#[test]
fn work_that_has_ended_is_taken_off_what_was_measured() {
    let mut table = table(2, NodeTableConfig::new());
    for slot in 0..2 {
        let load = Load::idle().cpu(0.5);
        table.observe(slot, &load, Instant::ZERO).unwrap();
    }
    let work = Load::idle().cpu(0.2);
    table.add_ended(1, &work).unwrap();
    table.advance(Instant::ZERO);
    assert_eq!(table.top(), Some(1));
    assert!((cpu(&table, 1).unwrap() - 0.3).abs() < 1e-6);
    // What comes and what goes add up.
    table.add_in_flight(1, &work).unwrap();
    assert_eq!(cpu(&table, 1), Some(0.5));
    table.remove_in_flight(1, &work).unwrap();
    // Never below nothing, however much has ended.
    (0..3).for_each(|_| table.add_ended(1, &work).unwrap());
    assert_eq!(cpu(&table, 1), Some(0.0));
    (0..9).for_each(|_| table.remove_ended(1, &work).unwrap());
    assert_eq!(cpu(&table, 1), Some(0.5));
    let absent = TableError::Absent { slot: 2 };
    assert_eq!(table.add_ended(2, &work), Err(absent));
    assert_eq!(table.remove_ended(2, &work), Err(absent));
}

#[test]
fn work_that_has_ended_is_not_taken_off_what_is_not_known() {
    let mut table = table(2, NodeTableConfig::new());
    table.add_ended(0, &Load::idle().cpu(0.9)).unwrap();
    table.advance(Instant::ZERO);
    assert_eq!(table.rank(0), table.rank(1));
    assert_eq!(table.last_load(0), None);
}

#[test]
fn the_last_load_counts_however_old() {
    let rule = NodeTableConfig::new().stale(after(secs(1)), StalePolicy::Penalise);
    let mut table = table(1, rule);
    assert_eq!(table.last_load(0), None);
    table.add_in_flight(0, &Load::new().memory(0.25)).unwrap();
    assert_eq!(table.last_load(0), Some(Load::new().memory(0.25)));
    table
        .observe(0, &Load::new().cpu(0.5), Instant::ZERO)
        .unwrap();
    table.add_in_flight(0, &Load::new().cpu(0.25)).unwrap();
    table.advance(Instant::from_secs(60));
    assert_eq!(table.load(0), Some(Load::new()));
    assert_eq!(table.last_load(0), Some(Load::new().cpu(0.75).memory(0.25)));
    assert_eq!(table.last_load(1), None);
}

#[test]
fn with_a_least_deviation_nodes_that_are_alike_are_nearly_equal() {
    let scores = |least: f32| {
        let config = NodeTableConfig::new().least_deviation(least).unwrap();
        let mut table = table(2, config);
        for (slot, load) in [0.500, 0.501].into_iter().enumerate() {
            let load = Load::idle().cpu(load);
            table.observe(slot, &load, Instant::ZERO).unwrap();
        }
        table.advance(Instant::ZERO);
        (table.score(0), table.score(1))
    };
    let (a, b) = scores(0.0);
    assert!(b - a > 0.1, "{a} {b}");
    let (a, b) = scores(0.01);
    assert!(a < b && b - a < 0.01, "{a} {b}");
    for wrong in [-0.1, 1.1, f32::NAN] {
        assert!(NodeTableConfig::new().least_deviation(wrong).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 64 }))]

    #[test]
    fn within_a_least_deviation_few_changes_rank_all_anew(
        changes in prop::collection::vec((0_usize..50, 0.500_f32..0.505), 1..300),
    ) {
        let config = NodeTableConfig::new().least_deviation(0.01).unwrap();
        let mut table = table(50, config);
        for slot in 0..50 {
            table.observe(slot, &Load::idle().cpu(0.5), Instant::ZERO).unwrap();
        }
        table.advance(Instant::ZERO);
        let before = table.epoch();
        for (slot, load) in changes {
            table.observe(slot, &Load::idle().cpu(load), Instant::ZERO).unwrap();
            table.advance(Instant::ZERO);
            let z = 0.3 * (cpu(&table, slot).unwrap() - 0.5) / 0.01;
            let book = 1.0 / (1.0 + (-z).exp());
            prop_assert!((table.score(slot) - book).abs() < 0.05, "{} {book}", table.score(slot));
        }
        // The mean can move by half a least deviation; the tolerance is a twentieth of a weighted one.
        prop_assert!(table.epoch() - before <= 6, "{}", table.epoch() - before);
    }
}
