//! Measurements from start to values, on a line without faults.

use core::cell::RefCell;

use gofarm_core::device::{Progress, Sensor};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_hal::sdi12::{
    Address, Answer, Bus, Error, Failure, MeasureError, Measurement, Probe, Request, Timing, Value,
};

use super::monitor;
use super::wire::{End, Faults, RECORDER, Rig, What, Wire, run, run_all, value};

const NONE: Faults = Faults {
    lost: 0,
    one_bit: 0,
    two_bits: 0,
    doubled: 0,
    noise: 0,
};

fn address(of: char) -> Address {
    Address::new(of).unwrap()
}

fn bus(wire: &alloc::rc::Rc<RefCell<Wire>>) -> Bus<End> {
    Bus::new(End::new(wire, RECORDER), Timing::DEFAULT)
}

/// How a measurement ended, and what it took.
struct Measured<const N: usize> {
    end: Result<[Value; N], Error<super::wire::Broken>>,
    commands: Vec<String>,
    breaks: usize,
    at: Instant,
}

fn measure<const N: usize>(rig: Rig, of: Measurement) -> Measured<N> {
    let wire = Wire::shared(2, NONE, 1);
    let mut stations = [rig.station(&wire, 1, '0')];
    let mut probe = Probe::new(bus(&wire), Address::DEFAULT, of, |values: [Value; N]| {
        values
    });
    let mut now = Instant::from_secs(1);
    let end = run(&mut probe, &mut stations, &mut now, secs(20));
    let seen = monitor::check(&wire.borrow().log);
    Measured {
        end,
        commands: seen.commands,
        breaks: seen.breaks,
        at: now,
    }
}

#[test]
fn the_examples_of_the_standard_run() {
    // Section 4.4.8.4 a, b, c and 4.4.12.3 a, b, c.
    let nine = [
        "1.11", "2.22", "3.33", "4.44", "5.55", "6.66", "7.77", "8.88", "9.99",
    ];
    for of in [Measurement::STANDARD, Measurement::STANDARD.with_crc()] {
        let m = if of.has_crc() { "0MC!" } else { "0M!" };
        let Measured { end, commands, .. } = measure(Rig::new(0, millis(0), &["3.14"]), of);
        assert_eq!(end.unwrap(), [value("3.14")]);
        assert_eq!(commands, [m, "0D0!"]);

        let three = ["3.14", "2.718", "1.414"];
        let Measured {
            end,
            commands,
            breaks,
            at,
        } = measure(Rig::new(5, millis(1_500), &three), of);
        assert_eq!(end.unwrap(), three.map(value));
        assert_eq!(commands, [m, "0D0!"]);
        assert_eq!(breaks, 1, "after a service request no break is needed");
        assert!(
            at < Instant::from_secs(3),
            "the service request came early: {at:?}"
        );

        let Measured { end, commands, .. } = measure(Rig::new(4, millis(3_000), &nine), of);
        assert_eq!(end.unwrap(), nine.map(value));
        assert_eq!(commands, [m, "0D0!", "0D1!"]);
    }
}

#[test]
fn a_service_request_that_never_comes_costs_the_announced_time_and_nothing_else() {
    // A sensor out of compliance (section 4.4.8.4 d): ready, and silent about it.
    let wire = Wire::shared(2, NONE, 1);
    let mut stations = [Rig::new(1, millis(200), &["3.14", "2.718"]).station(&wire, 1, '0')];
    let mut probe = Probe::new(
        bus(&wire),
        Address::DEFAULT,
        Measurement::STANDARD,
        |v: [Value; 2]| v,
    );
    let mut now = Instant::from_secs(1);
    let end = run(&mut probe, &mut [], &mut now, secs(5));
    assert_eq!(
        end,
        Err(Error::Exchange(Failure::NoReply { sends: 9 })),
        "nobody is there"
    );
    wire.borrow_mut().mute(1, 1);
    let begun = now;
    let end = run(&mut probe, &mut stations, &mut now, secs(8));
    assert_eq!(end.unwrap(), ["3.14", "2.718"].map(value));
    assert!(
        now > begun + secs(1) && now < begun + millis(1_700),
        "{now:?}"
    );
}

