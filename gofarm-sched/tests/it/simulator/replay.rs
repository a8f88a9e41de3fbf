//! The same trace, rules and seed make the same run.

use gofarm_core::time::{Instant, hours, minutes, secs};
use gofarm_sched::placement::Scheduler;
use gofarm_sched::simulator::{
    Entry, Feed, Generator, Report, Simulator, SimulatorBuilder, Trace, What,
};
use gofarm_sched::topology::SpreadOver;

fn play(rules: SimulatorBuilder, trace: &Trace, seed: u64) -> (Vec<Entry>, Report) {
    let mut run = rules.start(trace, seed).unwrap();
    let entries = run.by_ref().collect();
    (entries, run.report())
}

fn rules() -> SimulatorBuilder {
    Simulator::builder(Scheduler::builder()).spread(SpreadOver::host())
}

#[test]
fn a_recorded_run_replays_bit_for_bit_and_another_seed_makes_another() {
    for seed in 0..20 {
        let trace = Generator::new(hours(3))
            .zones(3, 3)
            .cloud(3)
            .service("irrigation", 4)
            .deferrable("video analysis", 4)
            .jobs_an_hour(30)
            .node_failures(hours(2), minutes(5))
            .cut(Instant::ZERO + hours(1), hours(1))
            .background(0.4)
            .feed(Feed::every(secs(10)).noise(0.1).loses(0.1).late(secs(3)))
            .generate(seed)
            .unwrap();
        let recorded: Trace = trace.to_string().parse().unwrap();
        let (entries, report) = play(rules(), &trace, seed);
        assert!(entries.len() > 100);
        assert_eq!((entries, report), play(rules(), &recorded, seed));
        // A report alone is the same report.
        assert_eq!(rules().start(&trace, seed).unwrap().report(), report);
        let (_, other) = play(rules(), &trace, seed + 1_000);
        assert_ne!(other.digest, report.digest);
    }
}

/// A night on a farm, by hand.
const NIGHT: &str = include_str!("../../data/simulator/night.csv");

#[test]
fn two_sets_of_rules_are_compared_on_one_recorded_night() {
    let trace: Trace = NIGHT.parse().unwrap();
    let (with, report) = play(rules(), &trace, 1);
    // Both valves' controllers were apart, so that the loss of the barn left one; it and the video were rebuilt.
    let on = |entries: &[Entry], number: u64| {
        let mut nodes = entries.iter().filter_map(|entry| match &entry.what {
            What::Placed { work, node, .. } if work.number() == number => Some(node.to_string()),
            _ => None,
        });
        nodes.next().unwrap()
    };
    assert_ne!(on(&with, 1), on(&with, 2));
    assert_eq!(
        (report.critical_missing, report.rebuilt),
        (0, 2),
        "{report}"
    );
    assert!(report.longest_critical_outage <= secs(42), "{report}");
    // Without the rule both end up in the shed.
    let (without, worse) = play(Simulator::builder(Scheduler::builder()), &trace, 1);
    assert_eq!(worse.critical_missing, 0, "{worse}");
    let last = |entries: &[Entry]| {
        let mut nodes = entries.iter().rev().filter_map(|entry| match &entry.what {
            What::Placed { work, node, .. } if work.number() == 1 => Some(node.to_string()),
            _ => None,
        });
        nodes.next().unwrap()
    };
    assert_eq!(
        (last(&with), last(&without)),
        ("rented".into(), "shed".into())
    );
}

#[test]
fn urgent_work_makes_room_and_what_made_room_comes_back() {
    let trace: Trace = "\
gofarm-trace,1
0,node,shed,farm,1000,1073741824,north,shed
1,work,1,,,,ordinary,1000,800,1048576,,800,
2,work,2,,,,ordinary,1000000,500,1048576,,500,60
300,until
"
    .parse()
    .unwrap();
    let log = |rules: SimulatorBuilder| -> Vec<String> {
        let run = rules.start(&trace, 1).unwrap();
        run.filter(|entry| !matches!(entry.what, What::Mode { .. }))
            .map(|entry| entry.to_string())
            .collect()
    };
    let log_with = log(Simulator::builder(Scheduler::builder()));
    let starts = [
        "1 s: work 1 placed on shed",
        "2 s: work 2 waits: 1 nodes refuse",
        "2 s: work 1 made room for work 2",
        "2 s: work 1 left shed",
        "2 s: work 2 placed on shed",
        "2 s: work 1 waits: 1 nodes refuse",
        "62 s: work 2 left shed",
        "62 s: work 2 done",
        "62 s: work 1 placed on shed",
    ];
    assert_eq!(log_with.len(), starts.len(), "{log_with:#?}");
    for (line, start) in log_with.iter().zip(starts) {
        assert!(line.starts_with(start), "{log_with:#?}");
    }
    let log_without = log(Simulator::builder(Scheduler::builder()).without_preemption());
    assert_eq!(log_without.len(), 2, "{log_without:#?}");
}

#[test]
fn a_node_that_is_taken_out_loses_its_work_to_the_others() {
    let trace: Trace = "\
gofarm-trace,1
0,node,shed,farm,1000,1073741824,north,shed
1,work,1,irrigation,,,critical,1000,800,1048576,,800,
2,node,barn,farm,1000,1073741824,south,barn
3,remove,shed
9,until
"
    .parse()
    .unwrap();
    let report = rules().start(&trace, 1).unwrap().report();
    assert_eq!(
        (report.rebuilt, report.critical_missing),
        (1, 0),
        "{report}"
    );
    assert_eq!(report.longest_critical_outage, secs(1));
}

#[test]
fn a_copy_that_was_rebuilt_elsewhere_is_stopped_when_its_node_is_back() {
    let trace: Trace = "\
gofarm-trace,1
0,node,rented,cloud,1000,1073741824,cloud,rented
1,work,1,irrigation,,,critical,1000,800,1048576,,800,
2,node,barn,farm,1000,1073741824,south,barn
15,cut
100,heal
150,until
"
    .parse()
    .unwrap();
    let (entries, report) = play(rules(), &trace, 1);
    let log: Vec<String> = entries.iter().map(Entry::to_string).collect();
    let rebuilt = log
        .iter()
        .any(|line| line.starts_with("51 s: work 1 rebuilt on barn"));
    assert!(rebuilt, "{log:#?}");
    let stopped = "100 s: copy of work 1 stopped on rented".to_string();
    assert!(log.contains(&stopped), "{log:#?}");
    assert_eq!((report.rebuilt, report.lost), (1, 0), "{report}");
}
