//! What valves did in the field and must not do here; each test is named after one failure.

use alloc::rc::Rc;
use core::cell::RefCell;

use embedded_hal::digital::{ErrorKind, ErrorType, OutputPin};
use gofarm_core::command::{self, CloseReason};
use gofarm_core::error::Classify;
use gofarm_core::time::{Instant, hours, millis, minutes, secs};
use gofarm_hal::flow_meter::{Flow, FlowLimits};
use gofarm_hal::valve::{
    Alone, Bridge, BridgePins, Cause, Coil, Config, Confirm, Drive, Event, Latching,
    LatchingConfig, Refusal, ReserveLimits, SolenoidConfig, Valve, Verdict,
};

use super::rig::{Close, Open, Page, TestPins, TestValve, command, run, started, wall};

fn once() -> LatchingConfig {
    LatchingConfig::new().close_strokes(1)
}

/// Closed after its start.
fn closed<D: Drive>(config: Config<D>) -> (TestValve<D>, Instant) {
    let (mut valve, start) = started(config);
    let now = run(&mut valve, start, start + minutes(5), |valve, now| {
        valve.boost(9_000, now);
    });
    assert!(valve.is_closed());
    while valve.poll_event().is_some() {}
    (valve, now)
}

/// Open under a lease from now on.
fn open(lease: core::time::Duration) -> (TestValve<Latching>, Instant) {
    let (mut valve, now) = closed(once());
    let verdict = valve.accept(&command(Open, 1, now).lease(lease), now, Some(wall(now)));
    assert_eq!(verdict, Verdict::Accepted);
    let opened = run(&mut valve, now, now + millis(200), |_, _| {});
    assert!(valve.is_open());
    assert_eq!(valve.poll_event(), Some(Event::Opened));
    (valve, opened)
}

fn output(valve: &TestValve<Latching>) -> Bridge {
    valve.pins().output.unwrap()
}

fn events<D: Drive>(valve: &mut TestValve<D>) -> Vec<Event> {
    core::iter::from_fn(|| valve.poll_event()).collect()
}

/// FarmBot/farmbot_os#1494: the program stalled and the valve stayed open.
#[test]
fn left_open_on_stall() {
    let (mut valve, now) = open(minutes(20));
    let awake = now + hours(6); // nobody polled
    valve.poll(awake).unwrap();
    assert_eq!(output(&valve), Bridge::Close);
    let ended = Event::Closing(Cause::Lease(CloseReason::LeaseEnded));
    assert_eq!(events(&mut valve), [ended]);
}

/// rgc99/irrigation_unlimited#217: the timer that should have switched off was lost in a restart.
#[test]
fn auto_off_lost_in_a_restart() {
    let (valve, now) = open(minutes(20));
    let (_, journal) = valve.into_parts();
    let mut valve: TestValve<Latching> =
        Valve::wire(TestPins::new(), once(), journal, now).unwrap();
    let mut outputs = Vec::new();
    run(&mut valve, now, now + hours(1), |valve, _| {
        outputs.push(output(valve))
    });
    outputs.dedup();
    assert_eq!(outputs, [Bridge::Off, Bridge::Close, Bridge::Off]);
    let again = command(Open, 1, now).lease(minutes(20));
    assert_eq!(
        valve.accept(&again, now, Some(wall(now))),
        Verdict::Refused(Refusal::Lease(command::Refusal::Repeated))
    );
}

/// esphome/issues#5088: a run time of 0 meant for ever.
#[test]
fn duration_zero_stays_on_for_ever() {
    let (mut valve, now) = closed(once());
    let zero = command(Open, 1, now).lease(millis(0));
    let refused = Refusal::Lease(command::Refusal::ZeroLease);
    assert_eq!(
        valve.accept(&zero, now, Some(wall(now))),
        Verdict::Refused(refused)
    );
    let none = command(Open, 2, now);
    let refused = Verdict::Refused(Refusal::NoLease);
    assert_eq!(valve.accept(&none, now, Some(wall(now))), refused);
    valve.open_by_hand(millis(0), now).unwrap();
    valve.poll(now).unwrap();
    assert_ne!(output(&valve), Bridge::Open);
    assert!(valve.lease().tally().is_balanced());
}

