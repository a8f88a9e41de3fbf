//! One packet of any content from a peer that greeted: no panic, and an error changes nothing.
#![no_main]

extern crate alloc;

use gofarm_core::time::Instant;
use gofarm_crdt::clock::Now;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::sync::{Limits, PeerIdentity, Session, check};
use libfuzzer_sys::fuzz_target;

#[path = "../../gofarm-crdt/tests/it/session/ledger.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod ledger;

use ledger::ByteLedger;

fuzz_target!(|body: &[u8]| {
    let now = Now::new(Instant::ZERO, None);
    let session = |peer, number| -> Session {
        Session::new(
            PeerIdentity::relay(ReplicaId::new(peer)),
            Limits::lan(),
            number,
        )
    };
    let (mut a, mut b) = (ByteLedger::new(1), ByteLedger::new(2));
    let (mut to_b, mut to_a) = (session(2, 11), session(1, 22));
    let mut buf = [0; 1400];
    // Equal digests: the session is open after the greetings.
    while let Some(len) = to_b.poll_transmit(&mut a, now, &mut buf) {
        assert!(to_a.handle_input(&mut b, now, &buf[..len]).is_ok());
    }
    let mut frame = vec![0x12];
    frame.extend(body);
    frame.extend(check(&frame, 11, 22).to_le_bytes());
    let before = b.view();
    if to_a.handle_input(&mut b, now, &frame).is_err() {
        assert!(before == b.view());
    }
    while to_a.poll_transmit(&mut b, now, &mut buf).is_some() {}
});
