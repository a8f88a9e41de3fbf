//! A farm that is cut off: tables of what goes on, and laws under hostile links and batteries.

use core::time::Duration;

use gofarm_core::time::{Instant, hours, minutes, secs};
use gofarm_sched::autonomy::{
    Action, Autonomy, AutonomyConfig, AutonomyEvent, DISASTER_72_H, LinkMode, WorkRule,
};
use proptest::prelude::*;

fn farm() -> Autonomy<9> {
    Autonomy::new(AutonomyConfig::new(), DISASTER_72_H).unwrap()
}

/// Lets time pass, with every timeout handled when it is due.
fn pass<const N: usize>(autonomy: &mut Autonomy<N>, until: Instant) {
    while let Some(due) = autonomy.poll_timeout().filter(|due| *due <= until) {
        autonomy.handle_timeout(due);
        assert!(
            autonomy.poll_timeout().is_none_or(|next| next > due),
            "it stands still at {due:?}"
        );
    }
    autonomy.handle_timeout(until);
}

const LOST: Instant = Instant::from_secs(100_000);

#[test]
fn for_72_h_heartbeats_and_irrigation_go_on_and_video_analysis_stops() {
    use Action::{Run, Slow, Stop};
    // hours cut off: history, leaf images, forecasts, video analysis, training
    let rows = [
        (0, [Run, Run, Run, Stop, Stop]),
        (4, [Run, Slow, Run, Stop, Stop]),
        (12, [Run, Slow, Slow, Stop, Stop]),
        (24, [Slow, Stop, Slow, Stop, Stop]),
        (71, [Slow, Stop, Slow, Stop, Stop]),
        (72, [Slow, Stop, Slow, Stop, Stop]),
        (200, [Slow, Stop, Slow, Stop, Stop]),
    ];
    let mut autonomy = farm();
    autonomy.handle_link(LOST, false);
    for (hour, deferrable) in rows {
        pass(&mut autonomy, LOST + hours(hour) + minutes(1));
        assert_eq!(autonomy.mode(), LinkMode::CutOff);
        let actions: Vec<Action> = autonomy.works().map(|(_, _, action)| action).collect();
        assert_eq!(actions[..4], [Run; 4], "after {hour} h");
        assert_eq!(actions[4..], deferrable, "after {hour} h");
    }
}

#[test]
fn the_horizon_is_told_once_and_counts_from_the_loss_over_a_restart() {
    let horizons = |autonomy: &mut Autonomy<9>| {
        let events = core::iter::from_fn(|| autonomy.poll_event());
        events
            .filter(|event| matches!(event, AutonomyEvent::HorizonReached(_)))
            .count()
    };
    let mut autonomy = farm();
    autonomy.handle_link(LOST, false);
    pass(&mut autonomy, LOST + hours(50));
    let saved = autonomy.cut_off_for(LOST + hours(50)).unwrap();
    assert_eq!(saved, hours(50));

    let boot = Instant::from_secs(3);
    let mut autonomy = farm();
    autonomy.resume_cut_off(boot, saved);
    let video = autonomy.find("video analysis").unwrap();
    assert_eq!(autonomy.action(video), Action::Stop);
    pass(&mut autonomy, boot + minutes(22 * 60 - 1));
    assert_eq!(horizons(&mut autonomy), 0);
    pass(&mut autonomy, boot + hours(22));
    assert_eq!(horizons(&mut autonomy), 1);
    pass(&mut autonomy, boot + hours(100));
    assert_eq!(horizons(&mut autonomy), 0);
}

#[test]
fn a_short_loss_changes_nothing_and_a_short_return_neither() {
    let mut autonomy = farm();
    autonomy.handle_link(LOST, false);
    pass(&mut autonomy, LOST + secs(59));
    autonomy.handle_link(LOST + secs(59), true);
    pass(&mut autonomy, LOST + hours(1));
    assert_eq!(
        (autonomy.mode(), autonomy.poll_event()),
        (LinkMode::Connected, None)
    );

    let again = LOST + hours(1);
    autonomy.handle_link(again, false);
    pass(&mut autonomy, again + minutes(30));
    assert_eq!(
        autonomy.poll_event(),
        Some(AutonomyEvent::ModeChanged(LinkMode::CutOff))
    );
    autonomy.handle_link(again + minutes(30), true);
    pass(&mut autonomy, again + minutes(34));
    autonomy.handle_link(again + minutes(34), false);
    autonomy.handle_link(again + minutes(35), true);
    pass(&mut autonomy, again + minutes(39));
    assert_eq!(autonomy.mode(), LinkMode::CutOff);
    assert_eq!(autonomy.cut_off_for(again + minutes(39)), Some(minutes(39)));
    pass(&mut autonomy, again + minutes(40));
    assert_eq!(
        (autonomy.mode(), autonomy.cut_off_for(again + minutes(40))),
        (LinkMode::Connected, None)
    );
}

