//! A sensor that hears anything at any time: what it says is a line with its address, and never out of its sleep.
#![no_main]

use core::time::Duration;

use arbitrary::Arbitrary;
use gofarm_core::time::{Instant, millis};
use gofarm_hal::sdi12::{Address, Announced, Framing, Measure, Measurement, Responder, Value};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Happens {
    Break(u8),
    Bytes(Vec<u8>),
    Command(Vec<u8>),
    Fault,
    Time(u8),
    Drained,
}

struct Rig(bool);

impl Measure for Rig {
    fn identification(&self) -> &[u8] {
        b"14GOFARM  FUZZ  001"
    }
    fn announce(&self, of: Measurement) -> Announced {
        Announced::new(u16::from(of.index()), 7)
    }
    fn start(&mut self, _: Measurement, _: Instant) {
        self.0 = false;
    }
    fn poll_ready(&mut self, _: Instant) -> bool {
        self.0 = !self.0;
        self.0
    }
    fn abort(&mut self) {}
    fn value(&self, of: Measurement, index: u16) -> Option<Value> {
        Value::new(i32::from(index) * 1_234_567 - 4_000_000, of.index() % 8)
    }
    fn change_address(&mut self, _: Address) -> bool {
        true
    }
}

fuzz_target!(|events: Vec<Happens>| {
    let mut sensor = Responder::new(Address::DEFAULT, Framing::Hardware, Rig(false));
    let mut now = Instant::from_secs(1);
    let mut out = [0; 81];
    for event in events {
        match event {
            Happens::Break(length) => sensor.handle_break(now, millis(length.into())),
            Happens::Bytes(bytes) => sensor.handle_bytes(now, &bytes),
            Happens::Command(body) => {
                sensor.handle_break(now, millis(12));
                now += millis(20);
                let address = sensor.address().as_byte();
                sensor.handle_bytes(now, &[&[address], &body[..], b"!"].concat());
            }
            Happens::Fault => sensor.handle_fault(now),
            Happens::Time(time) => now += Duration::from_millis(time.into()),
            Happens::Drained => sensor.handle_drained(now),
        }
        sensor.handle_timeout(now);
        let was_asleep = sensor.is_asleep();
        if let Some(len) = sensor.poll_transmit(now, &mut out) {
            assert!(!was_asleep && (3..=81).contains(&len));
            assert!(out[0].is_ascii_alphanumeric() && out[..len].ends_with(b"\r\n"));
        }
    }
});
