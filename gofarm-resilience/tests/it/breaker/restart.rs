//! A restart must not forget that the pump is broken.

use core::time::Duration;

use gofarm_core::time::{Instant, UnixMillis, hours, millis, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::memory::Owned;
use gofarm_resilience::policy::breaker::{Breaker, Config, Mode, Phase, Snapshot};

const CONFIG: Config = Breaker::consecutive(3).open_for(secs(30));
const WALL: UnixMillis = UnixMillis::new(1_790_000_000_000);

fn fail(breaker: &Breaker, now: Instant, times: u32) {
    for _ in 0..times {
        let permit = breaker.try_acquire(now).expect("closed");
        breaker.record(permit, now, Outcome::Failure);
    }
}

/// Opened at 100 s, snapshot at 110 s: 20 s are left.
fn open() -> Snapshot {
    let breaker = CONFIG.build().expect("a valid configuration");
    fail(&breaker, Instant::from_secs(100), 3);
    breaker.snapshot(Instant::from_secs(110), Some(WALL))
}

fn restored(snapshot: &Snapshot, wall: Option<UnixMillis>) -> Breaker {
    CONFIG
        .restore::<Owned>(snapshot, Instant::from_secs(3), wall)
        .expect("a valid configuration")
}

fn remaining(wall: Option<UnixMillis>) -> Option<Duration> {
    restored(&open(), wall).open_remaining(Instant::from_secs(3))
}

#[test]
fn an_open_breaker_stays_open_for_the_rest_of_its_wait() {
    assert_eq!(remaining(Some(WALL + millis(7_500))), Some(millis(12_500)));
    assert_eq!(remaining(Some(WALL + secs(20))), Some(secs(0)));
    assert_eq!(remaining(Some(WALL + hours(90))), Some(secs(0)));
}

#[test]
fn an_unknown_or_set_back_wall_clock_costs_the_whole_rest_and_no_more() {
    assert_eq!(remaining(None), Some(secs(20)));
    assert_eq!(remaining(Some(UnixMillis::new(0))), Some(secs(20)));
}

#[test]
fn a_restored_breaker_tries_again_when_its_rest_is_over() {
    let breaker = restored(&open(), Some(WALL + secs(5)));
    assert!(
        breaker
            .try_acquire(Instant::from_micros(17_999_999))
            .is_err()
    );
    assert!(
        breaker
            .try_acquire(Instant::from_secs(18))
            .unwrap()
            .is_trial()
    );
}

#[test]
fn a_half_open_breaker_comes_back_ready_for_a_trial() {
    let breaker = CONFIG.build().unwrap();
    fail(&breaker, Instant::ZERO, 3);
    let _trial = breaker.try_acquire(Instant::from_secs(30)).unwrap();
    let snapshot = breaker.snapshot(Instant::from_secs(31), None);
    assert_eq!(snapshot.phase(), Phase::HalfOpen);
    let trial = restored(&snapshot, None).try_acquire(Instant::from_secs(3));
    assert!(trial.unwrap().is_trial());
}

#[test]
fn failures_in_a_row_are_kept() {
    let breaker = CONFIG.build().unwrap();
    fail(&breaker, Instant::ZERO, 2);
    let snapshot = breaker.snapshot(Instant::ZERO, None);
    let breaker = restored(&snapshot, None);
    fail(&breaker, Instant::from_secs(3), 1);
    assert_eq!(breaker.phase(Instant::from_secs(3)), Phase::Open);
}

#[test]
fn the_back_off_goes_on_where_it_was() {
    let config = Breaker::consecutive(1)
        .open_for(secs(1))
        .back_off(2.0, secs(60));
    let breaker = config.build().unwrap();
    fail(&breaker, Instant::ZERO, 1);
    let trial = breaker.try_acquire(Instant::from_secs(1)).unwrap();
    breaker.record(trial, Instant::from_secs(1), Outcome::Failure);
    let snapshot = breaker.snapshot(Instant::from_secs(1), None);
    let restored = config
        .restore::<Owned>(&snapshot, Instant::ZERO, None)
        .unwrap();
    let trial = restored.try_acquire(Instant::from_secs(2)).unwrap();
    restored.record(trial, Instant::from_secs(2), Outcome::Failure);
    assert_eq!(
        restored.open_remaining(Instant::from_secs(2)),
        Some(secs(4))
    );
}

#[test]
fn an_override_is_kept() {
    let breaker = CONFIG.build().unwrap();
    breaker.hold(Mode::ForcedOpen);
    let snapshot = breaker.snapshot(Instant::ZERO, None);
    assert!(snapshot.is_worth_keeping());
    let breaker = restored(&snapshot, None);
    assert_eq!(breaker.mode(), Mode::ForcedOpen);
    assert!(breaker.try_acquire(Instant::from_secs(3)).is_err());
}

#[test]
fn a_rest_is_never_longer_than_the_configuration_allows() {
    let long = Breaker::consecutive(1)
        .open_for(hours(1000))
        .build()
        .unwrap();
    fail(&long, Instant::ZERO, 1);
    let snapshot = long.snapshot(Instant::ZERO, None);
    let breaker = restored(&snapshot, None);
    assert_eq!(
        breaker.open_remaining(Instant::from_secs(3)),
        Some(secs(30))
    );
}

#[test]
fn a_call_under_way_at_the_restore_is_late() {
    let breaker = CONFIG.build().unwrap();
    let permit = breaker.try_acquire(Instant::ZERO).unwrap();
    breaker.restore(&open(), Instant::ZERO, None);
    assert!(
        breaker
            .record(permit, Instant::ZERO, Outcome::Success)
            .is_late()
    );
    assert_eq!(breaker.phase(Instant::ZERO), Phase::Open);
}

#[test]
fn a_new_breaker_is_not_worth_keeping() {
    let breaker = CONFIG.build().unwrap();
    assert!(!breaker.snapshot(Instant::ZERO, None).is_worth_keeping());
}
