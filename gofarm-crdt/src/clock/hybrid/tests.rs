use core::time::Duration;

use gofarm_core::time::{Instant, UnixMillis};
use proptest::prelude::*;

use super::{AheadOfClock, HybridClock};
use crate::Timestamp;
use crate::clock::Now;

/// 2026-09-21, in milliseconds.
const T: u64 = 1_790_000_000_000;
/// 2099-01-01, in seconds after `T`.
const Y2099: i64 = 2_280_931_200;
const HOUR: u64 = 3600;

/// `boot` seconds after the start of the device, `wall` seconds after `T`.
fn now(boot: u64, wall: impl Into<Option<i64>>) -> Now {
    let wall = wall.into().map(unix);
    Now::new(Instant::from_secs(boot), wall)
}

fn unix(wall: i64) -> UnixMillis {
    UnixMillis::new(T.checked_add_signed(wall * 1000).unwrap())
}

fn at(wall: i64) -> Timestamp {
    Timestamp::at(unix(wall))
}

enum Step {
    /// A tick whose wall time is this many seconds after `T`.
    Tick(Now, i64),
    /// A time-stamp so many seconds after `T` that is taken.
    Takes(Now, i64),
    /// One that is refused.
    Refuses(Now, i64),
    /// The device starts again.
    Restart,
}
use Step::{Refuses, Restart, Takes, Tick};

fn run(name: &str, steps: &[Step]) {
    let mut clock = HybridClock::new();
    for (row, step) in steps.iter().enumerate() {
        match *step {
            Tick(now, wall) => {
                let before = clock.last();
                let stamp = clock.tick(now);
                assert!(stamp > before, "{name}, step {row}");
                assert_eq!(stamp.unix(), unix(wall), "{name}, step {row}");
            }
            Takes(now, wall) => {
                assert_eq!(clock.observe(now, at(wall)), Ok(()), "{name}, step {row}");
            }
            Refuses(now, wall) => {
                let before = clock.last();
                assert!(clock.observe(now, at(wall)).is_err(), "{name}, step {row}");
                assert_eq!(clock.last(), before, "{name}, step {row}");
            }
            Restart => clock = HybridClock::restore(clock.last()),
        }
    }
}

#[test]
fn wall_time_is_believed_as_far_as_the_monotonic_clock_bears_it_out() {
    run(
        "counts within a millisecond",
        &[Tick(now(0, 0), 0), Tick(now(0, 0), 0), Tick(now(1, 1), 1)],
    );
    run(
        "steps back a little: stays",
        &[Tick(now(0, 0), 0), Tick(now(1, -30), 0), Tick(now(2, 2), 2)],
    );
    run(
        "unknown from boot: counts on from the last, with the monotonic clock",
        &[
            Tick(now(0, 100), 100),
            Restart,
            Tick(now(5, None), 100),
            Tick(now(65, None), 160),
            Tick(now(66, 7 * 86_400), 7 * 86_400),
        ],
    );
    run(
        "unknown again: the monotonic clock leads on",
        &[
            Tick(now(0, 0), 0),
            Tick(now(HOUR, None), 3600),
            Refuses(now(72 * HOUR, None), 72 * 3600 + 61),
            // Nothing was read for so long that nothing can be judged.
            Takes(now(72 * HOUR + 1, None), 72 * 3600 + 3600),
        ],
    );
    run(
        "a long winter is believed",
        &[
            Tick(now(0, 0), 0),
            Restart,
            Tick(now(0, 200 * 86_400), 200 * 86_400),
        ],
    );
    run(
        "never set clocks and the 23rd century are no wall time",
        &[
            Tick(now(0, 0), 0),
            Restart,
            Tick(now(0, -86_400 * 365 * 10), 0),
            Takes(now(0, -86_400 * 365 * 10), 3600),
            Tick(now(10, 86_400 * 365 * 300), 3610),
        ],
    );
}

