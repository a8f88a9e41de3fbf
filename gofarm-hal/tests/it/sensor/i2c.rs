//! Chips on I2C: conversions of the datasheets, times, and commands besides measuring.

use core::time::Duration;

use embedded_hal::i2c::ErrorKind;
use gofarm_core::Validate;
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Clock, ManualClock, millis};
use gofarm_hal::emulator;
use gofarm_hal::sensor::bh1750::{self, Bh1750, MeasurementTime, Resolution};
use gofarm_hal::sensor::i2c::{Ask, Device, Error, Fault};
use gofarm_hal::sensor::seesaw::{self, Seesaw, SeesawReading};
use gofarm_hal::sensor::sht3x::{self, Repeatability, Sht3x};
use gofarm_hal::sensor::sht4x::{self, Heat, HeaterPower, HeaterTime, Precision, Sht4x};

use super::{bus_with, finish, measure, shared};

#[test]
fn sht3x_gives_the_air_in_each_repeatability() {
    let clock = ManualClock::new();
    let rows = [
        (Repeatability::High, 16_500),
        (Repeatability::Medium, 7_500),
        (Repeatability::Low, 5_500),
    ];
    for (repeatability, micros) in rows {
        for (temperature, humidity) in [(-39.9, 0.0), (21.5, 47.25), (124.9, 100.0)] {
            let chip = emulator::Sht3x::new(temperature, humidity);
            let bus = bus_with(&clock, 0x45, chip);
            let mut air = Sht3x::new(bus, sht3x::Address::B, repeatability);
            let (reading, time) = measure(&clock, &mut air);
            let reading = reading.unwrap();
            assert!((f64::from(reading.temperature) - temperature).abs() < 0.002);
            assert!((f64::from(reading.humidity) - humidity).abs() < 0.001);
            assert!(reading.validate().is_ok());
            assert_eq!(time, Duration::from_micros(micros));
        }
    }
}

#[test]
fn sht3x_stretching_is_read_after_a_millisecond() {
    let clock = ManualClock::new();
    let bus = bus_with(&clock, 0x44, emulator::Sht3x::new(5.0, 95.0));
    let ask = sht3x::Measure::new(Repeatability::High).stretching();
    let mut air = Device::with(bus, 0x44, ask);
    let (reading, time) = measure(&clock, &mut air);
    assert!((reading.unwrap().humidity - 95.0).abs() < 0.001);
    assert_eq!(time, millis(2));
}

#[test]
fn sht3x_heater_status_and_resets_do_what_they_say() {
    let clock = ManualClock::new();
    let chip = shared(emulator::Sht3x::new(20.0, 50.0));
    let bus = bus_with(&clock, 0x44, chip.clone());
    let mut air = Sht3x::new(bus, sht3x::Address::A, Repeatability::High);
    let status = |air: &mut Sht3x<_>| {
        let (status, _) = finish(&clock, |now| air.poll_ask(&mut sht3x::ReadStatus, now));
        status.unwrap()
    };
    assert!(status(&mut air).was_reset());
    finish(&clock, |now| air.poll_ask(&mut sht3x::ClearStatus, now))
        .0
        .unwrap();
    finish(&clock, |now| air.poll_ask(&mut sht3x::SetHeater(true), now))
        .0
        .unwrap();
    assert!(chip.lock().unwrap().heater());
    let now_on = status(&mut air);
    assert!(now_on.heater() && !now_on.was_reset() && !now_on.command_failed());
    // A command in the middle of a measurement waits until the chip has finished.
    assert!(matches!(air.poll(clock.now()), Progress::WouldBlock(_)));
    let (reset, time) = finish(&clock, |now| air.poll_ask(&mut sht3x::SoftReset, now));
    reset.unwrap();
    assert!(time > Repeatability::High.time());
    assert!(!chip.lock().unwrap().heater() && status(&mut air).was_reset());
    // All chips at once, also one that measures.
    chip.lock().unwrap().set(-10.0, 5.0);
    let reset = finish(&clock, |now| {
        air.poll_ask(&mut sht3x::GeneralCallReset, now)
    })
    .0;
    reset.unwrap();
    assert!(measure(&clock, &mut air).0.unwrap().temperature < -9.9);
}

