//! What a session costs: frames, bytes, steps.

use gofarm_core::time::UnixMillis;
use gofarm_crdt::Timestamp;
use gofarm_crdt::sync::{Limits, Session};

use super::network::{CLEAR, Network};

/// bool, string of 9 bytes, f32: as the value encoding writes them.
const RECORD: [u8; 15] = *b"\x01\x09irrigated\0\0\x20\x41";

fn at(millis: u64) -> Timestamp {
    Timestamp::at(UnixMillis::new(1_790_000_000_000 + millis))
}

/// Two ledgers that share `cells` cells.
fn pair(limits: Limits, cells: u32) -> Network {
    let mut network = Network::new(1, limits, CLEAR, 2);
    network.nodes[0].commits_at_once = false;
    for n in 0..cells {
        network.nodes[0].set(at(0), "devices", &n.to_be_bytes(), Some(&RECORD));
    }
    network.nodes[0].commit();
    network.nodes[0].commits_at_once = true;
    network.nodes[1].commits_at_once = false;
    network.link(0, 1);
    for _ in 0..200_000 {
        if network.is_even() {
            break;
        }
        network.step();
        network.nodes[1].commit();
        network.drain();
    }
    assert!(network.is_even());
    network.nodes[1].commits_at_once = true;
    network
}

#[test]
fn a_record_of_a_known_cell_takes_at_most_24_bytes() {
    let mut network = pair(Limits::lan(), 2_000);
    network.run_until(27_000_000);
    network.nodes[1].commits_at_once = false;
    for n in 0..1_000_u32 {
        let key = (n * 7 % 2_000).to_be_bytes();
        network.nodes[1].set(
            at(1_000_000 + u64::from(n) * 26_000),
            "devices",
            &key,
            Some(&RECORD),
        );
    }
    network.nodes[1].commit();
    network.bytes = 0;
    network.converge(20_000);
    // With headers, checks and acknowledgements of all frames.
    assert!(
        network.bytes < 24_700,
        "{} bytes for 1000 records",
        network.bytes
    );
}

#[test]
fn nothing_is_sent_twice_without_loss() {
    let mut network = pair(Limits::lan(), 0);
    for n in 0..500_u32 {
        network.nodes[0].set(at(0), "devices", &n.to_be_bytes(), Some(&RECORD));
        network.nodes[1].set(at(0), "valves", &n.to_be_bytes(), Some(&RECORD));
    }
    network.converge(20_000);
    assert_eq!(
        [network.nodes[0].merges, network.nodes[1].merges],
        [500, 500]
    );
}

#[test]
fn two_that_are_synced_are_silent_but_for_keep_alives() {
    for (limits, hours) in [
        (Limits::lan(), 1),
        (Limits::mqtt(), 24),
        (Limits::lora(), 72),
    ] {
        let mut network = pair(limits, 50);
        network.sent = 0;
        let span = hours * 3_600_000;
        network.run_until(network.now + span);
        let most = 2 * (span / limits.keep_alive().as_millis() as u64 + 1);
        assert!(
            network.sent <= most,
            "{} frames, keep-alives are {most}",
            network.sent
        );
        assert!(network.sent >= most / 2 - 2);
    }
}

#[test]
fn a_delta_costs_what_the_peer_lacks_and_not_what_there_is() {
    let mut steps = Vec::new();
    for cells in [500, 5_000] {
        let mut network = pair(Limits::lan(), cells);
        for n in 0..50_u32 {
            network.nodes[0].set(at(9_000), "devices", &n.to_be_bytes(), Some(&RECORD));
        }
        network.nodes[0].steps.set(0);
        network.converge(20_000);
        steps.push(network.nodes[0].steps.get());
    }
    assert!(steps[1] <= steps[0] + 8 && steps[1] < 200, "{steps:?}");
}

#[test]
fn a_restart_of_two_equal_replicas_costs_three_greetings() {
    let mut network = pair(Limits::lan(), 100);
    network.restart(0, 0);
    network.restart(0, 1);
    network.sent = 0;
    network.converge(1_000);
    assert!(network.sent <= 4, "{} frames", network.sent);
}

#[test]
fn an_item_larger_than_a_frame_travels_in_fragments() {
    for (limits, len) in [
        (Limits::lora().with_window(8), 900),
        (Limits::mqtt(), 40_000),
    ] {
        let mut network = pair(limits, 0);
        network.weather.loss = 20;
        let large = vec![9; len];
        network.nodes[0].set(at(0), "notes", b"1", Some(&large));
        network.nodes[0].set(at(0), "notes", b"2", Some(b"small"));
        network.converge(100_000_000);
        // Changed while it travels.
        network.nodes[0].set(at(1), "notes", b"1", Some(&large));
        network.run_until(network.now + 30);
        network.nodes[0].set(at(2), "notes", b"1", Some(&large[1..]));
        network.converge(100_000_000);
    }
}

#[test]
fn a_session_of_fixed_capacity_has_a_known_size() {
    use gofarm_crdt::capacity::Fixed;
    let size = size_of::<Session<Fixed<16>, Fixed<512>>>();
    assert!(size <= 9_216, "{size} bytes");
}