/// esphome/issues#6685: a delay before opening that is longer than the run locked the valve on.
#[test]
fn open_delay_longer_than_the_run_locks_on() {
    let config = once().boost(9_000, secs(10)).max_by_hand(secs(2));
    let (mut valve, now) = closed(config);
    valve.boost(0, now); // and never charged again
    valve.open_by_hand(secs(2), now).unwrap();
    let mut outputs = Vec::new();
    run(&mut valve, now, now + secs(30), |valve, _| {
        outputs.push(output(valve))
    });
    assert!(!outputs.contains(&Bridge::Open));
    assert!(outputs.contains(&Bridge::Close));
}

/// esphome/esphome#16291: the next run began as the one before was still closing, and its close never came.
#[test]
fn a_new_run_swallows_the_close_of_the_last() {
    let (mut valve, now) = open(minutes(20));
    let close = command(Close, 2, now);
    assert_eq!(valve.accept(&close, now, None), Verdict::Accepted);
    let next = command(Open, 3, now).lease(minutes(20));
    assert_eq!(
        valve.accept(&next, now, Some(wall(now))),
        Verdict::Refused(Refusal::Lease(command::Refusal::Closing(
            CloseReason::Commanded
        )))
    );
    valve.poll(now).unwrap();
    assert_eq!(output(&valve), Bridge::Close);
}

/// Home-assistant/core#178090 in review: the deadline was dropped when the close failed.
#[test]
fn deadline_dropped_when_the_close_fails() {
    let (mut valve, now) = open(minutes(20));
    let end = now + minutes(20);
    valve.pins().are_broken.set(true);
    let mut failures = 0;
    let mut now = now;
    while now < end + minutes(10) {
        failures += u32::from(valve.poll(now).is_err());
        now = now.max(valve.poll_timeout().unwrap());
        if valve.poll_timeout().is_some_and(|at| at <= now) {
            now += millis(1);
        }
    }
    assert!(failures > 100, "{failures} tries in 10 minutes");
    valve.pins().are_broken.set(false);
    let mut outputs = Vec::new();
    run(&mut valve, now, now + minutes(2), |valve, _| {
        outputs.push(output(valve))
    });
    assert!(outputs.contains(&Bridge::Close) && valve.is_closed());
}

/// A close that did not move the valve was never tried again.
#[test]
fn a_close_that_fails_once_is_not_tried_again() {
    let config = LatchingConfig::new()
        .flow(FlowLimits::new(100).settle(secs(2)))
        .confirm(Confirm::Flow);
    let (mut valve, start) = started(config);
    let mut pulses = 0;
    let mut before = Bridge::Off;
    let mut overdue = 0;
    run(&mut valve, start, start + hours(1), |valve, now| {
        let on = output(valve);
        pulses += u32::from(on == Bridge::Close && before != Bridge::Close);
        before = on;
        valve.flow(
            Flow {
                rate: 4_000,
                volume: 0,
            },
            now,
        );
        overdue += events(valve)
            .iter()
            .filter(|e| matches!(e, Event::Overdue { .. }))
            .count();
    });
    assert_eq!(overdue, 1);
    assert!((55..70).contains(&pulses), "{pulses} pulses in an hour");
    for second in 0..120 {
        let now = start + hours(1) + secs(second);
        valve.flow(Flow { rate: 0, volume: 0 }, now);
        valve.poll(now).unwrap();
    }
    assert!(valve.is_closed());
}

/// The minimum off time was forgotten with the power.
#[test]
fn min_off_ignored_after_reboot() {
    let (mut valve, now) = closed(once().min_off(secs(10)));
    assert_eq!(
        valve.open_by_hand(secs(60), now),
        Err(Refusal::MinOff { wait: secs(10) })
    );
    assert_eq!(
        valve.open_by_hand(secs(60), now).unwrap_err().retry_after(),
        Some(secs(10))
    );
    assert_eq!(valve.open_by_hand(secs(60), now + secs(10)), Ok(()));
}

/// A minimum on time held a valve open that had to close.
#[test]
fn min_on_delays_a_close() {
    let (mut valve, now) = closed(once().min_on(minutes(5)));
    let refused = Refusal::TooShort {
        run: minutes(1),
        min_on: minutes(5),
    };
    assert_eq!(valve.open_by_hand(minutes(1), now), Err(refused));
    valve.open_by_hand(minutes(10), now).unwrap();
    run(&mut valve, now, now + secs(1), |_, _| {});
    let now = now + secs(1);
    valve.close_by_hand(minutes(1), now);
    valve.poll(now).unwrap();
    assert_eq!(output(&valve), Bridge::Close);
    assert_eq!(valve.open_by_hand(minutes(10), now), Err(Refusal::Closing));
}

