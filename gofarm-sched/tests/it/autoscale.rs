//! Scaling as Kubernetes does it: its published tables, and laws.

mod laws;

use core::time::Duration;

use gofarm_core::time::{Instant, minutes, secs};
use gofarm_sched::autoscale::{
    AutoscaleConfig, Autoscaler, Demand, Limit, PolicySelect, ScalingPolicy, ScalingRules, Target,
    Usage, rain_weighted,
};

fn target(value: f64) -> Target {
    Target::new(value).unwrap()
}

fn usage(ready: &[f64]) -> Usage {
    ready.iter().fold(Usage::new(), |usage, v| usage.ready(*v))
}

/// Rows of `replica_calculator_test.go`: workers there are, what is measured, target, workers asked for.
#[test]
fn proposals_are_those_of_the_replica_calculator() {
    let of = |usage: Usage, t: f64| Demand::usage(usage.missing_uses(1.0), target(t));
    #[rustfmt::skip]
    let rows: &[(&str, u32, Demand, u32)] = &[
        ("ScaleUp", 3, of(usage(&[0.3, 0.5, 0.7]), 0.3), 5),
        ("ScaleUpUnreadyLessScale", 3, of(usage(&[0.5, 0.7]).unready(), 0.3), 4),
        ("ScaleUpUnreadyNoScale", 3, of(usage(&[0.4]).unready().unready(), 0.3), 3),
        ("ScaleUpIgnoresFailedPods", 2, of(usage(&[0.5, 0.7]), 0.3), 4),
        ("ScaleUpCM", 3, Demand::usage(usage(&[20.0, 10.0, 30.0]), target(15.0)), 4),
        ("ScaleUpCMUnreadyHotCpuNoLess", 3, Demand::usage(usage(&[50.0, 10.0, 30.0]), target(15.0)), 6),
        ("ScaleUpCMUnreadyHotCpuScaleWould", 3, Demand::usage(usage(&[50.0, 15.0, 30.0]), target(15.0)), 7),
        ("ScaleUpCMObject", 3, Demand::value(20.0, target(15.0)), 4),
        ("ScaleUpCMPerPodObject", 3, Demand::average_value(20.0, target(5.0)), 4),
        ("ScaleUpCMObjectIgnoresUnready", 3, Demand::value_of_ready(50.0, 1, target(10.0)), 5),
        ("ScaleUpCMExternal", 1, Demand::value(8.6, target(4.4)), 2),
        ("ScaleUpCMExternalIgnoresUnready", 3, Demand::value_of_ready(8.6, 1, target(4.4)), 2),
        ("ScaleUpPerPodCMExternal", 3, Demand::average_value(8.6, target(2.15)), 4),
        ("ScaleDown", 5, of(usage(&[0.1, 0.3, 0.5, 0.25, 0.25]), 0.5), 3),
        ("ScaleDownCM", 5, Demand::usage(usage(&[12.0; 5]), target(20.0)), 3),
        ("ScaleDownPerPodCMObject", 5, Demand::average_value(6.0, target(2.0)), 3),
        ("ScaleDownCMObject", 5, Demand::value(12.0, target(20.0)), 3),
        ("ScaleDownCMExternal", 5, Demand::value(8.6, target(14.334)), 3),
        ("ScaleDownPerPodCMExternal", 5, Demand::average_value(8.6, target(2.867)), 3),
        ("ScaleDownIncludeUnready", 5, of(usage(&[0.1, 0.3, 0.5]).unready().unready(), 0.5), 2),
        ("ScaleDownExcludeUnscheduled", 5, of((0..4).fold(usage(&[0.1]), |u, _| u.unready()), 0.5), 1),
        ("Tolerance", 3, of(usage(&[1.01, 1.03, 1.02]), 1.0), 3),
        ("ToleranceCM", 3, Demand::usage(usage(&[20.0, 21.0, 21.0]), target(20.0)), 3),
        ("ToleranceCMObject", 3, Demand::value(20.666, target(20.0)), 3),
        ("TolerancePerPodCMObject", 4, Demand::average_value(20.166, target(5.0)), 4),
        ("ToleranceCMExternal", 3, Demand::value(8.6, target(8.888)), 3),
        ("TolerancePerPodCMExternal", 3, Demand::average_value(8.6, target(2.9)), 3),
        ("MissingMetrics", 4, of(usage(&[0.4, 0.095]).missing().missing(), 1.0), 3),
        ("MissingMetricsNoChangeEq", 2, of(usage(&[1.0]).missing(), 1.0), 2),
        ("MissingMetricsNoChangeGt", 2, of(usage(&[1.9]).missing(), 1.0), 2),
        ("MissingMetricsNoChangeLt", 2, of(usage(&[0.6]).missing(), 1.0), 2),
        ("MissingMetricsUnreadyChange", 3, of(usage(&[0.45]).unready().missing(), 0.5), 3),
        ("MissingMetricsUnreadyScaleUp", 3, of(usage(&[2.0]).unready().missing(), 0.5), 4),
        ("MissingMetricsUnreadyScaleDown", 4, of(usage(&[0.1, 0.1]).unready().missing(), 0.5), 3),
        ("DuringRollingUpdateWithMaxSurge", 2, of(usage(&[0.1, 0.1]).missing(), 0.5), 2),
        ("ComputedTolerance, over it", 10, of(usage(&[0.5; 10]), 0.56), 9),
        ("ComputedTolerance, within it", 10, of(usage(&[0.5; 10]), 0.55), 10),
    ];
    for (name, current, demand, expected) in rows {
        assert_eq!(demand.proposal(*current, 0.1), Ok(*expected), "{name}");
    }
}

