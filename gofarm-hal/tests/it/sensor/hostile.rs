//! Any bytes at any time: an answer or an error, and no panic.

use core::convert::Infallible;

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis};
use gofarm_hal::modbus::{self, Client, Line, Request, RequestError, Ticket, Unit};
use gofarm_hal::sensor::bh1750::{self, Bh1750, MeasurementTime, Resolution};
use gofarm_hal::sensor::i2c::{Ask, Fault};
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

const ANSWERS: u32 = if cfg!(miri) { 100 } else { 1_000_000 };

/// Two words with a CRC each, of which two thirds are right.
fn words(random: &mut SplitMix64) -> [u8; 6] {
    let mut answer = [0; 6];
    answer.copy_from_slice(&random.next_u64().to_be_bytes()[..6]);
    match random.below(16) {
        0 => answer = [0; 6],
        1 => answer = [0xFF; 6],
        _ => {}
    }
    if random.below(3) > 0 {
        for word in answer.chunks_exact_mut(3) {
            word[2] = crc(word[0], word[1]);
        }
    }
    answer
}

/// The two words, if both CRCs are right.
fn right(answer: [u8; 6]) -> Option<(f64, f64)> {
    let [a, b, c, d, e, f] = answer;
    let word = |high, low| f64::from(u16::from_be_bytes([high, low])) / 65_535.0;
    (crc(a, b) == c && crc(d, e) == f).then(|| (word(a, b), word(d, e)))
}

#[test]
fn a_million_hostile_answers_of_each_sensirion_chip_give_what_they_hold_or_nothing() {
    let mut random = SplitMix64::new(0x44);
    let mut sht3x = sht3x::Measure::new(Repeatability::High);
    let mut sht4x = sht4x::Measure(Precision::High);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..ANSWERS {
        let answer = words(&mut random);
        let (dry, wet) = (sht3x.handle(&answer), sht4x.handle(&answer));
        match right(answer) {
            Some((first, second)) => {
                accepted += 1;
                let (dry, wet) = (dry.unwrap().unwrap(), wet.unwrap().unwrap());
                let celsius = first * 175.0 - 45.0;
                assert!((f64::from(dry.temperature) - celsius).abs() < 2e-5);
                assert!((f64::from(wet.temperature) - celsius).abs() < 2e-5);
                assert!((f64::from(dry.humidity) - second * 100.0).abs() < 1e-5);
                let humidity = (second * 125.0 - 6.0).clamp(0.0, 100.0);
                assert!((f64::from(wet.humidity) - humidity).abs() < 2e-5);
            }
            None => {
                refused += 1;
                assert!(matches!(dry, Err(Fault::Crc { .. })), "{answer:02x?}");
                assert!(matches!(wet, Err(Fault::Crc { .. })), "{answer:02x?}");
            }
        }
    }
    if !cfg!(miri) {
        assert!(accepted > 500_000 && refused > 200_000);
    }
}

#[test]
fn a_million_hostile_answers_of_chips_without_a_crc_stay_in_their_ranges() {
    let mut random = SplitMix64::new(0x36);
    let mut soil = seesaw::Measure::new();
    let mut light = bh1750::Measure::new(Resolution::High2, MeasurementTime::SUNLIGHT);
    let (mut measured, mut refused) = (0, 0);
    for _ in 0..ANSWERS {
        // As many bytes as the chip was asked for, or some others.
        let bytes = random.next_u64().to_be_bytes();
        let len = match random.below(4) {
            0 => random.below(7),
            1 => 1,
            2 => 2,
            _ => 4,
        };
        let mut answer = bytes[..usize::try_from(len).unwrap()].to_vec();
        match (random.below(4), &mut answer[..]) {
            (0 | 1, [id]) => *id = 0x55,
            (0, [high, _]) => *high &= 0x0F,
            (1, word) => word.fill(0xFF),
            _ => {}
        }
        match soil.handle(&answer) {
            Ok(None) => {}
            Ok(Some(reading)) => {
                measured += 1;
                let [high, low] = answer[..] else {
                    panic!("{answer:02x?}")
                };
                assert_eq!(reading.capacitance, u16::from_be_bytes([high, low]));
                assert!(reading.capacitance <= 4_095 && reading.temperature.is_finite());
                soil.restart();
            }
            Err(_) => {
                refused += 1;
                soil.restart();
            }
        }
        match light.handle(&answer) {
            Ok(None) => {}
            Ok(Some(reading)) => {
                let counts = f64::from(u16::from_be_bytes([answer[0], answer[1]]));
                let lux = counts / 1.2 / 2.0 * 69.0 / 31.0;
                assert!(counts < 65_535.0 && answer.len() == 2);
                assert!((f64::from(reading.illuminance) - lux).abs() < 0.01);
                light.restart();
            }
            Err(_) => light.restart(),
        }
    }
    if !cfg!(miri) {
        assert!(
            measured > 1_000 && refused > 100_000,
            "{measured} {refused}"
        );
    }
}
