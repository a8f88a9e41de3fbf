//! Modes of a node.

use core::cell::RefCell;
use core::time::Duration;

use gofarm_core::observe::{LabelValue, Observer, Signal};
use gofarm_core::time::{Instant, hours, millis, minutes, secs};
use gofarm_sched::mode::{Cause, Mode, ModeConfig, ModeEvent, ModeMachine, signal};
use proptest::prelude::*;

fn moves(machine: &mut ModeMachine) -> Vec<(Mode, Mode)> {
    let mut moves = Vec::new();
    while let Some(event) = machine.poll_event() {
        if let ModeEvent::Moved(moved) = event {
            moves.push((moved.from(), moved.to()));
        }
    }
    moves
}

/// A load that follows a table: for each row, so many seconds of one load a second, growing by a step.
fn play(machine: &mut ModeMachine, start: u64, rows: &[(u64, f32, f32)]) -> Vec<ModeEvent> {
    let mut events = Vec::new();
    let mut second = start;
    for &(seconds, load, step) in rows {
        for at in 0..seconds {
            let load = load + step * at as f32;
            machine.handle_load(Instant::from_secs(second), Some(load), 0.01);
            while let Some(event) = machine.poll_event() {
                events.push(event);
            }
            second += 1;
        }
    }
    events
}

fn config() -> impl Strategy<Value = ModeConfig> {
    let load = (0.3_f32..0.95).prop_flat_map(|trip| (Just(trip), 0.0_f32..trip));
    let slope = (0.01_f32..0.2).prop_flat_map(|slope| (Just(slope), -0.2_f32..slope));
    (load, slope, 0.0_f32..0.5, 1_u64..20, 1_u64..200).prop_map(
        |((trip, back), (slope, calm), spread, period, dwell)| {
            let config = ModeConfig::new()
                .load(trip, back.min(trip - 0.001))
                .unwrap();
            let config = config.slope(slope, calm.min(slope - 0.001)).unwrap();
            let config = config.small_spread(spread).unwrap();
            config
                .period(secs(period))
                .unwrap()
                .dwell(secs(dwell))
                .unwrap()
        },
    )
}

proptest! {
    #[test]
    fn whatever_the_loads_are_moves_are_legal_and_bounded(
        config in config(),
        // A saw tooth is what moves a machine most; noise finds the rest.
        tooth in 1_u64..120,
        noise in prop::collection::vec((any::<f32>(), 0_u64..15_000, 0.0_f32..0.5), 1..400),
        share in 0.0_f32..1.0,
    ) {
        let mut machine = ModeMachine::new(config, Instant::ZERO);
        let mut now = Instant::ZERO;
        let mut at = Vec::new();
        for (index, (value, wait, spread)) in noise.iter().enumerate() {
            now += millis(*wait);
            let tooth = (index as u64 % tooth) as f32 / tooth as f32;
            let load = if (value.abs() % 1.0) < share { *value } else { tooth };
            let load = (index % 23 != 0).then_some(load);
            let before = machine.mode();
            machine.handle_load(now, load, *spread);
            for (from, to) in moves(&mut machine) {
                prop_assert_eq!((from, to), (before, machine.mode()));
                prop_assert!(from.may_move_to(to));
                at.push(now);
            }
            prop_assert_eq!(machine.mode() == Mode::Breaker, !machine.mode().takes_new_work());
        }
        for span in [secs(1), secs(60), secs(3_600)] {
            for (index, first) in at.iter().enumerate() {
                let inside = at[index..].iter().take_while(|t| t.saturating_since(*first) <= span);
                prop_assert!(inside.count() as u64 <= config.most_moves(span));
            }
        }
    }

    #[test]
    fn a_node_over_the_limit_takes_no_new_work_at_once(
        before in prop::collection::vec(0.0_f32..1.0, 0..200),
        load in 0.920_001_f32..10.0,
    ) {
        let mut machine = ModeMachine::new(ModeConfig::default(), Instant::ZERO);
        for (second, load) in (1..).zip(&before) {
            machine.handle_load(Instant::from_secs(second), Some(*load), 0.3);
        }
        machine.handle_load(Instant::from_secs(500), Some(load), 0.3);
        prop_assert!(!machine.mode().takes_new_work());
    }
}

#[test]
fn the_worst_load_reaches_the_bound() {
    // Leaves Breaker at the end of each dwell time, and comes back at once.
    let mut machine = ModeMachine::new(ModeConfig::default(), Instant::ZERO);
    let mut at = Vec::new();
    for second in 0..8_000 {
        for load in [0.5, 1.0] {
            let now = Instant::from_secs(second);
            machine.handle_load(now, Some(load), 0.0);
            at.extend(moves(&mut machine).iter().map(|_| now));
        }
    }
    let first = at[1];
    let inside = at[1..]
        .iter()
        .filter(|t| t.saturating_since(first) <= hours(1));
    assert_eq!(
        inside.count() as u64,
        ModeConfig::default().most_moves(hours(1))
    );
    assert_eq!(ModeConfig::default().most_moves(hours(1)), 62);
}

#[test]
fn breaker_comes_back_below_the_lower_bound_only() {
    let mut machine = ModeMachine::new(ModeConfig::default(), Instant::ZERO);
    let events = play(&mut machine, 0, &[(1, 0.93, 0.0), (300, 0.85, 0.0)]);
    assert_eq!(machine.mode(), Mode::Breaker);
    // Asked when it began, and after each dwell time since.
    let asked = events
        .iter()
        .filter(|e| matches!(e, ModeEvent::MoveReplicas { .. }));
    assert_eq!(asked.count(), 3);
    let events = play(&mut machine, 301, &[(1, 0.8, 0.0)]);
    let [ModeEvent::Moved(moved)] = events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(
        (moved.to(), moved.cause()),
        (Mode::Balanced, Cause::Relieved(0.8))
    );
}

