//! The uplink queue over simulated days: order, duty cycle, loss, and a gateway that goes away.

#![expect(
    clippy::cast_possible_truncation,
    reason = "days of a test fit 64 bits of microseconds, and its frames 32"
)]

use core::time::Duration;

use gofarm_core::device::Progress;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, hours, millis, minutes, secs};
use gofarm_hal::lorawan::{DutyCycle, Priority, Queue, QueueConfig, Region, SubBand, Uplink};
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

pub(super) fn queue() -> SmallQueue {
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

pub(super) fn push(
    queue: &mut SmallQueue,
    now: Instant,
    priority: Priority,
    number: u32,
    len: usize,
) {
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
}
