//! Probes against models of their parts.

mod analog;
#[cfg(feature = "async")]
mod awaited;
mod faults;
mod hostile;
mod i2c;
mod pulses;
mod soil_probe;
mod teros12;

use alloc::sync::Arc;
use core::time::Duration;
use std::sync::Mutex;

use embedded_hal::i2c::I2c;
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::time::{Clock, Instant, ManualClock};
use gofarm_hal::emulator::i2c::{Bus, Chip};
use gofarm_hal::sensor::i2c::{Ask, Device, Error};

fn shared<K>(chip: K) -> Arc<Mutex<K>> {
    Arc::new(Mutex::new(chip))
}

fn bus_with(clock: &ManualClock, address: u8, chip: impl Chip + 'static) -> Bus<&ManualClock> {
    let mut bus = Bus::new(clock);
    bus.attach(address, chip);
    bus
}

/// Polls to the end and says how long it took; a poll that never ends fails the test.
fn finish<T>(
    clock: &ManualClock,
    mut poll: impl FnMut(Instant) -> Progress<Result<T, Error>>,
) -> (Result<T, Error>, Duration) {
    let start = clock.now();
    for _ in 0..100 {
        match poll(clock.now()) {
            Progress::Ready(end) => return (end, clock.now().saturating_since(start)),
            Progress::WouldBlock(until) => {
                assert!(until > clock.now(), "a wait that is over");
                clock.advance_to(until);
            }
        }
    }
    panic!("100 polls and no end");
}

fn measure<B: I2c, A: Ask>(
    clock: &ManualClock,
    device: &mut Device<B, A>,
) -> (Result<A::Answer, Error>, Duration) {
    finish(clock, |now| device.poll(now))
}
