//! The TEROS 12 against its model, over a wire.

use gofarm_core::Validate;
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::emulator::{Teros12 as Model, line};
use gofarm_hal::sdi12::{Address, Bus, Error, Framing, Measurement, Responder, Station, Timing};
use gofarm_hal::sensor::teros12::{Teros12, Teros12Reading};

#[test]
fn the_values_are_those_of_the_soil_by_each_measurement() {
    let measurements = [
        Measurement::STANDARD,
        Measurement::CONCURRENT,
        Measurement::CONCURRENT.with_crc(),
    ];
    for measurement in measurements {
        let (recorder, sensor) = line::pair(1_200);
        let soil = Responder::new(
            Address::DEFAULT,
            Framing::Hardware,
            Model::new(2_450.5, -1.5, 320),
        );
        let mut station = Station::new(sensor, soil);
        let bus = Bus::new(recorder, Timing::DEFAULT);
        let mut probe = Teros12::with(bus, Address::DEFAULT, measurement);
        let mut now = Instant::from_secs(1);
        let reading = loop {
            station.poll(now).unwrap();
            if let Progress::Ready(end) = probe.poll(now) {
                break end;
            }
            now += millis(1);
            assert!(now < Instant::from_secs(30), "no end in 30 s");
        };
        let expected = Teros12Reading {
            counts: 2_450.5,
            temperature: -1.5,
            conductivity: 320.0,
        };
        assert_eq!(reading, Ok(expected), "{measurement:?}");
        assert!(expected.validate().is_ok());
    }
}

#[test]
fn a_probe_that_is_not_there_is_an_error_in_time() {
    let (recorder, _nobody) = line::pair(1_200);
    let mut probe = Teros12::new(Bus::new(recorder, Timing::DEFAULT), Address::DEFAULT);
    let start = Instant::from_secs(1);
    let mut now = start;
    let end = loop {
        if let Progress::Ready(end) = probe.poll(now) {
            break end;
        }
        now += millis(1);
        assert!(now < start + secs(10), "no end in 10 s");
    };
    assert!(matches!(end, Err(Error::Exchange(_))), "{end:?}");
}