#[test]
fn a_break_that_ends_a_measurement_is_an_error_and_not_old_values() {
    for of in [Measurement::STANDARD, Measurement::STANDARD.with_crc()] {
        let wire = Wire::shared(3, NONE, 1);
        let mut stations = [Rig::new(2, millis(1_500), &["3.14"]).station(&wire, 1, '0')];
        let mut probe = Probe::new(bus(&wire), Address::DEFAULT, of, |v: [Value; 1]| v);
        let mut other = End::new(&wire, 2);
        let mut now = Instant::from_secs(1);
        let mut at = 0;
        let end = run_all(
            &mut |now| {
                at += 1;
                use gofarm_hal::serial::SetBreak as _;
                match at {
                    700 => other.set_break(now, true).unwrap(),
                    715 => other.set_break(now, false).unwrap(),
                    _ => {}
                }
                match probe.poll(now) {
                    Progress::Ready(end) => Some(end),
                    Progress::WouldBlock(_) => None,
                }
            },
            &mut stations,
            &mut now,
            secs(8),
        );
        assert_eq!(end, Err(Error::Measure(MeasureError::Aborted)));
        assert_eq!(stations[0].responder().measure().aborted, 1);
        let end = run(&mut probe, &mut stations, &mut now, secs(8));
        assert_eq!(end.unwrap(), [value("3.14")], "the next one is good");
    }
}

#[test]
fn several_sensors_measure_at_the_same_time() {
    // Section 4.4.8.5, a tenth of the times.
    let twelve = [
        "1.234", "-4.56", "12354", "-0.00045", "2.223", "145.5", "7.7003", "4328.8", "9", "10",
        "11.433", "12",
    ];
    let four = ["1.23", "2.34", "345", "4.4678"];
    let wire = Wire::shared(3, NONE, 1);
    let mut stations = [
        Rig::new(5, millis(4_500), &twelve).station(&wire, 1, '0'),
        Rig::new(2, millis(1_500), &four).station(&wire, 2, '1'),
    ];
    let bus = RefCell::new(bus(&wire));
    let of = Measurement::CONCURRENT.with_crc();
    let mut slow = Probe::new(&bus, address('0'), of, |v: [Value; 12]| v);
    let mut quick = Probe::new(&bus, address('1'), of, |v: [Value; 4]| v);
    let (mut slow_end, mut quick_end) = (None, None);
    let mut now = Instant::from_secs(1);
    run_all(
        &mut |now| {
            if slow_end.is_none()
                && let Progress::Ready(end) = slow.poll(now)
            {
                slow_end = Some((end.unwrap(), now));
            }
            if quick_end.is_none()
                && let Progress::Ready(end) = quick.poll(now)
            {
                quick_end = Some((end.unwrap(), now));
            }
            (slow_end.is_some() && quick_end.is_some()).then_some(())
        },
        &mut stations,
        &mut now,
        secs(20),
    );
    let (values, at) = quick_end.unwrap();
    assert_eq!(values, four.map(value));
    assert!(at < Instant::from_millis(4_000), "{at:?}");
    let (values, at) = slow_end.unwrap();
    assert_eq!(values, twelve.map(value));
    assert!(at < Instant::from_millis(7_500), "{at:?}");
    let seen = monitor::check(&wire.borrow().log);
    assert_eq!(seen.commands, ["0CC!", "1CC!", "1D0!", "0D0!"]);
    assert!(
        stations
            .iter()
            .all(|one| one.responder().measure().aborted == 0)
    );
}

#[test]
fn a_measurement_that_takes_the_bus_has_it_alone() {
    let wire = Wire::shared(3, NONE, 1);
    let mut stations = [
        Rig::new(2, millis(1_500), &["1"]).station(&wire, 1, '0'),
        Rig::new(2, millis(1_500), &["2"]).station(&wire, 2, '1'),
    ];
    let bus = RefCell::new(bus(&wire));
    let mut probes = ['0', '1'].map(|of| {
        Probe::new(
            &bus,
            address(of),
            Measurement::STANDARD,
            |[v]: [Value; 1]| v,
        )
    });
    let mut ends = [None, None];
    let mut now = Instant::from_secs(1);
    run_all(
        &mut |now| {
            for (probe, end) in probes.iter_mut().zip(&mut ends) {
                if end.is_none()
                    && let Progress::Ready(value) = probe.poll(now)
                {
                    *end = Some(value.unwrap());
                }
            }
            ends.iter().all(Option::is_some).then_some(())
        },
        &mut stations,
        &mut now,
        secs(20),
    );
    assert_eq!(ends, [Some(value("1")), Some(value("2"))]);
    let seen = monitor::check(&wire.borrow().log);
    assert_eq!(seen.commands, ["0M!", "0D0!", "1M!", "1D0!"]);
}

