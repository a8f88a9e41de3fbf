//! Flow control with both ends in a simulation.

mod link;

use core::time::Duration;

use gofarm_core::time::{Instant, hours, millis, minutes, secs};
use gofarm_resilience::flow::{Echo, FlowConfig, FlowReceiver, FlowReport, FlowSender, Stamp};
use gofarm_resilience::policy::{Rate, Reason};
use link::{Link, Pair};

const NEAR: Link = Link {
    delay: millis(10),
    jitter: millis(4),
    loss_percent: 0,
};
const LOSSY: Link = Link {
    delay: millis(50),
    jitter: millis(80),
    loss_percent: 18,
};

fn config(rate: u32) -> FlowConfig {
    FlowConfig::DEFAULT.local_rate(Rate::per_second(rate))
}

fn report(number: u64, free: u32, average_delay: Duration) -> FlowReport {
    FlowReport {
        session: 1,
        number,
        free,
        average_delay,
        seen: None,
    }
}

/// The rule of the field, row by row.
#[test]
fn the_rate_is_the_smaller_one_times_the_round_trip_factor() {
    // local rate, free room, average delay in ms, round trip in ms -> items a second
    let rows = [
        (1_000, 50, 0, 0, 400.0), // 0.8 × 50 in 100 ms
        (1_000, 50, 49, 0, 400.0),
        (1_000, 50, 50, 0, 150.0),   // 0.3 × 50 in 100 ms
        (1_000, 500, 0, 0, 1_000.0), // the local rate is smaller
        (1_000, 500, 0, 20, 900.0),  // 1 − 20/200
        (1_000, 500, 0, 60, 700.0),
        (1_000, 500, 0, 500, 700.0), // never below 0.7
        (1_000, 0, 0, 0, 0.0),
        (0, 500, 0, 0, 0.0),
        (5, 1, 0, 0, 5.0),
    ];
    for (local, free, delay, trip, rate) in rows {
        let mut sender = FlowSender::new(config(1_000), 7).unwrap();
        let start = Instant::from_secs(3);
        sender.handle_report(start, &report(1, 100, millis(0)));
        let start = start + millis(50);
        let header = sender.try_send(start).unwrap();
        sender
            .set_local_rate(Rate::per_second(local), start)
            .unwrap();
        let seen = Some(Echo {
            header,
            held: millis(30),
        });
        let now = start + millis(trip) + millis(30);
        sender.handle_report(
            now,
            &FlowReport {
                seen,
                ..report(2, free, millis(delay))
            },
        );
        assert_eq!(sender.round_trip(), Some(millis(trip)));
        assert!(
            (sender.rate(now) - rate).abs() < 0.01,
            "{local} {free} {delay} {trip}: {}",
            sender.rate(now)
        );
    }
}

#[test]
fn the_queue_stays_within_its_bound() {
    for seed in 0..if cfg!(miri) { 1 } else { 20 } {
        for link in [NEAR, LOSSY] {
            for capacity in [1, 8, 100] {
                let mut pair = Pair::new(config(5_000), capacity, millis(3), link, seed);
                pair.run(if cfg!(miri) { secs(1) } else { secs(20) });
                assert_eq!(pair.refused, 0, "{link:?} {capacity}");
                assert!(pair.most_queued <= capacity);
                assert!(pair.done > 0, "{link:?} {capacity}: no starvation");
            }
        }
    }
}

#[cfg(not(miri))]
#[test]
fn a_receiver_that_hangs_stops_the_sender_and_is_served_again() {
    for (seed, link) in [(1, NEAR), (2, LOSSY), (3, LOSSY)] {
        let mut pair = Pair::new(config(1_000), 50, millis(2), link, seed);
        pair.run(secs(5));
        pair.service = None;
        pair.run(secs(5));
        let sent = pair.sent;
        pair.run(minutes(5));
        assert_eq!(
            (pair.sent, pair.refused),
            (sent, 0),
            "{link:?}: a full receiver gets nothing"
        );
        assert_eq!(pair.sender.rate(pair.now), 0.0);
        pair.service = Some(millis(2));
        assert!(pair.run(secs(5)) > 100, "{link:?}");
    }
}

#[cfg(not(miri))]
#[test]
fn an_outage_of_72_hours_ends_with_the_next_report() {
    let mut pair = Pair::new(config(1_000), 50, millis(2), NEAR, 4);
    pair.run(secs(2));
    pair.link.loss_percent = 100;
    pair.run(secs(1));
    assert!(pair.sender.is_silent(pair.now));
    let sent = pair.sent;
    pair.run(secs(20));
    assert_eq!(pair.sent, sent, "nothing is sent into the dark");
    pair.now += hours(72);
    pair.link.loss_percent = 0;
    pair.run(millis(150));
    assert!(pair.sent > sent, "one report is enough");
    assert!(pair.run(secs(5)) > 500);
}

