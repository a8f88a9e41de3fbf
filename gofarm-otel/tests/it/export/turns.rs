//! Live data and the replay of the spool take turns.

use core::cell::RefCell;

use gofarm_core::observe::{Observer, Signal};
use gofarm_core::time::{hours, millis, secs};
use gofarm_otel::export::{Answer, ExporterConfig, INSTRUMENTS};
use gofarm_otel::spool::Limits;

use super::World;
use crate::spans;

#[test]
fn live_data_are_at_most_one_request_late_while_the_spool_is_replayed() {
    let mut world = World::new(ExporterConfig::DEFAULT, Limits::new(8 << 20));
    for _ in 0..500 {
        world.create(10);
        world.down(secs(30));
    }
    world.exporter.hurry(world.now);
    let outage = world.created;
    let mut order = Vec::new();
    for _ in 0..30 {
        world.create(10);
        world.run(millis(250), millis(100), |_, batch| {
            order.push(spans::numbers(&batch.body)[0] >= outage);
            (true, Answer::Accepted)
        });
    }
    assert!(
        world.tally().held().total() > 0,
        "the spool is not through yet"
    );
    assert!(
        order.windows(3).all(|turns| turns.contains(&true)),
        "{order:?}"
    );
    assert!(
        order.windows(4).all(|turns| turns.contains(&false)),
        "{order:?}"
    );
}

#[test]
fn a_spool_of_an_earlier_process_is_sent_oldest_first() {
    let mut world = World::new(ExporterConfig::DEFAULT, Limits::new(8 << 20));
    for _ in 0..100 {
        world.create(10);
        world.down(secs(30));
    }
    world.restart(ExporterConfig::DEFAULT);
    let mut firsts = Vec::new();
    world.run(hours(1), millis(10), |_, batch| {
        firsts.push(spans::numbers(&batch.body)[0]);
        (true, Answer::Accepted)
    });
    assert!(firsts.is_sorted(), "{firsts:?}");
    assert_eq!(firsts.len(), 100);
}

#[derive(Default)]
struct Seen(RefCell<Vec<(&'static str, f64)>>);

impl Observer for Seen {
    fn observe(&self, signal: &Signal<'_>) {
        use gofarm_core::observe::Measurement::{Change, Count, Value};
        let name = signal.instrument().name();
        assert!(
            INSTRUMENTS.iter().any(|listed| listed.name() == name),
            "{name} is in the list"
        );
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let value = match signal.measurement() {
            Count(n) => n as f64,
            Change(n) => n as f64,
            Value(value) => value,
        };
        self.0.borrow_mut().push((name, value));
    }
}

impl Seen {
    fn sum(&self, name: &str) -> f64 {
        self.0
            .borrow()
            .iter()
            .filter(|(seen, _)| *seen == name)
            .map(|(_, value)| value)
            .sum()
    }
}

#[test]
fn reports_add_up_to_the_tally() {
    let seen = Seen::default();
    let mut world = World::new(ExporterConfig::DEFAULT, Limits::new(1 << 20));
    for at in 0..50_u32 {
        world.create(10);
        world.run(secs(20), millis(10), |_, _| match at % 3 {
            0 => (false, Answer::Unreachable),
            1 => (
                true,
                Answer::Partial {
                    rejected: 1,
                    message: String::new(),
                },
            ),
            _ => (true, Answer::Accepted),
        });
        world.exporter.report(&seen);
    }
    let tally = world.tally();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let expected = [
        tally.exported().total() as f64,
        tally.dropped().total() as f64,
    ];
    assert_eq!(
        [
            seen.sum("gofarm.otel.exported"),
            seen.sum("gofarm.otel.dropped")
        ],
        expected
    );
    assert!(seen.sum("gofarm.otel.requests.failed") >= 17.0);
    assert!(seen.sum("gofarm.otel.spool.written") > 0.0);
}
