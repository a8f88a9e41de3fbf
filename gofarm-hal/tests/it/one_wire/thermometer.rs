//! The DS18B20 over a modelled wire.

use alloc::rc::Rc;
use core::cell::RefCell;
use core::time::Duration;

use gofarm_core::Validate;
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::one_wire::{Bus, Error, Fault, Line, Rom};
use gofarm_hal::sensor::ds18b20::{
    Ds18b20, Ds18b20Array, Ds18b20Error, Ds18b20Reading, Power, ReadError, Resolution,
    ScratchpadError,
};

use super::devices::{Device, PullUp, Uart, Wire};
use super::run;

fn rom(n: u8) -> Rom {
    Rom::new(0x28, [n, 7, 0, 0, 0, 1]).unwrap()
}

fn wire(temperatures: &[i16]) -> Rc<RefCell<Wire>> {
    let devices = temperatures
        .iter()
        .zip(1..)
        .map(|(temperature, n)| Device::new(rom(n), *temperature))
        .collect();
    Wire::shared(devices, 1)
}

fn one<L: Line>(line: L, n: u8, resolution: Resolution) -> Ds18b20<L> {
    Ds18b20::new(line, rom(n), resolution, Power::External).unwrap()
}

#[test]
fn a_thermometer_measures_in_the_resolution_that_is_wanted() {
    let rows = [
        (Resolution::Bits9, 25.5, 94),
        (Resolution::Bits10, 25.75, 188),
        (Resolution::Bits11, 25.875, 375),
        (Resolution::Bits12, 25.9375, 750),
    ];
    for (resolution, celsius, takes) in rows {
        let wire = wire(&[0x019F]);
        let mut probe = one(Bus::new(Uart(Rc::clone(&wire))), 1, resolution);
        let mut now = Instant::from_secs(1);
        for _ in 0..2 {
            let begun = now;
            let reading = run(&mut |now| probe.poll(now), &mut now, secs(2)).unwrap();
            assert_eq!(
                reading,
                Ds18b20Reading {
                    temperature: celsius
                }
            );
            assert!(reading.validate().is_ok());
            let took = now.saturating_since(begun);
            assert!(
                took >= millis(takes) && took < millis(takes + 80),
                "{took:?}"
            );
        }
        // The limits of the alarm are as they were.
        assert_eq!(wire.borrow().devices[0].scratchpad[2..4], [0x4B, 0x46]);
    }
    assert!(
        Ds18b20::new(
            Bus::new(Uart(wire(&[]))),
            Rom::new(0x10, [1; 6]).unwrap(),
            Resolution::Bits12,
            Power::External
        )
        .is_none()
    );
}

#[test]
fn thermometers_with_a_supply_measure_at_the_same_time() {
    let wire = wire(&[0x0190, -0x0190]);
    let bus = RefCell::new(Bus::new(Uart(Rc::clone(&wire))));
    let mut probes = [1, 2].map(|n| one(&bus, n, Resolution::Bits12));
    let mut ends = [None, None];
    let mut now = Instant::from_secs(1);
    run(
        &mut |now| {
            let mut next = now + millis(100);
            for (probe, end) in probes.iter_mut().zip(&mut ends) {
                if end.is_none() {
                    match probe.poll(now) {
                        Progress::Ready(reading) => *end = Some(reading.unwrap().temperature),
                        Progress::WouldBlock(until) => next = next.min(until),
                    }
                }
            }
            if ends.iter().all(Option::is_some) {
                Progress::Ready(())
            } else {
                Progress::WouldBlock(next)
            }
        },
        &mut now,
        secs(2),
    );
    assert_eq!(ends, [Some(25.0), Some(-25.0)]);
    assert!(now < Instant::from_millis(1_950), "{now:?}");
}

#[test]
fn an_array_measures_at_once_and_one_that_is_gone_spoils_no_other() {
    let wire = wire(&[0x0190, 0x00A2, -0x0008]);
    let bus = Bus::new(Uart(Rc::clone(&wire)));
    let roms = [rom(1), rom(2), rom(3)];
    let mut all = Ds18b20Array::new(bus, roms, Resolution::Bits12, Power::External).unwrap();
    let mut now = Instant::from_secs(1);
    let celsius = |readings: [Result<Ds18b20Reading, ReadError>; 3]| {
        readings.map(|reading| reading.map(|reading| reading.temperature))
    };
    let readings = run(&mut |now| all.poll(now), &mut now, secs(2)).unwrap();
    assert_eq!(celsius(readings), [Ok(25.0), Ok(10.125), Ok(-0.5)]);
    assert!(now < Instant::from_millis(2_000), "{now:?}");

    wire.borrow_mut().devices[1].is_there = false;
    let gone = Err(ReadError::Scratchpad(ScratchpadError::NoAnswer));
    for _ in 0..2 {
        let readings = run(&mut |now| all.poll(now), &mut now, secs(2)).unwrap();
        assert_eq!(celsius(readings), [Ok(25.0), gone, Ok(-0.5)]);
    }
    wire.borrow_mut().devices[1].is_there = true;
    let readings = run(&mut |now| all.poll(now), &mut now, secs(2)).unwrap();
    assert_eq!(celsius(readings), [Ok(25.0), Ok(10.125), Ok(-0.5)]);

    wire.borrow_mut()
        .devices
        .iter_mut()
        .for_each(|device| device.is_there = false);
    let gone = Err(ReadError::Bus(Fault::NoPresence));
    let readings = run(&mut |now| all.poll(now), &mut now, secs(2)).unwrap();
    assert_eq!(celsius(readings), [gone; 3]);
}