#[test]
fn a_rising_load_asks_to_scale_before_it_is_there() {
    let mut machine = ModeMachine::new(ModeConfig::default(), Instant::ZERO);
    // 0.1 in each period of 5 s.
    let events = play(&mut machine, 0, &[(120, 0.1, 0.0), (31, 0.1, 0.02)]);
    let [ModeEvent::Moved(moved), ModeEvent::ScaleCalled { slope }] = events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(
        (moved.to(), moved.cause()),
        (Mode::Predictive, Cause::Rising(slope))
    );
    assert!(slope > 0.08 && slope < 0.1001, "{slope}");
    assert!(machine.mode().takes_new_work());
    // Steady again; it stays for the dwell time, and as long as the nodes differ.
    assert_eq!(play(&mut machine, 151, &[(60, 0.7, 0.0)]), []);
    for second in 211..400 {
        machine.handle_load(Instant::from_secs(second), Some(0.7), 0.4);
    }
    assert_eq!(machine.mode(), Mode::Predictive);
    machine.handle_load(Instant::from_secs(400), Some(0.7), 0.1);
    assert_eq!(moves(&mut machine), [(Mode::Predictive, Mode::Balanced)]);
}

#[test]
fn a_slope_that_is_just_under_the_bound_moves_nothing() {
    let mut machine = ModeMachine::new(ModeConfig::default(), Instant::ZERO);
    assert_eq!(
        play(&mut machine, 0, &[(120, 0.1, 0.0), (50, 0.1, 0.0158)]),
        []
    );
}

#[test]
fn a_gap_leaves_no_line() {
    let mut machine = ModeMachine::new(ModeConfig::default(), Instant::ZERO);
    play(&mut machine, 0, &[(31, 0.1, 0.02)]);
    assert!(machine.slope().is_some());
    play(&mut machine, 60, &[(24, 0.1, 0.02)]);
    assert_eq!(machine.slope(), None);
    play(&mut machine, 84, &[(2, 0.1, 0.02)]);
    assert!(machine.slope().is_some());
}

#[test]
fn what_is_not_known_moves_nothing() {
    let mut machine = ModeMachine::new(ModeConfig::default(), Instant::ZERO);
    machine.handle_load(Instant::from_secs(1), Some(1.0), 0.0);
    for second in 0..10_000 {
        let load = [None, Some(f32::NAN)][usize::from(second % 2 == 1)];
        machine.handle_load(Instant::from_secs(second), load, 0.0);
    }
    assert_eq!(machine.mode(), Mode::Breaker);
}

#[test]
fn events_that_were_not_taken_are_overtaken() {
    let mut machine = ModeMachine::new(ModeConfig::default(), Instant::ZERO);
    machine.handle_load(Instant::from_secs(1), Some(1.0), 0.0);
    machine.handle_load(Instant::from_secs(122), Some(0.1), 0.0);
    assert_eq!(
        (machine.mode(), machine.poll_event()),
        (Mode::Balanced, None)
    );
}

#[test]
fn bounds_out_of_order_are_refused() {
    let config = ModeConfig::new();
    for (trip, back) in [(0.8, 0.8), (1.0, 0.5), (0.5, -0.1), (f32::NAN, 0.5)] {
        assert_eq!(config.load(trip, back).unwrap_err().field(), "load");
    }
    for (at, back) in [
        (0.1, 0.1),
        (0.0, -1.0),
        (f32::INFINITY, 0.0),
        (0.1, f32::NAN),
    ] {
        assert_eq!(config.slope(at, back).unwrap_err().field(), "slope");
    }
    assert_eq!(
        config.small_spread(-0.1).unwrap_err().field(),
        "small_spread"
    );
    assert_eq!(config.period(Duration::ZERO).unwrap_err().field(), "period");
    assert_eq!(config.dwell(millis(999)).unwrap_err().field(), "dwell");
    let slow = config.dwell(minutes(60)).unwrap();
    assert_eq!(slow.most_moves(hours(1)), 4);
}

#[test]
fn a_move_is_told_with_its_labels() {
    struct Seen(RefCell<Vec<String>>);
    impl Observer for Seen {
        fn observe(&self, signal: &Signal<'_>) {
            self.0.borrow_mut().push(signal.instrument().name().into());
            for label in signal.labels() {
                let LabelValue::Text(text) = label.value else {
                    panic!("{label:?}")
                };
                self.0.borrow_mut().push(format!("{}={text}", label.key));
            }
        }
    }
    let mut machine = ModeMachine::new(ModeConfig::default(), Instant::ZERO);
    machine.handle_load(Instant::ZERO, Some(1.0), 0.0);
    let Some(ModeEvent::Moved(moved)) = machine.poll_event() else {
        panic!("it has moved")
    };
    let seen = Seen(RefCell::default());
    signal::observe(&seen, "node-07", &moved);
    let expected = [
        signal::INSTRUMENTS[0].name(),
        "node=node-07",
        "from=balanced",
        "to=breaker",
        "cause=overloaded",
    ];
    assert_eq!(*seen.0.borrow(), expected);
}
