//! Health: hysteresis, the three questions, the registry.

use gofarm_core::time::{Instant, millis, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::memory::{Memory, Owned, Shared};
use gofarm_resilience::policy::health::{Component, HealthConfig, Need, Registry, Report, Status};
use proptest::prelude::*;

const CASES: u32 = if cfg!(miri) { 8 } else { 256 };

fn statuses<M: Memory>(config: &HealthConfig, outcomes: &[Outcome]) -> Vec<Status> {
    let component = Component::<M>::new(config).unwrap();
    outcomes
        .iter()
        .map(|outcome| component.record(*outcome))
        .collect()
}

fn outcomes() -> impl Strategy<Value = Vec<Outcome>> {
    let outcome = prop_oneof![
        Just(Outcome::Success),
        Just(Outcome::Failure),
        Just(Outcome::Neutral)
    ];
    prop::collection::vec(outcome, 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_status_changes_only_after_that_many_checks_in_a_row(
        outcomes in outcomes(),
        down_after in 1..=255_u8,
        up_after in 1..6_u8,
    ) {
        let config = HealthConfig::required().down_after(down_after).up_after(up_after);
        let found = statuses::<Owned>(&config, &outcomes);
        let (mut good, mut bad, mut want) = (0_u32, 0_u32, Status::Unknown);
        for (outcome, status) in outcomes.iter().zip(&found) {
            match outcome {
                Outcome::Success => (good, bad) = (good + 1, 0),
                Outcome::Failure => (good, bad) = (0, bad + 1),
                Outcome::Neutral => {}
            }
            if good >= u32::from(up_after) {
                want = Status::Up;
            } else if bad >= u32::from(down_after) {
                want = Status::Down;
            }
            prop_assert_eq!(*status, want);
        }
        prop_assert_eq!(found, statuses::<Shared>(&config, &outcomes));
    }
}

#[test]
fn the_three_questions_are_answered_apart() {
    use Need::{Optional, Required};
    use Status::{Degraded, Down, Unknown, Up};
    /// Components, then whether ready, whether degraded, and all in one word.
    type Row<'a> = (&'a [(Need, Status)], bool, bool, Status);
    let rows: [Row<'_>; 7] = [
        (&[], true, false, Up),
        (&[(Required, Up), (Optional, Up)], true, false, Up),
        (
            &[(Required, Degraded), (Optional, Up)],
            true,
            true,
            Degraded,
        ),
        (&[(Required, Up), (Optional, Down)], true, true, Degraded),
        (&[(Required, Up), (Optional, Unknown)], true, true, Degraded),
        (&[(Required, Unknown)], false, true, Down),
        (&[(Required, Down), (Required, Up)], false, true, Down),
    ];
    for (components, ready, degraded, overall) in rows {
        let report = components
            .iter()
            .fold(Report::NOTHING, |report, (need, status)| {
                report.and(*need, *status, true)
            });
        assert_eq!(
            (report.is_ready(), report.is_degraded(), report.overall()),
            (ready, degraded, overall),
            "{components:?}"
        );
        assert!(report.is_live());
    }
    // Down is no reason to restart, and being stuck is none to call it down.
    let report = Report::NOTHING.and(Required, Up, false);
    assert!(!report.is_live() && report.is_ready());
}

#[test]
fn silence_beyond_the_bound_means_stuck() {
    let component = HealthConfig::required()
        .stuck_after(secs(10))
        .build()
        .unwrap();
    assert!(component.is_live(Instant::from_secs(10)));
    assert!(!component.is_live(Instant::from_secs(10) + millis(1)));
    component.heartbeat(Instant::from_secs(30));
    component.heartbeat(Instant::from_secs(29)); // a task with an older clock
    assert!(component.is_live(Instant::from_secs(40)));
    assert!(!component.is_live(Instant::from_secs(41)));
    assert!(
        HealthConfig::required()
            .build()
            .unwrap()
            .is_live(Instant::FAR_FUTURE)
    );
}

#[test]
fn degraded_stays_until_recovered_and_never_hides_down() {
    let component = HealthConfig::optional()
        .down_after(1)
        .build_shared()
        .unwrap();
    assert_eq!(component.degrade(), Status::Unknown);
    assert_eq!(component.record(Outcome::Success), Status::Degraded);
    assert_eq!(component.record(Outcome::Failure), Status::Down);
    assert_eq!(component.record(Outcome::Success), Status::Degraded);
    assert_eq!(component.recover(), Status::Up);
}

#[test]
fn an_unknown_name_has_no_status() {
    let registry = Registry::builder()
        .component("weather", HealthConfig::optional())
        .component("modbus", HealthConfig::required())
        .build_shared()
        .unwrap();
    assert_eq!(registry.status("modbus"), Some(Status::Unknown));
    assert_eq!(registry.status("modbu"), None);
    assert_eq!(registry.status(""), None);
    assert!(!registry.report(Instant::ZERO).is_ready());
    registry.get("modbus").unwrap().record(Outcome::Success);
    assert_eq!(registry.report(Instant::ZERO).overall(), Status::Degraded);
    let names: Vec<&str> = registry.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["modbus", "weather"]);
}

#[test]
fn a_registry_is_checked_when_built() {
    let twice = Registry::builder()
        .component("a", HealthConfig::required())
        .component("b", HealthConfig::required())
        .component("a", HealthConfig::optional());
    assert_eq!(
        twice.build().unwrap_err().to_string(),
        "two components have the same name"
    );
    for (config, message) in [
        (
            HealthConfig::required().down_after(0),
            "down_after must be from 1 to 255",
        ),
        (
            HealthConfig::required().up_after(0),
            "up_after must be from 1 to 255",
        ),
        (
            HealthConfig::required().stuck_after(secs(0)),
            "stuck_after must be at least 1 ms",
        ),
    ] {
        let error = Registry::builder()
            .component("a", config)
            .build()
            .unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}
