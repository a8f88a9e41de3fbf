//! 72 h without the cloud, on batteries, with nodes that fail.

use alloc::collections::{BTreeMap, BTreeSet};

use gofarm_core::time::{Instant, hours, minutes, secs};
use gofarm_sched::eviction::{EvictionConfig, Stakes};
use gofarm_sched::load::{StalePolicy, after};
use gofarm_sched::placement::Scheduler;
use gofarm_sched::simulator::{Event, Feed, Generator, Simulator, Trace, What};
use gofarm_sched::topology::SpreadOver;

use super::mirror::Mirror;
use super::seeds;

const CUT: Instant = Instant::from_secs(2 * 3_600);

fn trace(seed: u64) -> Trace {
    Generator::new(hours(80))
        .zones(2, 2)
        .cloud(1)
        .service("irrigation", 2)
        .service("heartbeat", 2)
        .deferrable("video analysis", 1)
        .deferrable("leaf images", 1)
        .deferrable("forecasts", 1)
        .deferrable("sensor history", 1)
        .node_failures(hours(40), hours(1))
        .cut(CUT, hours(72))
        .battery()
        // Metrics each 5 min: farms that live on batteries do not chatter.
        .feed(Feed::every(minutes(5)).noise(0.05))
        .generate(seed)
        .unwrap()
}

/// As in `failures`, with these leases: 12 min for the lease, 5 min until a node is heard, 10 s until it opens, 60 s until
/// it takes its whole share, 64 s between two attempts.
const BOUND: core::time::Duration = secs(12 * 60 + 5 * 60 + 10 + 60 + 64);

#[test]
fn for_72_h_crop_critical_work_goes_on_and_what_can_wait_is_shed_and_returns() {
    for seed in seeds(1_000) {
        let trace = trace(seed);
        let mut mirror = Mirror::new(&trace);
        let mut run = Simulator::builder(
            Scheduler::builder().stale(after(minutes(15)), StalePolicy::Penalise),
        )
        .spread(SpreadOver::host())
        .eviction(EvictionConfig::new().lease(minutes(12)).unwrap())
        .start(&trace, seed)
        .unwrap();
        let mut first_shed = BTreeMap::new();
        let mut away = BTreeSet::new();
        let mut links = Vec::new();
        for entry in run.by_ref() {
            mirror.take(&entry);
            let kind = |work| kinds(&trace)[work];
            match &entry.what {
                What::Shed(work) => {
                    let spec = mirror.works[work];
                    assert_eq!(spec.at_stake(), Stakes::Ordinary, "seed {seed}: {entry}");
                    assert!(away.insert(*work), "seed {seed}: {entry}");
                    first_shed.entry(kind(&work.number())).or_insert(entry.at);
                }
                What::Resumed(work) => assert!(away.remove(work), "seed {seed}: {entry}"),
                What::Placed { work, .. } => {
                    assert!(!away.contains(work), "seed {seed}: {entry}");
                }
                What::Evicted { work, .. } => {
                    let spec = mirror.works[work];
                    assert_eq!(spec.at_stake(), Stakes::Ordinary, "seed {seed}: {entry}");
                }
                What::Link(_) => links.push(entry.at),
                _ => {}
            }
        }
        mirror.finish();
        let (longest, at) = mirror.longest_avoidable();
        assert!(longest <= BOUND, "seed {seed}: out for {longest:?} {at:?}");
        // Video analysis at once, images next, and what costs least last, if at all.
        assert_eq!(
            first_shed["video analysis"],
            CUT + minutes(1),
            "seed {seed}"
        );
        let order = [
            "video analysis",
            "leaf images",
            "forecasts",
            "sensor history",
        ];
        let times: Vec<Instant> = order
            .iter()
            .filter_map(|kind| first_shed.get(kind))
            .copied()
            .collect();
        assert!(
            times.is_sorted() && times.len() >= 2,
            "seed {seed}: {first_shed:?}"
        );
        assert!(away.is_empty(), "seed {seed}: {away:?} never returned");
        // One cut, one return: the farm has moved twice.
        let healed = CUT + hours(72) + minutes(5);
        assert_eq!(links, [CUT + minutes(1), healed], "seed {seed}");
        let report = run.report();
        assert_eq!(report.shed, report.resumed, "seed {seed}: {report}");
    }
}

/// The kinds of work by number, out of the text of a trace.
fn kinds(trace: &Trace) -> BTreeMap<u64, &'static str> {
    let known = [
        "video analysis",
        "leaf images",
        "forecasts",
        "sensor history",
    ];
    let works = trace
        .events()
        .iter()
        .filter(|(_, event)| matches!(event, Event::Work(_)));
    works
        .filter_map(|(_, event)| {
            let mut alone = Trace::new();
            alone.push(Instant::ZERO, event.clone()).unwrap();
            let text = alone.to_string();
            let fields: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
            let kind = known.iter().find(|kind| **kind == fields[3])?;
            Some((fields[2].parse().unwrap(), *kind))
        })
        .collect()
}
