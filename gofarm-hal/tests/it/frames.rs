//! Messages on a line of bytes.

use alloc::collections::VecDeque;
use core::convert::Infallible;

use gofarm_core::device::Progress;
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::Instant;
use gofarm_hal::serial::{Frames, Port, SendError};
use proptest::prelude::*;

/// A line that takes and gives at most `step` bytes at a time; what is written comes back.
#[derive(Debug, Default)]
struct Loop {
    bytes: VecDeque<u8>,
    step: usize,
}

impl Port for Loop {
    type Error = Infallible;

    fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
        let len = self.step.min(into.len()).min(self.bytes.len());
        for slot in &mut into[..len] {
            *slot = self.bytes.pop_front().unwrap();
        }
        Ok(len)
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
        let len = self.step.min(bytes.len());
        self.bytes.extend(&bytes[..len]);
        Ok(len)
    }

    fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> {
        Progress::Ready(Ok(()))
    }
}

type Line = Frames<Loop, 64>;

fn line(step: usize) -> Line {
    Frames::new(Loop {
        step,
        ..Loop::default()
    })
}

fn put(line: &mut Line, message: &[u8]) {
    line.send(message).unwrap();
    while !line.poll_send(Instant::ZERO).unwrap() {}
}

fn all(line: &mut Line) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let Some(message) = line.poll_receive(Instant::ZERO).unwrap() {
        messages.push(message.to_vec());
    }
    messages
}

proptest! {
    #[test]
    fn what_was_sent_is_received_whatever_the_pieces(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..=60), 0..10),
        step in 1_usize..100,
    ) {
        let mut line = line(step);
        for message in &messages {
            put(&mut line, message);
        }
        prop_assert_eq!(all(&mut line), messages);
        prop_assert_eq!(line.lost(), 0);
    }

    #[test]
    fn after_any_noise_the_second_message_is_received(
        noise in prop::collection::vec(any::<u8>(), 0..300),
        message in prop::collection::vec(any::<u8>(), 1..=60),
        step in 1_usize..100,
    ) {
        let mut line = line(step);
        line.port().bytes.extend(noise);
        put(&mut line, b"this one may be lost with the noise");
        put(&mut line, &message);
        let messages = all(&mut line);
        prop_assert_eq!(messages.last(), Some(&message));
    }
}

#[test]
fn what_is_too_long_is_counted_and_skipped() {
    let mut line = line(7);
    line.port().bytes.extend([1; 1_000]);
    line.port().bytes.push_back(0);
    put(&mut line, b"whole");
    assert_eq!(all(&mut line), [b"whole"]);
    assert_eq!(line.lost(), 1);
}

#[test]
fn a_message_that_is_not_taken_leaves_the_one_before() {
    let mut line = line(1);
    line.send(b"first").unwrap();
    assert_eq!(line.poll_send(Instant::ZERO), Ok(true));
    assert!(!line.is_sending());
    let long = [7; 63];
    let limit = 64;
    assert_eq!(line.send(&long), Err(SendError::TooLong { len: 63, limit }));
    line.port().step = 0; // the line takes nothing now
    line.send(b"second").unwrap();
    assert_eq!(line.poll_send(Instant::ZERO), Ok(false));
    assert_eq!(line.send(b"third"), Err(SendError::Busy));
    line.port().step = 2;
    assert_eq!(line.poll_send(Instant::ZERO), Ok(true));
    assert_eq!(all(&mut line), [&b"first"[..], b"second"]);
}

/// What a message is by the paper of Cheshire and Baker: a code says how many bytes there are to the next zero.
fn decoded(mut encoded: &[u8]) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    while let Some((&code, rest)) = encoded.split_first() {
        let run = usize::from(code).checked_sub(1)?;
        message.extend(rest.get(..run)?);
        encoded = &rest[run..];
        if code < 0xFF && !encoded.is_empty() {
            message.push(0);
        }
    }
    Some(message)
}

#[test]
fn a_million_hostile_messages_are_received_as_they_are_or_counted() {
    let mut random = SplitMix64::new(0xC0B5);
    let mut line = line(48);
    let mut lost = 0;
    for _ in 0..if cfg!(miri) { 100 } else { 1_000_000 } {
        let mut encoded = Vec::new();
        let most = if random.below(16) == 0 { 90 } else { 12 };
        for _ in 0..random.below(most) {
            let byte = match random.below(3) {
                0 => 1 + random.below(255),
                _ => 1 + random.below(8),
            };
            encoded.push(u8::try_from(byte).unwrap());
        }
        let port = line.port();
        port.bytes.extend(&encoded);
        port.bytes.push_back(0);
        let expected = decoded(&encoded).filter(|_| encoded.len() < 64 && !encoded.is_empty());
        let found = line.poll_receive(Instant::ZERO).unwrap();
        assert_eq!(found, expected.as_deref(), "{encoded:02x?}");
        if expected.is_none() && !encoded.is_empty() {
            lost += 1;
        } else if expected.is_some() {
            assert_eq!(line.poll_receive(Instant::ZERO), Ok(None));
        }
        assert_eq!(line.lost(), lost);
    }
    assert!(cfg!(miri) || lost > 100_000);
}