#[test]
fn sht4x_gives_the_air_in_each_precision_and_cuts_off_what_no_air_has() {
    let clock = ManualClock::new();
    let rows = [
        (Precision::High, 8_300),
        (Precision::Medium, 4_500),
        (Precision::Low, 1_700),
    ];
    let airs = [
        (-40.0, 0.5, 0.5),
        (25.0, 55.0, 55.0),
        (60.0, 104.0, 100.0),
        (5.0, -3.0, 0.0),
    ];
    for (precision, micros) in rows {
        for (temperature, humidity, expected) in airs {
            let chip = emulator::Sht4x::new(temperature, humidity);
            let bus = bus_with(&clock, 0x46, chip);
            let mut air = Sht4x::new(bus, sht4x::Address::C, precision);
            let (reading, time) = measure(&clock, &mut air);
            let reading = reading.unwrap();
            assert!((f64::from(reading.temperature) - temperature).abs() < 0.002);
            assert!((f64::from(reading.humidity) - expected).abs() < 0.002);
            assert_eq!(time, Duration::from_micros(micros) + millis(1));
        }
    }
}

#[test]
fn sht4x_heats_for_its_time_and_tells_its_number() {
    let clock = ManualClock::new();
    let chip = shared(emulator::Sht4x::new(10.0, 99.0));
    let bus = bus_with(&clock, 0x44, chip.clone());
    let mut air = Sht4x::new(bus, sht4x::Address::A, Precision::High);
    let serial = finish(&clock, |now| {
        air.poll_ask(&mut sht4x::ReadSerialNumber, now)
    });
    assert_eq!(serial.0, Ok(0x1234_5678));
    let times = [(HeaterTime::Long, 1_100), (HeaterTime::Short, 110)];
    let powers = [HeaterPower::Low, HeaterPower::Medium, HeaterPower::High];
    for (time, most) in times {
        let mut before = 10.0;
        for power in powers {
            let (reading, took) =
                finish(&clock, |now| air.poll_ask(&mut Heat { power, time }, now));
            let warm = reading.unwrap().temperature;
            assert!(warm > before, "{power:?} {time:?}");
            before = warm;
            assert!(took >= millis(most) && took < millis(most + 20));
        }
    }
    assert_eq!(chip.lock().unwrap().heated(), 6);
    let reset = finish(&clock, |now| air.poll_ask(&mut sht4x::SoftReset, now));
    reset.0.unwrap();
    assert!((measure(&clock, &mut air).0.unwrap().temperature - 10.0).abs() < 0.002);
}

#[test]
fn bh1750_gives_the_light_in_each_mode_and_after_a_brownout() {
    let clock = ManualClock::new();
    let modes = [
        (Resolution::High, 1.0),
        (Resolution::High2, 0.5),
        (Resolution::Low, 4.0),
    ];
    for (resolution, step) in modes {
        for register in [31, 69, 138, 254] {
            let time = MeasurementTime::new(register).unwrap();
            let chip = shared(emulator::Bh1750::new(0.0));
            let bus = bus_with(&clock, 0x23, chip.clone());
            let mut light = Bh1750::new(bus, bh1750::Address::Low, resolution, time);
            for lux in [0.0, 120.0, 7_000.0] {
                chip.lock().unwrap().set(lux);
                let (reading, took) = measure(&clock, &mut light);
                let reading = reading.unwrap();
                let error = (f64::from(reading.illuminance) - lux).abs();
                assert!(
                    error <= step * 69.0 / 31.0,
                    "{resolution:?} {register} {lux}"
                );
                assert_eq!(chip.lock().unwrap().measurement_time(), register);
                let most = light_time(resolution, register);
                assert!(took >= most && took < most + millis(5));
                chip.lock().unwrap().power_cycle();
            }
        }
    }
}

