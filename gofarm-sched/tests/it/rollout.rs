//! Staged rollouts: the figures as tables, the gates as laws.

use alloc::collections::BTreeSet;
use core::time::Duration;

use gofarm_core::time::{Instant, millis, minutes, secs};
use gofarm_sched::rollout::{
    HoldCause, Phase, Report, RestoreError, Risk, RollbackCause, Rollout, RolloutConfig,
    RolloutEvent, RolloutPlan, Share, Stage, position,
};
use proptest::prelude::*;

const T0: Instant = Instant::from_secs(10_000);
const GOOD: Report = Report::new(1_000, 0, millis(100));
const SLOW: Report = Report::new(1_000, 0, millis(151));

fn started(config: RolloutConfig) -> Rollout {
    let mut rollout = config.build(1).unwrap();
    assert_eq!(
        rollout.start(T0),
        Some(RolloutEvent::Advanced(rollout.share()))
    );
    rollout
}

/// Good reports each 30 s; when which share was reached.
fn run(rollout: &mut Rollout, mut now: Instant) -> Vec<(u64, u16)> {
    let mut seen = Vec::new();
    let mut before = rollout.share();
    while matches!(rollout.phase(), Phase::Rolling) {
        now += secs(30);
        let event = rollout.handle_report(now, GOOD);
        if rollout.share() != before || event == Some(RolloutEvent::Completed) {
            before = rollout.share();
            let since = now.saturating_since(T0).as_secs() / 60;
            seen.push((since, before.as_permyriad() / 100));
        }
    }
    seen
}

#[test]
fn a_good_version_reaches_everybody_in_the_stages_of_the_plan() {
    let seen = run(&mut started(RolloutConfig::new()), T0);
    let mut expected = vec![(5, 10)];
    expected.extend((0..18).map(|step| (20 + 15 * step, 15 + 5 * u16::try_from(step).unwrap())));
    expected.push((290, 100));
    assert_eq!(seen, expected);
}

#[test]
fn errors_at_the_rate_of_the_gate_roll_back() {
    // calls and errors of one stage, in reports; whether it goes back
    let rows: [(&[(u64, u64)], bool); 7] = [
        (&[(10_000, 1)], false),
        (&[(10_000, 2)], true),
        (&[(4_999, 1)], true),
        (&[(5_001, 1)], false),
        (&[(5_001, 1), (4_999, 1)], true),
        (&[(0, 0), (0, 0)], false),
        (&[(0, 1)], true),
    ];
    for (reports, back) in rows {
        let mut rollout = started(RolloutConfig::new());
        for (step, (calls, errors)) in (1..).zip(reports) {
            let _ = rollout.handle_report(T0 + secs(step), Report::new(*calls, *errors, millis(1)));
        }
        let rolled_back = rollout.phase() == Phase::RolledBack(RollbackCause::Errors);
        assert_eq!(rolled_back, back, "{reports:?}");
        assert_eq!(rollout.share() == Share::NONE, back);
    }
    let mut patient = started(RolloutConfig::new().least_errors(3));
    assert_eq!(
        patient.handle_report(T0 + secs(1), Report::new(100, 2, millis(1))),
        None
    );
    let event = patient.handle_report(T0 + secs(2), Report::new(100, 1, millis(1)));
    assert_eq!(event, Some(RolloutEvent::RolledBack(RollbackCause::Errors)));
    assert_eq!(patient.handle_report(T0 + secs(3), GOOD), None);
    assert_eq!((patient.start(T0 + secs(4)), patient.abort()), (None, None));
}

#[test]
fn latency_holds_the_step_and_its_time_does_not_count() {
    let mut rollout = started(RolloutConfig::new());
    let at = |s| T0 + secs(s);
    assert_eq!(rollout.handle_report(at(60), GOOD), None);
    assert_eq!(
        rollout.handle_report(at(120), SLOW),
        Some(RolloutEvent::Held(HoldCause::Latency))
    );
    assert_eq!(rollout.handle_report(at(150), SLOW), None);
    assert_eq!(
        rollout.handle_report(at(180), GOOD),
        Some(RolloutEvent::Resumed)
    );
    assert_eq!(rollout.remaining(), secs(240));
    for step in 1..4 {
        assert_eq!(rollout.handle_report(at(180 + 60 * step), GOOD), None);
    }
    let event = rollout.handle_report(at(420), GOOD);
    assert_eq!(event, Some(RolloutEvent::Advanced(Share::percent(10))));
    // 150 ms is not over the limit
    assert_eq!(
        rollout.handle_report(at(450), Report::new(1, 0, millis(150))),
        None
    );
}

