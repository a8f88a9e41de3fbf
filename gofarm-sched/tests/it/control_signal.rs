//! What the machines tell an observer, and that their lists of instruments are whole.

use core::cell::RefCell;

use gofarm_core::observe::{Instrument, LabelValue, Measurement, Observer, Signal};
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, millis, minutes};
use gofarm_sched::reconcile::{Outcome, QueueConfig, WorkQueue};
use gofarm_sched::{autonomy, autoscale, dependency, eviction, inference, reconcile, rollout};

const NOW: Instant = Instant::from_secs(1_000);

/// Notes the last part of each name with its text labels and its value.
struct Seen<'a> {
    listed: &'a [&'static Instrument],
    lines: RefCell<Vec<String>>,
}

impl<'a> Seen<'a> {
    const fn new(listed: &'a [&'static Instrument]) -> Self {
        Self {
            listed,
            lines: RefCell::new(Vec::new()),
        }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.take()
    }
}

impl Observer for Seen<'_> {
    fn observe(&self, signal: &Signal<'_>) {
        let instrument = signal.instrument();
        assert!(
            self.listed.contains(&instrument),
            "{} is not listed",
            instrument.name()
        );
        let mut line = instrument.name().rsplit('.').next().unwrap().to_owned();
        for label in signal.labels() {
            if let LabelValue::Text(text) = label.value {
                line += &format!(" {text}");
            }
        }
        line += &match signal.measurement() {
            Measurement::Count(n) => format!(" {n}"),
            Measurement::Change(n) => format!(" {n:+}"),
            Measurement::Value(v) => format!(" {v}"),
        };
        self.lines.borrow_mut().push(line);
    }
}

#[test]
fn an_autoscaler_tells_what_it_wants_and_what_limits_it() {
    let seen = Seen::new(&autoscale::INSTRUMENTS);
    let mut autoscaler = autoscale::AutoscaleConfig::new().build().unwrap();
    let demand = autoscale::Demand::average_value(900.0, autoscale::Target::new(50.0).unwrap());
    autoscale::observe(&seen, &autoscaler.decide(NOW, 6, &[demand]));
    assert_eq!(
        seen.lines(),
        [
            "desired 10",
            "proposed 18",
            "changes up 1",
            "limited too_many_replicas 1"
        ]
    );
}

#[test]
fn autonomy_tells_modes_and_work() {
    let seen = Seen::new(&autonomy::INSTRUMENTS);
    let rules = [autonomy::WorkRule::deferrable("video")
        .stops_after(minutes(0))
        .rule()];
    let mut farm = autonomy::Autonomy::new(autonomy::AutonomyConfig::new(), rules).unwrap();
    farm.handle_link(NOW, false);
    farm.handle_timeout(NOW + minutes(72 * 60));
    while let Some(event) = farm.poll_event() {
        autonomy::observe(&seen, &event);
    }
    assert_eq!(
        seen.lines(),
        [
            "cut_off 1",
            "mode_changes cut_off 1",
            "horizons 1",
            "actions video stop 1"
        ]
    );
}

#[test]
fn a_rollout_tells_its_steps_and_its_share() {
    let seen = Seen::new(&rollout::INSTRUMENTS);
    let mut rollout = rollout::RolloutConfig::new().build(1).unwrap();
    let started = rollout.start(NOW).unwrap();
    rollout::observe(&seen, &rollout, started);
    let back = rollout
        .handle_report(NOW, rollout::Report::new(1, 1, millis(1)))
        .unwrap();
    rollout::observe(&seen, &rollout, back);
    assert_eq!(
        seen.lines(),
        [
            "events advanced watched 1",
            "share 1",
            "events rolled_back errors 1",
            "share 0"
        ]
    );
}

#[test]
fn a_graph_tells_its_size_and_what_it_lost() {
    let seen = Seen::new(&dependency::INSTRUMENTS);
    let mut graph = dependency::GraphConfig::new()
        .most_edges(1)
        .build()
        .unwrap();
    for callee in [2, 3] {
        graph.record(NOW, &1, &callee, dependency::Call::ok(millis(1)));
    }
    dependency::observe(&seen, &graph);
    assert_eq!(seen.lines(), ["services 2", "edges 1", "evicted 1"]);
}

