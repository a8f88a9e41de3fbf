//! Receivers and disks of every temper.

use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{hours, millis, minutes, secs};
use gofarm_otel::clock::Moment;
use gofarm_otel::export::{Answer, ExporterConfig, Reason};
use gofarm_otel::spool::Limits;
use proptest::prelude::*;

use super::World;
use crate::spans;

const CONFIG: ExporterConfig = ExporterConfig::DEFAULT;

fn world() -> World {
    World::new(CONFIG, Limits::new(1 << 20))
}

#[test]
fn what_was_partly_taken_is_not_sent_again_and_its_rest_is_counted() {
    let mut world = world();
    world.create(10);
    world.create(10);
    let mut answers = [
        Answer::Partial {
            rejected: 3,
            message: "span too long".into(),
        },
        Answer::Partial {
            rejected: 99,
            message: String::new(),
        },
    ]
    .into_iter();
    world.run(hours(1), millis(1), |_, _| (true, answers.next().unwrap()));
    assert_eq!(world.requests, 2);
    assert_eq!(
        (
            world.tally().exported().total(),
            world.dropped_for(Reason::Rejected)
        ),
        (7, 13)
    );
}

#[test]
fn a_warning_with_everything_taken_is_kept_for_a_person() {
    let mut world = world();
    world.create(10);
    world.run(secs(1), millis(1), |_, _| {
        (
            true,
            Answer::Partial {
                rejected: 0,
                message: "old schema".into(),
            },
        )
    });
    assert_eq!(world.tally().exported().total(), 10);
    assert_eq!(world.exporter.last_message(), "old schema");
}

#[test]
fn what_is_refused_for_good_is_dropped_and_the_next_goes_on() {
    let mut world = world();
    world.create(10);
    world.create(5);
    world.run(secs(1), millis(1), |_, batch| match batch.items {
        10 => (
            false,
            Answer::Refused {
                status: 400,
                message: "no such tenant".into(),
            },
        ),
        _ => (true, Answer::Accepted),
    });
    assert_eq!(
        (
            world.tally().exported().total(),
            world.dropped_for(Reason::Refused)
        ),
        (5, 10)
    );
    assert_eq!(world.exporter.last_message(), "no such tenant");
}

#[test]
fn a_receiver_that_asks_for_time_gets_it() {
    let mut world = world();
    world.create(10);
    let mut tried: Vec<Moment> = Vec::new();
    world.run(hours(3), millis(1), |now, _| {
        tried.push(now);
        (
            false,
            Answer::Retry {
                after: Some(minutes(20)),
            },
        )
    });
    for pair in tried.windows(2) {
        let waited = pair[1].since(pair[0]);
        assert!(
            waited >= minutes(20) && waited <= minutes(22) + millis(2),
            "{waited:?}"
        );
    }
    assert!((8..=9).contains(&tried.len()), "{}", tried.len());
}

#[test]
fn an_answer_lost_on_the_way_back_repeats_a_request_and_no_span_is_missing() {
    let mut world = world();
    let mut random = SplitMix64::new(3);
    for _ in 0..500 {
        world.create(10);
        world.run(secs(20), millis(200), |_, _| match random.below(3) {
            0 => (true, Answer::TimedOut),
            1 => (false, Answer::Unreachable),
            _ => (true, Answer::Accepted),
        });
    }
    world.up(minutes(10));
    assert_eq!(world.arrived.distinct(), world.created);
    assert_eq!(world.tally().exported().total(), world.created);
    assert!(world.arrived.0.values().any(|times| *times > 1));
}

#[test]
fn a_slow_receiver_never_makes_memory_grow_beyond_its_bound() {
    let config = CONFIG.with_memory_bytes(64 << 10);
    let mut world = World::new(config, Limits::new(1 << 20));
    for _ in 0..2_000 {
        world.create(20);
        world.run(secs(1), secs(8), |_, _| (true, Answer::Accepted));
        let spooled = world.exporter.spool_stats().unwrap().held().total();
        let in_memory = world.tally().held().total() - spooled;
        let bytes = in_memory * spans::batch(1 << 40, 20).body.len() as u64 / 20;
        assert!(bytes <= 66 << 10, "{bytes}");
    }
    world.up(minutes(20));
    let tally = world.tally();
    assert_eq!(
        tally.exported().total() + tally.dropped().total(),
        world.created
    );
    assert_eq!(world.arrived.distinct(), tally.exported().total());
}

