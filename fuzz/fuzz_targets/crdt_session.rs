//! Any frames in any order, sealed well or not: a session never panics, and a frame that is an error changes nothing.
#![no_main]

extern crate alloc;

use arbitrary::Arbitrary;
use gofarm_core::time::Instant;
use gofarm_crdt::clock::Now;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::sync::{Limits, PeerIdentity, Session, check};
use libfuzzer_sys::fuzz_target;

#[path = "../../gofarm-crdt/tests/it/session/ledger.rs"]
#[allow(dead_code, reason = "the tests use all of it")]
mod ledger;

use ledger::ByteLedger;

#[derive(Arbitrary, Debug)]
enum Step {
    /// What the other session sends is delivered.
    Honest,
    /// It is lost.
    Lost,
    /// A packet with this body comes, with a good check.
    Forged(Vec<u8>),
    /// These bytes come.
    Raw(Vec<u8>),
    Write(u8, Vec<u8>),
    Wait(u16),
}

fuzz_target!(|steps: Vec<Step>| {
    let session = |peer, number| -> Session {
        Session::new(
            PeerIdentity::relay(ReplicaId::new(peer)),
            Limits::lora(),
            number,
        )
    };
    let (mut a, mut b) = (ByteLedger::new(1), ByteLedger::new(2));
    let (mut to_b, mut to_a) = (session(2, 11), session(1, 22));
    let mut millis = 0;
    let mut buf = [0; 64];
    for step in steps {
        millis += 100;
        let now = Now::new(Instant::from_millis(millis), None);
        let mut frames = Vec::new();
        match step {
            Step::Honest => {
                while let Some(len) = to_b.poll_transmit(&mut a, now, &mut buf) {
                    frames.push(buf[..len].to_vec());
                }
            }
            Step::Lost => while to_b.poll_transmit(&mut a, now, &mut buf).is_some() {},
            Step::Forged(body) => {
                let mut frame = vec![0x12];
                frame.extend(body);
                frame.extend(check(&frame, 11, 22).to_le_bytes());
                frames.push(frame);
            }
            Step::Raw(bytes) => frames.push(bytes),
            Step::Write(key, value) => b.mark("crew", &[key], Some(&value)),
            Step::Wait(more) => millis += u64::from(more) * 100,
        }
        for frame in frames {
            let before = b.view();
            if to_a.handle_input(&mut b, now, &frame).is_err() {
                assert!(before == b.view());
            }
        }
        while let Some(len) = to_a.poll_transmit(&mut b, now, &mut buf) {
            let _ = to_b.handle_input(&mut a, now, &buf[..len]);
        }
        while to_a.poll_event().is_some() {}
    }
});