#[test]
fn a_queue_tells_what_is_new_since_the_last_report() {
    let seen = Seen::new(&reconcile::INSTRUMENTS);
    let mut queue: WorkQueue<u8> = QueueConfig::new().build().unwrap();
    for key in [1, 1, 2] {
        queue.add(key).unwrap();
    }
    let run = queue.get(NOW).unwrap();
    queue.report(&seen);
    let levels = ["keys ready 1", "keys waiting 0", "keys running 1"];
    assert_eq!(seen.lines()[..3], levels);
    queue.finish(NOW, run, Ok(Outcome::Done), &mut SplitMix64::new(1));
    queue.report(&seen);
    assert_eq!(seen.lines()[3..], ["runs succeeded 1"]);
    queue.report(&seen);
    assert_eq!(seen.lines().len(), 3);
}

#[test]
fn a_node_tells_how_far_its_accelerators_memory_is_in_pieces() {
    let seen = Seen::new(&inference::INSTRUMENTS);
    let node = gofarm_sched::node::NodeId::new(0, 0);
    let mut fleet = inference::Fleet::new();
    let accelerated = inference::AcceleratedNode::new().accelerator(100).unwrap();
    fleet.insert(node, accelerated).unwrap();
    let extent = inference::Extent::new(30, 10).unwrap();
    fleet
        .occupy(node, inference::Block { device: 0, extent })
        .unwrap();
    inference::observe(&seen, "barn", fleet.node(node).unwrap());
    assert_eq!(seen.lines(), ["free barn 90", "largest_free barn 60"]);
}

#[test]
fn an_evictor_tells_what_it_lost_and_what_it_wants_rebuilt() {
    let seen = Seen::new(&eviction::signal::INSTRUMENTS);
    let mut evictor = eviction::Evictor::new(eviction::EvictionConfig::new());
    let node = |slot| gofarm_sched::node::NodeId::new(slot, 0);
    (0..4).for_each(|slot| evictor.handle_node(NOW, node(slot), "north", 1));
    for (work, stakes) in [
        (0, eviction::Stakes::Ordinary),
        (1, eviction::Stakes::CropCritical),
    ] {
        let work = eviction::WorkId::new(work);
        evictor
            .handle_placed(
                NOW,
                work,
                node(u32::try_from(work.number()).unwrap()),
                stakes,
            )
            .unwrap();
    }
    let mut random = SplitMix64::new(1);
    let beat = |evictor: &mut eviction::Evictor,
                now,
                slots: core::ops::Range<u32>,
                random: &mut SplitMix64| {
        for slot in slots {
            evictor
                .handle_heartbeat(now, node(slot), 1, random)
                .unwrap();
        }
    };
    // Three of four are silent, then back; the work of one of them was rebuilt meanwhile.
    let now = NOW + millis(30_000);
    beat(&mut evictor, now, 3..4, &mut random);
    let now = NOW + millis(40_000);
    evictor.handle_timeout(now);
    let mut rebuild = None;
    while let Some(event) = evictor.poll_event() {
        eviction::signal::observe(&seen, &event);
        if let eviction::Event::Rebuild(asked) = event {
            rebuild = Some(asked);
        }
    }
    assert_eq!(
        evictor.handle_rebuilt(now, &rebuild.unwrap(), node(3)),
        eviction::Answer::Accepted
    );
    assert_eq!(
        seen.lines(),
        [
            "events node_unknown 1",
            "events node_unknown 1",
            "events node_unknown 1",
            "events link_suspected 1",
            "events rebuild_critical 1",
        ]
    );
    beat(&mut evictor, now, 0..3, &mut random);
    evictor.handle_timeout(now);
    while let Some(event) = evictor.poll_event() {
        eviction::signal::observe(&seen, &event);
    }
    let mut lines = seen.lines();
    lines.sort();
    assert_eq!(
        lines,
        [
            "events link_trusted 1",
            "events node_returned 1",
            "events node_returned 1",
            "events node_returned 1",
            "events stop 1",
        ]
    );
}