#[test]
fn silence_holds_the_step() {
    let mut rollout = started(RolloutConfig::new());
    let due = rollout.poll_timeout().unwrap();
    assert_eq!(rollout.handle_timeout(T0 + secs(60)), None);
    assert_eq!(
        rollout.handle_timeout(due),
        Some(RolloutEvent::Held(HoldCause::NoReport))
    );
    assert_eq!(rollout.poll_timeout(), None);
    assert_eq!(
        rollout.handle_report(T0 + minutes(30), GOOD),
        Some(RolloutEvent::Resumed)
    );
    assert_eq!(rollout.remaining(), minutes(5));
    // a gap that nobody was told of does not count either
    assert_eq!(rollout.handle_report(T0 + minutes(50), GOOD), None);
    assert_eq!(rollout.remaining(), minutes(5));
}

#[test]
fn a_stage_without_calls_proves_nothing() {
    let idle = Report::new(0, 0, Duration::ZERO);
    for (least, share) in [(1, 1), (0, 10)] {
        let mut rollout = started(RolloutConfig::new().least_calls(least));
        for step in 1..=6 {
            let _ = rollout.handle_report(T0 + minutes(step), idle);
        }
        assert_eq!(rollout.share(), Share::percent(share));
    }
}

#[test]
fn risk_asks_for_a_person_and_makes_stages_longer() {
    let rows = [
        (0.0, 0.0, 0.0, 0.0),
        (1.0, 0.0, 0.0, 0.4),
        (0.0, 1.0, 0.0, 0.35),
        (0.0, 0.0, 1.0, 0.25),
        (1.0, 1.0, 1.0, 1.0),
    ];
    for (business, data, dependency, score) in rows {
        let risk = Risk::new(business, data, dependency).unwrap();
        assert!((risk.score() - score).abs() < 1e-6);
    }
    let risk = Risk::new(1.0, 1.0, 1.0).unwrap();
    let mut rollout = RolloutConfig::new().risk(risk).build(1).unwrap();
    assert_eq!((rollout.start(T0), rollout.share()), (None, Share::NONE));
    assert_eq!(rollout.to_string(), "rollout 1: 0 %, awaits approval");
    rollout.approve();
    assert!(rollout.start(T0).is_some());
    assert_eq!(rollout.remaining(), minutes(10));
    let seen = run(&mut rollout, T0);
    assert_eq!((seen[0], seen.last()), ((10, 10), Some(&(580, 100))));
}

#[test]
fn a_person_can_pause_and_take_back() {
    let mut rollout = started(RolloutConfig::new());
    rollout.pause();
    assert_eq!(rollout.poll_timeout(), None);
    for step in 1..60 {
        assert_eq!(rollout.handle_report(T0 + minutes(step), GOOD), None);
    }
    assert_eq!(
        (rollout.phase(), rollout.remaining()),
        (Phase::Paused, minutes(5))
    );
    rollout.resume(T0 + minutes(60));
    assert_eq!(rollout.handle_report(T0 + minutes(61), GOOD), None);
    assert_eq!(rollout.remaining(), minutes(4));
    rollout.pause();
    let event = rollout.handle_report(T0 + minutes(62), Report::new(1_000, 3, millis(1)));
    assert_eq!(event, Some(RolloutEvent::RolledBack(RollbackCause::Errors)));

    let mut completed = started(RolloutConfig::new());
    run(&mut completed, T0);
    assert_eq!(
        (completed.phase(), completed.share()),
        (Phase::Completed, Share::ALL)
    );
    assert_eq!(
        completed.abort(),
        Some(RolloutEvent::RolledBack(RollbackCause::Aborted))
    );
    assert_eq!(completed.share(), Share::NONE);
}

/// Computed by an independent implementation.
#[test]
fn positions_are_the_same_everywhere() {
    let rows: [(u64, &[u8], u16); 4] = [
        (0, b"", 5_048),
        (1, b"valve-12", 9_208),
        (2, b"valve-12", 5_657),
        (u64::MAX, b"north/greenhouse 3", 2_954),
    ];
    for (rollout, key, expected) in rows {
        assert_eq!(position(rollout, key), expected);
    }
}

#[test]
fn whoever_is_in_stays_in_as_the_share_grows() {
    let mut rollout = started(RolloutConfig::new());
    let devices: Vec<String> = (0..5_000).map(|i| format!("valve-{i}")).collect();
    let members = |rollout: &Rollout| -> BTreeSet<&String> {
        devices
            .iter()
            .filter(|d| rollout.includes(d.as_bytes()))
            .collect()
    };
    let (mut now, mut before) = (T0, members(&rollout));
    assert!((25..=75).contains(&before.len()), "{}", before.len());
    while rollout.phase() == Phase::Rolling {
        now += secs(60);
        if let Some(RolloutEvent::Advanced(_)) = rollout.handle_report(now, GOOD) {
            let after = members(&rollout);
            assert!(after.is_superset(&before) && after.len() > before.len());
            before = after;
        }
    }
    assert_eq!(before.len(), devices.len());
}

