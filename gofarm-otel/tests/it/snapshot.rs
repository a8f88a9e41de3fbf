//! Differences between snapshots.

use alloc::collections::BTreeMap;
use core::sync::atomic::{AtomicI64, Ordering};

use gofarm_core::observe::{Instrument, Label, Observer};
use gofarm_otel::instrument::{Labels, Number, Registry};
use gofarm_otel::snapshot::{Data, Delta, Snapshot, Temporality};
use proptest::prelude::*;

static OPENED: Instrument = Instrument::counter("test.opened", "{valve}", "Valves opened");
static DEPTH: Instrument = Instrument::up_down_counter("test.depth", "{item}", "Items that wait");
static DELAY: Instrument = Instrument::histogram("test.delay", "s", "From reading to command");

fn collect(registry: &Registry) -> Snapshot {
    registry.collect(registry.clock().now())
}

/// The whole numbers of a sum, by labels.
fn sums(snapshot: &Snapshot, name: &str) -> BTreeMap<Labels, i64> {
    let Some(Data::Sum { points, .. }) = snapshot.get(name).map(|metric| &metric.data) else {
        return BTreeMap::new();
    };
    let pair = |value, labels: &Labels| match value {
        Number::Int(int) => (labels.clone(), int),
        Number::Double(double) => panic!("{double}"),
    };
    points
        .iter()
        .map(|point| pair(point.value, &point.labels))
        .collect()
}

fn buckets(snapshot: &Snapshot) -> Vec<u64> {
    match snapshot.get("test.delay").map(|metric| &metric.data) {
        Some(Data::Histogram { points, .. }) => points[0].buckets.clone(),
        _ => Vec::new(),
    }
}

proptest! {
    #[test]
    fn differences_add_up_to_the_total(
        rounds in prop::collection::vec(prop::collection::vec((0u64..3, 0u64..100, 0.0f64..20.0), 0..10), 1..10),
    ) {
        let registry = Registry::new();
        let mut delta = Delta::new();
        let mut added: BTreeMap<Labels, i64> = BTreeMap::new();
        let mut counted = vec![0; 15];
        for round in &rounds {
            for &(port, n, delay) in round {
                registry.observe(&OPENED.count(n).labelled(&[Label::number("port", port)]));
                registry.observe(&DEPTH.change(-1));
                registry.observe(&DELAY.measure(delay));
            }
            let difference = delta.since_last(collect(&registry));
            prop_assert_eq!(difference.temporality, Temporality::Delta);
            for (labels, n) in sums(&difference, "test.opened") {
                prop_assert!(n > 0, "nothing was added to a point that is there");
                *added.entry(labels).or_default() += n;
            }
            for (sum, n) in counted.iter_mut().zip(buckets(&difference)) {
                *sum += n;
            }
            // a total remains one
            prop_assert_eq!(sums(&difference, "test.depth"), sums(&collect(&registry), "test.depth"));
        }
        let total = collect(&registry);
        let mut expected = sums(&total, "test.opened");
        expected.retain(|_, n| *n > 0);
        prop_assert_eq!(added, expected);
        let expected = buckets(&total);
        if !expected.is_empty() {
            prop_assert_eq!(counted, expected);
        }
    }
}

#[test]
fn a_total_that_fell_has_begun_again() {
    static READ: AtomicI64 = AtomicI64::new(0);
    let registry = Registry::new();
    registry.observable(&OPENED, |valves| {
        valves.set_whole(READ.load(Ordering::Relaxed), &[]);
    });
    let mut delta = Delta::new();
    let mut seen = Vec::new();
    for total in [5, 9, 3, 3, 4] {
        READ.store(total, Ordering::Relaxed);
        let difference = delta.since_last(collect(&registry));
        seen.extend(sums(&difference, "test.opened").into_values());
    }
    assert_eq!(seen, [5, 4, 3, 1]);
}