#[test]
fn what_cannot_be_measured_is_an_error_and_not_a_number() {
    let t = target(50.0);
    let unmeasured = [
        Demand::average_value(f64::NAN, t),
        Demand::average_value(f64::INFINITY, t),
        Demand::average_value(-1.0, t),
        Demand::value(f64::NAN, t),
        Demand::usage(Usage::new(), t),
        Demand::usage(Usage::new().missing().unready(), t),
        Demand::usage(usage(&[f64::NAN]), t),
        Demand::usage(usage(&[f64::MAX, f64::MAX]), t),
        Demand::usage(usage(&[1.0]).missing().missing_uses(f64::NAN), t),
    ];
    for demand in unmeasured {
        assert!(demand.proposal(3, 0.1).is_err(), "{demand:?}");
    }
}

/// A demand for exactly so many workers.
fn exactly(replicas: u32) -> [Demand; 1] {
    [Demand::average_value(f64::from(replicas), target(1.0))]
}

/// What Kubernetes' `generateScalingRules` makes: workers and percent of a policy each, 0 for none.
fn rules(base: ScalingRules, replicas: u32, percent: u32, period: Duration) -> ScalingRules {
    match (replicas, percent) {
        (0, percent) => base.only(ScalingPolicy::percent(percent, period)),
        (replicas, 0) => base.only(ScalingPolicy::replicas(replicas, period)),
        (replicas, percent) => base
            .only(ScalingPolicy::replicas(replicas, period))
            .and(ScalingPolicy::percent(percent, period)),
    }
}

/// Changes that lie 100, 60 and 20 s back, as `generateEventsUniformDistribution([]int{1, 5, 9}, 120)` puts them.
fn with_history(config: AutoscaleConfig, now: Instant, sign: i64) -> Autoscaler {
    let mut autoscaler = config.tolerance(0.0).build().unwrap();
    if sign != 0 {
        for (age, change) in [(100, 1), (60, 5), (20, 9)] {
            let at = Instant::from_micros(now.as_micros() - age * 1_000_000);
            let (from, to) = if sign > 0 {
                (10, 10 + change)
            } else {
                (10 + change, 10)
            };
            autoscaler.scaled(at, from, to);
        }
    }
    autoscaler
}

/// Bounds and rules, sign of the history, workers there are, workers asked for, result.
type Row = (AutoscaleConfig, i64, u32, u32, u32, Option<Limit>);

