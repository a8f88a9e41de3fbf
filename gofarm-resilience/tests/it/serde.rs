//! What is stored or sent comes back as it was: snapshots and configurations, as text and in a compact form.

use core::fmt::Debug;

use gofarm_core::error::Kind;
use gofarm_core::time::{Instant, UnixMillis, hours, millis, minutes, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::flow::FlowConfig;
use gofarm_resilience::label::{Label, Labels};
use gofarm_resilience::policy::breaker::{Breaker, Config, Mode, Phase, Slo, Snapshot};
use gofarm_resilience::policy::health::{HealthConfig, Report};
use gofarm_resilience::policy::sliding_window::Window;
use gofarm_resilience::policy::{
    Aimd, Answer, Backoff, BudgetConfig, Gradient, Hedge, Jitter, Kinds, Rate, Retry, Stale,
    TokenBucket,
};
use gofarm_resilience::zone::Zone;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The value, out of both forms.
#[track_caller]
fn back<T: Serialize + DeserializeOwned + Debug>(value: &T) -> T {
    let text = serde_json::to_string(value).unwrap();
    let from_text: T = serde_json::from_str(&text).unwrap();
    let compact = postcard::to_stdvec(value).unwrap();
    let from_compact: T = postcard::from_bytes(&compact).unwrap();
    assert_eq!(format!("{from_text:?}"), format!("{value:?}"), "{text}");
    assert_eq!(format!("{from_compact:?}"), format!("{value:?}"));
    from_compact
}

#[track_caller]
fn comes_back<T: Serialize + DeserializeOwned + Debug>(value: &T) {
    drop(back(value));
}

fn breaker() -> Config {
    Breaker::consecutive(3)
        .open_for(secs(30))
        .back_off(2.0, minutes(5))
        .jitter(0.1)
        .half_open(4)
        .close_by_rate(4, 0.5)
        .half_open_for(secs(9))
        .ramp(minutes(1), 0.2)
        .qps(1_000)
        .burst(50)
        .cancelled_as(Outcome::Failure)
        .seed(7)
}

#[test]
fn configurations_come_back_as_they_were() {
    comes_back(&breaker());
    comes_back(&Breaker::network());
    comes_back(&Breaker::slo(
        Slo::new(millis(200)).average(millis(180)).qps(1_000),
    ));
    comes_back(&Breaker::failure_rate(0.05).window(Window::calls(100)));
    comes_back(
        &Breaker::failure_rate(0.05)
            .slow_rate(0.5, secs(2))
            .window(Window::time(secs(60), 12)),
    );
    comes_back(&TokenBucket::at(Rate::per_second(5)).burst(9));
    let backoff = Backoff::exponential(millis(100), secs(5), Jitter::Full);
    let budget = BudgetConfig::percent(20).reserve(Rate::per_second(1), 10);
    comes_back(
        &Retry::attempts(3)
            .on(Kinds::NONE.with(Kind::TimedOut))
            .backoff(backoff)
            .budget(budget),
    );
    comes_back(
        &Hedge::after_permille(950)
            .within(millis(1), secs(1))
            .budget(budget),
    );
    comes_back(
        &Aimd::slower_than(millis(500))
            .bounds(10, 1, 100)
            .keep_percent(50),
    );
    comes_back(&Gradient::adaptive().samples(50).tolerance_percent(150));
    comes_back(&HealthConfig::optional().down_after(2).stuck_after(secs(30)));
    comes_back(&FlowConfig::DEFAULT.local_rate(Rate::per_second(7)));
    comes_back(&[Zone::active(70), Zone::standby(30)]);
}

#[test]
fn values_that_cross_a_link_come_back_as_they_were() {
    let label = Label::new("coop-7").unwrap();
    comes_back(&Labels::new().of_tenant(label));
    comes_back(&Answer::Stale(Stale::new(0.31, minutes(4))));
    comes_back(&Report::NOTHING);
    assert_eq!(serde_json::to_string(&label).unwrap(), "\"coop-7\"");
    assert!(serde_json::from_str::<Label>("\"coop 7\"").is_err());
}

#[test]
fn an_open_breaker_is_open_after_a_restart() {
    let wall = UnixMillis::new(1_790_000_000_000);
    let config = Breaker::consecutive(1).open_for(secs(30));
    let open = config.build().unwrap();
    let permit = open.try_acquire(Instant::ZERO).unwrap();
    open.record(permit, Instant::ZERO, Outcome::Failure);
    let snapshot = back(&open.snapshot(Instant::from_secs(5), Some(wall)));

    let restored = back(&config).build().unwrap();
    restored.restore(&snapshot, Instant::ZERO, Some(wall + secs(10)));
    assert_eq!(restored.open_remaining(Instant::ZERO), Some(secs(15)));

    let held = config.build().unwrap();
    held.hold(Mode::ForcedOpen);
    let snapshot = back(&held.snapshot(Instant::ZERO, None));
    let restored = config.build().unwrap();
    restored.restore(&snapshot, Instant::ZERO, None);
    assert_eq!(restored.mode(), Mode::ForcedOpen);
}

/// A configuration whose text was changed by hand, in one field.
fn with(config: &impl Serialize, field: &str, value: serde_json::Value) -> serde_json::Value {
    let mut text = serde_json::to_value(config).unwrap();
    let place = text.get_mut(field).unwrap_or_else(|| panic!("no {field}"));
    *place = value;
    text
}

#[test]
fn a_stored_configuration_is_checked_when_it_is_built() {
    for (field, value) in [
        ("failure_rate", 10_001.into()),
        ("slow_rate", 65_535.into()),
        ("jitter", 65_535.into()),
        ("ramp_from", 65_535.into()),
        ("growth", 0.into()),
        ("permits", 0.into()),
        ("burst", 5_000_000_000_i64.into()),
        ("open_for", serde_json::json!({ "secs": 0, "nanos": 0 })),
    ] {
        let text = with(&breaker(), field, value);
        let built = serde_json::from_value::<Config>(text).map(|config| config.build().is_ok());
        assert!(!built.unwrap_or(false), "{field}");
    }
}

proptest! {
    /// Whatever bytes a store gives back: they are no snapshot, or one after which a breaker works.
    #[test]
    fn a_damaged_snapshot_leaves_a_breaker_that_recovers(
        bytes in prop::collection::vec(any::<u8>(), 0..32),
        now in 0_u64..1 << 40,
    ) {
        let Ok(snapshot) = postcard::from_bytes::<Snapshot>(&bytes) else {
            return Ok(());
        };
        let breaker = Breaker::consecutive(3).open_for(secs(30)).build().unwrap();
        let mut now = Instant::from_millis(now);
        breaker.restore(&snapshot, now, None);
        breaker.hold(Mode::Automatic);
        for _ in 0..3 {
            now += hours(24 * 60);
            if let Ok(permit) = breaker.try_acquire(now) {
                breaker.record(permit, now, Outcome::Success);
            }
        }
        prop_assert_eq!(breaker.phase(now), Phase::Closed);
    }
}
