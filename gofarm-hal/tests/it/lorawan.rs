//! The uplink queue over simulated days: order, duty cycle, loss, and a gateway that goes away.

use core::time::Duration;

use gofarm_core::device::Progress;
use gofarm_core::observe::{Measurement, Observer, Signal};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, hours, millis, minutes, secs};
use gofarm_hal::lorawan::{
    DutyCycle, INSTRUMENTS, Priority, PushError, Pushed, Queue, QueueConfig, Region, SubBand,
    Uplink,
};
use proptest::prelude::*;

/// A second opinion on the duty cycle: every transmission, and the air time in every hour that ends with one.
#[derive(Default)]
struct Regulator {
    on_air: Vec<(u64, u64)>,
}

impl Regulator {
    fn note(&mut self, at: Instant, air_time: Duration) {
        let from = at.as_micros();
        self.on_air.push((from, from + air_time.as_micros() as u64));
    }

    /// The most air time in any hour, in microseconds: the worst one ends with a transmission.
    fn worst_hour(&self) -> u64 {
        const HOUR: u64 = 3_600_000_000;
        let mut first = 0;
        let mut worst = 0;
        for (last, (_, end)) in self.on_air.iter().enumerate() {
            let begin = end.saturating_sub(HOUR);
            while self.on_air[first].1 <= begin {
                first += 1;
            }
            let inside = self.on_air[first..=last].iter();
            let sum = inside.map(|(from, to)| to - (*from).max(begin)).sum();
            worst = worst.max(sum);
        }
        worst
    }
}

type SmallQueue = Queue<24, 51, 1>;

fn queue() -> SmallQueue {
    Queue::new(QueueConfig::new(Region::Eu868), [SubBand::M])
}

/// What the gateway got, and what the node pushed.
#[derive(Default)]
struct World {
    regulator: Regulator,
    received: Vec<(Instant, Priority, Vec<u8>)>,
    sent_into_the_void: u32,
    tries_while_away: u32,
}

impl World {
    /// Sends what is due until nothing is, one frame at a time, as a MAC does: 2 s of receive windows.
    fn run(
        &mut self,
        queue: &mut SmallQueue,
        mut now: Instant,
        until: Instant,
        is_gateway_there: bool,
        random: &mut SplitMix64,
    ) -> Instant {
        while now < until {
            let frame = match queue.poll_transmit(now, 0) {
                Progress::Ready(frame) => frame,
                Progress::WouldBlock(next) => {
                    assert!(next > now);
                    now = next.min(until);
                    continue;
                }
            };
            let (payload, is_confirmed) = (frame.payload.to_vec(), frame.confirmed);
            let air_time = Region::Eu868
                .data_rate(0)
                .unwrap()
                .air_time(13 + payload.len());
            self.regulator.note(now, air_time);
            queue.handle_transmitted(now, Some(868_100_000), air_time);
            now += air_time + secs(2);
            if is_gateway_there {
                let priority = Priority::ALL[usize::from(payload[0])];
                self.received.push((now, priority, payload));
            } else {
                self.tries_while_away += 1;
                self.sent_into_the_void += u32::from(!is_confirmed);
            }
            if is_gateway_there && is_confirmed {
                queue.handle_answered();
            } else {
                queue.handle_unanswered(now, random);
            }
            assert!(queue.account().is_balanced());
        }
        now
    }
}

fn payload(priority: Priority, number: u32, len: usize) -> Vec<u8> {
    let mut payload = vec![0; len];
    payload[0] = priority as u8;
    payload[1..5].copy_from_slice(&number.to_be_bytes());
    payload
}

fn push(queue: &mut SmallQueue, now: Instant, priority: Priority, number: u32, len: usize) {
    let payload = payload(priority, number, len);
    let uplink = Uplink::new(2, priority, &payload);
    let uplink = match priority {
        Priority::Alarm | Priority::ValveReport => uplink.confirmed(),
        Priority::Reading => uplink.keyed(1),
        Priority::Backlog => uplink,
    };
    let _ = queue.push(now, uplink);
}

