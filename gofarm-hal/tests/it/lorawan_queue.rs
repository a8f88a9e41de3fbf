//! The uplink queue, call by call: what is next, what gives way, what is told.

#![expect(
    clippy::cast_possible_truncation,
    reason = "the frames of a test are few"
)]

use gofarm_core::device::Progress;
use gofarm_core::observe::{Measurement, Observer, Signal};
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, hours, millis, minutes, secs};
use gofarm_hal::lorawan::{
    INSTRUMENTS, Priority, PushError, Pushed, Queue, QueueConfig, Region, SubBand, Uplink,
};
use proptest::prelude::*;

use super::lorawan::{push, queue};

#[test]
fn a_frame_goes_back_when_the_mac_refuses_it() {
    let mut queue = queue();
    let now = Instant::from_secs(5);
    push(&mut queue, now, Priority::ValveReport, 0, 8);
    assert!(matches!(queue.poll_transmit(now, 0), Progress::Ready(_)));
    // Nothing else while one is in flight.
    push(&mut queue, now, Priority::Alarm, 0, 8);
    assert_eq!(queue.poll_timeout(now, 0), None);
    queue.handle_refused(now);
    assert!(matches!(queue.poll_transmit(now, 0), Progress::Ready(frame) if frame.payload[0] == 0));
    queue.handle_answered();
    assert!(matches!(queue.poll_transmit(now, 0), Progress::Ready(_)));
}

#[test]
fn a_newer_reading_takes_the_place_of_the_waiting_one_but_not_of_the_one_in_flight() {
    let mut queue = queue();
    let now = Instant::ZERO;
    let reading = |value| Uplink::new(2, Priority::Reading, value).keyed(7);
    assert_eq!(queue.push(now, reading(&[1])), Ok(Pushed::Queued));
    assert_eq!(queue.push(now, reading(&[2])), Ok(Pushed::Superseded));
    assert!(matches!(queue.poll_transmit(now, 0), Progress::Ready(frame) if frame.payload == [2]));
    assert_eq!(queue.push(now, reading(&[3])), Ok(Pushed::Queued));
    queue.handle_unanswered(now, &mut SplitMix64::new(0));
    let account = queue.account();
    assert_eq!(
        (account.sent(), account.superseded(), account.waiting()),
        (1, 1, 1)
    );
}

#[test]
fn what_is_full_of_alarms_refuses_and_says_so() {
    let mut queue: Queue<2, 11, 0> = Queue::new(QueueConfig::new(Region::Us915), []);
    let now = Instant::ZERO;
    let frame = |priority| Uplink::new(1, priority, &[0]);
    assert_eq!(
        queue.push(now, frame(Priority::Reading)),
        Ok(Pushed::Queued)
    );
    assert_eq!(queue.push(now, frame(Priority::Alarm)), Ok(Pushed::Queued));
    assert_eq!(
        queue.push(now, frame(Priority::Backlog)),
        Err(PushError::Full(2))
    );
    let displaced = Ok(Pushed::Displaced(Priority::Reading));
    assert_eq!(queue.push(now, frame(Priority::Alarm)), displaced);
    assert_eq!(
        queue.push(now, frame(Priority::Alarm)),
        Err(PushError::Full(2))
    );
    let long = Uplink::new(1, Priority::Alarm, &[0; 12]);
    assert_eq!(
        queue.push(now, long),
        Err(PushError::TooLong { len: 12, max: 11 })
    );
    let port = Uplink::new(224, Priority::Alarm, &[0]);
    assert_eq!(queue.push(now, port), Err(PushError::Port(224)));
    assert_eq!(queue.account().refused(), 4);
    assert!(queue.account().is_balanced());
}

#[test]
fn a_frame_too_long_for_the_data_rate_waits_for_a_faster_one() {
    let mut queue: Queue<4, 222, 1> = Queue::new(QueueConfig::new(Region::Eu868), [SubBand::M]);
    let long = [0; 100];
    queue
        .push(Instant::ZERO, Uplink::new(1, Priority::Alarm, &long))
        .unwrap();
    queue
        .push(Instant::ZERO, Uplink::new(1, Priority::Backlog, &[3]))
        .unwrap();
    assert!(
        matches!(queue.poll_transmit(Instant::ZERO, 0), Progress::Ready(f) if f.payload == [3])
    );
    queue.handle_unanswered(Instant::ZERO, &mut SplitMix64::new(0));
    assert_eq!(queue.poll_timeout(Instant::ZERO, 0), None);
    assert!(
        matches!(queue.poll_transmit(Instant::ZERO, 5), Progress::Ready(f) if f.payload == long)
    );
}

#[test]
fn a_confirmed_reading_is_given_up_after_its_last_try_and_an_alarm_is_not() {
    let mut queue = queue();
    let mut random = SplitMix64::new(9);
    let mut now = Instant::ZERO;
    let reading = Uplink::new(2, Priority::Reading, &[2]).confirmed();
    queue.push(now, reading).unwrap();
    queue
        .push(now, Uplink::new(2, Priority::Alarm, &[0]).confirmed())
        .unwrap();
    let mut tries = [0, 0, 0];
    while now < Instant::ZERO + hours(12) {
        match queue.poll_transmit(now, 5) {
            Progress::Ready(frame) => tries[usize::from(frame.payload[0])] += 1,
            Progress::WouldBlock(until) => {
                now = until;
                continue;
            }
        }
        queue.handle_unanswered(now, &mut random);
    }
    assert!(tries[0] > 10, "{tries:?}");
    assert!(queue.account().given_up() <= 1);
    assert_eq!(queue.most_urgent(), Some(Priority::Alarm));
}

