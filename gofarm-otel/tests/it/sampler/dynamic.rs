//! The ratio that follows what happens.

use core::time::Duration;

use gofarm_core::time::{Instant, millis, secs};
use gofarm_otel::sampler::{
    Decision, Dynamic, Limits, Outcome, Percent, Phase, Ratio, Sample, Sampler,
};
use proptest::prelude::*;

use super::{moment, root, traces};

#[test]
fn what_is_not_traced_still_counts() {
    let sampler = Sampler::ratio(Ratio::NEVER).dynamic(Limits::new());
    for n in 0..200 {
        let now = moment(millis(10) * n);
        let trace = traces(u64::from(n)).next().unwrap();
        assert_eq!(sampler.sample(&root(trace)), Decision::Drop);
        sampler.record(now, n % 4 == 0, millis(1));
    }
    assert_eq!(sampler.phase(), Some(Phase::Failing));
}

/// Runs requests at 100 a second with that share of each outcome, then returns phase and ratio.
fn after(
    dynamic: &mut Dynamic,
    now: &mut Instant,
    time: Duration,
    failed: u64,
    slow: u64,
) -> (Phase, Ratio) {
    let until = *now + time;
    let mut n = 0;
    while *now < until {
        *now += millis(10);
        n += 1;
        let outcome = match n % 100 {
            k if k < failed => Outcome::Failed,
            k if k < failed + slow => Outcome::Slow,
            _ => Outcome::Succeeded,
        };
        dynamic.record(*now, outcome);
    }
    (dynamic.phase(), dynamic.ratio())
}

#[test]
fn phases_come_at_once_and_outlast_their_cause() {
    let limits = Limits::new()
        .escalate(2.percent(), 40.percent())
        .fail(20.percent(), 2.percent())
        .window(secs(5), 50)
        .hold(secs(60));
    let mut now = Instant::ZERO;
    let mut dynamic = Dynamic::new(10.percent(), limits);
    let mut step = |time, failed, slow| after(&mut dynamic, &mut now, time, failed, slow);
    assert_eq!(step(secs(30), 1, 0), (Phase::Steady, 10.percent()));
    assert_eq!(step(secs(6), 5, 0), (Phase::Escalated, 40.percent()));
    assert_eq!(step(secs(6), 30, 0), (Phase::Failing, 2.percent()));
    assert_eq!(step(secs(30), 0, 0), (Phase::Failing, 2.percent()));
    assert_eq!(step(secs(40), 0, 0), (Phase::Steady, 10.percent()));
    assert_eq!(
        step(secs(6), 0, 3),
        (Phase::Escalated, 40.percent()),
        "a breach of the SLA"
    );
    assert_eq!(step(secs(100), 0, 0), (Phase::Steady, 10.percent()));
}

#[test]
fn limits_and_base_change_at_once() {
    let mut dynamic = Dynamic::new(10.percent(), Limits::new());
    let mut now = Instant::ZERO;
    assert_eq!(
        after(&mut dynamic, &mut now, secs(12), 50, 0),
        (Phase::Failing, 1.percent())
    );
    dynamic.set_limits(Limits::new().fail(10.percent(), 3.percent()));
    assert_eq!(dynamic.ratio(), 3.percent());
    dynamic.set_base(0.5.percent());
    assert_eq!(dynamic.ratio(), 0.5.percent());
    dynamic.set_limits(Limits::new().fail(60.percent(), 3.percent()).hold(secs(0)));
    assert_eq!(
        after(&mut dynamic, &mut now, secs(2), 50, 0).0,
        Phase::Escalated
    );
    let slow = Limits::new().sla(millis(5));
    dynamic.set_limits(slow);
    assert_eq!(dynamic.outcome(false, millis(6)), Outcome::Slow);
    assert_eq!(dynamic.outcome(false, millis(5)), Outcome::Succeeded);
    assert_eq!(dynamic.outcome(true, millis(6)), Outcome::Failed);
}

proptest! {
    #[test]
    fn no_history_breaks_a_dynamic_sampler(
        steps in prop::collection::vec((0..200_000_000_u64, 0..3_u8), 0..200),
        traces_per_second in 0..1_000_u32,
        window in 0..20_000_u64,
    ) {
        let limits = Limits::new().traces_per_second(traces_per_second).window(millis(window), 3);
        let mut dynamic = Dynamic::new(10.percent(), limits);
        for (at, outcome) in steps {
            // Time may jump in both directions.
            let now = Instant::from_micros(at);
            dynamic.record(now, match outcome { 0 => Outcome::Succeeded, 1 => Outcome::Slow, _ => Outcome::Failed });
            prop_assert!(dynamic.poll(now) <= limits.escalated);
            prop_assert!(dynamic.poll_timeout() > now);
        }
    }
}