#[test]
fn after_72_hours_without_a_gateway_alarms_come_first_and_every_frame_is_accounted_for() {
    let seeds = if cfg!(miri) { 1 } else { 20 };
    for seed in 0..seeds {
        let mut random = SplitMix64::new(seed);
        let (mut queue, mut world) = (queue(), World::default());
        let (mut now, mut pushed) = (Instant::ZERO, [0_u32; 4]);
        let back = Instant::ZERO + hours(72);
        let mut next_alarm = Instant::ZERO + hours(1 + random.below(12));
        while now < back {
            push(&mut queue, now, Priority::Reading, pushed[2], 20);
            push(&mut queue, now, Priority::Backlog, pushed[3], 40);
            pushed[2] += 1;
            pushed[3] += 1;
            if now >= next_alarm {
                push(&mut queue, now, Priority::Alarm, pushed[0], 8);
                push(&mut queue, now, Priority::ValveReport, pushed[1], 12);
                pushed[0] += 1;
                pushed[1] += 1;
                next_alarm = now + hours(6 + random.below(18));
            }
            let until = now + minutes(15);
            now = world
                .run(&mut queue, now, until, false, &mut random)
                .max(until);
        }
        assert!(queue.is_link_down());
        assert_eq!(queue.most_urgent(), Some(Priority::Alarm));
        let account = queue.account();
        assert_eq!(account.displaced(Priority::Alarm), 0, "seed {seed}");
        assert_eq!(account.displaced(Priority::ValveReport), 0, "seed {seed}");
        assert!(account.displaced(Priority::Backlog) > 0);
        // Not a frame an hour went into the void, once it was clear that nobody hears.
        assert!(
            world.sent_into_the_void <= 16,
            "{}",
            world.sent_into_the_void
        );
        assert!(world.tries_while_away <= 150, "{}", world.tries_while_away);

        // The gateway is back: the next probe is at most 72 minutes away, and 24 frames may take two hours' air time.
        now = world.run(&mut queue, now, now + hours(4), true, &mut random);
        let order: Vec<Priority> = world.received.iter().map(|frame| frame.1).collect();
        assert!(order.is_sorted(), "seed {seed}: {order:?}");
        let alarms: Vec<Vec<u8>> = world
            .received
            .iter()
            .filter(|frame| frame.1 == Priority::Alarm)
            .map(|frame| frame.2.clone())
            .collect();
        let expected = (0..pushed[0]).map(|number| payload(Priority::Alarm, number, 8));
        assert!(alarms.iter().cloned().eq(expected), "seed {seed}");
        let account = queue.account();
        assert_eq!(account.waiting(), 0, "seed {seed} at {now:?}");
        assert_eq!(
            account.accepted() + account.refused(),
            pushed.iter().sum::<u32>()
        );
        let arrived = world.received.len() as u32;
        assert_eq!(
            account.acknowledged() + account.sent(),
            arrived + world.sent_into_the_void
        );
        assert!(world.regulator.worst_hour() <= 36_000_000, "seed {seed}");
        assert!(!queue.is_link_down());
    }
}

#[test]
fn the_first_alarm_after_the_gateway_is_back_arrives_within_the_slowest_retry() {
    let mut random = SplitMix64::new(3);
    let (mut queue, mut world) = (queue(), World::default());
    push(&mut queue, Instant::ZERO, Priority::Alarm, 0, 8);
    let back = Instant::ZERO + hours(72);
    let now = world.run(&mut queue, Instant::ZERO, back, false, &mut random);
    world.run(&mut queue, now, back + hours(2), true, &mut random);
    let (arrived, ..) = world.received[0];
    assert!(
        arrived.saturating_since(back) <= minutes(72) + secs(5),
        "{arrived:?}"
    );
}

#[test]
fn a_reserve_is_left_for_the_alarm() {
    let mut random = SplitMix64::new(1);
    let (mut queue, mut world) = (queue(), World::default());
    // Readings without end, for an hour.
    let mut now = Instant::ZERO;
    for number in 0..240 {
        push(&mut queue, now, Priority::Backlog, number, 51);
        let until = now + secs(15);
        now = world
            .run(&mut queue, now, until, true, &mut random)
            .max(until);
    }
    let Progress::WouldBlock(until) = queue.poll_transmit(now, 0) else {
        panic!("the budget of readings is used up");
    };
    assert!(until > now);
    push(&mut queue, now, Priority::Alarm, 0, 8);
    assert!(matches!(queue.poll_transmit(now, 0), Progress::Ready(frame) if frame.payload[0] == 0));
}

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
    fn no_sliding_hour_exceeds_its_budget(
        frames in prop::collection::vec((0..400_u64, 10..3_000_u64), 1..300),
        start in 0..200_u64,
    ) {
        let mut duty = DutyCycle::new([SubBand::L, SubBand::N]);
        let mut regulator = Regulator::default();
        let mut now = Instant::from_secs(start);
        for (pause, air_time) in frames {
            let air_time = millis(air_time);
            now += secs(pause);
            let at = duty.allows_at(now, air_time, 0);
            prop_assert!(at >= now);
            if at > now && pause % 2 == 0 {
                continue;
            }
            now = at;
            prop_assert!(duty.allows_at(now, air_time, 0) <= now, "it is allowed when it was said to be");
            duty.charge(now, Some(868_800_000), air_time);
            regulator.note(now, air_time);
            now += air_time;
        }
        prop_assert!(regulator.worst_hour() <= 3_600_000);
    }

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