#[test]
fn a_probe_that_is_dropped_frees_the_bus() {
    let wire = Wire::shared(3, NONE, 1);
    let mut stations = [
        Rig::new(900, secs(900), &["1"]).station(&wire, 1, '0'),
        Rig::new(0, millis(0), &["2"]).station(&wire, 2, '1'),
    ];
    let bus = RefCell::new(bus(&wire));
    let mut now = Instant::from_secs(1);
    {
        let mut slow = Probe::new(&bus, address('0'), Measurement::STANDARD, |v: [Value; 1]| v);
        for _ in 0..500 {
            stations.iter_mut().for_each(|one| {
                one.poll(now).unwrap();
            });
            assert!(matches!(slow.poll(now), Progress::WouldBlock(_)));
            now += millis(1);
        }
    }
    let mut quick = Probe::new(
        &bus,
        address('1'),
        Measurement::STANDARD,
        |[v]: [Value; 1]| v,
    );
    let begun = now;
    let end = run(&mut quick, &mut stations, &mut now, secs(3));
    assert_eq!(end.unwrap(), value("2"));
    assert!(now < begun + secs(2), "{now:?}");
}

#[test]
fn other_commands_reach_the_sensor() {
    let wire = Wire::shared(2, NONE, 1);
    wire.borrow_mut().echo();
    let mut stations = [Rig::new(0, millis(0), &["3.14"]).station(&wire, 1, '0')];
    let (old, new) = (address('0'), address('k'));
    let mut probe = Probe::new(
        bus(&wire),
        new,
        Measurement::CONTINUOUS.with_crc(),
        |v: [Value; 1]| v,
    );
    let mut now = Instant::from_secs(1);
    let mut ask = |probe: &mut Probe<_, _, 1>, request: Request, now: &mut Instant| {
        run_all(
            &mut |now| match probe.poll_request(&request, now) {
                Progress::Ready(end) => Some(end),
                Progress::WouldBlock(_) => None,
            },
            &mut stations,
            now,
            secs(5),
        )
    };
    let rows = [
        (Request::query_address(), Ok(Answer::Acknowledged(old))),
        (Request::acknowledge(old), Ok(Answer::Acknowledged(old))),
        (
            Request::change_address(old, new),
            Ok(Answer::Acknowledged(new)),
        ),
        (Request::acknowledge(new), Ok(Answer::Acknowledged(new))),
        (
            Request::acknowledge(old),
            Err(Error::Exchange(Failure::NoReply { sends: 9 })),
        ),
    ];
    for (request, end) in rows {
        assert_eq!(ask(&mut probe, request, &mut now), end);
    }
    let Ok(Answer::Identified(what)) = ask(&mut probe, Request::identify(new), &mut now) else {
        panic!()
    };
    assert_eq!((what.vendor(), what.serial()), ("GOFARM  ", "S-7"));
    let describe = Request::describe(new, Measurement::HIGH_VOLUME).unwrap();
    let Ok(Answer::Announced(announced)) = ask(&mut probe, describe, &mut now) else {
        panic!()
    };
    assert_eq!((announced.seconds(), announced.values()), (0, 1));
    for (number, text) in [(1, ",TA,Cel;"), (2, "")] {
        let request = Request::parameter(new, Measurement::CONCURRENT.with_crc(), number);
        let Ok(Answer::Text(found)) = ask(&mut probe, request, &mut now) else {
            panic!()
        };
        assert_eq!(found.as_str(), text);
    }
    let Ok(Answer::Text(found)) = ask(
        &mut probe,
        Request::extended(new, b"XCAL 7").unwrap(),
        &mut now,
    ) else {
        panic!()
    };
    assert_eq!(found.as_str(), "XCAL 7");
    let end = run(&mut probe, &mut stations, &mut now, secs(3));
    assert_eq!(end.unwrap(), [value("3.14")]);
    let log = &wire.borrow().log;
    assert!(log.iter().any(|mark| mark.what == What::Break));
    monitor::check(log);
}

#[test]
fn a_sensor_with_other_values_than_wanted_is_refused() {
    for of in [
        Measurement::STANDARD,
        Measurement::CONCURRENT,
        Measurement::STANDARD.additional(1),
    ] {
        let Measured { end, .. } = measure::<2>(Rig::new(1, millis(500), &["1", "2", "3"]), of);
        let announced = if of.index() == 0 { 3 } else { 0 };
        let error = MeasureError::Announced {
            announced,
            wanted: 2,
        };
        assert_eq!(end, Err(Error::Measure(error)));
    }
}

#[test]
fn high_volumes_come_page_by_page() {
    let text: Vec<String> = (0..200).map(|n| format!("{}.{:03}", n - 100, n)).collect();
    let text: Vec<&str> = text.iter().map(String::as_str).collect();
    let Measured { end, commands, .. } =
        measure::<200>(Rig::new(1, millis(500), &text), Measurement::HIGH_VOLUME);
    let wanted: Vec<Value> = text.iter().map(|text| value(text)).collect();
    assert_eq!(end.unwrap().to_vec(), wanted);
    assert!(commands.len() > 15 && commands.contains(&String::from("0D12!")));
}