#[test]
fn a_disk_that_fails_costs_what_memory_cannot_hold() {
    let config = CONFIG.with_memory_bytes(30_000);
    let mut world = World::new(config, Limits::new(1 << 20));
    world.disk.fill_at(0);
    for _ in 0..100 {
        world.create(20);
        world.down(secs(30));
    }
    let lost = world.dropped_for(Reason::Storage);
    assert!(lost > 0);
    world.disk.fill_at(1 << 20);
    world.create(20);
    world.down(minutes(2));
    world.up(minutes(2));
    assert_eq!(world.arrived.distinct() + lost, world.created);
    assert_eq!(world.dropped_for(Reason::Storage), lost);
}

#[test]
fn a_day_s_bytes_used_up_cost_what_memory_cannot_hold() {
    let config = CONFIG.with_memory_bytes(30_000);
    let mut world = World::new(config, Limits::new(1 << 20).with_bytes_per_day(100_000));
    for _ in 0..60 * 24 {
        world.create(20);
        world.down(minutes(1));
    }
    assert!(world.disk.written() <= 100_000);
    let lost = world.dropped_for(Reason::Worn);
    assert!(lost > 0);
    world.up(minutes(5));
    assert_eq!(world.arrived.distinct() + lost, world.created);
}

#[test]
fn a_segment_dropped_under_a_request_on_its_way_is_counted_once() {
    for takes in [true, false] {
        let mut world = World::new(CONFIG.with_memory_bytes(4_000), Limits::new(16 << 10));
        for _ in 0..40 {
            world.create(20);
        }
        let batch = world.exporter.poll_transmit(world.now).unwrap();
        let lost = world.dropped_for(Reason::Oldest);
        for _ in 0..40 {
            world.create(20);
            world.assert_sum();
        }
        assert!(world.dropped_for(Reason::Oldest) > lost);
        let before = world.tally();
        if takes {
            world.exporter.handle_answer(world.now, Answer::Accepted);
            assert_eq!(world.tally().exported().total(), u64::from(batch.items));
        } else {
            world.exporter.handle_answer(world.now, Answer::Unreachable);
            assert_eq!(
                world.tally().dropped().total(),
                before.dropped().total() + u64::from(batch.items)
            );
        }
        world.assert_sum();
    }
}

#[derive(Clone, Debug)]
enum Step {
    Create(u32),
    Answer(u8),
    Wait(u64),
    Restart,
    FailWrites(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u32..60).prop_map(Step::Create),
        6 => (0_u8..8).prop_map(Step::Answer),
        3 => (0_u64..40_000).prop_map(Step::Wait),
        1 => Just(Step::Restart),
        1 => (0_u32..3).prop_map(Step::FailWrites),
    ]
}

proptest! {
    #[test]
    fn created_is_exported_dropped_or_held(steps in prop::collection::vec(step(), 1..150)) {
        let config = CONFIG.with_memory_bytes(8_000).with_spool_after(secs(3));
        let mut world = World::new(config, Limits::new(24 << 10));
        for step in steps {
            match step {
                Step::Create(count) => world.create(count),
                Step::Wait(millis) => world.now = world.now + Duration::from_millis(millis),
                Step::Restart => {
                    world.exporter.shut_down(world.now);
                    world.assert_sum();
                    world.restart(config);
                }
                Step::FailWrites(writes) => world.disk.fail_writes(writes),
                Step::Answer(answer) => {
                    let Some(batch) = world.exporter.poll_transmit(world.now) else { continue };
                    world.assert_sum();
                    let items = u64::from(batch.items);
                    let answer = match answer {
                        0 => Answer::Retry { after: None },
                        1 => Answer::Retry { after: Some(secs(2)) },
                        2 => Answer::Partial { rejected: items / 2, message: String::new() },
                        3 => Answer::Refused { status: 400, message: String::new() },
                        4 => Answer::TooLarge,
                        5 => Answer::TimedOut,
                        6 => Answer::Unreachable,
                        _ => Answer::Accepted,
                    };
                    world.exporter.handle_answer(world.now, answer);
                }
            }
            world.assert_sum();
        }
    }
}