#[test]
fn a_step_is_held_until_it_was_steady_for_ten_minutes() {
    run(
        "a reading of 2099 passes",
        &[
            Tick(now(0, 0), 0),
            Tick(now(10, Y2099), 10),
            Tick(now(20, Y2099 + 10), 20),
            Tick(now(30, 30), 30),
            Tick(now(700, Y2099 + 700), 700),
            Refuses(now(700, 700), Y2099),
        ],
    );
    run(
        "steady: believed",
        &[
            Tick(now(0, 0), 0),
            Tick(now(100, 5000), 100),
            Tick(now(699, 5599), 699),
            Tick(now(700, 5600), 5600),
            Tick(now(701, 5601), 5601),
        ],
    );
    run(
        "another step begins anew",
        &[
            Tick(now(0, 0), 0),
            Tick(now(100, 5000), 100),
            Tick(now(400, 9000), 400),
            Tick(now(800, 9400), 800),
            Tick(now(1000, 9600), 9600),
        ],
    );
    run(
        "back: time-stamps stay until wall time has caught up",
        &[
            Tick(now(0, 0), 0),
            Tick(now(100, -5000), 100),
            Tick(now(699, -4401), 699),
            Tick(now(700, -4400), 699),
            Refuses(now(701, -4399), -4338),
            Tick(now(5700, 600), 699),
            Tick(now(5800, 700), 700),
        ],
    );
    run(
        "drift of 60 s an hour is followed, no faster",
        &[
            Tick(now(0, 0), 0),
            Tick(now(1800, 1860), 1860),
            Tick(now(1801, 1861 + 60), 1860),
            Tick(now(3600, 3660), 3660),
            Tick(now(3601, 3661 + 60), 3721),
        ],
    );
}

#[test]
fn a_peer_confirms_a_step_forward_and_never_one_back() {
    run(
        "forward",
        &[
            Tick(now(0, 0), 0),
            Tick(now(10, 5000), 10),
            Takes(now(11, 5001), 5030),
            Tick(now(12, 5040), 5040),
        ],
    );
    run(
        "not by another time",
        &[
            Tick(now(0, 0), 0),
            Tick(now(10, 5000), 10),
            Refuses(now(11, 5001), 4000),
            Refuses(now(11, 5001), 5062),
            Tick(now(12, 5002), 12),
        ],
    );
    run(
        "an old write says nothing",
        &[
            Tick(now(0, 0), 0),
            Tick(now(10, -5000), 10),
            Takes(now(11, -4999), -4999),
            Refuses(now(12, -4998), 73),
            Takes(now(12, -4998), 72),
        ],
    );
}

#[test]
fn received_time_stamps_may_be_sixty_seconds_ahead() {
    let mut clock = HybridClock::new();
    let limit = Timestamp::from_bits(at(60).to_bits() | 0xffff);
    assert_eq!(clock.observe(now(0, 0), limit), Ok(()));
    let refused = AheadOfClock {
        stamp: limit.next(),
        limit: unix(60),
    };
    assert_eq!(clock.observe(now(0, 0), limit.next()), Err(refused));
    assert_eq!(clock.last(), limit);
    assert_eq!(clock.ahead(now(0, 0)), Some(Duration::from_secs(60)));
    assert!(clock.tick(now(0, 0)) > limit);
}

#[test]
fn without_wall_time_all_but_the_impossible_is_taken() {
    let mut clock = HybridClock::new();
    let unknown = now(0, None);
    assert!(clock.observe(unknown, Timestamp::MAX).is_err());
    assert!(
        clock
            .observe(unknown, Timestamp::at(HybridClock::END))
            .is_err()
    );
    assert_eq!(clock.observe(unknown, at(Y2099)), Ok(()));
    assert_eq!(clock.tick(now(9, None)).unix(), unix(Y2099 + 9));
    assert_eq!(clock.ahead(unknown), None);
}

#[test]
fn sixty_five_thousand_ticks_in_a_millisecond_carry_over() {
    // Miri begins near the end of the millisecond.
    let (start, ticks) = if cfg!(miri) {
        (0xff00, 0x200)
    } else {
        (0, 200_000)
    };
    let first = at(0).to_bits() + start;
    let mut clock = HybridClock::restore(Timestamp::from_bits(first));
    let mut last = Timestamp::ZERO;
    for _ in 0..ticks {
        let stamp = clock.tick(now(0, 0));
        assert!(stamp > last);
        last = stamp;
    }
    assert_eq!(last, Timestamp::from_bits(first + ticks));
}

