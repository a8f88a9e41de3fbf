//! The link machine: its whole transition table, that no path is stuck, and each promise of the docs.

use std::collections::HashMap;

use gofarm_core::link::LinkState::{
    Authenticating, Connected, Connecting, Disconnected, Reconnecting,
};
use gofarm_core::link::{Alarm, IoDeadline, Link, LinkAction, LinkConfig, LinkEvent, LinkState};
use gofarm_core::observe::Measurement;
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, days, hours, millis, minutes, secs};
use proptest::prelude::*;

const EVENTS: [LinkEvent; 15] = [
    LinkEvent::Start,
    LinkEvent::Stop,
    LinkEvent::TransportConnected,
    LinkEvent::TransportFailed,
    LinkEvent::TransportClosed,
    LinkEvent::Authenticated,
    LinkEvent::Refused,
    LinkEvent::DataReceived,
    LinkEvent::PongReceived,
    LinkEvent::HeartbeatLost,
    LinkEvent::NetworkUp,
    LinkEvent::NetworkDown,
    LinkEvent::ServerBusy { retry_after: None },
    LinkEvent::SessionTakenOver,
    LinkEvent::Timeout,
];

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

/// For each event: the next state from each state, in the order of `LinkState::ALL`.
const TABLE: [(LinkEvent, [LinkState; 5]); 15] = {
    use LinkEvent as E;
    let same = LinkState::ALL;
    let (d, c, a, o, r) = (
        Disconnected,
        Connecting,
        Authenticating,
        Connected,
        Reconnecting,
    );
    [
        (E::Start, [c, c, a, o, r]),
        (E::Stop, [d; 5]),
        (E::TransportConnected, [d, a, a, o, r]),
        (E::TransportFailed, [d, r, r, r, r]),
        (E::TransportClosed, [d, r, r, r, r]),
        (E::Authenticated, [d, o, o, o, r]),
        (E::Refused, [d, r, r, r, r]),
        (E::DataReceived, same),
        (E::PongReceived, same),
        (E::HeartbeatLost, [d, c, r, r, r]),
        (E::NetworkUp, same),
        (E::NetworkDown, same),
        (E::ServerBusy { retry_after: None }, [d, r, r, r, r]),
        (E::SessionTakenOver, [d, r, r, r, r]),
        (E::Timeout, same), // before its time
    ]
};

/// What a driver is told on the way from one state to the next.
fn expected_actions(event: LinkEvent, from: LinkState, to: LinkState) -> Vec<LinkAction> {
    match (event, from, to) {
        (LinkEvent::ServerBusy { .. }, Reconnecting, _) => vec![LinkAction::Close],
        (
            LinkEvent::TransportConnected | LinkEvent::Authenticated,
            Disconnected | Reconnecting,
            _,
        ) => {
            vec![LinkAction::Close]
        }
        (_, a, b) if a == b => vec![],
        (LinkEvent::Refused, ..) => {
            vec![LinkAction::Close, LinkAction::RaiseAlarm(Alarm::Refused)]
        }
        (LinkEvent::SessionTakenOver, ..) => {
            vec![LinkAction::Close, LinkAction::RaiseAlarm(Alarm::TakenOver)]
        }
        (_, _, Connecting) => vec![LinkAction::Connect],
        (_, _, Authenticating) => vec![LinkAction::Authenticate],
        (_, _, Connected) => vec![],
        (_, _, Reconnecting | Disconnected) => vec![LinkAction::Close],
    }
}

#[test]
fn every_event_has_its_defined_result_in_every_state() {
    for (row, event) in TABLE.iter().zip(EVENTS) {
        assert_eq!(row.0, event, "the table covers the product");
        for (from, to) in LinkState::ALL.into_iter().zip(row.1) {
            let mut rig = Rig::in_state(from);
            let actions = rig.send(event);
            assert_eq!(rig.link.state(), to, "{event:?} in {from}");
            assert_eq!(
                actions,
                expected_actions(event, from, to),
                "{event:?} in {from}"
            );
        }
    }
}

#[test]
fn time_moves_every_wanted_state_on() {
    let rows = [
        (Connecting, 8, Reconnecting),
        (Authenticating, 16, Reconnecting),
        (Reconnecting, 3, Connecting),
    ];
    for (from, seconds, to) in rows {
        let mut rig = Rig::in_state(from);
        let before = rig.now;
        rig.sleep();
        assert_eq!(rig.link.state(), to);
        assert!(rig.now.saturating_since(before) <= secs(seconds), "{from}");
    }
    assert_eq!(Rig::new(1).link.poll_timeout(), None);
}

