//! What each drive switches on and when.

use core::fmt::Debug;

use gofarm_core::time::{Instant, millis, minutes, secs};
use gofarm_hal::flow_meter::{Flow, FlowLimits};
use gofarm_hal::valve::{
    Bridge, Cause, Coil, Config, Confirm, CurrentLimits, Drive, EndSwitches, Event, Fault,
    LatchingConfig, MotorisedConfig, Refusal, SolenoidConfig,
};

use super::rig::{TestValve, run, started};

/// Every change of the output, with the time in ms since `from`.
fn trace<D: Drive>(
    valve: &mut TestValve<D>,
    from: Instant,
    until: Instant,
    mut each: impl FnMut(&mut TestValve<D>, Instant),
) -> Vec<(u128, D::Output)> {
    let mut trace: Vec<(u128, D::Output)> = Vec::new();
    run(valve, from, until, |valve, now| {
        let output = valve.pins().output.unwrap();
        if trace.last().is_none_or(|(_, last)| *last != output) {
            trace.push((now.saturating_since(from).as_millis(), output));
        }
        each(valve, now);
    });
    trace
}

fn ready<D: Drive + Debug>(
    config: Config<D>,
    mut each: impl FnMut(&mut TestValve<D>, Instant),
) -> (TestValve<D>, Instant) {
    let (mut valve, start) = started(config);
    let now = run(&mut valve, start, start + minutes(1), |valve, now| {
        each(valve, now)
    });
    assert!(valve.is_closed(), "{valve:?}");
    while valve.poll_event().is_some() {}
    (valve, now)
}

#[test]
fn a_latching_valve_pulses_and_rests() {
    let config = LatchingConfig::new().pulse(millis(80)).close_strokes(2);
    let (mut valve, start) = started(config);
    let closing = trace(&mut valve, start, start + secs(10), |_, _| {});
    let twice = [
        (0, Bridge::Off),
        (20, Bridge::Close),
        (100, Bridge::Off),
        (1_100, Bridge::Close),
        (1_180, Bridge::Off),
    ];
    assert_eq!(closing, twice);
    let now = start + secs(20);
    valve.open_by_hand(secs(30), now).unwrap();
    let running = trace(&mut valve, now, now + secs(30), |_, _| {});
    let pulse = [
        (0, Bridge::Open),
        (80, Bridge::Off),
        (30_000, Bridge::Close),
    ];
    assert_eq!(running, pulse);
}

#[test]
fn a_close_in_the_middle_of_an_opening_pulse_waits_out_the_dead_time_only() {
    let (mut valve, now) = ready(LatchingConfig::new().close_strokes(1), |_, _| {});
    valve.open_by_hand(millis(50), now).unwrap();
    let pulses = trace(&mut valve, now, now + secs(1), |_, _| {});
    let expected = [
        (0, Bridge::Off), // it closed just now
        (20, Bridge::Open),
        (50, Bridge::Off),
        (70, Bridge::Close),
        (170, Bridge::Off),
    ];
    assert_eq!(pulses, expected);
}

#[test]
fn a_boost_capacitor_is_charged_first_and_a_weak_pulse_does_not_count() {
    let config = LatchingConfig::new().boost(9_000, secs(2)).close_strokes(1);
    let (mut valve, start) = started(config);
    let weak = trace(&mut valve, start, start + millis(2_500), |_, _| {});
    let expected = [
        (0, Bridge::Off),
        (20, Bridge::Charge),
        (2_020, Bridge::Close),
        (2_120, Bridge::Off),
    ];
    assert_eq!(weak, expected);
    let fault = Fault::NotCharged {
        millivolts: 0,
        target: 9_000,
    };
    assert_eq!(valve.poll_event(), Some(Event::Failed(fault)));
    assert!(!valve.is_closed());
    let now = start + millis(3_120);
    let full = trace(&mut valve, now, now + secs(1), |valve, now| {
        valve.boost(9_100, now)
    });
    assert_eq!(full[0], (0, Bridge::Charge));
    assert_eq!(full[1].1, Bridge::Close);
    assert!(valve.is_closed());
}

