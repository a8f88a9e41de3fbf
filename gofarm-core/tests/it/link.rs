//! The link machine: each promise of the docs; the transition table and its laws are in `transitions`.

mod transitions;

use gofarm_core::link::LinkState::{
    Authenticating, Connected, Connecting, Disconnected, Reconnecting,
};
use gofarm_core::link::{Alarm, IoDeadline, Link, LinkAction, LinkConfig, LinkEvent, LinkState};
use gofarm_core::observe::Measurement;
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, days, hours, millis, secs};

/// A link, its time and its randomness.
#[derive(Clone)]
struct Rig {
    link: Link,
    now: Instant,
    random: SplitMix64,
}

impl Rig {
    fn new(seed: u64) -> Self {
        Self {
            link: Link::new(LinkConfig::DEFAULT),
            now: Instant::from_secs(1_000),
            random: SplitMix64::new(seed),
        }
    }

    fn connected(seed: u64) -> Self {
        let mut rig = Self::new(seed);
        rig.send(LinkEvent::Start);
        rig.send(LinkEvent::TransportConnected);
        rig.send(LinkEvent::Authenticated);
        rig
    }

    /// Connected for longer than the healthy dwell, every ping answered.
    fn healthy(seed: u64) -> Self {
        let mut rig = Self::connected(seed);
        rig.answer_pings_for(90);
        rig
    }

    fn answer_pings_for(&mut self, seconds: u64) {
        let end = self.now + secs(seconds);
        while self.link.poll_timeout().is_some_and(|due| due < end) {
            if self.sleep().contains(&LinkAction::SendPing) {
                self.now += millis(50);
                self.send(LinkEvent::PongReceived);
            }
        }
        self.now = self.now.max(end);
    }

    fn send(&mut self, event: LinkEvent) -> Vec<LinkAction> {
        self.link.handle(self.now, event, &mut self.random);
        core::iter::from_fn(|| self.link.poll_action()).collect()
    }

    /// Sleeps until the link wants to wake.
    fn sleep(&mut self) -> Vec<LinkAction> {
        let due = self
            .link
            .poll_timeout()
            .expect("a wanted link has a timeout");
        self.now = self.now.max(due);
        self.send(LinkEvent::Timeout)
    }

    fn in_state(state: LinkState) -> Self {
        let mut rig = Self::new(3);
        match state {
            Disconnected => return rig,
            Connected => return Self::connected(3),
            _ => rig.send(LinkEvent::Start),
        };
        match state {
            Authenticating => rig.send(LinkEvent::TransportConnected),
            Reconnecting => rig.send(LinkEvent::TransportFailed),
            _ => Vec::new(),
        };
        assert_eq!(rig.link.state(), state);
        rig
    }
}

#[test]
fn a_link_that_was_down_for_an_hour_is_back_within_the_stated_time() {
    for seed in 0..100 {
        let mut rig = Rig::healthy(seed);
        rig.send(LinkEvent::TransportClosed);
        let back = rig.now + hours(1);
        let mut last_try = rig.now;
        let mut alarms = 0;
        loop {
            let actions = rig.sleep();
            alarms += actions
                .iter()
                .filter(|a| matches!(a, LinkAction::RaiseAlarm(_)))
                .count();
            if actions.contains(&LinkAction::Connect) {
                let gap = rig.now.saturating_since(last_try);
                assert!(gap <= secs(80), "{gap:?}");
                last_try = rig.now;
                if rig.now >= back {
                    break;
                }
            }
        }
        assert_eq!(alarms, 1);
        assert_eq!(rig.link.alarm(), Some(Alarm::Unreachable));
        assert!(rig.now.saturating_since(back) <= secs(80));
        rig.send(LinkEvent::Authenticated);
        let mut cleared = false;
        for _ in 0..10 {
            cleared |= rig.sleep().contains(&LinkAction::ClearAlarm);
            rig.send(LinkEvent::PongReceived);
        }
        assert!(cleared && rig.link.alarm().is_none() && rig.link.tries() == 0);
    }
}

