//! A wire with faults: every measurement ends, in right values or a typed error.

use core::cell::RefCell;

use gofarm_core::device::{Progress, Sensor};
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::sdi12::{Address, Bus, Measurement, Probe, Timing, Value};

use super::monitor;
use super::wire::{End, Faults, RECORDER, Rig, Wire, run, value};

/// With a CRC a wrong value gets through with a chance of 2^-16 at most for each reply that is spoilt unseen by parity;
/// the seeds are fixed, so none does here.
#[test]
fn on_a_noisy_wire_every_measurement_ends_in_right_values_or_an_error() {
    let (mut good, mut bad) = (0, 0);
    let three = ["3.14", "-2.718", "1.414"];
    for seed in 0..60 {
        let faults = Faults {
            lost: 40 * (seed % 4),
            one_bit: 60 * (seed % 3),
            two_bits: 30 * (seed % 5),
            doubled: 20 * (seed % 2),
            noise: 30 * (seed % 3),
        };
        for of in [
            Measurement::STANDARD.with_crc(),
            Measurement::CONCURRENT.with_crc(),
        ] {
            let wire = Wire::shared(3, faults, seed);
            wire.borrow_mut().echo();
            let mut stations = [
                Rig::new(1, millis(700), &three).station(&wire, 1, '0'),
                Rig::new(1, millis(700), &["9"]).station(&wire, 2, '1'),
            ];
            let bus = RefCell::new(Bus::new(End::new(&wire, RECORDER), Timing::DEFAULT));
            let mut probe = Probe::new(&bus, Address::DEFAULT, of, |v: [Value; 3]| v);
            let mut now = Instant::from_secs(1);
            for _ in 0..3 {
                match run(&mut probe, &mut stations, &mut now, secs(25)) {
                    Ok(values) => {
                        assert_eq!(values, three.map(value), "seed {seed}");
                        good += 1;
                    }
                    Err(error) => {
                        // An announcement has no CRC: another count of values is refused for good.
                        let kinds = [Kind::Transient, Kind::TimedOut, Kind::Permanent];
                        assert!(kinds.contains(&error.kind()), "{error}");
                        bad += 1;
                    }
                }
            }
            monitor::check_breaks_and_gaps(&wire.borrow().log);
        }
    }
    assert!(good > 250 && bad > 5, "{good} good, {bad} bad");
}

#[test]
fn a_wire_full_of_noise_never_hangs_a_recorder() {
    for seed in 0..20 {
        let faults = Faults {
            lost: 3_000,
            one_bit: 3_000,
            two_bits: 3_000,
            doubled: 2_000,
            noise: 5_000,
        };
        let wire = Wire::shared(2, faults, seed);
        let mut stations = [Rig::new(1, millis(700), &["1"]).station(&wire, 1, '0')];
        let bus = Bus::new(End::new(&wire, RECORDER), Timing::DEFAULT);
        let mut probe = Probe::new(
            bus,
            Address::DEFAULT,
            Measurement::STANDARD.with_crc(),
            |v: [Value; 1]| v,
        );
        let mut now = Instant::from_secs(1);
        let end = run(&mut probe, &mut stations, &mut now, secs(30));
        assert!(end.is_err() || end == Ok([value("1")]));
    }
}

#[test]
fn a_line_that_babbles_for_ever_is_an_error_and_no_hang() {
    /// Always has another character.
    struct Babble(u8);
    impl gofarm_hal::serial::Port for Babble {
        type Error = super::wire::Broken;
        fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, Self::Error> {
            for byte in into.iter_mut() {
                self.0 = self.0.wrapping_mul(5).wrapping_add(3);
                *byte = self.0 & 0x7F;
            }
            Ok(into.len())
        }
        fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Self::Error> {
            Ok(bytes.len())
        }
        fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Self::Error>> {
            Progress::Ready(Ok(()))
        }
    }
    impl gofarm_hal::serial::SetBreak for Babble {
        fn set_break(&mut self, _: Instant, _: bool) -> Result<(), Self::Error> {
            Ok(())
        }
    }
    for of in [Measurement::STANDARD, Measurement::CONTINUOUS] {
        let bus = Bus::new(Babble(1), Timing::DEFAULT);
        let mut probe = Probe::new(bus, Address::DEFAULT, of, |v: [Value; 1]| v);
        let mut now = Instant::from_secs(1);
        assert!(run(&mut probe, &mut [], &mut now, secs(60)).is_err());
        let _ = probe.poll(now);
    }
}
