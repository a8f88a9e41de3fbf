//! Who may bring what, clocks, and who was away for too long.

use gofarm_core::time::UnixMillis;
use gofarm_crdt::Timestamp;
use gofarm_crdt::dot::{Dot, ReplicaId};
use gofarm_crdt::ledger::Ledger;
use gofarm_crdt::sync::{Event, Limits, PeerIdentity, PeerRefusal};

use super::network::{CLEAR, Network};

fn at(millis: u64) -> Timestamp {
    Timestamp::at(UnixMillis::new(1_790_000_000_000 + millis))
}

#[test]
fn what_a_peer_has_no_grant_for_is_refused_and_not_claimed() {
    let mut network = Network::new(3, Limits::lan(), CLEAR, 3);
    network.link(0, 1);
    network.grants = PeerIdentity::own_only;
    network.link(1, 2);
    network.nodes[0].set(at(0), "valve", b"0", Some(b"open"));
    network.nodes[1].set(at(0), "valve", b"1", Some(b"open"));
    network.run_until(10_000);
    let stranger = network.nodes[0].actor();
    assert_eq!(network.nodes[2].context().prefix().get(stranger), 0);
    assert_eq!(
        network.nodes[2].view().len(),
        1,
        "what 1 wrote itself has come"
    );
    let dot = Dot::new(stranger, 1);
    assert!(network.events.contains(&(2, Event::NotGranted(dot))));
    let told = |event: &(usize, Event)| {
        matches!(
            event,
            (
                1,
                Event::Refused {
                    why: PeerRefusal::NotGranted,
                    ..
                }
            )
        )
    };
    assert!(network.events.iter().any(told));
}

#[test]
fn a_peer_that_speaks_for_itself_may_touch_shared_cells() {
    let mut network = Network::new(4, Limits::lan(), CLEAR, 2);
    network.grants = PeerIdentity::own_only;
    network.link(0, 1);
    network.nodes[0].mark("crew", b"0", Some(b"ann"));
    network.nodes[0].count("litres", b"0", 5);
    network.nodes[0].set(at(0), "valve", b"0", Some(b"open"));
    network.converge(10_000);
    network.nodes[1].mark("crew", b"0", Some(b"bob"));
    network.nodes[1].count("litres", b"0", 6);
    network.nodes[1].set(at(1), "valve", b"0", Some(b"shut"));
    network.converge(10_000);
}

#[test]
fn a_write_from_the_future_is_reported_and_not_acknowledged() {
    let mut network = Network::new(5, Limits::lan(), CLEAR, 2);
    network.link(0, 1);
    network.nodes[0].set(at(90_000), "valve", b"0", Some(b"open"));
    network.run_until(5_000);
    assert_eq!(network.nodes[1].view().len(), 0);
    let events = network.events.iter();
    let asked = events.filter(|event| matches!(event, (0, Event::RestampNeeded { .. })));
    assert_eq!(asked.count(), 1, "offered once, not in a loop");
    assert!(network.sent < 12, "{} frames", network.sent);
    // Its time comes.
    network.converge(200_000);
}

#[test]
fn a_copy_of_this_store_is_noticed() {
    let mut network = Network::new(6, Limits::lan(), CLEAR, 2);
    network.link(0, 1);
    network.nodes[0].set(at(0), "valve", b"0", Some(b"open"));
    let backup = network.nodes[0].clone();
    network.nodes[0].set(at(1), "valve", b"1", Some(b"open"));
    network.converge(10_000);
    network.nodes[0] = backup;
    network.restart(0, 0);
    network.run_until(network.now + 10_000);
    assert!(
        network
            .events
            .iter()
            .any(|event| matches!(event, (0, Event::Impostor(_))))
    );
}