fn light_time(resolution: Resolution, register: u8) -> Duration {
    let at_default = match resolution {
        Resolution::Low => 24_000,
        _ => 180_000,
    };
    Duration::from_micros(at_default * u64::from(register) / 69)
}

#[test]
fn bh1750_example_of_the_technical_note() {
    // 0x8390 counts are 28067 lx (page 10).
    let mut ask = bh1750::Measure::new(Resolution::High, MeasurementTime::DEFAULT);
    assert_eq!(ask.handle(&[]), Ok(None));
    assert_eq!(ask.handle(&[]), Ok(None));
    let reading = ask.handle(&[0x83, 0x90]).unwrap().unwrap();
    assert_eq!(reading.illuminance.round(), 28_067.0);
}

#[test]
fn bh1750_in_full_sun_needs_a_short_time() {
    let clock = ManualClock::new();
    let bus = bus_with(&clock, 0x23, emulator::Bh1750::new(100_000.0));
    let (low, high) = (bh1750::Address::Low, Resolution::High);
    let mut slow = Bh1750::new(bus.clone(), low, high, MeasurementTime::DEFAULT);
    let saturated = Error::Answer {
        address: 0x23,
        fault: Fault::Saturated,
    };
    assert_eq!(measure(&clock, &mut slow).0, Err(saturated));
    let mut fast = Bh1750::new(bus, low, high, MeasurementTime::SUNLIGHT);
    let reading = measure(&clock, &mut fast).0.unwrap();
    assert!((reading.illuminance - 100_000.0).abs() < 3.0);
    assert!(reading.validate().is_ok());
}

#[test]
fn seesaw_gives_the_soil_also_below_zero_and_when_its_plate_is_late() {
    let clock = ManualClock::new();
    let chip = shared(emulator::Seesaw::new(812, 18.5));
    let bus = bus_with(&clock, 0x36, chip.clone());
    let mut soil = Seesaw::new(bus, seesaw::Address::A);
    for (capacitance, temperature, late) in [(812, 18.5_f32, 0), (333, -12.25, 1), (1_016, 0.0, 2)]
    {
        chip.lock().unwrap().set(capacitance, temperature.into());
        chip.lock().unwrap().set_not_ready(late);
        let expected = SeesawReading {
            capacitance,
            temperature,
        };
        assert_eq!(measure(&clock, &mut soil).0, Ok(expected));
    }
    chip.lock().unwrap().set_not_ready(3);
    let never = Error::Answer {
        address: 0x36,
        fault: Fault::Implausible { found: 0xFFFF },
    };
    assert_eq!(measure(&clock, &mut soil).0, Err(never));
    chip.lock().unwrap().set_hardware_id(0x13);
    let other = measure(&clock, &mut soil).0.unwrap_err();
    assert_eq!(other.kind(), Kind::Permanent);
    let reset = finish(&clock, |now| soil.poll_ask(&mut seesaw::SoftwareReset, now));
    assert!(reset.0.is_ok() && reset.1 >= millis(500));
}

#[test]
fn failures_are_signals_by_reason() {
    use gofarm_hal::sensor::i2c::INSTRUMENTS;

    let address = 0x44;
    let fault = |fault| Error::Answer { address, fault };
    let errors = [
        Error::Missing { address },
        Error::StillBusy { address },
        Error::Bus {
            address,
            kind: ErrorKind::Bus,
        },
        fault(Fault::Crc {
            found: 1,
            expected: 2,
        }),
        fault(Fault::Saturated),
    ];
    for error in errors {
        assert!(core::ptr::eq(error.signal().instrument(), INSTRUMENTS[0]));
        assert_eq!(error.signal().labels().len(), 1);
    }
}