#[test]
fn connect_then_drop_does_not_reset_the_back_off() {
    let mut rig = Rig::new(4);
    let mut starts = Vec::new();
    rig.send(LinkEvent::Start);
    for _ in 0..30 {
        starts.push(rig.now);
        rig.send(LinkEvent::TransportConnected);
        rig.send(LinkEvent::Authenticated);
        rig.now += secs(1);
        rig.send(LinkEvent::TransportClosed);
        while rig.link.state() == Reconnecting {
            rig.sleep();
        }
    }
    assert_eq!(rig.link.alarm(), Some(Alarm::Unreachable));
    for pair in starts[7..].windows(2) {
        assert!(pair[1].saturating_since(pair[0]) >= secs(48));
    }
}

#[test]
fn a_healthy_dwell_resets_the_back_off() {
    let mut rig = Rig::new(4);
    rig.send(LinkEvent::Start);
    for _ in 0..8 {
        rig.send(LinkEvent::TransportFailed);
        rig.sleep();
    }
    rig.send(LinkEvent::Authenticated);
    assert_eq!(rig.link.tries(), 8);
    rig.answer_pings_for(61);
    assert_eq!(rig.link.tries(), 0);
}

#[test]
fn network_up_wakes_a_waiting_back_off_within_two_seconds() {
    for seed in 0..100 {
        let mut rig = Rig::healthy(seed);
        rig.send(LinkEvent::TransportClosed);
        for _ in 0..20 {
            rig.sleep(); // slow by now
        }
        if rig.link.state() == Connecting {
            rig.send(LinkEvent::TransportFailed);
        }
        let up = rig.now;
        rig.send(LinkEvent::NetworkUp);
        assert!(rig.sleep().contains(&LinkAction::Connect));
        assert!(rig.now.saturating_since(up) <= secs(2));
    }
}

#[test]
fn a_busy_server_is_left_alone_for_as_long_as_it_asked() {
    let rows = [
        (None, 60),
        (Some(secs(120)), 120),
        (Some(secs(0)), 0),
        (Some(days(4_000)), 900), // a garbled figure must not silence the device
    ];
    for (retry_after, seconds) in rows {
        let mut rig = Rig::healthy(5);
        rig.send(LinkEvent::ServerBusy { retry_after });
        rig.send(LinkEvent::NetworkUp); // does not cut it short
        let due = rig.link.poll_timeout().unwrap();
        assert!(due >= rig.now + secs(seconds), "{seconds}");
        assert!(due <= rig.now + secs(seconds + 30), "{seconds}");
    }
}

#[test]
fn a_taken_over_session_is_not_fought_for() {
    let mut rig = Rig::healthy(5);
    let actions = rig.send(LinkEvent::SessionTakenOver);
    let expected = [LinkAction::Close, LinkAction::RaiseAlarm(Alarm::TakenOver)];
    assert_eq!(actions, expected);
    assert!(rig.link.poll_timeout().unwrap() >= rig.now + secs(240));
}

#[test]
fn a_dead_peer_is_noticed_within_45_seconds() {
    for seed in 0..50 {
        let mut rig = Rig::healthy(seed);
        rig.answer_pings_for(seed);
        let dead = rig.now;
        let mut pings = 0;
        while rig.link.state() == Connected {
            let actions = rig.sleep();
            pings += actions
                .iter()
                .filter(|a| **a == LinkAction::SendPing)
                .count();
        }
        let took = rig.now.saturating_since(dead);
        assert!(took <= secs(45), "{took:?}");
        // The unanswered first probe counts as jitter: the second one comes sooner and so does a third.
        assert!((8..=12).contains(&pings), "{pings}");
    }
}

#[test]
fn pings_go_out_every_15_seconds_on_a_calm_path_even_while_data_flows() {
    let mut rig = Rig::connected(1);
    let mut last = rig.now;
    for _ in 0..50 {
        let due = rig.link.poll_timeout().unwrap();
        rig.send(LinkEvent::DataReceived);
        rig.now = due;
        if rig.send(LinkEvent::Timeout).contains(&LinkAction::SendPing) {
            assert_eq!(rig.now.saturating_since(last), secs(15));
            last = rig.now;
            rig.now += millis(40);
            rig.send(LinkEvent::PongReceived);
            assert_eq!(rig.link.last_round_trip(), Some(millis(40)));
        }
    }
}