/// All reachable states as a user can tell them apart, each with one way to get there.
fn reachable() -> Vec<Rig> {
    let mut seen: HashMap<_, Rig> = HashMap::new();
    let mut open = vec![Rig::new(9)];
    while let Some(rig) = open.pop() {
        let key = (
            rig.link.state(),
            rig.link.alarm(),
            rig.link.tries().min(7),
            rig.link.is_jittery(),
            rig.link
                .poll_timeout()
                .map(|due| due.saturating_since(rig.now).as_secs() / 10),
        );
        if seen.contains_key(&key) {
            continue;
        }
        for event in EVENTS {
            let mut next = rig.clone();
            next.send(event);
            open.push(next);
        }
        if rig.link.poll_timeout().is_some() {
            let mut next = rig.clone();
            next.sleep();
            open.push(next);
        }
        seen.insert(key, rig);
    }
    seen.into_values().collect()
}

#[test]
fn from_every_reachable_state_a_good_network_leads_to_connected() {
    let all = reachable();
    assert!(all.len() > 100, "{}", all.len());
    for mut rig in all {
        let from = (rig.link.state(), rig.link.alarm(), rig.link.tries());
        let started = rig.now;
        let mut actions = rig.send(LinkEvent::Start);
        for _ in 0..20 {
            match rig.link.state() {
                Connected => break,
                Authenticating => actions = rig.send(LinkEvent::Authenticated),
                Connecting if actions.contains(&LinkAction::Connect) => {
                    actions = rig.send(LinkEvent::TransportConnected);
                }
                _ => actions = rig.sleep(),
            }
        }
        assert_eq!(rig.link.state(), Connected, "from {from:?}");
        // 300 s and 20 % after a take-over, and one try whose transport had opened before we came.
        let took = rig.now.saturating_since(started);
        assert!(took <= secs(360 + 8 + 16), "{took:?} from {from:?}");
    }
}

#[test]
fn in_silence_every_wanted_state_has_a_timeout_and_tries_again() {
    for mut rig in reachable() {
        if rig.link.state() == Disconnected {
            assert_eq!(rig.link.poll_timeout(), None);
            continue;
        }
        let from = (rig.link.state(), rig.link.tries());
        let started = rig.now;
        while !rig.sleep().contains(&LinkAction::Connect) {
            let silent = rig.now.saturating_since(started);
            assert!(silent < minutes(10), "{from:?}");
        }
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

fn event() -> impl Strategy<Value = LinkEvent> {
    prop_oneof![
        4 => prop::sample::select(EVENTS.to_vec()),
        1 => any::<u64>().prop_map(|s| LinkEvent::ServerBusy { retry_after: Some(secs(s)) }),
    ]
}

proptest! {
    #[test]
    fn undrained_actions_never_exceed_three(events in prop::collection::vec(event(), 0..200), seed: u64) {
        let mut rig = Rig::new(seed);
        for event in events {
            rig.link.handle(rig.now, event, &mut rig.random);
            rig.now += secs(7);
        }
        let drained = core::iter::from_fn(|| rig.link.poll_action()).count();
        prop_assert!(drained <= 3, "{drained}");
    }

    /// Whatever the clock shows, a wanted link never waits longer than its longest wait.
    #[test]
    fn no_clock_jump_panics_or_sticks(
        steps in prop::collection::vec((event(), any::<u64>(), 0..4_u8), 0..100),
        seed: u64,
    ) {
        let mut rig = Rig::new(seed);
        for (event, jump, kind) in steps {
            rig.now = match kind {
                0 => Instant::from_micros(jump),
                1 => Instant::from_micros(rig.now.as_micros().saturating_sub(jump % 1_000_000_000_000)),
                2 => rig.now + days(jump % 30),
                _ => rig.now + millis(jump % 20_000),
            };
            rig.send(event);
            if let Some(due) = rig.link.poll_timeout() {
                prop_assert!(due.saturating_since(rig.now) <= secs(930), "{due:?}");
            } else {
                prop_assert_eq!(rig.link.state(), Disconnected);
            }
        }
    }
}