#[test]
fn policies_limit_as_in_the_table_of_kubernetes() {
    use Limit::{ScaleDownLimit, ScaleUpLimit, TooFewReplicas, TooManyReplicas};
    let (up, down) = (ScalingRules::UP, ScalingRules::DOWN);
    let (one, two) = (secs(60), secs(120));
    let base = |min, max| AutoscaleConfig::new().replicas(min, max);
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (base(3, 8), 0, 5, 7, 7, None),
        (base(2, 8), 0, 3, 1, 2, Some(TooFewReplicas)),
        (base(0, 10), 0, 1, 0, 0, None),
        (base(1, 10), 0, 20, 1_000, 10, Some(TooManyReplicas)),
        (base(100, 150), 0, 100, 1_000, 150, Some(TooManyReplicas)),
        (base(1, 2_000).scale_up(rules(up, 0, 1, one)), 0, 3, 1_000, 4, Some(ScaleUpLimit)),
        (base(3, 2_000).scale_down(rules(down, 20, 0, one)), 0, 1_000, 3, 980, Some(ScaleDownLimit)),
        (base(1, 1_000), 0, 10, 50, 20, Some(ScaleUpLimit)),
        (base(1, 1_000).scale_up(rules(up, 100, 100, one)), 0, 10, 500, 110, Some(ScaleUpLimit)),
        (base(1, 1_000).scale_up(rules(up, 2, 100, one)), 0, 10, 500, 20, Some(ScaleUpLimit)),
        (base(1, 1_000).scale_up(rules(up, 100, 0, one)), 0, 10, 50, 50, None),
        (base(1, 1_000).scale_up(rules(up, 10_000, 0, one)), 0, 10, 50, 50, None),
        (base(1, 1_000).scale_up(rules(up, 30, 0, one)), 0, 10, 50, 40, Some(ScaleUpLimit)),
        (base(1, 1_000).scale_up(rules(up, 0, 200, one)), 0, 10, 50, 30, Some(ScaleUpLimit)),
        (base(1, 1_000).scale_down(rules(down, 20, 1, one)), 0, 100, 2, 80, Some(ScaleDownLimit)),
        (base(1, 1_000).scale_down(rules(down, 2, 1, one)), 0, 100, 2, 98, Some(ScaleDownLimit)),
        (base(1, 1_000).scale_down(rules(down, 100, 0, one)), 0, 10, 0, 1, Some(TooFewReplicas)),
        (base(5, 1_000).scale_down(rules(down, 0, 100, one)), 0, 10, 2, 5, Some(TooFewReplicas)),
        (base(1, 1_000).scale_down(rules(down, 5, 0, one)), 0, 10, 2, 5, Some(ScaleDownLimit)),
        (base(1, 1_000).scale_down(rules(down, 0, 50, one)), 0, 10, 5, 5, None),
        (base(1, 200).scale_up(rules(up, 300, 0, one)), 1, 100, 500, 200, Some(TooManyReplicas)),
        (base(1, 200).scale_up(rules(up, 0, 10_000, one)), 1, 100, 500, 200, Some(TooManyReplicas)),
        (base(1, 1_000).scale_up(rules(up, 5, 0, two)), 1, 100, 500, 100, Some(ScaleUpLimit)),
        (base(1, 1_000).scale_up(rules(up, 150, 0, two)), 1, 100, 500, 235, Some(ScaleUpLimit)),
        (base(1, 1_000).scale_up(rules(up, 0, 200, two)), 1, 100, 500, 255, Some(ScaleUpLimit)),
        (base(1, 1_000), -1, 10, 5, 5, None),
        (base(1, 1_000).scale_down(rules(down, 115, 0, two)), -1, 100, 0, 1, Some(TooFewReplicas)),
        // 15 went within 120 s, but only 9 of them after the last 60 s
        (base(1, 1_000).scale_down(rules(down, 20, 0, two)), -1, 100, 2, 95, Some(ScaleDownLimit)),
        (base(1, 1_000).scale_down(rules(down, 20, 0, one)), -1, 100, 2, 89, Some(ScaleDownLimit)),
        (base(1, 1_000).scale_up(up.select(PolicySelect::Disabled)), 0, 10, 50, 10, Some(ScaleUpLimit)),
        (base(1, 1_000).scale_up(up.select(PolicySelect::Min)), 0, 10, 50, 14, Some(ScaleUpLimit)),
        (base(1, 1_000).scale_down(rules(down, 20, 1, one).select(PolicySelect::Min)), 0, 100, 2, 99, Some(ScaleDownLimit)),
    ];
    let now = Instant::from_secs(10_000);
    for (row, (config, sign, current, asked, expected, limit)) in rows.iter().enumerate() {
        let mut autoscaler = with_history(*config, now, *sign);
        let scaling = autoscaler.decide(now, *current, &exactly(*asked));
        assert_eq!(
            (scaling.desired(), scaling.limit()),
            (*expected, *limit),
            "row {row}: {scaling}"
        );
    }
}

/// Runs decisions at a period, each carried out, until `count` values are there.
fn trace(
    mut autoscaler: Autoscaler,
    from: u32,
    asked: u32,
    every: Duration,
    count: usize,
) -> Vec<u32> {
    let (mut now, mut current) = (Instant::from_secs(1_000), from);
    let mut seen = vec![from];
    while seen.len() < count {
        let scaling = autoscaler.decide(now, current, &exactly(asked));
        autoscaler.scaled(now, current, scaling.desired());
        current = scaling.desired();
        seen.push(current);
        now += every;
    }
    seen
}

#[test]
fn scaling_down_follows_the_example_of_the_documentation() {
    // "4 pods or 10 percent in one minute": 80, 72, then 64 since 7.2 is rounded up; below 40 four at a time.
    let config = AutoscaleConfig::new().replicas(1, 100).scale_down(rules(
        ScalingRules::DOWN.stabilization_window(Duration::ZERO),
        4,
        10,
        secs(60),
    ));
    let seen = trace(config.build().unwrap(), 80, 10, secs(60), 16);
    assert_eq!(
        seen,
        [
            80, 72, 64, 57, 51, 45, 40, 36, 32, 28, 24, 20, 16, 12, 10, 10
        ]
    );
}

