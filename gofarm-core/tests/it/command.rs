//! Commands against the real defects of the field, and the controller's account of them.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helper functions too"
)]

mod action;
mod tracker;

use action::{Close, Flush, Open};
use gofarm_core::command::{
    CloseReason, Closed, Command, CommandId, Delivery, Duty, Journal, JournalFull, Lease, Loss,
    MAX_SNAPSHOT_LEN, Outcome, RamJournal, Refusal, SnapshotError, State, Tracker, Verdict,
};
use gofarm_core::error::Kind;
use gofarm_core::observe::{LabelValue, Measurement};
use gofarm_core::time::{Instant, UnixMillis, hours, millis, minutes, secs};

const WALL: UnixMillis = UnixMillis::new(1_790_000_000_000);

fn id(n: u8) -> CommandId {
    CommandId::new([n; 16])
}

fn open(n: u8) -> Command<Open> {
    Command::new(id(n), Open { litres: 5.0 })
        .expires(WALL + secs(30))
        .lease(secs(20))
}

/// A commissioned device, closed and idle.
fn idle() -> Lease<RamJournal> {
    let mut lease = Lease::restore(RamJournal::new(), Instant::ZERO);
    lease.commission().unwrap();
    confirm_closed(&mut lease, Instant::ZERO);
    lease
}

fn confirm_closed<J: Journal, const N: usize>(lease: &mut Lease<J, N>, now: Instant) -> Closed {
    assert_eq!(lease.poll(now), Duty::MustClose);
    lease.closed(now).unwrap()
}

#[test]
fn every_row_of_the_table_of_refusals_holds() {
    let table = include_str!("../data/lease_refusals.tsv");
    let mut rows = 0;
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let [wall, expires, lease, delivery, litres, expected] =
            row.split('\t').collect::<Vec<_>>().try_into().unwrap();
        let unix = |text: &str| text.parse().ok().map(|s: u64| UnixMillis::new(s * 1_000));
        let litres = litres.parse().unwrap();
        let mut command = Command::new(id(1), Open { litres }).delivered(match delivery {
            "live" => Delivery::Live,
            "retained" => Delivery::Retained,
            other => panic!("{other}"),
        });
        if let Some(expires) = unix(expires) {
            command = command.expires(expires);
        }
        if let Ok(lease) = lease.parse() {
            command = command.lease(millis(lease));
        }
        let mut device = idle().longest_validity(secs(100));
        let got = match device.accept(&command, Instant::ZERO, unix(wall)) {
            Verdict::Accepted => "accepted".to_owned(),
            Verdict::Refused(why) => format!("{}: {why}", why.outcome()),
        };
        assert_eq!(got, expected, "{row}");
        assert!(device.tally().is_balanced());
        rows += 1;
    }
    assert_eq!(rows, 19);
}

/// emsesp/EMS-ESP32#2179: retained commands ran again at each restart.
#[test]
fn retained_commands_do_not_run_again_at_a_restart() {
    let mut device = idle();
    let command = open(1);
    assert_eq!(
        device.accept(&command, Instant::ZERO, Some(WALL)),
        Verdict::Accepted
    );
    assert!(device.executed(command.id()));

    let mut device: Lease<RamJournal> = Lease::restore(device.into_journal(), Instant::ZERO);
    confirm_closed(&mut device, Instant::ZERO);
    let again = command.delivered(Delivery::Retained);
    let refused = device.accept(&again, Instant::ZERO, Some(WALL));
    assert_eq!(refused, Verdict::Refused(Refusal::Retained));
    // A broker that does not set the flag gains nothing.
    let refused = device.accept(&command, Instant::ZERO, Some(WALL));
    assert_eq!(refused, Verdict::Refused(Refusal::Repeated));
}

/// brianhanifin/esphome-config#6: infinite run time after a reboot;
/// home-assistant/core#178090: the deadline was dropped when the close failed.
#[test]
fn a_deadline_outlives_a_restart_and_a_failed_close() {
    let mut device = idle();
    let at = |s| Instant::from_secs(s);
    assert_eq!(
        device.accept(&open(1), at(0), Some(WALL)),
        Verdict::Accepted
    );
    assert_eq!(device.poll_timeout(), Some(at(20)));
    assert_eq!(device.poll(at(20)), Duty::MustClose);
    // The close fails for an hour: it is asked for again and again.
    for s in 21..3_600 {
        assert_eq!(device.poll_timeout(), Some(at(s)));
        assert_eq!(device.poll(at(s)), Duty::MustClose);
    }
    assert_eq!(device.past_due(at(3_620)), secs(3_600));
    assert!(device.is_close_driven());
    let refused = device.accept(&open(2), at(3_600), Some(WALL));
    let closing = Refusal::Closing(CloseReason::LeaseEnded);
    assert_eq!(refused, Verdict::Refused(closing));

    let mut device: Lease<RamJournal> = Lease::restore(device.into_journal(), at(0));
    assert!(!device.is_close_driven());
    assert_eq!(
        device.closed(at(0)),
        None,
        "no confirmation counts before the close is driven"
    );
    let closed = confirm_closed(&mut device, at(3));
    assert_eq!(closed.why(), CloseReason::Started);
    assert_eq!((closed.ran(), closed.delay()), (None, secs(3)));
    assert_eq!(device.state(), State::Idle);
}