#[test]
fn the_power_on_value_is_no_temperature_and_85_degrees_is_one() {
    let wire = wire(&[0x0550]);
    let mut probe = one(Bus::new(Uart(Rc::clone(&wire))), 1, Resolution::Bits12);
    let mut now = Instant::from_secs(1);
    let reading = run(&mut |now| probe.poll(now), &mut now, secs(2)).unwrap();
    assert_eq!(reading.temperature, 85.0);

    // The supply fails while it measures.
    let fails = now + millis(400);
    let mut has_failed = false;
    let end = run(
        &mut |now| {
            if now >= fails && !core::mem::replace(&mut has_failed, true) {
                wire.borrow_mut().devices[0].power_on();
            }
            probe.poll(now)
        },
        &mut now,
        secs(2),
    );
    let error = Ds18b20Error::Read(ReadError::Scratchpad(ScratchpadError::PowerOn));
    assert_eq!(end, Err(error));
    let reading = run(&mut |now| probe.poll(now), &mut now, secs(2)).unwrap();
    assert_eq!(reading.temperature, 85.0);
}

#[test]
fn a_resolution_that_was_lost_is_written_again() {
    let wire = wire(&[0x0190]);
    let mut probe = one(Bus::new(Uart(Rc::clone(&wire))), 1, Resolution::Bits9);
    let mut now = Instant::from_secs(1);
    let reading = run(&mut |now| probe.poll(now), &mut now, secs(2)).unwrap();
    assert_eq!(reading.temperature, 25.0);
    wire.borrow_mut().devices[0].power_on();
    let end = run(&mut |now| probe.poll(now), &mut now, secs(2));
    let error = Ds18b20Error::Read(ReadError::Scratchpad(ScratchpadError::ResolutionLost));
    assert_eq!(end, Err(error));
    let reading = run(&mut |now| probe.poll(now), &mut now, secs(2)).unwrap();
    assert_eq!(reading.temperature, 25.0);
    assert_eq!(wire.borrow().devices[0].scratchpad[4], 0x1F);
}

#[test]
fn thermometers_on_the_data_line_are_fed_within_ten_microseconds_for_the_whole_conversion() {
    let wire = wire(&[0x0190, 0x00A2]);
    wire.borrow_mut()
        .devices
        .iter_mut()
        .for_each(|device| device.is_parasite = true);
    let bus = Bus::with_pull_up(Uart(Rc::clone(&wire)), PullUp(Rc::clone(&wire)));
    let roms = [rom(1), rom(2)];
    let mut all = Ds18b20Array::new(bus, roms, Resolution::Bits11, Power::Parasite).unwrap();
    let mut now = Instant::from_secs(1);
    let readings = run(&mut |now| all.poll(now), &mut now, secs(2)).unwrap();
    assert_eq!(
        readings.map(|reading| reading.unwrap().temperature),
        [25.0, 10.125]
    );
    let feedings = wire.borrow().feedings.clone();
    let [(length, delay)] = feedings[..] else {
        panic!()
    };
    assert!(
        length >= millis(375) && delay <= Duration::from_micros(10),
        "{length:?} {delay:?}"
    );

    // Given up in the middle, the line is let go.
    for _ in 0..200 {
        let Progress::WouldBlock(until) = all.poll(now) else {
            panic!()
        };
        if until > now + millis(300) {
            break;
        }
        now = until.max(now + Duration::from_micros(1));
    }
    all.abort(now);
    assert_eq!(wire.borrow().feedings.len(), 2);

    // Without the pin nothing is measured, and that is seen.
    let mut all = Ds18b20Array::new(
        Bus::new(Uart(Rc::clone(&wire))),
        roms,
        Resolution::Bits12,
        Power::External,
    )
    .unwrap();
    wire.borrow_mut().feedings.clear();
    let readings = run(&mut |now| all.poll(now), &mut now, secs(2)).unwrap();
    assert!(readings.iter().all(Result::is_err), "{readings:?}");
}

#[test]
fn on_a_noisy_wire_a_thermometer_gives_right_values_or_an_error() {
    let (mut good, mut bad) = (0, 0);
    for seed in 0..80 {
        let wire = Wire::shared(vec![Device::new(rom(1), 0x0190)], seed);
        wire.borrow_mut().noise = 15 * (seed % 8);
        let mut probe = one(Bus::new(Uart(Rc::clone(&wire))), 1, Resolution::Bits9);
        let mut now = Instant::from_secs(1);
        for _ in 0..4 {
            match run(&mut |now| probe.poll(now), &mut now, secs(5)) {
                Ok(reading) => {
                    assert_eq!(reading.temperature, 25.0, "seed {seed}");
                    good += 1;
                }
                Err(Ds18b20Error::Bus(Error::Bus(_)) | Ds18b20Error::Read(_)) => bad += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(good > 150 && bad > 10, "{good} {bad}");
}