#[test]
fn scaling_up_fast_follows_the_example_of_the_proposal() {
    // KEP-853, "scale up as fast as possible": 900 % a minute.
    let config = AutoscaleConfig::new().replicas(1, 5_000).scale_up(rules(
        ScalingRules::UP,
        0,
        900,
        secs(60),
    ));
    let seen = trace(config.build().unwrap(), 1, 5_000, secs(60), 5);
    assert_eq!(seen, [1, 10, 100, 1_000, 5_000]);
    // At 15 s nothing more may come before the minute is over.
    let seen = trace(config.build().unwrap(), 1, 5_000, secs(15), 7);
    assert_eq!(seen, [1, 10, 10, 10, 10, 100, 100]);
}

#[test]
fn workers_go_only_when_five_minutes_agree() {
    let mut autoscaler = AutoscaleConfig::new().replicas(1, 10).build().unwrap();
    let at = |minute| Instant::from_secs(1_000) + minutes(minute);
    assert_eq!(autoscaler.decide(at(0), 9, &exactly(9)).desired(), 9);
    for minute in 1..5 {
        let scaling = autoscaler.decide(at(minute), 9, &exactly(3));
        assert_eq!(
            (scaling.desired(), scaling.limit()),
            (9, Some(Limit::ScaleDownStabilized))
        );
    }
    assert_eq!(autoscaler.decide(at(5), 9, &exactly(2)).desired(), 3);
}

#[test]
fn workers_come_only_when_the_window_agrees() {
    let config = AutoscaleConfig::new().scale_up(ScalingRules::UP.stabilization_window(minutes(3)));
    let mut autoscaler = config.build().unwrap();
    let at = |minute| Instant::from_secs(1_000) + minutes(minute);
    assert_eq!(autoscaler.decide(at(0), 3, &exactly(3)).desired(), 3);
    let scaling = autoscaler.decide(at(1), 3, &exactly(6));
    assert_eq!(
        (scaling.desired(), scaling.limit()),
        (3, Some(Limit::ScaleUpStabilized))
    );
    assert_eq!(autoscaler.decide(at(3), 3, &exactly(5)).desired(), 5);
}

#[test]
fn an_unknown_metric_lets_workers_come_and_not_go() {
    let unknown = Demand::average_value(f64::NAN, target(1.0));
    let mut autoscaler = AutoscaleConfig::new().build().unwrap();
    let now = Instant::from_secs(1_000);
    let [few, many] = [exactly(2)[0], exactly(8)[0]];
    let rows: [(&[Demand], u32, Option<Limit>); 5] = [
        (&[], 5, Some(Limit::Unmeasured)),
        (&[unknown], 5, Some(Limit::Unmeasured)),
        (&[unknown, few], 5, Some(Limit::Unmeasured)),
        (&[unknown, many], 8, None),
        (&[few, many], 8, None),
    ];
    for (demands, desired, limit) in rows {
        let scaling = autoscaler.decide(now, 5, demands);
        assert_eq!((scaling.desired(), scaling.limit()), (desired, limit));
    }
}

#[test]
fn rain_decides_what_a_backlog_counts() {
    let rows = [
        (400, Some(0.0), 0.0),
        (400, Some(0.75), 300.0),
        (400, Some(7.0), 400.0),
        (400, Some(f32::NAN), 400.0),
        (400, None, 400.0),
        (400, Some(-1.0), 0.0),
    ];
    for (backlog, probability, expected) in rows {
        assert_eq!(rain_weighted(backlog, probability), expected);
    }
}

#[test]
fn figures_out_of_range_are_refused_by_name() {
    let policy = ScalingPolicy::replicas(1, secs(60));
    let up = |rules| AutoscaleConfig::new().scale_up(rules);
    let rows = [
        (AutoscaleConfig::new().replicas(3, 2), "replicas"),
        (AutoscaleConfig::new().replicas(0, 0), "replicas"),
        (AutoscaleConfig::new().tolerance(1.0), "tolerance"),
        (AutoscaleConfig::new().tolerance(f64::NAN), "tolerance"),
        (
            up(ScalingRules::UP.stabilization_window(secs(3_601))),
            "stabilization_window",
        ),
        (
            up(ScalingRules::UP.and(policy).and(policy).and(policy)),
            "policies",
        ),
        (
            up(ScalingRules::UP.only(ScalingPolicy::percent(0, secs(60)))),
            "policy value",
        ),
        (
            up(ScalingRules::UP.only(ScalingPolicy::percent(1, secs(0)))),
            "policy period",
        ),
        (
            up(ScalingRules::UP.only(ScalingPolicy::percent(1, secs(1_801)))),
            "policy period",
        ),
    ];
    for (config, field) in rows {
        assert_eq!(config.build().unwrap_err().field(), field);
    }
}