#[test]
fn a_solenoid_pulls_in_at_full_and_holds_at_less() {
    let config = SolenoidConfig::normally_closed()
        .pull_in(millis(60))
        .hold(30);
    let (mut valve, now) = ready(config, |_, _| {});
    valve.open_by_hand(secs(5), now).unwrap();
    let on = trace(&mut valve, now, now + secs(10), |_, _| {});
    assert_eq!(
        on,
        [(0, Coil::Full), (60, Coil::Hold(30)), (5_000, Coil::Off)]
    );
    assert!(valve.is_closed());
}

#[test]
fn a_normally_open_solenoid_is_held_while_it_is_closed() {
    let config = SolenoidConfig::normally_open().pull_in(millis(60)).hold(40);
    let (mut valve, start) = started(config);
    let on = trace(&mut valve, start, start + secs(10), |_, _| {});
    assert_eq!(on, [(0, Coil::Full), (60, Coil::Hold(40))]);
    assert!(valve.is_closed());
    let now = start + secs(10);
    valve.open_by_hand(secs(5), now).unwrap();
    let off = trace(&mut valve, now, now + secs(6), |_, _| {});
    assert_eq!(
        off,
        [(0, Coil::Off), (5_000, Coil::Full), (5_060, Coil::Hold(40))]
    );
}

#[test]
fn a_short_is_switched_off_at_once_but_inrush_is_allowed() {
    let limits = CurrentLimits::new(100, 1_200).inrush(600, millis(50));
    let (mut valve, now) = ready(SolenoidConfig::normally_closed().current(limits), |_, _| {});
    valve.open_by_hand(secs(5), now).unwrap();
    valve.poll(now).unwrap();
    valve.current(1_700, now + millis(10));
    valve.poll(now + millis(10)).unwrap();
    assert_eq!(valve.pins().output, Some(Coil::Full));
    valve.current(1_700, now + millis(60));
    valve.poll(now + millis(60)).unwrap();
    assert_eq!(valve.pins().output, Some(Coil::Off));
    let fault = Fault::OverCurrent {
        milliamps: 1_700,
        limit: 1_200,
    };
    assert_eq!(valve.poll_event(), Some(Event::Failed(fault)));
    assert_eq!(
        valve.poll_event(),
        Some(Event::Closing(Cause::Fault(fault)))
    );
}

#[test]
fn a_coil_that_draws_too_little_is_broken_or_not_connected() {
    let limits = CurrentLimits::new(100, 1_200);
    let config = LatchingConfig::new().current(limits).close_strokes(1);
    let (mut valve, now) = ready(config, |_, _| {});
    valve.open_by_hand(secs(5), now).unwrap();
    run(&mut valve, now, now + millis(300), |valve, now| {
        valve.current(3, now)
    });
    let fault = Fault::UnderCurrent {
        milliamps: 3,
        limit: 100,
    };
    assert_eq!(valve.poll_event(), Some(Event::Failed(fault)));
    assert!(!valve.is_open());
}

#[test]
fn a_motor_stops_at_its_end_switch() {
    let config = MotorisedConfig::new(secs(8))
        .end_switches(secs(1))
        .confirm(Confirm::EndSwitch);
    let closed = EndSwitches {
        open: false,
        closed: true,
    };
    let open = EndSwitches {
        open: true,
        closed: false,
    };
    let (mut valve, now) = ready(config, |valve, now| valve.end_switches(closed, now));
    valve.open_by_hand(secs(60), now).unwrap();
    valve.poll(now).unwrap();
    run(&mut valve, now, now + millis(900), |_, _| {});
    valve.end_switches(EndSwitches::default(), now + millis(900));
    run(&mut valve, now + millis(900), now + secs(6), |_, _| {});
    assert_eq!(valve.pins().output, Some(Bridge::Open));
    valve.end_switches(open, now + secs(6));
    run(&mut valve, now + secs(6), now + secs(7), |_, _| {});
    assert_eq!(valve.pins().output, Some(Bridge::Off));
    assert!(valve.is_open());
}

#[test]
fn a_motor_that_does_not_leave_its_end_has_stalled_and_is_turned_back() {
    let config = MotorisedConfig::new(secs(8))
        .end_switches(secs(1))
        .confirm(Confirm::EndSwitch);
    let closed = EndSwitches {
        open: false,
        closed: true,
    };
    let (mut valve, now) = ready(config, |valve, now| valve.end_switches(closed, now));
    valve.open_by_hand(secs(60), now).unwrap();
    for tenth in 0..40 {
        let at = now + millis(100 * tenth);
        valve.poll(at).unwrap();
        valve.end_switches(closed, at);
    }
    assert_eq!(valve.poll_event(), Some(Event::Failed(Fault::Stalled)));
    assert_eq!(
        valve.poll_event(),
        Some(Event::Closing(Cause::Fault(Fault::Stalled)))
    );
    assert!(matches!(valve.poll_event(), Some(Event::Closed(_))));
}