#[test]
fn a_snapshot_of_another_plan_is_refused() {
    let mut rollout = started(RolloutConfig::new());
    let _ = rollout.handle_report(T0 + secs(10), GOOD);
    let saved = rollout.snapshot();
    let two = [
        Stage::new(Share::percent(5), minutes(1)),
        Stage::new(Share::ALL, minutes(1)),
    ];
    let other = RolloutConfig::new().plan(RolloutPlan::new(two).unwrap());
    let error = Rollout::restore(other, &saved, T0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "stage 0 with a share of 100/10000 is not in the plan"
    );
    let broken = Rollout::restore(RolloutConfig::new().latency(secs(0)), &saved, T0).unwrap_err();
    assert!(matches!(broken, RestoreError::Config(_)));
}

#[cfg(feature = "serde")]
#[test]
fn a_snapshot_survives_as_json() {
    let mut rollout = started(RolloutConfig::new());
    let _ = rollout.handle_report(T0 + secs(10), SLOW);
    let text = serde_json::to_string(&rollout.snapshot()).unwrap();
    assert_eq!(
        serde_json::from_str::<gofarm_sched::rollout::RolloutSnapshot>(&text).unwrap(),
        rollout.snapshot()
    );
}

#[test]
fn figures_out_of_range_are_refused_by_name() {
    let config = RolloutConfig::new;
    let rows = [
        (config().error_rate(f64::NAN), "error_rate"),
        (config().error_rate(1.1), "error_rate"),
        (config().least_errors(0), "least_errors"),
        (config().latency(secs(0)), "latency"),
        (config().report_every(secs(0)), "report_every"),
        (config().approval_over(-0.1), "approval_over"),
    ];
    for (config, field) in rows {
        assert_eq!(config.build(1).unwrap_err().field(), field);
    }
    for (shares, field) in [
        (vec![], "stages"),
        (vec![1, 1, 100], "share"),
        (vec![5, 50], "share"),
        (vec![0, 100], "share"),
    ] {
        let stages = shares
            .iter()
            .map(|p| Stage::new(Share::percent(*p), secs(1)));
        assert_eq!(RolloutPlan::new(stages).unwrap_err().field(), field);
    }
    assert_eq!(Risk::new(0.0, 1.01, 0.0).unwrap_err().field(), "data");
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Report(u64, u64, u64),
    Timeout,
    Pause,
    Resume,
    Restart,
}

proptest! {
    #[test]
    fn a_stage_lasts_its_time_and_a_rollback_is_final(
        steps in prop::collection::vec((0..90_u64, prop_oneof![
            12 => (0..10_000_u64, 0..2_u64, 0..200_u64).prop_map(|(c, e, l)| Step::Report(c, e / 2, l)),
            1 => (1..10_000_u64, 0..4_u64).prop_map(|(c, e)| Step::Report(c, e, 10)),
            2 => Just(Step::Timeout), 1 => Just(Step::Pause), 2 => Just(Step::Resume), 1 => Just(Step::Restart),
        ]), 1..400),
    ) {
        let config = || RolloutConfig::new().latency(millis(190));
        let mut rollout = started(config());
        let (mut now, mut entered, mut back) = (T0, T0, false);
        let mut before = rollout.share();
        for (wait, step) in steps {
            now += secs(wait);
            let event = match step {
                Step::Report(calls, errors, latency) => rollout.handle_report(now, Report::new(calls, errors, millis(latency))),
                Step::Timeout => rollout.handle_timeout(now),
                Step::Pause => { rollout.pause(); None }
                Step::Resume => { rollout.resume(now); None }
                Step::Restart => {
                    rollout = Rollout::restore(config(), &rollout.snapshot(), now).unwrap();
                    None
                }
            };
            back |= matches!(event, Some(RolloutEvent::RolledBack(_)));
            prop_assert_eq!(back, rollout.share() == Share::NONE);
            if rollout.share() != before && !back {
                let watch = if before == Share::percent(1) { minutes(5) } else { minutes(15) };
                prop_assert!(now.saturating_since(entered) >= watch);
                prop_assert!(rollout.share() > before);
                entered = now;
            }
            before = rollout.share();
        }
    }
}
