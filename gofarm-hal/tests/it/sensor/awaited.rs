//! Awaited chips do what polled ones do.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use gofarm_core::device::{Progress, Sensor, SensorAsync};
use gofarm_core::time::{Clock, ManualClock};
use gofarm_hal::emulator::i2c::{Bus, Fault};
use gofarm_hal::emulator::{self, Sleep};
use gofarm_hal::sensor::bh1750::{self, Bh1750Async, MeasurementTime, Resolution};
use gofarm_hal::sensor::seesaw::{self, SeesawAsync};
use gofarm_hal::sensor::sht3x::{self, Repeatability, Sht3xAsync};
use gofarm_hal::sensor::sht4x::{self, Precision, ReadSerialNumber, Sht4x, Sht4xAsync};

/// Runs a future whose delays are over at once.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(end) = pin!(future).poll(&mut context) else {
        panic!("it waits for something else than a delay");
    };
    end
}

#[test]
fn every_part_can_be_awaited() {
    let clock = ManualClock::new();
    let delay = Sleep::new(&clock);
    let mut bus = Bus::new(&clock);
    bus.attach(0x44, emulator::Sht3x::new(20.0, 50.0));
    bus.attach(0x45, emulator::Sht4x::new(-5.0, 80.0));
    bus.attach(0x23, emulator::Bh1750::new(800.0));
    bus.attach(0x36, emulator::Seesaw::new(500, 9.5));
    run(async {
        let (a, b) = (sht3x::Address::A, sht4x::Address::B);
        let mut sht3x = Sht3xAsync::new(bus.clone(), delay, a, Repeatability::High);
        assert!((sht3x.read().await.unwrap().temperature - 20.0).abs() < 0.002);
        let mut sht4x = Sht4xAsync::new(bus.clone(), delay, b, Precision::Low);
        assert!((sht4x.read().await.unwrap().humidity - 80.0).abs() < 0.002);
        assert_eq!(sht4x.ask(&mut ReadSerialNumber).await, Ok(0x1234_5678));
        let (low, time) = (bh1750::Address::Low, MeasurementTime::DEFAULT);
        let mut bh1750 = Bh1750Async::new(bus.clone(), delay, low, Resolution::High, time);
        assert!((bh1750.read().await.unwrap().illuminance - 800.0).abs() < 1.0);
        let mut seesaw = SeesawAsync::new(bus.clone(), delay, seesaw::Address::A);
        assert_eq!(seesaw.read().await.unwrap().capacitance, 500);
    });
}

#[test]
fn awaited_and_polled_end_alike_after_the_same_time() {
    let faults = [
        None,
        Some(Fault::Absent),
        Some(Fault::NeverReady),
        Some(Fault::Refuses(2)),
        Some(Fault::FlipBit(40)),
        Some(Fault::FloatsHigh),
    ];
    for fault in faults {
        let clock = ManualClock::new();
        let mut bus = Bus::new(&clock);
        bus.attach(0x44, emulator::Sht4x::new(20.0, 50.0));
        bus.inject(0x44, fault);
        let address = sht4x::Address::A;
        let mut polled = Sht4x::new(bus.clone(), address, Precision::High);
        let expected = loop {
            match polled.poll(clock.now()) {
                Progress::Ready(end) => break end,
                Progress::WouldBlock(until) => clock.advance_to(until),
            }
        };
        let polled_for = clock.now();
        bus.inject(0x44, fault);
        let sleep = Sleep::new(&clock);
        let mut awaited = Sht4xAsync::new(bus, sleep, address, Precision::High);
        assert_eq!(run(awaited.read()), expected, "{fault:?}");
        let awaited_for = clock.now().saturating_since(polled_for);
        assert_eq!(awaited_for.as_micros(), polled_for.as_micros().into());
    }
}
