//! Days of a cellular link and storms of ten thousand devices, simulated.
#![expect(
    clippy::print_stdout,
    clippy::std_instead_of_alloc,
    reason = "the figures are printed for the docs; a test has std"
)]

use core::cmp::Reverse;
use std::collections::BinaryHeap;

use gofarm_core::link::{Link, LinkAction, LinkConfig, LinkEvent, LinkState};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, hours, millis, secs};

/// A cellular path: datagrams lost independently in each direction, round trips with a long tail.
struct Cellular {
    loss_percent: u64,
    random: SplitMix64,
}

impl Cellular {
    /// When the answer to a ping that is sent now arrives; `None` if the ping or the answer is lost.
    fn answer(&mut self, now: Instant) -> Option<Instant> {
        let lost = |random: &mut SplitMix64| random.below(100) < self.loss_percent;
        if lost(&mut self.random) || lost(&mut self.random) {
            return None;
        }
        // 98 % from 120 to 850 ms, 2 % from there to 11.55 s: the 99th percentile is 6.2 s.
        let round_trip = if self.random.below(100) < 98 {
            120 + self.random.below(731)
        } else {
            850 + self.random.below(10_701)
        };
        Some(now + millis(round_trip))
    }
}

/// Runs one device for 72 h over `path` and counts false drops; reconnecting always works.
fn false_drops_in_72_hours(config: LinkConfig, loss_percent: u64, seed: u64) -> u32 {
    let mut random = SplitMix64::new(seed);
    let mut path = Cellular {
        loss_percent,
        random: SplitMix64::new(!seed),
    };
    let mut link = Link::new(config);
    let mut answers: BinaryHeap<Reverse<Instant>> = BinaryHeap::new();
    let mut now = Instant::ZERO;
    let mut drops = 0;
    link.handle(now, LinkEvent::Start, &mut random);
    while now < Instant::ZERO + hours(72) {
        let was = link.state();
        let due = wake(&link);
        let event = match answers.peek() {
            Some(Reverse(at)) if *at <= due => {
                now = *at;
                answers.pop();
                LinkEvent::PongReceived
            }
            _ => {
                now = now.max(due);
                LinkEvent::Timeout
            }
        };
        link.handle(now, event, &mut random);
        if was == LinkState::Connected && link.state() == LinkState::Reconnecting {
            drops += 1;
            answers.clear();
        }
        while let Some(action) = link.poll_action() {
            match action {
                LinkAction::Connect => link.handle(now, LinkEvent::Authenticated, &mut random),
                LinkAction::SendPing => answers.extend(path.answer(now).map(Reverse)),
                _ => {}
            }
        }
        if was == LinkState::Disconnected {
            link.handle(now, LinkEvent::Authenticated, &mut random);
        }
    }
    drops
}

/// False drops in 72 h when a probe of four pings starts every `interval` seconds and 30 s without answer are a drop.
///
/// A ping is unanswered with p = 1 - (1 - loss)². A silence begins with a probe that follows an answered one, which
/// a share of 1 - p⁴ does, and is a drop if all pings in 30 s fail.
fn expected_drops(loss: f64, interval: f64) -> f64 {
    let unanswered = 1.0 - (1.0 - loss) * (1.0 - loss);
    let probes = 72.0 * 3_600.0 / interval;
    probes * (1.0 - unanswered.powi(4)) * unanswered.powf(4.0 * 30.0 / interval)
}

#[test]
fn a_cellular_link_with_18_percent_loss_is_falsely_dropped_at_most_once_in_72_hours() {
    let seeds = 200;
    let drops: Vec<u32> = (0..seeds)
        .map(|seed| false_drops_in_72_hours(LinkConfig::DEFAULT, 18, seed))
        .collect();
    let total: u32 = drops.iter().sum();
    let expected = expected_drops(0.18, 10.0);
    let mean = f64::from(total) / f64::from(u32::try_from(seeds).unwrap());
    println!(
        "false drops in 72 h: {mean} on average of {seeds} runs, {expected:.3} by the formula"
    );
    assert!(drops.iter().all(|n| *n <= 1), "{drops:?}");
    // 200 runs expect 8 drops; 20 would be four standard deviations above.
    assert!(total <= 20, "{total}");
    assert!(expected < 0.05);
}

#[test]
fn the_rate_of_false_drops_is_what_the_formula_says() {
    // With 40 % loss each way drops are frequent enough to be counted.
    let runs = 10;
    let total: u32 = (0..runs)
        .map(|seed| false_drops_in_72_hours(LinkConfig::DEFAULT, 40, 1_000 + seed))
        .sum();
    let measured = f64::from(total) / f64::from(u32::try_from(runs).unwrap());
    let expected = expected_drops(0.40, 10.0);
    println!("40 % loss: {measured} drops in 72 h measured, {expected:.1} by the formula");
    assert!(
        (0.9..1.1).contains(&(measured / expected)),
        "{measured} {expected}"
    );
}

