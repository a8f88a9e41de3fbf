//! Any bytes at any time: an answer or an error, and no panic.

use core::convert::Infallible;

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis};
use gofarm_hal::modbus::{self, Client, Line, Request, RequestError, Ticket, Unit};
use gofarm_hal::sensor::bh1750::{self, Bh1750, MeasurementTime, Resolution};
use gofarm_hal::sensor::seesaw::{self, Seesaw};
use gofarm_hal::sensor::sht3x::{self, Repeatability, Sht3x};
use gofarm_hal::sensor::sht4x::{self, Precision, Sht4x};
use gofarm_hal::sensor::soil_probe_7in1::{RegisterMap, SoilProbe7in1};
use proptest::prelude::*;

/// A bus on which anything happens; one reading in three ends with CRCs that fit.
struct Hostile(SplitMix64);

impl ErrorType for Hostile {
    type Error = ErrorKind;
}

impl I2c for Hostile {
    fn transaction(&mut self, _: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        for operation in operations {
            match self.0.next_u64() % 8 {
                0 => return Err(ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown)),
                1 => return Err(ErrorKind::Other),
                _ => {}
            }
            let Operation::Read(into) = operation else {
                continue;
            };
            for byte in into.iter_mut() {
                *byte = self.0.next_u64().to_le_bytes()[0];
            }
            if self.0.next_u64().is_multiple_of(3) {
                for word in into.chunks_exact_mut(3) {
                    word[2] = crc(word[0], word[1]);
                }
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

/// How many ends there are in so many polls, and how many of them are readings.
fn poll_on<S: Sensor>(sensor: &mut S, is_finite: impl Fn(&S::Output) -> bool) -> (u32, u32) {
    let mut now = Instant::ZERO;
    let (mut ends, mut readings) = (0, 0);
    for _ in 0..500 {
        match sensor.poll(now) {
            Progress::WouldBlock(until) => {
                assert!(until > now);
                now = until;
            }
            Progress::Ready(Ok(reading)) => {
                assert!(is_finite(&reading));
                ends += 1;
                readings += 1;
            }
            Progress::Ready(Err(_)) => ends += 1,
        }
    }
    (ends, readings)
}

/// A line on which every register is anything.
struct Anything(SplitMix64, Ticket);

impl Line for Anything {
    type Error = Infallible;

    fn begin(
        &mut self,
        _: Unit,
        _: &Request<'_>,
        _: Instant,
    ) -> Progress<Result<Ticket, RequestError>> {
        self.1 = self.1.next();
        Progress::Ready(Ok(self.1))
    }

    fn poll(
        &mut self,
        _: Ticket,
        now: Instant,
        reply: &mut [u8],
    ) -> Progress<Result<usize, modbus::Error<Infallible>>> {
        for byte in reply.iter_mut() {
            *byte = self.0.next_u64().to_le_bytes()[0];
        }
        let len = [2, 4, 6, 8, 14][usize::from(self.0.next_u64().to_le_bytes()[0] % 5)];
        reply[0] = 3;
        reply[1] = len;
        match self.0.next_u64() % 4 {
            0 => Progress::Ready(Err(modbus::Error::TimedOut)),
            1 => Progress::WouldBlock(now + millis(1)),
            _ => Progress::Ready(Ok(usize::from(len) + 2)),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 64 }))]

    #[test]
    fn any_bytes_on_i2c_end_as_readings_or_errors(seed: u64) {
        let bus = || Hostile(SplitMix64::new(seed));
        let mut sht3x = Sht3x::new(bus(), sht3x::Address::A, Repeatability::Low);
        let ends = poll_on(&mut sht3x, |r| r.temperature.is_finite() && r.humidity.is_finite());
        prop_assert!(ends.0 > 20 && ends.1 > 0);
        let mut sht4x = Sht4x::new(bus(), sht4x::Address::A, Precision::Low);
        let ends = poll_on(&mut sht4x, |r| (0.0..=100.0).contains(&r.humidity));
        prop_assert!(ends.0 > 20 && ends.1 > 0);
        let time = MeasurementTime::DEFAULT;
        let mut light = Bh1750::new(bus(), bh1750::Address::Low, Resolution::Low, time);
        let ends = poll_on(&mut light, |r| r.illuminance.is_finite());
        prop_assert!(ends.0 > 20 && ends.1 > 0);
        let mut soil = Seesaw::new(bus(), seesaw::Address::A);
        let ends = poll_on(&mut soil, |r| r.capacitance <= 4_095 && r.temperature.is_finite());
        prop_assert!(ends.0 > 20);
    }

    #[test]
    fn any_registers_end_as_readings_or_errors(seed: u64, addresses: [u16; 3], decimals: u8) {
        let line = Anything(SplitMix64::new(seed), Ticket::FIRST);
        let map = RegisterMap::CWT.soil(addresses).ph(addresses[0], decimals);
        let mut probe = SoilProbe7in1::new(Client::new(line, Unit(1))).map(map);
        let ends = poll_on(&mut probe, |r| r.moisture.is_finite() && r.ph.is_finite());
        prop_assert!(ends.0 > 20);
    }
}
