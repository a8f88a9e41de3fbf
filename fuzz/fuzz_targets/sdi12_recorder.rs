//! A recorder on a line that brings anything at any time: every exchange ends, and within a bounded time.
#![no_main]

use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::sdi12::{Address, Framing, Measurement, Recorder, Request, Timing, Transmit};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, bool, Vec<(u8, u8)>)| {
    let (software, listens, line) = input;
    let framing = if software {
        Framing::Software
    } else {
        Framing::Hardware
    };
    let mut recorder = Recorder::new(Timing::DEFAULT, framing);
    let mut now = Instant::from_secs(1);
    let limit = now + secs(60);
    let started = if listens {
        recorder.listen(Address::DEFAULT, now + secs(30))
    } else {
        recorder.start(
            now,
            Request::data(Address::DEFAULT, 0, Measurement::STANDARD),
        )
    };
    assert!(started);
    let mut buffer = [0; Request::MAX_LEN];
    let mut drained = None;
    let mut line = line.iter().cycle();
    while recorder.poll_event().is_none() {
        assert!(now < limit, "it hangs");
        if let Some((after, byte)) = line.next() {
            if *after % 3 == 0 {
                recorder.handle_bytes(now, &[*byte]);
            }
            if *after == 1 {
                recorder.handle_fault(now);
            }
            now += millis(u64::from(*after) / 8);
        }
        now += millis(1);
        if drained.is_some_and(|at| now >= at) {
            recorder.handle_drained(now);
            drained = None;
        }
        recorder.handle_timeout(now);
        while let Some(transmit) = recorder.poll_transmit(now, &mut buffer) {
            if let Transmit::Bytes(len) = transmit {
                assert!(len <= buffer.len());
                drained = Some(now + millis(9 * len as u64));
            }
        }
    }
    assert!(!recorder.is_busy());
});