/// The battery was empty when the run ended, and a latching valve stays where it is.
#[test]
fn no_energy_left_to_close() {
    let (mut valve, now) = closed(once().reserve(ReserveLimits::new(3_300, 3_600)));
    assert_eq!(
        valve.open_by_hand(minutes(10), now),
        Err(Refusal::ReserveLow)
    ); // not known yet
    valve.reserve(3_700, now);
    valve.open_by_hand(minutes(10), now).unwrap();
    run(&mut valve, now, now + secs(1), |_, _| {});
    let now = now + secs(1);
    valve.reserve(3_300, now);
    valve.poll(now).unwrap();
    assert_eq!(output(&valve), Bridge::Close);
    let told = events(&mut valve);
    assert!(told.contains(&Event::ReserveLow { millivolts: 3_300 }));
    assert!(told.contains(&Event::Closing(Cause::ReserveLow)));
    let now = run(&mut valve, now, now + secs(1), |_, _| {});
    valve.reserve(3_500, now); // recovers without load
    assert_eq!(
        valve.open_by_hand(minutes(10), now),
        Err(Refusal::ReserveLow)
    );
}

/// A blocking delay of one valve's pulse held up everything else, another valve's close too.
#[test]
fn blocking_delays() {
    let (mut one, now) = open(minutes(20));
    let (mut other, _) = open(minutes(20));
    let end = now + minutes(20);
    one.poll(end).unwrap();
    other.poll(end).unwrap();
    assert_eq!(
        (output(&one), output(&other)),
        (Bridge::Close, Bridge::Close)
    );
}

/// A solenoid whose program is gone stays on, if the pin stays high; a reset takes it away first.
#[test]
fn a_relay_that_stayed_on_over_a_reset() {
    let (mut valve, start) = started(SolenoidConfig::normally_closed());
    valve.poll(start).unwrap();
    assert_eq!(valve.pins().output, Some(Coil::Off));
}

/// A board on which every write to a pin is looked at.
#[derive(Clone, Default)]
struct Board(Rc<RefCell<([bool; 2], u32)>>);

struct BoardPin {
    board: Board,
    side: usize,
}

impl ErrorType for BoardPin {
    type Error = ErrorKind;
}

impl BoardPin {
    fn write(&mut self, is_high: bool) -> Result<(), ErrorKind> {
        let (sides, writes) = &mut *self.board.0.borrow_mut();
        *writes += 1;
        if *writes % 97 == 0 {
            return Err(ErrorKind::Other); // now and then a pin refuses, and keeps its level
        }
        sides[self.side] = is_high;
        assert!(*sides != [true, true], "both sides are high");
        Ok(())
    }
}

impl OutputPin for BoardPin {
    fn set_low(&mut self) -> Result<(), ErrorKind> {
        self.write(false)
    }

    fn set_high(&mut self) -> Result<(), ErrorKind> {
        self.write(true)
    }
}

/// Both sides of the bridge were high for an instant while the direction changed.
#[test]
fn both_sides_of_the_bridge_high() {
    let board = Board::default();
    let pin = |side| BoardPin {
        board: board.clone(),
        side,
    };
    let pins = BridgePins::new(pin(0), pin(1));
    let mut now = super::rig::START;
    let mut valve: Valve<_, _, _, Alone, 4> = Valve::wire(pins, once(), Page::new(), now).unwrap();
    let (mut opens, mut closes) = (0, 0);
    for step in 0_u64..20_000 {
        let _ = valve.poll(now);
        match board.0.borrow().0 {
            [true, _] => opens += 1,
            [_, true] => closes += 1,
            _ => {}
        }
        if step % 7 == 0 {
            let _ = valve.open_by_hand(secs(2), now);
        }
        if step % 64 == 0 {
            valve.close_by_hand(secs(0), now); // in the middle of a pulse as well
        }
        now += millis(17);
    }
    assert!(opens > 100 && closes > 100, "{opens} and {closes}");
}