#[test]
fn without_the_shorter_interval_the_same_link_would_flap() {
    let fixed = LinkConfig::builder()
        .probe_every_under_jitter(secs(15))
        .build()
        .unwrap();
    let total: u32 = (0..20)
        .map(|seed| false_drops_in_72_hours(fixed, 18, seed))
        .sum();
    let mean = f64::from(total) / 20.0;
    let expected = expected_drops(0.18, 15.0);
    println!("probes every 15 s: {mean} drops in 72 h measured, {expected:.1} by the formula");
    assert!(mean > 1.0 && expected > 2.0, "{mean} {expected}");
}

fn wake(link: &Link) -> Instant {
    let due = link.poll_timeout();
    due.unwrap_or_else(|| panic!("the link is wanted"))
}

/// How a broker that is away treats a try.
#[derive(Clone, Copy, Debug)]
enum Away {
    /// The port is closed: the try fails at once.
    Refuses,
    /// Nobody answers: the try runs into its deadline.
    Swallows,
    /// It accepts and falls over a moment later.
    AcceptsThenDrops,
    /// It is up but overloaded.
    IsBusy,
    /// It is up, but what it checks credentials against is not.
    RefusesCredentials,
}

/// Ten thousand devices lose their broker at one instant; it is away for `outage`. Returns the greatest number of
/// tries in any window of one second, and when the last device was back, after the broker.
fn storm(outage: core::time::Duration, away: Away, seed: u64) -> (usize, core::time::Duration) {
    const DEVICES: u64 = 10_000;
    let lost = Instant::from_secs(1_000);
    let back = lost + outage;
    let mut queue = BinaryHeap::new();
    let mut devices: Vec<(Link, SplitMix64)> = (0..DEVICES)
        .map(|id| {
            let mut random = SplitMix64::new(seed ^ (id << 20));
            let mut link = Link::new(LinkConfig::DEFAULT);
            // Healthy for 14 minutes: one answered ping after the dwell.
            let start = Instant::from_secs(100);
            for event in [LinkEvent::Start, LinkEvent::Authenticated] {
                link.handle(start, event, &mut random);
            }
            link.handle(start + secs(61), LinkEvent::Timeout, &mut random);
            link.handle(start + secs(62), LinkEvent::PongReceived, &mut random);
            link.handle(lost, LinkEvent::TransportClosed, &mut random);
            while link.poll_action().is_some() {}
            (link, random)
        })
        .collect();
    for (id, (link, _)) in devices.iter().enumerate() {
        queue.push(Reverse((wake(link), id)));
    }
    let mut tries = Vec::new();
    let mut last_back = back;
    while let Some(Reverse((now, id))) = queue.pop() {
        let (link, random) = &mut devices[id];
        link.handle(now, LinkEvent::Timeout, random);
        let mut now = now;
        while let Some(action) = link.poll_action() {
            if action != LinkAction::Connect {
                continue;
            }
            tries.push(now);
            if now >= back {
                last_back = last_back.max(now);
                link.handle(now, LinkEvent::Authenticated, random);
                continue;
            }
            match away {
                Away::Refuses => link.handle(now, LinkEvent::TransportFailed, random),
                Away::Swallows => {}
                Away::IsBusy => {
                    let busy = LinkEvent::ServerBusy { retry_after: None };
                    link.handle(now, busy, random);
                }
                Away::RefusesCredentials => link.handle(now, LinkEvent::Refused, random),
                Away::AcceptsThenDrops => {
                    link.handle(now, LinkEvent::Authenticated, random);
                    now += millis(100);
                    link.handle(now, LinkEvent::TransportClosed, random);
                }
            }
        }
        if link.state() != LinkState::Connected {
            queue.push(Reverse((wake(link), id)));
        }
    }
    tries.sort_unstable();
    let mut most = 0;
    let mut first = 0;
    for (i, at) in tries.iter().enumerate() {
        while at.saturating_since(tries[first]) >= secs(1) {
            first += 1;
        }
        most = most.max(i - first + 1);
    }
    (most, last_back.saturating_since(back))
}

#[test]
fn ten_thousand_devices_never_make_more_than_500_tries_in_a_second() {
    for outage in [0, 60, 600, 3_600] {
        for away in [
            Away::Refuses,
            Away::Swallows,
            Away::AcceptsThenDrops,
            Away::IsBusy,
            Away::RefusesCredentials,
        ] {
            for seed in 0..2 {
                let (most, last) = storm(secs(outage), away, seed);
                println!(
                    "away {outage} s, {away:?}: at most {most} tries/s, all back {last:?} after it"
                );
                assert!(most <= 500, "{outage} s {away:?}: {most}");
                assert!(last <= secs(96), "{outage} s {away:?}: {last:?}");
            }
        }
    }
}
