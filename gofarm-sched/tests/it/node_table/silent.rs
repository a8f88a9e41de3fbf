//! Nodes of which nothing was heard for too long.

use gofarm_core::time::{Instant, secs};
use gofarm_sched::load::{Load, LoadWeights, Metric, StalePolicy, after};
use gofarm_sched::node_table::{NodeTable, NodeTableConfig};

use super::{Noise, config, full_table};

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
