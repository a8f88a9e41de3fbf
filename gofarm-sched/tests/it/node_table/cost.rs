//! What a change costs, and that sums stay exact.

use core::time::Duration;

use gofarm_core::time::Instant;
use gofarm_sched::load::{Metric, StalePolicy};
use gofarm_sched::node_table::Changes;

use super::{Noise, config, full_table};

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
