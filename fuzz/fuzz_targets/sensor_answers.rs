//! Chips on I2C that answer anything: every measurement ends, and a reading is finite and of the bytes that came.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::time::Instant;
use gofarm_hal::sensor::bh1750::{self, Bh1750, MeasurementTime, Resolution};
use gofarm_hal::sensor::seesaw::{self, Seesaw};
use gofarm_hal::sensor::sht3x::{self, Repeatability, Sht3x};
use gofarm_hal::sensor::sht4x::{self, Precision, Sht4x};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Back {
    Nobody,
    Broken,
    Bytes([u8; 6]),
    /// As bytes, with CRCs that fit.
    Words([u16; 2]),
}

/// What is left of the input answers.
struct Bus<'a>(Unstructured<'a>);

impl ErrorType for Bus<'_> {
    type Error = ErrorKind;
}

impl I2c for Bus<'_> {
    fn transaction(&mut self, _: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        for operation in operations {
            let Operation::Read(into) = operation else {
                continue;
            };
            let bytes = match Back::arbitrary(&mut self.0).unwrap_or(Back::Nobody) {
                Back::Nobody => {
                    return Err(ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address));
                }
                Back::Broken => return Err(ErrorKind::Bus),
                Back::Bytes(bytes) => bytes,
                Back::Words([first, second]) => {
                    let ([a, b], [c, d]) = (first.to_be_bytes(), second.to_be_bytes());
                    [a, b, crc(a, b), c, d, crc(c, d)]
                }
            };
            for (to, from) in into.iter_mut().zip(bytes) {
                *to = from;
            }
        }
        Ok(())
    }
}

fn crc(high: u8, low: u8) -> u8 {
    let mut rest = (u32::from(high ^ 0xFF) << 16) | (u32::from(low) << 8);
    for bit in (8..24).rev() {
        if rest & (1 << bit) != 0 {
            rest ^= 0x131 << (bit - 8);
        }
    }
    rest.to_le_bytes()[0]
}

/// Some measurements, one after the other.
fn measure<S: Sensor>(mut sensor: S, is_right: impl Fn(S::Output) -> bool) {
    let mut now = Instant::ZERO;
    for _ in 0..8 {
        let mut polls = 0;
        let end = loop {
            polls += 1;
            assert!(polls < 1_000, "it hangs");
            match sensor.poll(now) {
                Progress::Ready(end) => break end,
                Progress::WouldBlock(until) => {
                    assert!(until > now);
                    now = until;
                }
            }
        };
        if let Ok(reading) = end {
            assert!(is_right(reading));
        }
    }
}

fuzz_target!(|input: (u8, &[u8])| {
    let (which, answers) = input;
    let bus = Bus(Unstructured::new(answers));
    match which % 4 {
        0 => measure(
            Sht3x::new(bus, sht3x::Address::A, Repeatability::High),
            |air| {
                (-45.0..=130.0).contains(&air.temperature) && (0.0..=100.0).contains(&air.humidity)
            },
        ),
        1 => measure(Sht4x::new(bus, sht4x::Address::A, Precision::Low), |air| {
            (-45.0..=130.0).contains(&air.temperature) && (0.0..=100.0).contains(&air.humidity)
        }),
        2 => {
            let time = MeasurementTime::SUNLIGHT;
            let light = Bh1750::new(bus, bh1750::Address::Low, Resolution::High, time);
            measure(light, |light| (0.0..121_560.0).contains(&light.illuminance));
        }
        _ => measure(Seesaw::new(bus, seesaw::Address::A), |soil| {
            soil.capacitance <= 4_095 && soil.temperature.is_finite()
        }),
    }
});
