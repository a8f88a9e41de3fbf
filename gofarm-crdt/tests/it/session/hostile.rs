//! Frames that nobody vouches for.

use gofarm_core::time::{Instant, UnixMillis};
use gofarm_crdt::Timestamp;
use gofarm_crdt::clock::Now;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::ledger::Ledger;
use gofarm_crdt::sync::{FrameError, Limits, PeerIdentity, Session, check};

use super::ledger::ByteLedger;

const NOW: Now = Now::new(Instant::ZERO, Some(UnixMillis::new(1_790_000_000_000)));

fn ledger(replica: u64) -> ByteLedger {
    let mut ledger = ByteLedger::new(replica);
    for key in 0..3 {
        let stamp = Timestamp::at(UnixMillis::new(1_790_000_000_000));
        ledger.set(stamp, "valve", &[key], Some(b"open"));
        ledger.mark("crew", &[key], Some(b"ann"));
        ledger.count("litres", &[key], 7);
    }
    ledger
}

fn session(peer: u64, number: u32) -> Session {
    Session::new(
        PeerIdentity::relay(ReplicaId::new(peer)),
        Limits::lan(),
        number,
    )
}

/// All frames that replica 1 sends to replica 2 until both have everything, each with the session numbers.
fn conversation() -> Vec<Vec<u8>> {
    let (mut a, mut b) = (ledger(1), ledger(2));
    let (mut to_b, mut to_a) = (session(2, 11), session(1, 22));
    let mut frames = Vec::new();
    let mut buf = [0; 1400];
    for turn in 0..40 {
        let now = Now::new(Instant::from_millis(turn * 10), NOW.wall());
        while let Some(len) = to_b.poll_transmit(&mut a, now, &mut buf) {
            frames.push(buf[..len].to_vec());
            to_a.handle_input(&mut b, now, &buf[..len]).unwrap();
        }
        while let Some(len) = to_a.poll_transmit(&mut b, now, &mut buf) {
            to_b.handle_input(&mut a, now, &buf[..len]).unwrap();
        }
    }
    assert_eq!(a.view(), b.view());
    assert!(frames.len() >= 3, "{} frames", frames.len());
    frames
}

/// Plays the frames before `at` to a new replica 2 and then `bytes`, as if `bytes` had been sealed well.
fn play(
    frames: &[Vec<u8>],
    bytes: &[u8],
    sealed: bool,
) -> (ByteLedger, ByteLedger, Result<(), FrameError>) {
    let mut b = ledger(2);
    let mut to_a = session(1, 22);
    let mut buf = [0; 1400];
    for frame in frames {
        while to_a.poll_transmit(&mut b, NOW, &mut buf).is_some() {}
        let _ = to_a.handle_input(&mut b, NOW, frame);
    }
    let before = b.clone();
    let mut bytes = bytes.to_vec();
    if sealed && bytes.len() > 4 {
        let end = bytes.len() - 4;
        let numbers = if bytes[0] == 0x11 { (0, 0) } else { (11, 22) };
        let sum = check(&bytes[..end], numbers.0, numbers.1);
        bytes[end..].copy_from_slice(&sum.to_le_bytes());
    }
    let result = to_a.handle_input(&mut b, NOW, &bytes);
    while to_a.poll_transmit(&mut b, NOW, &mut buf).is_some() {}
    (before, b, result)
}

#[test]
fn damaged_frames_change_nothing() {
    let frames = conversation();
    for at in 0..frames.len().min(4) {
        for cut in 0..frames[at].len() {
            let (before, after, result) = play(&frames[..at], &frames[at][..cut], false);
            assert!(result.is_err());
            assert!(before.view() == after.view() && before.context() == after.context());
        }
        for bit in 0..frames[at].len() * 8 {
            let mut bytes = frames[at].clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let (before, after, result) = play(&frames[..at], &bytes, false);
            assert!(result.is_err());
            assert!(before.view() == after.view() && before.context() == after.context());
        }
    }
}

#[test]
fn forged_frames_are_merged_validly_or_change_nothing() {
    let frames = conversation();
    for at in 0..frames.len().min(4) {
        for cut in 5..frames[at].len() {
            let (before, after, result) = play(&frames[..at], &frames[at][..cut], true);
            assert!(result.is_ok() || before.view() == after.view());
        }
        for bit in 0..(frames[at].len() - 4) * 8 {
            let mut bytes = frames[at].clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let (before, after, result) = play(&frames[..at], &bytes, true);
            if result.is_err() {
                assert!(before.view() == after.view() && before.context() == after.context());
            }
            let me = after.actor();
            assert_eq!(
                after.context().prefix().get(me),
                9,
                "own numbers cannot be claimed"
            );
        }
    }
}

#[test]
fn a_greeting_of_somebody_else_is_refused() {
    let frames = conversation();
    let mut b = ledger(2);
    let hello = &frames[0];
    assert!(hello.len() <= 48);
    let result = session(3, 22).handle_input(&mut b, NOW, hello);
    assert!(matches!(result, Err(FrameError::WrongPeer { .. })));
    let result = session(1, 22).handle_input(&mut ledger(1), NOW, hello);
    assert!(matches!(result, Err(FrameError::Mirror(_))));
    let result = session(1, 22).handle_input(&mut b, NOW, &[0x31; 60]);
    assert!(matches!(result, Err(FrameError::Version { oldest: 3, .. })));
    let result = session(1, 22).handle_input(&mut b, NOW, &[0x11; 2_000]);
    assert!(matches!(result, Err(FrameError::TooLong { .. })));
}
