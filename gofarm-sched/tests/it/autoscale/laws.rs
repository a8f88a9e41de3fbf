//! What holds for every demand.

use gofarm_core::time::{Instant, millis, secs};
use gofarm_sched::autoscale::{AutoscaleConfig, Demand, ScalingPolicy, ScalingRules, Usage};
use proptest::prelude::*;

use super::{exactly, target, usage};

fn demand() -> impl Strategy<Value = Demand> {
    let number = prop_oneof![
        0.0..2_000.0_f64,
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(-1.0)
    ];
    let usage = prop::collection::vec(
        prop_oneof![(0.0..2.0_f64).prop_map(Some), Just(None)],
        0..12,
    );
    prop_oneof![
        number
            .clone()
            .prop_map(|v| Demand::average_value(v, target(50.0))),
        number.prop_map(|v| Demand::value(v, target(500.0))),
        (usage, 0..3_u32).prop_map(|(values, unready)| {
            let usage = values
                .into_iter()
                .fold(Usage::new(), |usage, value| match value {
                    Some(value) => usage.ready(value),
                    None => usage.missing(),
                });
            Demand::usage(
                (0..unready).fold(usage, |usage, _| usage.unready()),
                target(0.5),
            )
        }),
    ]
}

proptest! {
    #[test]
    fn the_number_is_never_outside_its_bounds(
        min in 0..20_u32, more in 1..50_u32, start in 0..100_u32,
        steps in prop::collection::vec((prop::collection::vec(demand(), 0..3), 0..120_u64, any::<bool>()), 1..60),
    ) {
        let max = min + more;
        let mut autoscaler = AutoscaleConfig::new().replicas(min, max).build().unwrap();
        let (mut now, mut current) = (Instant::ZERO, start);
        for (demands, wait, carried_out) in steps {
            let scaling = autoscaler.decide(now, current, &demands);
            prop_assert!((min..=max).contains(&scaling.desired()));
            if carried_out {
                autoscaler.scaled(now, current, scaling.desired());
                current = scaling.desired();
            }
            now += secs(wait);
        }
    }

    #[test]
    fn nothing_flaps_while_the_ratio_stays_within_the_tolerance(
        current in 2..10_u32, ratios in prop::collection::vec(0.901..1.099_f64, 1..200),
    ) {
        let mut autoscaler = AutoscaleConfig::new().build().unwrap();
        for (step, ratio) in (0_u64..).zip(ratios) {
            let total = ratio * 50.0 * f64::from(current);
            let demands = [Demand::average_value(total, target(50.0)), Demand::value(ratio * 500.0, target(500.0))];
            let scaling = autoscaler.decide(Instant::from_secs(15 * step), current, &demands);
            prop_assert_eq!(scaling.desired(), current);
        }
    }

    #[test]
    fn more_demand_never_asks_for_fewer_workers(
        current in 1..40_u32, unready in 0..3_u32, missing in 0..3_u32,
        values in prop::collection::vec(0.0..2.0_f64, 1..10), raised in prop::collection::vec(0.0..2.0_f64, 10),
        total in 0.0..5_000.0_f64, more in 0.0..5_000.0_f64,
    ) {
        let t = target(50.0);
        for make in [Demand::average_value, Demand::value] {
            prop_assert!(make(total, t).proposal(current, 0.1).ok() <= make(total + more, t).proposal(current, 0.1).ok());
        }
        let of = |values: &[f64]| {
            let all = usage(values).missing_uses(1.0);
            let all = (0..unready).fold(all, |u, _| u.unready());
            Demand::usage((0..missing).fold(all, |u, _| u.missing()), target(0.5))
        };
        let higher: Vec<f64> = values.iter().zip(&raised).map(|(a, b)| a + b).collect();
        // There are as many workers as report or should.
        let current = u32::try_from(values.len()).unwrap() + unready + missing;
        prop_assert!(of(&values).proposal(current, 0.1).ok() <= of(&higher).proposal(current, 0.1).ok());
    }

    #[test]
    fn no_period_adds_more_than_its_policy_allows(
        each in 1..6_u32, waits in prop::collection::vec(1..40_000_u64, 1..150),
    ) {
        let period = secs(60);
        let config = AutoscaleConfig::new().replicas(1, 10_000)
            .scale_up(ScalingRules::UP.only(ScalingPolicy::replicas(each, period)));
        let mut autoscaler = config.build().unwrap();
        let (mut now, mut current) = (Instant::ZERO, 1);
        let mut history = vec![(now, current)];
        for wait in waits {
            now += millis(wait);
            let desired = autoscaler.decide(now, current, &exactly(10_000)).desired();
            autoscaler.scaled(now, current, desired);
            current = desired;
            let before = history.iter().rev().find(|(at, _)| *at + period <= now).map_or(1, |(_, n)| *n);
            prop_assert!(current <= before + each, "{current} after {before}");
            history.push((now, current));
        }
    }
}