#[test]
fn who_was_away_for_too_long_adopts_the_full_state() {
    for loss in [0, 25] {
        let mut network = Network::new(7, Limits::lan(), CLEAR, 2);
        network.link(0, 1);
        for key in 0..40 {
            network.nodes[0].set(at(0), "valve", &[key], Some(b"open"));
        }
        network.converge(100_000);
        network.weather.loss = 100;
        network.run_until(network.now + 1_000);
        for key in 0..20 {
            network.nodes[0].set(at(1), "valve", &[key], None);
        }
        network.nodes[0].collect();
        // Written while away: one to a cell that is gone, one to another.
        network.nodes[1].set(at(2), "valve", &[3], Some(b"shut"));
        network.nodes[1].set(at(2), "valve", &[30], Some(b"shut"));
        network.weather.loss = loss;
        network.restart(0, 1);
        network.converge(1_000_000);
        assert_eq!(
            network.nodes[0].view().len(),
            21,
            "the dead stay dead, the new write lives"
        );
        assert!(network.events.contains(&(0, Event::PeerBehindHorizon)));
        assert!(network.events.contains(&(1, Event::AdoptionEnded)));
        network.events.clear();
    }
}

/// Replica 2 speaks for itself, the others for everybody.
fn leaf_is_2(replica: ReplicaId) -> PeerIdentity {
    if replica == ReplicaId::new(2) {
        PeerIdentity::own_only(replica)
    } else {
        PeerIdentity::relay(replica)
    }
}

#[test]
fn nobody_adopts_the_full_state_of_a_peer_that_may_not_bring_all_of_it() {
    for loss in [0, 25] {
        let mut network = Network::new(8, Limits::lan(), CLEAR, 2);
        network.grants = leaf_is_2;
        network.link(0, 1);
        for key in 0..40 {
            network.nodes[0].set(at(0), "valve", &[key], Some(b"open"));
        }
        network.converge(100_000);
        network.weather.loss = 100;
        network.run_until(network.now + 1_000);
        // The leaf forgets what the gateway never heard of.
        network.nodes[1].set(at(1), "own", b"1", Some(b"on"));
        network.nodes[1].set(at(2), "own", b"1", None);
        network.nodes[1].collect();
        network.nodes[1].set(at(3), "own", b"2", Some(b"on"));
        network.nodes[0].set(at(3), "valve", b"new", Some(b"open"));
        network.weather.loss = loss;
        network.restart(0, 0);
        network.restart(0, 1);
        let before = network.sent;
        network.run_until(network.now + 1_000_000);
        for node in &network.nodes {
            assert_eq!(node.view().len(), 42, "what each wrote is on both sides");
        }
        let (frames, keep_alives) = (network.sent - before, 1_000_000 / 30_000);
        assert!(frames < 20 * keep_alives, "{frames} frames, in a loop");
        assert!(network.events.contains(&(0, Event::FullStateNotGranted)));
        assert!(network.events.contains(&(1, Event::FullStateRefused)));
        assert!(!network.events.contains(&(0, Event::AdoptionBegun)));
        let leaf = network.nodes[1].actor();
        assert_eq!(
            network.nodes[0].context().prefix().get(leaf),
            0,
            "nothing is claimed of what the gateway has missed"
        );
    }
}

#[test]
fn a_relay_mends_what_a_leaf_could_not() {
    for loss in [0, 25] {
        let mut network = Network::new(9, Limits::lan(), CLEAR, 3);
        network.grants = leaf_is_2;
        network.link(1, 2);
        for key in 0..10 {
            network.nodes[2].set(at(0), "valve", &[key], Some(b"open"));
            network.nodes[1].set(at(0), "own", &[key], Some(b"on"));
        }
        network.run_until(10_000);
        for key in 0..5 {
            network.nodes[1].set(at(1), "valve", &[key], None);
            network.nodes[1].set(at(1), "own", &[key], None);
        }
        network.run_until(20_000);
        for node in [1, 2] {
            network.nodes[node].collect();
        }
        // A gateway that never heard of it.
        network.nodes[0].set(at(2), "valve", &[30], Some(b"open"));
        network.weather.loss = loss;
        network.link(0, 1);
        network.run_until(network.now + 100_000);
        assert!(network.events.contains(&(1, Event::FullStateRefused)));
        network.link(0, 2);
        network.converge(10_000_000);
        assert_eq!(network.nodes[0].view().len(), 11);
    }
}