#[test]
fn what_end_switches_said_before_a_stroke_confirms_nothing() {
    let config = MotorisedConfig::new(secs(8))
        .end_switches(secs(1))
        .confirm(Confirm::EndSwitch);
    let closed = EndSwitches {
        open: false,
        closed: true,
    };
    let (mut valve, now) = ready(config, |valve, now| valve.end_switches(closed, now));
    valve.open_by_hand(secs(60), now).unwrap(); // and from now on nobody reads the switches
    run(&mut valve, now, now + minutes(30), |_, _| {});
    assert!(!valve.is_closed());
    let told: Vec<_> = core::iter::from_fn(|| valve.poll_event())
        .map(Event::as_str)
        .collect();
    assert!(told.contains(&"overdue") || told.len() == 8, "{told:?}");
}

#[test]
fn a_motor_without_switches_runs_for_its_travel_and_the_margin() {
    let config = MotorisedConfig::new(secs(8)).close_strokes(1);
    let (mut valve, start) = started(config);
    let on = trace(&mut valve, start, start + minutes(1), |_, _| {});
    assert_eq!(
        on,
        [
            (0, Bridge::Off),
            (500, Bridge::Close),
            (10_500, Bridge::Off)
        ]
    );
}

#[test]
fn both_end_switches_at_once_confirm_nothing() {
    let config = MotorisedConfig::new(secs(8))
        .end_switches(secs(1))
        .confirm(Confirm::EndSwitch);
    let (mut valve, start) = started(config);
    let both = EndSwitches {
        open: true,
        closed: true,
    };
    run(&mut valve, start, start + secs(15), |valve, now| {
        valve.end_switches(both, now)
    });
    assert_eq!(valve.poll_event(), Some(Event::Failed(Fault::Switches)));
    assert!(!valve.is_closed());
}

#[test]
fn a_run_ends_with_its_volume() {
    let config = LatchingConfig::new().close_strokes(1);
    let (mut valve, now) = ready(config, |_, _| {});
    valve.open_by_hand(minutes(10), now).unwrap();
    assert!(valve.end_after(5_000));
    for litres in 0..8_u64 {
        let at = now + secs(litres);
        valve.flow(
            Flow {
                rate: 60_000,
                volume: 77_000 + litres * 1_000,
            },
            at,
        );
        run(&mut valve, at, at + millis(900), |_, _| {});
        let closes = valve
            .poll_event()
            .is_some_and(|e| e == Event::Closing(Cause::VolumeReached))
            || valve
                .poll_event()
                .is_some_and(|e| e == Event::Closing(Cause::VolumeReached));
        assert_eq!(closes, litres == 5, "{litres} l");
    }
    assert!(!valve.end_after(1));
}

#[test]
fn flow_through_a_closed_valve_is_a_leak_and_keeps_it_closed() {
    let config = LatchingConfig::new()
        .flow(FlowLimits::new(100).settle(secs(5)))
        .close_strokes(1);
    let (mut valve, now) = ready(config, |_, _| {});
    valve.flow(
        Flow {
            rate: 900,
            volume: 0,
        },
        now + secs(4),
    ); // still running out
    assert!(!valve.is_leaking());
    let wet = now + secs(6);
    valve.flow(
        Flow {
            rate: 900,
            volume: 10,
        },
        wet,
    );
    assert!(valve.is_leaking());
    assert_eq!(valve.open_by_hand(secs(60), wet), Err(Refusal::Closing));
    let closed = run(&mut valve, wet, wet + secs(5), |_, _| {});
    assert_eq!(valve.open_by_hand(secs(60), closed), Err(Refusal::Leaking));
    valve.flow(
        Flow {
            rate: 0,
            volume: 10,
        },
        closed,
    );
    assert_eq!(valve.open_by_hand(secs(60), closed), Ok(()));
    let told: Vec<_> = core::iter::from_fn(|| valve.poll_event())
        .map(Event::as_str)
        .collect();
    assert_eq!(told, ["leak", "closing", "unconfirmed", "leak_ended"]);
}