/// OpenSprinkler/OpenSprinkler-Firmware#396: 1 Jan 1970 after a power cut.
#[test]
fn a_device_in_1970_opens_nothing_and_closes_always() {
    let mut device = idle();
    for wall in [
        None,
        Some(UnixMillis::new(0)),
        Some(UnixMillis::new(60_000)),
    ] {
        assert!(matches!(
            device.accept(&open(1), Instant::ZERO, wall),
            Verdict::Refused(Refusal::TimeUnknown | Refusal::TooFarAhead { .. })
        ));
        let close = Command::new(id(9), Close(f32::NAN))
            .expires(UnixMillis::new(1))
            .delivered(Delivery::Retained);
        assert_eq!(
            device.accept(&close, Instant::ZERO, wall),
            Verdict::Accepted
        );
        let closed = confirm_closed(&mut device, Instant::ZERO);
        assert_eq!(closed.why(), CloseReason::Commanded);
    }
    let tally = device.tally();
    assert_eq!(
        (
            tally.ended(Outcome::Refused),
            tally.ended(Outcome::Executed)
        ),
        (3, 3)
    );
}

#[test]
fn a_run_can_be_extended_up_to_the_contract_and_no_further() {
    let mut device = idle();
    let at = |s| Instant::from_secs(s);
    let command = |n, lease| open(n).lease(secs(lease));
    assert_eq!(
        device.accept(&command(1, 20), at(0), Some(WALL)),
        Verdict::Accepted
    );
    let too_long = Refusal::LeaseTooLong {
        lease: secs(21),
        allowed: secs(20),
    };
    let refused = device.accept(&command(2, 21), at(10), Some(WALL));
    assert_eq!(refused, Verdict::Refused(too_long));
    assert_eq!(device.state(), State::Running { until: at(20) });
    assert_eq!(
        device.accept(&command(3, 20), at(10), Some(WALL)),
        Verdict::Accepted
    );
    assert_eq!(device.state(), State::Running { until: at(30) });
    // The newest command decides, also for an earlier end.
    assert_eq!(
        device.accept(&command(4, 5), at(10), Some(WALL)),
        Verdict::Accepted
    );
    assert_eq!(device.poll(at(15)), Duty::MustClose);
    let closed = device.closed(at(16)).unwrap();
    assert_eq!(closed.command(), Some(id(4)));
    assert_eq!((closed.ran(), closed.delay()), (Some(secs(16)), secs(1)));
    let signal = closed.signal();
    assert_eq!(signal.measurement(), Measurement::Value(1.0));
    assert_eq!(signal.labels()[0].value, LabelValue::Text("lease_ended"));
    // Three accepted ones of which nobody said what became.
    assert_eq!(device.tally().ended(Outcome::Indeterminate), 3);
    assert_eq!(
        core::iter::from_fn(|| device.poll_indeterminate()).count(),
        3
    );
}

#[test]
fn a_lost_link_closes_only_where_a_contract_of_the_run_says_so() {
    let start = Instant::ZERO;
    let mut device = idle();
    assert_eq!(
        device.accept(&open(1), start, Some(WALL)),
        Verdict::Accepted
    );
    device.link_lost(start);
    assert_eq!(
        device.poll(start),
        Duty::Nothing,
        "a lost link does not stop a farm"
    );

    let flush = Command::new(id(2), Flush)
        .expires(WALL + secs(30))
        .lease(secs(5));
    assert_eq!(device.accept(&flush, start, Some(WALL)), Verdict::Accepted);
    // The strictest contract of the run stays, whatever comes after it.
    let allowed = secs(10);
    let lease = secs(20);
    let refused = device.accept(&open(3), start, Some(WALL));
    assert_eq!(
        refused,
        Verdict::Refused(Refusal::LeaseTooLong { lease, allowed })
    );
    let last = open(4).lease(secs(10));
    assert_eq!(device.accept(&last, start, Some(WALL)), Verdict::Accepted);
    device.link_lost(start);
    assert_eq!(
        confirm_closed(&mut device, start).why(),
        CloseReason::LinkLost
    );
    // Nothing of it is left for the next run.
    assert_eq!(
        device.accept(&open(5), start, Some(WALL)),
        Verdict::Accepted
    );
    device.link_lost(start);
    assert_eq!(device.poll(start), Duty::Nothing);
}