#[test]
fn jitter_shortens_probes_and_deadlines_from_200_ms() {
    for (rtt, is_jittery, every) in [(199, false, 15), (200, true, 10), (850, true, 10)] {
        let mut rig = Rig::connected(1);
        let mut last = rig.now;
        for _ in 0..10 {
            while !rig.sleep().contains(&LinkAction::SendPing) {}
            last = rig.now;
            rig.now += millis(rtt);
            rig.send(LinkEvent::PongReceived);
        }
        assert_eq!(rig.link.is_jittery(), is_jittery);
        rig.sleep();
        assert_eq!(rig.now.saturating_since(last), secs(every));
        let data = if is_jittery {
            IoDeadline::new(secs(3), secs(2))
        } else {
            IoDeadline::new(secs(10), secs(10))
        };
        assert_eq!(rig.link.io_deadline(), data);
    }
    let handshake = IoDeadline::new(secs(8), secs(8));
    assert_eq!(Rig::in_state(Connecting).link.io_deadline(), handshake);
}

#[test]
fn the_last_three_probes_weigh_5_3_2() {
    // 0.2 * 980 = 196 ms alone, 0.3 * 980 and 0.5 * 980 are above.
    let mut rig = Rig::connected(1);
    let mut answer = |rtt| {
        while !rig.sleep().contains(&LinkAction::SendPing) {}
        rig.now += millis(rtt);
        rig.send(LinkEvent::PongReceived);
        rig.link.is_jittery()
    };
    let verdicts = [0, 0, 980, 0, 0, 0].map(&mut answer);
    assert_eq!(verdicts, [false, false, true, true, false, false]);
}

#[test]
fn a_device_that_slept_counts_anew() {
    let mut rig = Rig::healthy(1);
    rig.sleep();
    rig.now += hours(10);
    assert_eq!(rig.send(LinkEvent::Timeout), [LinkAction::SendPing]);
    rig.send(LinkEvent::PongReceived);
    assert_eq!(rig.link.state(), Connected);
}

#[test]
fn a_clock_that_was_set_back_does_not_lengthen_a_wait() {
    for state in [Connecting, Authenticating, Connected, Reconnecting] {
        let mut rig = Rig::in_state(state);
        rig.now = Instant::from_secs(5);
        rig.send(LinkEvent::Timeout);
        let due = rig.link.poll_timeout().unwrap();
        assert!(due <= rig.now + secs(30), "{state}: {due:?}");
    }
}

#[test]
fn signals_count_tries_and_drops_and_show_the_state() {
    let mut rig = Rig::healthy(1);
    rig.send(LinkEvent::TransportClosed);
    rig.sleep();
    let signals: Vec<_> = core::iter::from_fn(|| rig.link.poll_signal()).collect();
    let seen: Vec<_> = signals
        .iter()
        .map(|s| (s.instrument().name(), s.measurement()))
        .collect();
    let expected = [
        ("gofarm.link.attempts", Measurement::Count(2)),
        ("gofarm.link.drops", Measurement::Count(1)),
        ("gofarm.link.state", Measurement::Count(1)),
    ];
    assert_eq!(seen, expected);
    assert_eq!(signals[1].labels().len(), 1);
}

#[test]
fn a_figure_out_of_range_is_refused_by_name() {
    let b = LinkConfig::builder;
    let io = IoDeadline::new(secs(0), secs(1));
    let rows = [
        (b().connect_deadline(secs(0)), "connect_deadline"),
        (b().handshake(io), "handshake"),
        (b().data_under_jitter(io), "data_under_jitter"),
        (b().keep_alive(io), "keep_alive"),
        (b().probe_every(secs(31)), "probe_every"),
        (
            b().probe_every_under_jitter(secs(16)),
            "probe_every_under_jitter",
        ),
        (b().jitter_from(secs(0)), "jitter_from"),
        (b().lost_after(secs(1)), "lost_after"),
        (b().retransmits(10), "retransmits"),
        (b().first_delay(secs(0)), "first_delay"),
        (b().growth_percent(99), "growth_percent"),
        (b().jitter_percent(51), "jitter_percent"),
        (b().fast_tries(0), "fast_tries"),
        (b().slow_every(secs(59)), "slow_every"),
        (b().slow_every(secs(301)), "slow_every"),
        (b().spread(secs(0)), "spread"),
        (b().healthy_after(secs(0)), "healthy_after"),
        (b().busy_wait(hours(1)), "busy_wait"),
        (b().busy_limit(hours(2)), "busy_limit"),
        (b().taken_over_wait(secs(1)), "taken_over_wait"),
    ];
    for (builder, field) in rows {
        assert_eq!(builder.build().unwrap_err().field(), field);
    }
    assert_eq!(b().build(), Ok(LinkConfig::DEFAULT));
}
