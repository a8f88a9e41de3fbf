//! Bad input, subject by subject: a typed error that says where, and nothing is changed.

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, secs};
use gofarm_sched::dependency::start_order;
use gofarm_sched::inference::AcceleratedNode;
use gofarm_sched::load::{Load, LoadWeights, Metric, WeightsError};
use gofarm_sched::node_table::{NodeTable, NodeTableConfig, TableError};
use gofarm_sched::placement::{Scheduler, Unplaced};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Devices, Resources};

#[test]
fn weights_of_unknown_metrics_are_refused_with_their_index() {
    let (cpu, memory) = (("cpu", 0.5), ("memory", 0.25));
    let table = [
        (
            vec![cpu, memory, ("disk", 0.1)],
            WeightsError::Unknown { index: 2 },
            "weight 2 is of no metric that is known",
        ),
        (
            vec![cpu, ("CPU", 0.1)],
            WeightsError::Unknown { index: 1 },
            "weight 1 is of no metric that is known",
        ),
        (
            vec![cpu, memory, cpu],
            WeightsError::Twice {
                index: 2,
                metric: Metric::Cpu,
            },
            "weight 2 is the second one of cpu",
        ),
        (
            vec![cpu, ("memory", -0.25)],
            WeightsError::OutOfRange {
                index: 1,
                metric: Metric::Memory,
            },
            "weight 1, of memory, must be finite and at least 0",
        ),
        (
            vec![("cpu", f32::NAN)],
            WeightsError::OutOfRange {
                index: 0,
                metric: Metric::Cpu,
            },
            "weight 0, of cpu, must be finite and at least 0",
        ),
    ];
    for (weights, error, message) in table {
        let refused = LoadWeights::named(weights).unwrap_err();
        assert_eq!(
            (refused, refused.to_string(), refused.kind()),
            (error, message.to_owned(), Kind::Invalid)
        );
    }
    for nothing in [vec![], vec![("cpu", 0.0)]] {
        let refused = LoadWeights::named(nothing).unwrap_err();
        assert!(
            matches!(refused, WeightsError::Sum(error) if error.field() == "weights"),
            "{refused}"
        );
    }
    for weights in [
        [f32::NAN, 0.0, 0.0, 0.0, 1.0],
        [-1.0, 2.0, 0.0, 0.0, 0.0],
        [0.0; 5],
        [f32::MAX; 5],
    ] {
        assert_eq!(LoadWeights::new(weights).unwrap_err().field(), "weights");
    }
    let all = Metric::ALL.map(|metric| (metric.as_str(), 2.0));
    let all = LoadWeights::named(all).unwrap();
    assert!(
        Metric::ALL
            .iter()
            .all(|metric| (all.weight(*metric) - 0.2).abs() < 1e-6)
    );
}

#[cfg(feature = "serde")]
#[test]
fn a_negative_capacity_is_refused_with_its_line_and_column() {
    let sound = serde_json::to_string(&Resources::new(4_000, 1 << 30).accelerators(2)).unwrap();
    assert_eq!(
        serde_json::from_str::<Resources>(&sound).unwrap(),
        Resources::new(4_000, 1 << 30).accelerators(2)
    );
    let with = |from: &str, to: &str| {
        let text = sound.replacen(from, to, 1);
        assert_ne!(text, sound);
        serde_json::from_str::<Resources>(&text).unwrap_err()
    };
    let table = [
        (r#""cpu_milli":4000"#, r#""cpu_milli":-4000"#, "-4000"),
        (r#""memory":1073741824"#, r#""memory":-1"#, "-1"),
        (r#""free":[1000"#, r#""free":[-1"#, "-1"),
        (
            r#""free":[1000"#,
            r#""free":[1001"#,
            "free must be at most 1000",
        ),
        (
            r#""count":2"#,
            r#""count":1"#,
            "0 of those that are not there",
        ),
        (r#""count":2"#, r#""count":17"#, "count must be at most 16"),
    ];
    for (from, to, what) in table {
        let error = with(from, to);
        assert!(error.to_string().contains(what), "{error}");
        assert!(error.line() == 1 && error.column() > 0, "{error}");
    }
}

#[test]
fn a_capacity_that_is_nothing_is_refused_or_takes_nothing() {
    let none = AcceleratedNode::new().accelerator(0).unwrap_err();
    assert_eq!(none.field(), "accelerator");
    // More accelerators than can be are as many as can be; none of what is asked for fits into nothing.
    assert_eq!(Devices::whole(usize::MAX).free().len(), Devices::MAX);
    let ask = Ask::new(1, 0);
    assert_eq!(
        Resources::new(0, 0).fits(&ask).unwrap_err().to_string(),
        "1 m of cpu are missing"
    );
}

#[test]
fn a_cyclic_dependency_is_named_in_full() {
    let needs = [
        ("irrigation", "weather"),
        ("weather", "cache"),
        ("cache", "irrigation"),
        ("report", "weather"),
    ];
    let error = start_order(needs).unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    let cycle = error.cycle();
    assert_eq!(cycle.len(), 3);
    for (at, service) in cycle.iter().enumerate() {
        let next = cycle[(at + 1) % 3];
        assert!(needs.contains(&(*service, next)), "{error}");
    }
}

#[test]
fn an_empty_node_table_has_no_best_node_and_says_so() {
    let now = Instant::from_secs(1);
    let mut table = NodeTable::new(NodeTableConfig::new());
    let mut best = vec![7];
    table.top_k(3, &mut best);
    assert_eq!((table.top(), best.len(), table.len()), (None, 0, 0));
    assert_eq!(
        (table.spread(), table.score(0), table.absolute(0)),
        (0.0, 1.0, 1.0)
    );
    table.rescore();
    table.advance(now + secs(100));
    assert_eq!(table.attribution(0), None);
    let absent = Err(TableError::Absent { slot: 0 });
    assert_eq!(table.observe(0, &Load::idle(), now), absent);
    assert_eq!(table.remove(0), absent);
    assert_eq!(table.add_in_flight(0, &Load::idle()), absent);
    assert!(matches!(
        table.insert(5),
        Err(TableError::OutOfRange {
            slot: 5,
            next: 0,
            ..
        })
    ));
    let mut sched = Scheduler::builder().build().unwrap();
    let unplaced = sched.place(&Request::new(Ask::NOTHING), now).unwrap_err();
    assert_eq!(unplaced, Unplaced::NoNodes);
    assert_eq!(unplaced.to_string(), "there are no nodes");
}