#[test]
fn the_battery_sheds_video_first_and_essential_work_never() {
    // charge, each an hour after the other: how many of the five deferrable kinds stop
    let rows = [
        (0.7, 0),
        (0.59, 2),
        (0.39, 3),
        (0.19, 4),
        (0.1, 5),
        (0.0, 5),
        (0.26, 4),
        (0.31, 3),
        (0.5, 2),
        (0.65, 2),
        (0.71, 0),
    ];
    let mut autonomy = farm();
    for (hour, (charge, stopped)) in (1..).zip(rows) {
        let now = LOST + hours(hour);
        autonomy.handle_charge(now, Some(charge));
        pass(&mut autonomy, now + minutes(30));
        let stops = autonomy
            .works()
            .filter(|(_, _, action)| *action == Action::Stop);
        assert_eq!(stops.count(), stopped, "at {charge}");
    }
    autonomy.handle_charge(LOST + hours(20), Some(0.1));
    autonomy.handle_charge(LOST + hours(21), Some(f32::NAN));
    assert!(
        autonomy
            .works()
            .any(|(_, _, action)| action == Action::Stop)
    );
    autonomy.handle_charge(LOST + hours(22), None);
    assert!(autonomy.works().all(|(_, _, action)| action == Action::Run));
}

#[test]
fn charge_that_comes_back_after_its_time_has_run_out_frees_nothing() {
    let rules = [WorkRule::deferrable("images")
        .stops_after(hours(2))
        .stops_below(0.5)
        .rule()];
    let mut autonomy = Autonomy::new(AutonomyConfig::new(), rules).unwrap();
    autonomy.handle_charge(LOST, Some(0.4));
    autonomy.handle_link(LOST, false);
    pass(&mut autonomy, LOST + hours(3));
    autonomy.handle_charge(LOST + hours(3), Some(0.9));
    pass(&mut autonomy, LOST + hours(4));
    let images = autonomy.find("images").unwrap();
    assert_eq!(
        (autonomy.action(images), autonomy.poll_timeout()),
        (Action::Stop, Some(LOST + hours(72)))
    );
}

#[test]
fn rules_and_times_out_of_range_are_refused_by_name() {
    let work = || WorkRule::deferrable("video");
    let rules = [
        (work().stops_below(1.1), "slows_below, stops_below"),
        (work().slows_below(f32::NAN), "slows_below, stops_below"),
        (work().slows_below(0.2).stops_below(0.3), "slows_below"),
        (
            work().slows_after(hours(2)).stops_after(hours(1)),
            "slows_after",
        ),
    ];
    for (rule, field) in rules {
        let error = Autonomy::new(AutonomyConfig::new(), [rule.rule()]).unwrap_err();
        assert_eq!(error.field(), field);
    }
    let twice = [
        WorkRule::essential("irrigation"),
        work().rule(),
        WorkRule::essential("irrigation"),
    ];
    assert_eq!(
        Autonomy::new(AutonomyConfig::new(), twice)
            .unwrap_err()
            .field(),
        "rules"
    );
    let config = AutonomyConfig::new();
    let configs = [
        (config.cut_off_after(hours(2)), "cut_off_after"),
        (config.return_after(hours(25)), "return_after"),
        (config.least_stay(secs(0)), "least_stay"),
        (config.spare_charge(0.6), "spare_charge"),
        (config.horizon(secs(59)), "horizon"),
    ];
    for (config, field) in configs {
        assert_eq!(
            Autonomy::new(config, DISASTER_72_H).unwrap_err().field(),
            field
        );
    }
    assert_eq!(config.most_mode_changes(hours(1)), 7);
    assert_eq!(config.most_action_changes(hours(1)), 23);
}

