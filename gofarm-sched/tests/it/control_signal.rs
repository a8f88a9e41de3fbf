//! What the machines tell an observer, and that their lists of instruments are whole.

use core::cell::RefCell;

use gofarm_core::observe::{Instrument, LabelValue, Measurement, Observer, Signal};
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, millis, minutes};
use gofarm_sched::reconcile::{Outcome, QueueConfig, WorkQueue};
use gofarm_sched::{autonomy, autoscale, dependency, reconcile, rollout};

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
