//! The seven-in-one probe against its model, over a wire.

use core::cell::RefCell;

use gofarm_core::Validate;
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::emulator::line::{self, End, LineError};
use gofarm_hal::emulator::{Layout, Soil, SoilProbe};
use gofarm_hal::modbus::{Client, Error, ExceptionCode, Rtu, RtuConfig, Unit};
use gofarm_hal::sensor::soil_probe_7in1::{RegisterMap, SoilProbe7in1, SoilReading};

type Measured = Result<SoilReading, Error<LineError>>;

fn measure(
    probe: &mut impl Sensor<Output = SoilReading, Error = Error<LineError>>,
    models: &mut [&mut SoilProbe<End>],
    now: &mut Instant,
) -> Measured {
    let give_up = *now + secs(30);
    while *now < give_up {
        for model in models.iter_mut() {
            let _ = model.poll(*now);
        }
        if let Progress::Ready(end) = probe.poll(*now) {
            return end;
        }
        *now += millis(1);
    }
    panic!("no end in 30 s");
}

fn setting(layout: Layout, map: RegisterMap) -> (SoilProbe7in1<Rtu<End>>, SoilProbe<End>) {
    let (gateway, field) = line::pair(9_600);
    let rtu = Rtu::new(gateway, RtuConfig::new(9_600));
    let probe = SoilProbe7in1::new(Client::new(rtu, Unit(1))).map(map);
    let model = SoilProbe::new(field, Unit(1), 9_600, layout, Soil::LOAM);
    (probe, model)
}

#[test]
fn both_vendors_give_the_same_soil() {
    let rows = [
        (Layout::Cwt, RegisterMap::CWT),
        (Layout::Jxct, RegisterMap::JXCT),
    ];
    for (layout, map) in rows {
        let (mut probe, mut model) = setting(layout, map);
        let mut now = Instant::ZERO;
        let expected = SoilReading {
            moisture: 31.5,
            temperature: 18.2,
            conductivity: 640,
            ph: 6.4,
            nitrogen: 41,
            phosphorus: 22,
            potassium: 118,
        };
        let reading = measure(&mut probe, &mut [&mut model], &mut now);
        assert_eq!(reading, Ok(expected), "{layout:?}");
        assert!(expected.validated().is_ok());
        model.soil_mut().temperature = -123;
        let reading = measure(&mut probe, &mut [&mut model], &mut now);
        assert_eq!(reading.unwrap().temperature, -12.3, "{layout:?}");
    }
}

#[test]
fn the_other_vendors_registers_are_refused_not_guessed() {
    let (mut probe, mut model) = setting(Layout::Jxct, RegisterMap::CWT);
    let mut now = Instant::ZERO;
    let refused = Err(Error::Exception(ExceptionCode::IllegalDataAddress));
    assert_eq!(measure(&mut probe, &mut [&mut model], &mut now), refused);
}

#[test]
fn a_probe_with_faults_gives_typed_errors_and_comes_back() {
    let (mut probe, mut model) = setting(Layout::Jxct, RegisterMap::JXCT);
    let mut now = Instant::ZERO;
    assert!(measure(&mut probe, &mut [&mut model], &mut now).is_ok());

    model.refuse(Some(ExceptionCode::ServerDeviceBusy));
    let busy = Err(Error::Exception(ExceptionCode::ServerDeviceBusy));
    assert_eq!(measure(&mut probe, &mut [&mut model], &mut now), busy);
    model.refuse(None);
    assert!(measure(&mut probe, &mut [&mut model], &mut now).is_ok());

    model.silence(true);
    let start = now;
    let dead = measure(&mut probe, &mut [&mut model], &mut now);
    assert_eq!(dead, Err(Error::TimedOut));
    assert!(now.saturating_since(start) < millis(1_200));
    model.silence(false);
    assert!(measure(&mut probe, &mut [&mut model], &mut now).is_ok());
}

#[test]
fn a_measurement_that_fails_half_way_mixes_nothing() {
    let (mut probe, mut model) = setting(Layout::Jxct, RegisterMap::JXCT);
    let mut now = Instant::ZERO;
    // pH is read first; then the probe dies.
    let mut asked = 0;
    while asked < 1 {
        if let Progress::Ready(Ok(_)) = model.poll(now) {
            asked += 1;
        }
        assert!(matches!(probe.poll(now), Progress::WouldBlock(_)));
        now += millis(1);
    }
    for _ in 0..30 {
        assert!(matches!(probe.poll(now), Progress::WouldBlock(_)));
        now += millis(1);
    }
    model.silence(true);
    assert_eq!(
        measure(&mut probe, &mut [&mut model], &mut now),
        Err(Error::TimedOut)
    );
    model.silence(false);
    model.soil_mut().ph = 500;
    let reading = measure(&mut probe, &mut [&mut model], &mut now).unwrap();
    assert_eq!(reading.ph, 5.0);
}

#[test]
fn a_cut_cable_is_a_time_out_and_a_mended_one_works() {
    let (gateway, field) = line::pair(4_800);
    let bus = RefCell::new(Rtu::new(gateway, RtuConfig::new(4_800)));
    let mut probe = SoilProbe7in1::new(Client::<_, 16>::sized(&bus, Unit(7)));
    let mut model = SoilProbe::new(field, Unit(7), 4_800, Layout::Cwt, Soil::LOAM);
    let mut now = Instant::ZERO;
    bus.borrow().port().cut(true);
    let cut = measure(&mut probe, &mut [&mut model], &mut now);
    assert_eq!(cut, Err(Error::TimedOut));
    bus.borrow().port().cut(false);
    assert!(measure(&mut probe, &mut [&mut model], &mut now).is_ok());
}
