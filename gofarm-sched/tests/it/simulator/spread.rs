//! Spread, against a checker that tries every node by hand.

use alloc::collections::BTreeMap;

use gofarm_core::time::{hours, minutes, secs};
use gofarm_sched::eviction::{Stakes, WorkId};
use gofarm_sched::placement::Scheduler;
use gofarm_sched::simulator::{Event, Feed, Generator, Simulator, Spread, Trace, What, WorkSpec};
use gofarm_sched::topology::SpreadOver;

use super::mirror::{Mirror, Seen};
use super::seeds;

const ZONE_SKEW: i64 = 2;
const HOST_SKEW: i64 = 1;

/// By how much a node's domain would exceed the emptiest one with one more member of the group.
fn skew(mirror: &Mirror<'_>, group: &str, name: &str, domain: impl Fn(&Seen) -> &str) -> i64 {
    let mut members: BTreeMap<&str, i64> = BTreeMap::new();
    for node in mirror.nodes.values() {
        members.insert(domain(node), 0);
    }
    for (work, nodes) in &mirror.claims {
        if mirror.works[work].group_name() == Some(group) {
            for node in nodes {
                *members.get_mut(domain(&mirror.nodes[node])).unwrap() += 1;
            }
        }
    }
    members[domain(&mirror.nodes[name])] + 1 - members.values().min().unwrap()
}

fn keeps(mirror: &Mirror<'_>, group: &str, name: &str) -> bool {
    skew(mirror, group, name, |node| &node.zone) <= ZONE_SKEW
        && skew(mirror, group, name, |node| &node.host) <= HOST_SKEW
}

/// Whether a node could take the work, spread aside.
fn could_take(mirror: &Mirror<'_>, name: &str, work: WorkId) -> bool {
    let (node, ask) = (&mirror.nodes[name], mirror.works[&work].ask());
    let (cpu, memory) = mirror.free(name);
    node.known
        && node.answers
        && node.open
        && cpu >= u64::from(ask.cpu_milli())
        && memory >= ask.memory()
}

/// Two groups that a crop depends on, one that can wait, and jobs that fill the nodes up.
fn trace(seed: u64) -> Trace {
    let made = Generator::new(hours(1))
        .zones(3, 2)
        .service("irrigation", 5)
        .service("heartbeat", 3)
        .jobs_an_hour(40)
        .node_failures(hours(1), minutes(8))
        .zone_failures(hours(4), minutes(8))
        .feed(Feed::every(secs(10)).loses(0.02))
        .generate(seed)
        .unwrap();
    let mut trace = Trace::new();
    for (index, (at, event)) in made.events().iter().enumerate() {
        trace.push(*at, event.clone()).unwrap();
        if (20..26).contains(&index) {
            let work = WorkSpec::new(1_000_000 + index as u64, 700, 1 << 20).group("images");
            trace.push(*at, Event::Work(work)).unwrap();
        }
    }
    trace
}

#[test]
fn hard_spread_is_kept_wherever_any_node_would_have_kept_it() {
    let (mut kept, mut lifted, mut refused) = (0, 0, 0);
    for seed in seeds(1_000) {
        let trace = trace(seed);
        let mut mirror = Mirror::new(&trace);
        // Without a limit to load, room and spread are all that a node is refused for.
        let run = Simulator::builder(Scheduler::builder().no_limit())
            .spread(SpreadOver::zone().max_skew(2).unwrap())
            .spread(SpreadOver::host())
            .start(&trace, seed)
            .unwrap();
        for entry in run {
            mirror.advance(entry.at);
            let (work, lifts) = match &entry.what {
                What::Placed { work, spread, .. } => (work, *spread == Spread::Lifted),
                What::Unplaced { work, .. } => (work, true),
                _ => {
                    mirror.take(&entry);
                    continue;
                }
            };
            let Some(group) = mirror.works[work].group_name() else {
                mirror.take(&entry);
                continue;
            };
            if let What::Placed { node, .. } = &entry.what {
                assert!(could_take(&mirror, node, *work), "seed {seed}: {entry}");
                if !lifts {
                    assert!(keeps(&mirror, group, node), "seed {seed}: {entry}");
                    kept += 1;
                }
            }
            if lifts {
                for node in mirror.nodes.keys() {
                    let feasible = could_take(&mirror, node, *work) && keeps(&mirror, group, node);
                    assert!(
                        !feasible,
                        "seed {seed}: {entry}, and {node} would have kept it"
                    );
                }
            }
            if matches!(entry.what, What::Unplaced { .. }) {
                refused += 1;
                if mirror.works[work].at_stake() == Stakes::CropCritical {
                    for node in mirror.nodes.keys() {
                        assert!(
                            !could_take(&mirror, node, *work),
                            "seed {seed}: {entry}, not {node}"
                        );
                    }
                }
            } else {
                lifted += u64::from(lifts);
            }
            mirror.take(&entry);
        }
    }
    // It was put to the test in every way.
    assert!(
        kept > 0 && lifted > 0 && refused > 0,
        "{kept} {lifted} {refused}"
    );
}
