//! Probes on converters, with good and bad wiring.

use gofarm_core::Validate;
use gofarm_hal::emulator::adc::{Converter, Wiring, capacitive_probe, current_loop};
use gofarm_hal::sensor::adc::AdcRange;
use gofarm_hal::sensor::capacitive::{Capacitive, CapacitiveFault};
use gofarm_hal::sensor::current_loop::{CurrentLoop, LoopFault};
use proptest::prelude::*;

const ADC: AdcRange = AdcRange::new(12, 3_300);

/// Dry soil at moisture 0.1 and wet soil at 0.6 of the model.
fn calibrated(adc: Converter) -> Capacitive {
    let counts = |moisture| {
        let counts = adc.counts(capacitive_probe(moisture, Wiring::Sound, 3.3));
        u16::try_from(counts).unwrap()
    };
    Capacitive::new(ADC, counts(0.1), counts(0.6)).unwrap()
}

#[test]
fn soil_is_read_and_bad_wiring_is_a_fault() {
    let adc = Converter::new(12, 3.3);
    let probe = calibrated(adc);
    for (moisture, expected) in [(0.1, 0.0), (0.35, 50.0), (0.6, 100.0), (0.62, 100.0)] {
        let counts = adc.counts(capacitive_probe(moisture, Wiring::Sound, 3.3));
        let reading = probe.reading(counts).unwrap();
        assert!((reading.moisture - expected).abs() < 0.2, "{moisture}");
        assert!(reading.validate().is_ok());
    }
    let in_the_air = adc.counts(capacitive_probe(0.0, Wiring::Sound, 3.3));
    assert!(matches!(
        probe.reading(in_the_air),
        Err(CapacitiveFault::OutOfCalibration(_))
    ));
    for wiring in Wiring::ALL {
        let reading = probe.reading(adc.counts(capacitive_probe(0.3, wiring, 3.3)));
        let is_right = match wiring {
            Wiring::Sound => reading.is_ok(),
            Wiring::Open | Wiring::ShortToGround => {
                matches!(reading, Err(CapacitiveFault::LowRail { .. }))
            }
            Wiring::ShortToSupply => matches!(reading, Err(CapacitiveFault::HighRail { .. })),
        };
        assert!(is_right, "{wiring:?}: {reading:?}");
    }
}

#[test]
fn a_warm_probe_is_brought_to_the_temperature_of_its_calibration() {
    let adc = Converter::new(12, 3.3);
    let probe = calibrated(adc).temperature_coefficient(2.0, 20.0);
    let counts = adc.counts(capacitive_probe(0.35, Wiring::Sound, 3.3));
    let at_20 = probe.reading(counts).unwrap();
    let at_35 = probe.reading_at(counts + 30, 35.0).unwrap();
    assert_eq!(at_20, at_35);
    assert!(probe.reading_at(counts, f32::NAN).is_err());
    let ignored = probe.temperature_coefficient(f32::NAN, 20.0);
    assert_eq!(ignored.reading_at(counts, 35.0), Ok(at_20));
}

#[test]
fn the_margin_and_the_rails_can_be_set() {
    let probe = Capacitive::new(ADC, 3_000, 1_000).unwrap();
    assert!(probe.reading(3_150).is_ok() && probe.reading(3_250).is_err());
    assert!(probe.margin(0).reading(3_001).is_err());
    assert!(probe.margin(20).reading(3_250).is_ok());
    let narrow = probe.rails(1_500, 2_500);
    assert_eq!(
        narrow.reading(1_500),
        Err(CapacitiveFault::LowRail { counts: 1_500 })
    );
    assert_eq!(
        narrow.reading(2_500),
        Err(CapacitiveFault::HighRail { counts: 2_500 })
    );
}

#[test]
fn loops_are_read_and_bad_wiring_is_a_fault() {
    let adc = Converter::new(12, 3.3);
    let level = CurrentLoop::new(ADC, 120_000).unwrap().scaled(0, 5_000);
    for (milliamperes, expected) in [(4.0, 0), (8.0, 1_250), (12.0, 2_500), (20.0, 5_000)] {
        let counts = adc.counts(current_loop(milliamperes, 120.0, Wiring::Sound));
        let value = level.value(counts).unwrap();
        assert!((value - expected).abs() <= 2, "{milliamperes}: {value}");
    }
    for wiring in Wiring::ALL {
        let counts = adc.counts(current_loop(12.0, 120.0, wiring));
        let is_right = match wiring {
            Wiring::Sound => level.value(counts).is_ok(),
            Wiring::Open | Wiring::ShortToGround => {
                matches!(level.value(counts), Err(LoopFault::Open { .. }))
            }
            Wiring::ShortToSupply => matches!(level.value(counts), Err(LoopFault::Short { .. })),
        };
        assert!(is_right, "{wiring:?}");
    }
}

proptest! {
    #[test]
    fn analog_probes_answer_every_count(
        counts: u32,
        bits in 0_u8..=32,
        millivolts: u16,
        milliohms: u32,
        scale: (i32, i32),
        dry: u16,
        wet: u16,
        temperature: f32,
    ) {
        let adc = AdcRange::new(bits, millivolts);
        prop_assert!(adc.microvolts(counts) <= adc.full_scale());
        if let Ok(input) = CurrentLoop::new(adc, milliohms) {
            let input = input.scaled(scale.0, scale.1);
            prop_assert_eq!(input.value(counts).is_ok(), input.current(counts).is_ok());
        }
        if let Ok(probe) = Capacitive::new(adc, dry, wet) {
            let probe = probe.temperature_coefficient(temperature, 25.0);
            if let Ok(reading) = probe.reading_at(counts, temperature) {
                prop_assert!(reading.validate().is_ok());
            }
        }
    }

    #[test]
    fn a_higher_current_is_never_a_lower_value(a in 0_u32..4_096, b in 0_u32..4_096) {
        let level = CurrentLoop::new(ADC, 150_000).unwrap().scaled(-500, 1_500);
        if let (Ok(at_a), Ok(at_b)) = (level.value(a), level.value(b)) {
            prop_assert!((a <= b) <= (at_a <= at_b));
        }
    }
}