#[test]
fn an_id_evicted_by_a_fast_clock_is_refused_when_the_clock_steps_back() {
    let mut device: Lease<RamJournal, 1> = Lease::restore(RamJournal::new(), Instant::ZERO);
    device.commission().unwrap();
    confirm_closed(&mut device, Instant::ZERO);
    let now = Instant::ZERO;
    let first = open(1);
    assert_eq!(device.accept(&first, now, Some(WALL)), Verdict::Accepted);
    let busy = device.accept(&open(2).lease(secs(1)), now, Some(WALL));
    let full = Refusal::Busy {
        slots: 1,
        retry_after: secs(30),
    };
    assert_eq!(busy, Verdict::Refused(full));
    let fast = WALL + hours(24);
    let second = open(2).expires(fast + secs(30));
    assert_eq!(device.accept(&second, now, Some(fast)), Verdict::Accepted);
    let refused = device.accept(&first, now, Some(WALL));
    let forgotten_until = WALL + secs(30);
    assert_eq!(
        refused,
        Verdict::Refused(Refusal::MayRepeat { forgotten_until })
    );
}

#[test]
fn a_device_that_lost_its_memory_opens_only_for_what_cannot_be_a_repeat() {
    let mut device: Lease<(), 4> = Lease::restore((), Instant::ZERO).longest_validity(minutes(1));
    assert_eq!(device.loss(), Some(Loss::Missing));
    let at = |s| Instant::from_secs(s);
    confirm_closed(&mut device, at(0));
    // 40 s after the start the time becomes known; the start was at WALL.
    let command = |n, wall: UnixMillis| open(n).expires(wall + secs(30));
    let wall = WALL + secs(40);
    let refused = device.accept(&command(1, WALL + secs(30)), at(40), Some(wall));
    let forgotten_until = WALL + secs(60);
    assert_eq!(
        refused,
        Verdict::Refused(Refusal::MayRepeat { forgotten_until })
    );
    assert_eq!(
        device.accept(&command(2, wall), at(40), Some(wall)),
        Verdict::Accepted
    );

    let mut torn = RamJournal::<1_024>::new();
    torn.save(b"GFCL").unwrap();
    let device: Lease<_> = Lease::restore(&mut torn, at(0));
    let error = SnapshotError::Length { len: 4 };
    assert_eq!(device.loss(), Some(Loss::Corrupt(error)));
}

#[test]
fn commissioning_that_cannot_be_persisted_changes_nothing() {
    let mut device: Lease<RamJournal<8>> = Lease::restore(RamJournal::new(), Instant::ZERO);
    let full = JournalFull {
        len: Lease::<RamJournal>::SNAPSHOT_LEN,
        max: 8,
    };
    assert_eq!(device.commission(), Err(full));
    assert_eq!(device.loss(), Some(Loss::Missing));
    confirm_closed(&mut device, Instant::ZERO);
    // The longest validity is 7 days: with 8 days of uptime nothing from before can still be valid.
    let now = Instant::ZERO + hours(192);
    let verdict = device.accept(&open(1), now, Some(WALL));
    assert_eq!(
        verdict,
        Verdict::Refused(Refusal::NotPersisted(Kind::Permanent))
    );
    assert_eq!(device.state(), State::Idle);
}

/// A journal that must not be touched.
struct Untouched;

impl Journal for Untouched {
    type Error = JournalFull;

    fn load(&mut self, _: &mut [u8]) -> Result<Option<usize>, JournalFull> {
        Ok(None)
    }

    fn save(&mut self, _: &[u8]) -> Result<(), JournalFull> {
        panic!("a close waits for nothing")
    }
}

#[test]
fn a_close_never_waits_for_the_journal() {
    let now = Instant::ZERO;
    let mut device: Lease<Untouched> = Lease::restore(Untouched, now);
    for wall in [None, Some(WALL)] {
        let close = Command::new(id(1), Close(1.0));
        assert_eq!(device.accept(&close, now, wall), Verdict::Accepted);
        device.close(now);
        device.link_lost(now);
        assert_eq!(confirm_closed(&mut device, now).delay(), secs(0));
    }
    assert_eq!(device.tally().ended(Outcome::Executed), 2);
}

#[test]
fn machines_can_be_sent_to_another_thread() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Lease<RamJournal>>();
    is_send_and_sync::<Tracker>();
    is_send_and_sync::<Refusal>();
}

#[test]
fn a_valve_node_has_room_for_its_memory() {
    assert!(size_of::<Lease<(), 16>>() <= 768);
    assert_eq!(Lease::<(), 16>::SNAPSHOT_LEN, 468);
    assert_eq!(MAX_SNAPSHOT_LEN, 868);
}
