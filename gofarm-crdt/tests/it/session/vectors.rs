//! The frames of PROTOCOL.md, byte for byte.

use gofarm_core::time::UnixMillis;
use gofarm_crdt::Timestamp;
use gofarm_crdt::sync::Limits;

use super::network::{CLEAR, Network};

const VECTORS: &str = include_str!("../../data/protocol/conversation.txt");

/// Two replicas that share nothing, then an overwritten cell and a removal, then a fragmented value.
fn conversation() -> String {
    let at = |millis: u64| Timestamp::at(UnixMillis::new(1_790_000_000_000 + millis));
    let mut network = Network::new(1, Limits::lora(), CLEAR, 2);
    network.link(0, 1);
    network.nodes[0].set(at(0), "valve", b"7", Some(b"open"));
    network.nodes[0].mark("crew", b"7", Some(b"ann"));
    network.nodes[1].count("litres", b"7", 120);
    network.converge(1_000_000);
    network.nodes[1].set(at(5_000), "valve", b"7", Some(b"shut"));
    network.nodes[1].set(at(6_000), "valve", b"7", None);
    network.converge(1_000_000);
    network.nodes[0].set(at(7_000), "note", b"7", Some(&[0x55; 60]));
    network.converge(1_000_000);
    let hex = |frame: &Vec<u8>| {
        let bytes: Vec<String> = frame.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.concat()
    };
    let frames: Vec<String> = network.log.iter().map(hex).collect();
    frames.join("\n")
}

#[test]
fn frames_are_those_of_the_test_vectors() {
    let lines = VECTORS.lines().filter(|line| !line.starts_with('#'));
    let expected: Vec<&str> = lines.collect();
    assert_eq!(conversation(), expected.join("\n"));
}
