//! Valves that share a supply.

use gofarm_core::time::{Instant, millis, minutes, secs};
use gofarm_hal::valve::{Bridge, Guard, Latching, LatchingConfig, Supply, Turns};

use super::rig::{Page, START};

fn on(supply: &Supply) -> Guard<Latching, Page, &Supply, 4> {
    Guard::restore(LatchingConfig::new().close_strokes(1), Page::new(), START)
        .unwrap()
        .on(supply)
}

#[test]
fn one_stroke_at_a_time_and_closes_go_first() {
    let supply = Supply::new(1, 3);
    let mut valves = [on(&supply), on(&supply), on(&supply)];
    let mut now = START;
    let mut most = 0;
    let mut settle = |valves: &mut [Guard<_, _, &Supply, 4>; 3], now: &mut Instant, time| {
        let end = *now + time;
        while *now < end {
            valves.iter_mut().for_each(|valve| valve.poll(*now));
            let drawing = valves.iter().filter(|v| v.output() != Bridge::Off).count();
            most = most.max(drawing);
            *now += millis(5);
        }
    };
    settle(&mut valves, &mut now, secs(1));
    assert!(valves.iter().all(Guard::is_closed));
    assert!(!supply.is_water_wanted());
    valves[0].open_by_hand(minutes(5), now).unwrap();
    settle(&mut valves, &mut now, secs(1));
    valves[1].open_by_hand(minutes(5), now).unwrap();
    settle(&mut valves, &mut now, millis(50)); // its stroke is under way
    valves[2].open_by_hand(minutes(5), now).unwrap();
    valves[0].close_by_hand(secs(0), now);
    valves[0].poll(now);
    settle(&mut valves, &mut now, millis(150));
    assert!(valves[0].output() == Bridge::Close || valves[0].is_closed());
    assert!(!valves[2].is_open());
    settle(&mut valves, &mut now, secs(1));
    assert!(valves[0].is_closed() && valves[2].is_open());
    assert!(supply.is_water_wanted());
    assert_eq!(most, 1);
}

#[test]
fn what_a_dropped_valve_held_is_free_again() {
    let supply = Supply::new(1, 1);
    let mut valve = on(&supply);
    let mut now = START;
    while !valve.is_closed() {
        valve.poll(now);
        now += millis(10);
    }
    valve.open_by_hand(secs(60), now).unwrap();
    valve.poll(now + millis(20));
    assert!((&supply).place().is_none());
    drop(valve);
    assert!((&supply).place().is_some());
}
