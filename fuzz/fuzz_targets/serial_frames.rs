//! A line that brings anything in any pieces: messages fit, losses are counted, and after a zero a right one comes through.
#![no_main]

use std::convert::Infallible;

use gofarm_core::device::Progress;
use gofarm_core::time::Instant;
use gofarm_hal::serial::{Frames, Port};
use libfuzzer_sys::fuzz_target;

/// A line that gives at most `step` bytes at a time, and takes all.
struct Line {
    coming: Vec<u8>,
    step: usize,
    gone: Vec<u8>,
}

impl Port for Line {
    type Error = Infallible;

    fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
        let len = self.step.min(into.len()).min(self.coming.len());
        for (to, from) in into.iter_mut().zip(self.coming.drain(..len)) {
            *to = from;
        }
        Ok(len)
    }

    fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
        self.gone.extend(bytes);
        Ok(bytes.len())
    }

    fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> {
        Progress::Ready(Ok(()))
    }
}

fuzz_target!(|input: (u8, &[u8], &[u8])| {
    let (step, noise, message) = input;
    let mut line: Frames<Line, 64> = Frames::new(Line {
        coming: noise.to_vec(),
        step: usize::from(step) + 1,
        gone: Vec::new(),
    });
    let message = &message[..message.len().min(60)];
    let ends = noise.iter().filter(|byte| **byte == 0).count();
    let mut count = 0;
    while let Ok(Some(found)) = line.poll_receive(Instant::ZERO) {
        assert!(found.len() < 63);
        count += 1;
    }
    assert!(count + line.lost() as usize <= ends);
    line.send(message).unwrap();
    assert_eq!(line.poll_send(Instant::ZERO), Ok(true));
    let sent = std::mem::take(&mut line.port().gone);
    line.port().coming.push(0);
    line.port().coming.extend(sent);
    // What the noise left unfinished ends here, as a message or a loss.
    let mut last = None;
    while let Ok(Some(found)) = line.poll_receive(Instant::ZERO) {
        last = Some(found.to_vec());
    }
    assert_eq!(last.as_deref(), Some(message));
});