#[test]
fn a_clock_from_2099_goes_back_no_further_than_others_have_seen() {
    let mut clock = HybridClock::new();
    clock.tick(now(0, Y2099));
    let present = now(10, 10);
    clock.tick(present);
    assert_eq!(clock.restart_at(now(10, None), at(0)), None);
    assert!(clock.last() >= at(Y2099));
    assert_eq!(clock.restart_at(present, at(0)), Some(at(10)));
    assert_eq!(clock.ahead(present), Some(Duration::ZERO));
    assert_eq!(clock.tick(now(11, 11)), at(11));
    assert_eq!(clock.restart_at(now(12, 12), at(900)), Some(at(900)));
}

#[derive(Clone, Debug)]
enum Event {
    Tick(Now),
    Observe(Now, Timestamp),
    Restart,
}

/// Any reading of both clocks: mostly near each other, sometimes anything.
fn any_now() -> impl Strategy<Value = Now> {
    let instant = prop_oneof![9 => 0..5_000_000_000_u64, 1 => any::<u64>()];
    let wall = prop_oneof![
        2 => Just(None),
        6 => (0..5_000_u64).prop_map(|secs| Some(T + secs * 1000)),
        1 => any::<u64>().prop_map(Some),
    ];
    (instant, wall).prop_map(|(instant, wall)| {
        Now::new(Instant::from_micros(instant), wall.map(UnixMillis::new))
    })
}

fn any_stamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        3 => (0..5_000_i64, any::<u16>()).prop_map(|(wall, count)| {
            Timestamp::from_bits(at(wall).to_bits() | u64::from(count))
        }),
        1 => any::<u64>().prop_map(Timestamp::from_bits),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        5 => any_now().prop_map(Event::Tick),
        3 => (any_now(), any_stamp()).prop_map(|(now, stamp)| Event::Observe(now, stamp)),
        1 => Just(Event::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 512 }))]

    #[test]
    fn each_tick_is_greater_than_all_before(events in prop::collection::vec(any_event(), 1..60)) {
        let mut clock = HybridClock::new();
        let mut greatest = Timestamp::ZERO;
        for event in events {
            match event {
                Event::Tick(now) => {
                    let stamp = clock.tick(now);
                    prop_assert!(stamp > greatest);
                    prop_assert!(stamp.unix() <= HybridClock::END);
                    greatest = stamp;
                }
                Event::Observe(now, stamp) => {
                    if clock.observe(now, stamp).is_ok() {
                        greatest = greatest.max(stamp);
                    }
                }
                Event::Restart => clock = HybridClock::restore(clock.last()),
            }
            prop_assert_eq!(clock.last(), greatest);
        }
    }

    #[test]
    fn what_a_peer_says_lifts_no_known_clock_by_more_than_sixty_seconds(
        stamps in prop::collection::vec(any_stamp(), 1..40),
        start in 0..2_000_i64,
    ) {
        let mut clock = HybridClock::new();
        for (second, stamp) in (0_u16..).zip(stamps) {
            let wall = start + i64::from(second);
            let now = now(u64::from(second), wall);
            let taken = clock.observe(now, stamp).is_ok();
            prop_assert_eq!(taken, stamp.unix() <= unix(wall + 60));
            prop_assert!(clock.tick(now).unix() <= unix(wall + 61));
        }
    }

    #[test]
    fn one_wild_reading_moves_the_clock_by_no_more_than_sixty_seconds(
        wall in any::<u64>(),
        boot in 1..100_000_u64,
    ) {
        let mut clock = HybridClock::new();
        clock.tick(now(0, 0));
        let wild = Now::new(Instant::from_secs(boot), Some(UnixMillis::new(wall)));
        let expected = i64::try_from(boot).unwrap();
        prop_assert!(clock.tick(wild).unix() <= unix(expected + 60));
    }
}
