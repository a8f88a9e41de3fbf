//! Nodes and zones fail: crop-critical work runs again in time, and nodes that return are not buried.

use alloc::collections::BTreeMap;

use gofarm_core::time::{Instant, hours, minutes, secs};
use gofarm_sched::eviction::WorkId;
use gofarm_sched::placement::Scheduler;
use gofarm_sched::simulator::{Event, Feed, Generator, Simulator, SimulatorBuilder, Trace, What};
use gofarm_sched::topology::SpreadOver;

use super::mirror::Mirror;
use super::seeds;

pub(super) fn rules() -> SimulatorBuilder {
    Simulator::builder(Scheduler::builder()).spread(SpreadOver::host())
}

/// Nodes fail hourly and zones every third hour: now and then all are down.
fn rough(seed: u64) -> Trace {
    Generator::new(minutes(80))
        .zones(3, 2)
        .service("irrigation", 3)
        .service("heartbeat", 2)
        .deferrable("video analysis", 4)
        .jobs_an_hour(10)
        .node_failures(hours(1), minutes(4))
        .zone_failures(hours(3), minutes(6))
        .feed(Feed::every(secs(10)).loses(0.05).noise(0.02))
        .generate(seed)
        .unwrap()
}

/// The time in which crop-critical work runs again if one node is up all the while: 40 s for the lease, 10 s until the
/// node is heard (twice that where it is lost), 10 s until it opens, 60 s until it takes its whole share, and 64 s, the
/// longest wait between two attempts; together 194 s.
const BOUND: core::time::Duration = secs(194);

#[test]
fn crop_critical_work_runs_again_in_time_while_any_node_is_up() {
    let mut rebuilt = 0;
    for seed in seeds(1_000) {
        let trace = rough(seed);
        let mut mirror = Mirror::new(&trace);
        let mut run = rules().start(&trace, seed).unwrap();
        run.by_ref().for_each(|entry| mirror.take(&entry));
        mirror.finish();
        let (longest, at) = mirror.longest_avoidable();
        assert!(longest <= BOUND, "seed {seed}: out for {longest:?} {at:?}");
        rebuilt += run.report().rebuilt;
    }
    assert!(rebuilt > 0);
}

#[test]
fn after_the_loss_of_one_zone_crop_critical_work_is_back_with_the_end_of_the_lease() {
    for seed in seeds(1_000) {
        let calm = Generator::new(minutes(10))
            .zones(3, 2)
            .service("irrigation", 3)
            .service("heartbeat", 2)
            .deferrable("video analysis", 4)
            .generate(seed)
            .unwrap();
        let mut trace = Trace::new();
        let lost = Instant::from_millis(300_000 + seed % 10_000);
        let fails = ["zone-0-0", "zone-0-1"].map(|name| (lost, Event::Fail(name.into())));
        let mut events = calm.events().to_vec();
        events.extend(fails);
        events.sort_by_key(|(at, _)| *at);
        for (at, event) in events {
            trace.push(at, event).unwrap();
        }
        let report = rules().start(&trace, seed).unwrap().report();
        assert_eq!(report.critical_missing, 0, "seed {seed}: {report}");
        // The lease, one attempt in the zone that is gone, and the pace of five pieces of work.
        assert!(
            report.longest_critical_outage <= secs(42),
            "seed {seed}: {report}"
        );
    }
}

#[test]
fn a_node_that_returns_takes_no_more_than_its_growing_share() {
    let mut after_return = 0;
    for seed in seeds(1_000) {
        // Full of jobs: many wait for the node that returns.
        let trace = Generator::new(hours(1))
            .zones(2, 2)
            .service("irrigation", 2)
            .jobs_an_hour(60)
            .node_failures(minutes(40), minutes(5))
            .generate(seed)
            .unwrap();
        let mut mirror = Mirror::new(&trace);
        let mut returned: BTreeMap<String, (Option<Instant>, BTreeMap<WorkId, u32>)> =
            BTreeMap::new();
        for entry in rules().start(&trace, seed).unwrap() {
            mirror.take(&entry);
            match &entry.what {
                What::NodeReturned(node) => {
                    returned.insert(node.to_string(), (None, BTreeMap::new()));
                }
                // It may have its share already when it is to open.
                What::NodeOpened(node) | What::NodeClosed(node) => {
                    let (opens, _) = returned.get_mut(&**node).unwrap();
                    opens.get_or_insert(entry.at);
                }
                What::Placed { work, node, .. } => {
                    let Some((opens, taken)) = returned.get_mut(&**node) else {
                        continue;
                    };
                    let Some(opens) = *opens else {
                        panic!("seed {seed}: {entry} before it opened");
                    };
                    let ask = mirror.works[work].ask().cpu_milli();
                    taken.insert(*work, ask);
                    let all = f64::from(taken.values().sum::<u32>());
                    let open_for = entry.at.saturating_since(opens).as_secs_f64();
                    let share = 0.1 + 0.9 * open_for / 60.0;
                    let most = share * mirror.nodes[&**node].cpu_milli as f64 + f64::from(ask);
                    if open_for < 60.0 {
                        after_return += 1;
                        assert!(all <= most, "seed {seed}: {entry}: {all} of {most}");
                    }
                }
                What::Released { work, node } => {
                    if let Some((_, taken)) = returned.get_mut(&**node) {
                        taken.remove(work);
                    }
                }
                _ => {}
            }
        }
    }
    assert!(after_return > 0);
}
