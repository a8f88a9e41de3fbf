//! The whole transition table of the link machine, and that no path through it is stuck.

use std::collections::HashMap;

use gofarm_core::link::LinkState::{
    Authenticating, Connected, Connecting, Disconnected, Reconnecting,
};
use gofarm_core::link::{Alarm, LinkAction, LinkEvent, LinkState};
use gofarm_core::time::{Instant, days, millis, minutes, secs};
use proptest::prelude::*;

use super::Rig;

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
