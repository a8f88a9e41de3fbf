//! Each part on I2C with each fault: the right value or a typed error, in time.

use core::time::Duration;

use embedded_hal::i2c::ErrorKind;
use gofarm_core::time::{ManualClock, millis};
use gofarm_hal::emulator::{self, i2c::Chip, i2c::Fault as Injected};
use gofarm_hal::sensor::bh1750::{self, MeasurementTime, Resolution};
use gofarm_hal::sensor::i2c::{Ask, Device, Error};
use gofarm_hal::sensor::seesaw;
use gofarm_hal::sensor::sht3x::{self, Repeatability};
use gofarm_hal::sensor::sht4x::{self, Precision};

use super::{bus_with, measure, shared};

/// What a fault has to lead to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Right,
    Missing,
    StillBusy,
    Bus,
    /// An answer that is none.
    Answer,
    /// A chip without CRC: nobody can tell.
    Undetected,
}

fn outcome<T: PartialEq>(end: &Result<T, Error>, right: &T) -> Outcome {
    match end {
        Ok(reading) if reading == right => Outcome::Right,
        Ok(_) => Outcome::Undetected,
        Err(Error::Missing { .. }) => Outcome::Missing,
        Err(Error::StillBusy { .. }) => Outcome::StillBusy,
        Err(Error::Bus { .. }) => Outcome::Bus,
        Err(Error::Answer { .. }) => Outcome::Answer,
        Err(other) => panic!("{other:?}"),
    }
}

/// One part with every fault: the outcome, in time, and the right value once the fault is gone.
fn go_through_faults<A: Ask>(
    chip: impl Chip + Clone + 'static,
    address: u8,
    ask: impl Fn() -> A,
    longest: Duration,
    without_crc: [Outcome; 3],
) where
    A::Answer: PartialEq + core::fmt::Debug,
{
    let clock = ManualClock::new();
    let [flipped, low, high] = without_crc;
    let rows = [
        (Injected::Absent, Outcome::Missing),
        (Injected::NeverReady, Outcome::StillBusy),
        (Injected::Refuses(1), Outcome::Right),
        (Injected::Refuses(2), Outcome::Right),
        (Injected::Refuses(9), Outcome::Missing),
        (Injected::FlipBit(3), flipped),
        (Injected::HeldLow, low),
        (Injected::FloatsHigh, high),
        (Injected::Bus(ErrorKind::Bus), Outcome::Bus),
        (Injected::Bus(ErrorKind::ArbitrationLoss), Outcome::Bus),
    ];
    let bus = bus_with(&clock, address, chip);
    let right = measure(&clock, &mut Device::with(bus.clone(), address, ask()));
    let right = right.0.unwrap();
    for (fault, expected) in rows {
        let mut device = Device::with(bus.clone(), address, ask());
        bus.inject(address, Some(fault));
        let (end, time) = measure(&clock, &mut device);
        assert_eq!(outcome(&end, &right), expected, "{fault:?}: {end:?}");
        assert!(time <= longest + millis(12), "{fault:?} took {time:?}");
        bus.inject(address, None);
        assert_eq!(
            measure(&clock, &mut device).0.as_ref(),
            Ok(&right),
            "after {fault:?}"
        );
    }
    // Nobody at all.
    let mut nobody = Device::with(bus, address + 1, ask());
    let (end, time) = measure(&clock, &mut nobody);
    assert_eq!(
        end,
        Err(Error::Missing {
            address: address + 1
        })
    );
    assert_eq!(time, millis(2));
}

#[test]
fn sht3x_with_every_fault_gives_the_right_value_or_an_error_in_time() {
    go_through_faults(
        shared(emulator::Sht3x::new(20.0, 50.0)),
        0x44,
        || sht3x::Measure::new(Repeatability::High),
        millis(17),
        [Outcome::Answer; 3],
    );
}

#[test]
fn sht4x_with_every_fault_gives_the_right_value_or_an_error_in_time() {
    go_through_faults(
        shared(emulator::Sht4x::new(20.0, 50.0)),
        0x44,
        || sht4x::Measure(Precision::High),
        millis(10),
        [Outcome::Answer; 3],
    );
}

#[test]
fn bh1750_with_every_fault_gives_an_error_in_time_where_it_can_be_told() {
    go_through_faults(
        shared(emulator::Bh1750::new(420.0)),
        0x23,
        || bh1750::Measure::new(Resolution::High, MeasurementTime::DEFAULT),
        millis(183),
        [Outcome::Undetected, Outcome::Undetected, Outcome::Answer],
    );
}

#[test]
fn seesaw_with_every_fault_gives_an_error_in_time_where_it_can_be_told() {
    // Its name is the first answer: a line that hangs, or a bit that is wrong in it, is another chip.
    go_through_faults(
        shared(emulator::Seesaw::new(700, 20.0)),
        0x36,
        seesaw::Measure::new,
        millis(21),
        [Outcome::Answer; 3],
    );
}