#[cfg(not(miri))]
#[test]
fn lost_reports_only_slow_down() {
    let done = |loss_percent| {
        let link = Link {
            loss_percent,
            ..NEAR
        };
        let mut pair = Pair::new(config(200), 200, millis(1), link, 9);
        let done = pair.run(secs(60));
        assert_eq!(pair.refused, 0);
        done
    };
    let (clean, lossy) = (done(0), done(40));
    // 40 % of the items are lost as well.
    assert!(lossy * 10 > clean * 4, "{lossy} of {clean}");
}

#[cfg(not(miri))]
#[test]
fn either_end_may_restart() {
    let mut pair = Pair::new(config(500), 50, millis(1), LOSSY, 5);
    pair.run(secs(5));
    pair.restart_receiver(2, 50);
    assert!(pair.run(secs(5)) > 100, "a new receiver");
    pair.restart_sender(2);
    assert!(pair.run(secs(5)) > 100, "a new sender");
    pair.restart_receiver(3, 50);
    pair.restart_sender(3);
    assert!(pair.run(secs(5)) > 100, "both");
}

#[test]
fn an_old_report_changes_nothing() {
    let mut sender = FlowSender::new(config(1_000), 1).unwrap();
    let now = Instant::from_secs(1);
    sender.handle_report(now, &report(5, 0, millis(0)));
    sender.handle_report(now, &report(4, 100, millis(0)));
    sender.handle_report(now, &report(5, 100, millis(0)));
    assert_eq!(sender.rate(now), 0.0);
    assert_eq!(sender.try_send(now).unwrap_err().reason(), Reason::Full);
    // An echo of another session of ours says nothing about this one.
    let mut echo = FlowSender::new(config(10), 2).unwrap();
    echo.handle_report(now, &report(1, 9, millis(0)));
    let now = now + millis(150);
    let mut foreign = echo.try_send(now).unwrap();
    foreign.session = 1;
    foreign.number = u64::MAX;
    foreign.stamp = Stamp::new(u64::MAX);
    let seen = Some(Echo {
        header: foreign,
        held: Duration::MAX,
    });
    echo.handle_report(
        now + millis(100),
        &FlowReport {
            seen,
            ..report(2, 9, millis(0))
        },
    );
    assert_eq!((echo.on_the_way(), echo.round_trip()), (1, None));
    // Nor does one of an item that was never sent.
    foreign.session = 2;
    let seen = Some(Echo {
        header: foreign,
        held: Duration::MAX,
    });
    echo.handle_report(
        now + millis(200),
        &FlowReport {
            seen,
            ..report(3, 9, millis(0))
        },
    );
    assert_eq!(echo.on_the_way(), 0);
}

#[test]
fn a_queue_that_stands_still_is_slow() {
    let mut receiver = FlowReceiver::new(config(10), 1, 10).unwrap();
    let start = Instant::from_secs(1);
    let idle = receiver.poll_report(start).unwrap();
    assert_eq!(
        (idle.free, idle.average_delay, receiver.poll_timeout()),
        (10, millis(0), start + millis(100))
    );
    assert!(receiver.poll_report(start + millis(99)).is_none());
    let mut sender = FlowSender::new(config(1_000), 1).unwrap();
    sender.handle_report(start, &idle);
    let header = sender.try_send(start + millis(50)).unwrap();
    receiver.handle_item(start, &header).unwrap();
    assert_eq!(
        receiver
            .poll_report(start + millis(100))
            .unwrap()
            .average_delay,
        millis(100)
    );
    receiver.handle_done(start + millis(120), millis(120));
    assert_eq!(
        receiver
            .poll_report(start + millis(200))
            .unwrap()
            .average_delay,
        millis(120)
    );
    assert_eq!(
        receiver
            .poll_report(start + millis(300))
            .unwrap()
            .average_delay,
        millis(0)
    );
}

#[test]
fn figures_are_checked_by_name() {
    let fine = FlowConfig::DEFAULT;
    let rows: [(FlowConfig, &str); 9] = [
        (
            fine.refill_every(millis(0)),
            "refill_every must be from 1 ms to 1 s",
        ),
        (
            fine.report_every(millis(9)),
            "report_every must be from refill_every to 1 min",
        ),
        (fine.shares(101, 30), "shares must be from 1 to 100 percent"),
        (fine.shares(80, 0), "shares must be from 1 to 100 percent"),
        (
            fine.shares(30, 80),
            "shares must be no larger for a slow receiver",
        ),
        (fine.slow_from(millis(0)), "slow_from must be at least 1 ms"),
        (
            fine.rtt_rule(millis(0), 70),
            "rtt_rule scale must be at least 1 ms",
        ),
        (
            fine.rtt_rule(millis(200), 101),
            "rtt_rule floor must be from 0 to 100 percent",
        ),
        (
            fine.local_rate(Rate::new(1, secs(0))),
            "local_rate must be for a time above 0",
        ),
    ];
    for (config, message) in rows {
        assert_eq!(FlowSender::new(config, 1).unwrap_err().to_string(), message);
    }
    let fast = fine.local_rate(Rate::per_second(5_000_000));
    assert_eq!(FlowSender::new(fast, 1).unwrap_err().field(), "local_rate");
    assert_eq!(
        FlowReceiver::new(fine, 1, 0).unwrap_err().field(),
        "capacity"
    );
}