#[derive(Clone, Copy, Debug)]
enum Input {
    Link(bool),
    Charge(Option<f32>),
    Nothing,
}

fn inputs() -> impl Strategy<Value = Vec<(Duration, Input)>> {
    let input = prop_oneof![
        4 => any::<bool>().prop_map(Input::Link),
        3 => prop_oneof![0.0..1.0_f32, Just(f32::NAN), Just(0.0), Just(1.0)].prop_map(|c| Input::Charge(Some(c))),
        1 => Just(Input::Charge(None)),
        1 => Just(Input::Nothing),
    ];
    // Waits around the times that matter to whoever wants it to flap.
    let wait = prop_oneof![
        0..10_u64,
        Just(59),
        Just(60),
        Just(61),
        Just(299),
        Just(300),
        Just(301),
        Just(540),
        Just(600),
        Just(601),
        0..8_000_u64
    ];
    prop::collection::vec((wait.prop_map(secs), input), 1..300)
}

/// The most entries within any span of this length, both ends included.
fn densest(times: &[Instant], span: Duration) -> u64 {
    let within = |start: &Instant| {
        times
            .iter()
            .filter(|t| *t >= start && **t <= *start + span)
            .count()
    };
    times
        .iter()
        .map(within)
        .max()
        .unwrap_or(0)
        .try_into()
        .unwrap()
}

proptest! {
    #[test]
    fn changes_stay_within_their_bound_whatever_link_and_battery_do(inputs in inputs(), stay in 60..1_800_u64) {
        let config = AutonomyConfig::new().least_stay(secs(stay));
        let mut autonomy = Autonomy::new(config, DISASTER_72_H).unwrap();
        let (mut now, mut modes, mut actions) = (LOST, Vec::new(), vec![Vec::new(); 9]);
        let (mut mode, mut before) = (autonomy.mode(), [Action::Run; 9]);
        for (wait, input) in inputs {
            let until = now + wait;
            let mut steps = vec![];
            while let Some(due) = autonomy.poll_timeout().filter(|due| *due <= until) {
                autonomy.handle_timeout(due);
                steps.push((due, autonomy));
                prop_assert!(autonomy.poll_timeout().is_none_or(|next| next > due));
            }
            now = until;
            match input {
                Input::Link(up) => autonomy.handle_link(now, up),
                Input::Charge(charge) => autonomy.handle_charge(now, charge),
                Input::Nothing => autonomy.handle_timeout(now),
            }
            steps.push((now, autonomy));
            for (at, state) in steps {
                if state.mode() != mode {
                    mode = state.mode();
                    modes.push(at);
                }
                for (i, (_, rule, action)) in state.works().enumerate() {
                    prop_assert!(!rule.is_essential() || action == Action::Run, "{} may {action}", rule.name());
                    if action != before[i] {
                        before[i] = action;
                        actions[i].push(at);
                    }
                }
            }
        }
        prop_assert!(densest(&modes, hours(1)) <= config.most_mode_changes(hours(1)));
        for times in actions {
            prop_assert!(densest(&times, hours(1)) <= config.most_action_changes(hours(1)));
        }
    }

    #[test]
    fn events_tell_the_state_and_nothing_else(inputs in inputs()) {
        let mut autonomy = farm();
        let (mut now, mut mode, mut actions) = (LOST, LinkMode::Connected, [Action::Run; 9]);
        for (wait, input) in inputs {
            now += wait;
            match input {
                Input::Link(up) => autonomy.handle_link(now, up),
                Input::Charge(charge) => autonomy.handle_charge(now, charge),
                Input::Nothing => autonomy.handle_timeout(now),
            }
            while let Some(event) = autonomy.poll_event() {
                match event {
                    AutonomyEvent::ModeChanged(to) => {
                        prop_assert_ne!(mode, to);
                        mode = to;
                    }
                    AutonomyEvent::ActionChanged { work, name, action } => {
                        prop_assert_eq!(autonomy.find(name), Some(work));
                        let place = autonomy.works().position(|(id, _, _)| id == work).unwrap();
                        prop_assert_ne!(actions[place], action);
                        actions[place] = action;
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(mode, autonomy.mode());
            for (place, (_, _, action)) in autonomy.works().enumerate() {
                prop_assert_eq!(actions[place], action);
            }
        }
    }
}