#[test]
fn a_new_alarm_is_tried_at_once_though_the_link_is_down() {
    let mut queue = queue();
    let mut random = SplitMix64::new(2);
    let mut now = Instant::ZERO;
    push(&mut queue, now, Priority::ValveReport, 0, 8);
    while !queue.is_link_down() {
        match queue.poll_transmit(now, 5) {
            Progress::Ready(_) => queue.handle_unanswered(now, &mut random),
            Progress::WouldBlock(until) => now = until,
        }
    }
    assert!(queue.poll_timeout(now, 5) > Some(now));
    push(&mut queue, now, Priority::Alarm, 0, 8);
    assert!(matches!(queue.poll_transmit(now, 5), Progress::Ready(frame) if frame.payload[0] == 0));
}

#[test]
fn an_unconfirmed_stream_is_probed() {
    let mut queue = queue();
    let mut now = Instant::ZERO;
    let mut confirmed = Vec::new();
    for number in 0..40 {
        push(&mut queue, now, Priority::Backlog, number, 8);
        let Progress::Ready(frame) = queue.poll_transmit(now, 5) else {
            panic!("due");
        };
        let is_confirmed = frame.confirmed;
        confirmed.push(is_confirmed);
        if is_confirmed {
            queue.handle_answered();
        } else {
            queue.handle_unanswered(now, &mut SplitMix64::new(0));
        }
        now += minutes(10);
    }
    let probes: Vec<usize> = (0..40).filter(|i| confirmed[*i]).collect();
    assert_eq!(probes, [16, 33]);
}

#[test]
fn changes_are_told_once() {
    struct Seen(core::cell::RefCell<Vec<(&'static str, Measurement)>>);
    impl Observer for Seen {
        fn observe(&self, signal: &Signal<'_>) {
            assert!(INSTRUMENTS.contains(&signal.instrument()));
            let row = (signal.instrument().name(), signal.measurement());
            self.0.borrow_mut().push(row);
        }
    }
    let seen = Seen(core::cell::RefCell::new(Vec::new()));
    let mut queue: Queue<1, 51, 1> = Queue::new(QueueConfig::new(Region::Eu868), [SubBand::M]);
    for _ in 0..3 {
        queue
            .push(Instant::ZERO, Uplink::new(2, Priority::Backlog, &[3]))
            .unwrap();
    }
    queue.observe(&seen);
    queue.observe(&seen);
    assert_eq!(
        *seen.0.borrow(),
        [
            ("gofarm.lorawan.displaced", Measurement::Count(2)),
            ("gofarm.lorawan.waiting", Measurement::Value(1.0)),
        ]
    );
}

proptest! {
    #[test]
    fn whatever_happens_every_frame_is_accounted_for(
        events in prop::collection::vec((0..7_u8, any::<u16>()), 1..300),
    ) {
        let mut queue: Queue<5, 20, 1> = Queue::new(QueueConfig::new(Region::Eu868), [SubBand::M]);
        let mut random = SplitMix64::new(0);
        let mut now = Instant::ZERO;
        for (event, detail) in events {
            match event {
                0 | 1 => {
                    let priority = Priority::ALL[usize::from(detail % 4)];
                    let payload = [priority as u8; 8];
                    let mut uplink = Uplink::new(2, priority, &payload);
                    if detail & 4 != 0 {
                        uplink = uplink.confirmed();
                    }
                    if detail & 8 != 0 {
                        uplink = uplink.keyed(detail >> 14);
                    }
                    let _ = queue.push(now, uplink);
                }
                2 => {
                    if let Progress::Ready(frame) = queue.poll_transmit(now, 5) {
                        prop_assert_eq!(frame.payload.len(), 8);
                        queue.handle_transmitted(now, None, millis(100));
                    }
                }
                3 => queue.handle_answered(),
                4 => queue.handle_unanswered(now, &mut random),
                5 => queue.handle_refused(now),
                _ => now += secs(detail.into()),
            }
            prop_assert!(queue.account().is_balanced());
            prop_assert_eq!(queue.account().displaced(Priority::Alarm), 0);
            prop_assert!(queue.account().waiting() <= 5);
        }
    }

    #[test]
    fn a_poll_says_truly_when_there_is_something(
        lens in prop::collection::vec((0..4_usize, 1..51_usize), 1..20),
        dr in 0..6_u8,
    ) {
        let mut queue = queue();
        let mut random = SplitMix64::new(1);
        for (number, (priority, len)) in lens.into_iter().enumerate() {
            push(&mut queue, Instant::ZERO, Priority::ALL[priority], number as u32, len.max(5));
        }
        let mut now = Instant::ZERO;
        for _ in 0..200 {
            let Some(at) = queue.poll_timeout(now, dr) else { break };
            prop_assert!(at >= now);
            now = at;
            // At that time there is a frame, or another reason to wait on, never the same moment again.
            match queue.poll_transmit(now, dr) {
                Progress::Ready(_) => {
                    queue.handle_transmitted(now, Some(868_100_000), secs(2));
                    now += secs(4);
                    queue.handle_unanswered(now, &mut random);
                }
                Progress::WouldBlock(until) => prop_assert!(until > now),
            }
        }
        prop_assert!(queue.account().is_balanced());
    }
}
