//! All replicas end with everything, whatever the network does.

use gofarm_core::time::{UnixMillis, millis, secs};
use gofarm_crdt::Timestamp;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::sync::{Limits, PeerIdentity};

use super::network::{CLEAR, Network, Weather};

fn stamp(network: &Network) -> Timestamp {
    Timestamp::at(UnixMillis::new(1_790_000_000_000 + network.now))
}

/// Some write to one of few cells.
pub(crate) fn write(network: &mut Network, node: usize) {
    let stamp = stamp(network);
    let key = [network.rng.below(12) as u8];
    let value = vec![7; network.rng.below(20) as usize];
    match network.rng.below(6) {
        0 => network.nodes[node].mark("crew", &key, Some(&value)),
        1 => network.nodes[node].mark("crew", &key, None),
        2 => network.nodes[node].count("litres", &key, 5),
        3 => network.nodes[node].set(stamp, "valve", &key, None),
        _ => network.nodes[node].set(stamp, "valve", &key, Some(&value)),
    }
}

#[test]
fn two_ledgers_meet() {
    let mut network = Network::new(1, Limits::lan(), CLEAR, 2);
    network.link(0, 1);
    for _ in 0..20 {
        write(&mut network, 0);
        write(&mut network, 1);
    }
    network.converge(10_000);
}

fn limits(frame: u16) -> Limits {
    Limits::lan()
        .with_max_frame(frame)
        .with_window(16)
        .with_rto(millis(400), millis(100), secs(4))
        .with_keep_alive(secs(20))
        .with_retry_refused(secs(30))
}

fn storm(seed: u64, grants: fn(ReplicaId) -> PeerIdentity) {
    let frame = [48, 64, 120, 1_400][(seed % 4) as usize];
    let weather = Weather {
        loss: 18 + seed % 13,
        twice: 10,
        delay: (5, 5 + 40 * (seed % 5)),
    };
    let mut network = Network::new(seed, limits(frame), weather, 3);
    network.grants = grants;
    network.link(0, 1);
    network.link(1, 2);
    if seed & 8 != 0 {
        network.link(2, 0);
    }
    for node in &mut network.nodes {
        node.commits_at_once = seed & 16 != 0;
    }
    for _ in 0..30 {
        let node = network.rng.below(3) as usize;
        for _ in 0..network.rng.below(4) {
            write(&mut network, node);
        }
        if network.rng.below(3) > 0 {
            for node in &mut network.nodes {
                node.commit();
            }
        }
        if network.rng.below(12) == 0 {
            let link = network.rng.below(network.links.len() as u64) as usize;
            let side = network.rng.below(2) as usize;
            network.restart(link, side);
        }
        if network.rng.below(20) == 0 {
            let incarnation = 2 + network.rng.below(1 << 20) as u32;
            network.nodes[node].reopen(incarnation);
            for link in 0..network.links.len() {
                for side in 0..2 {
                    if network.links[link][side].node == node {
                        network.restart(link, side);
                    }
                }
            }
        }
        let pause = network.rng.below(300);
        network.run_until(network.now + pause);
    }
    for node in &mut network.nodes {
        node.commits_at_once = true;
        node.commit();
    }
    network.converge(600_000);
}

#[test]
fn all_converge_over_a_bad_network_with_restarts() {
    for seed in 0..3_000 {
        storm(seed, PeerIdentity::relay);
    }
}

#[test]
fn all_converge_when_one_is_believed_only_about_itself() {
    for seed in 0..3_000 {
        storm(seed, |replica| match replica.get() {
            3 => PeerIdentity::own_only(replica),
            _ => PeerIdentity::relay(replica),
        });
    }
}
