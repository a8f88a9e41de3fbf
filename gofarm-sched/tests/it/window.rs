//! Windows, moments, means and weights.

use core::time::Duration;

use gofarm_core::time::{Instant, millis, secs};
use gofarm_sched::ewma::{DecayingMean, Ewma};
use gofarm_sched::moments::Moments;
use gofarm_sched::weight::{LatencyWeight, WeightRule};
use gofarm_sched::window::{Fold, TimeWindow, Window};
use proptest::prelude::*;

/// Type 7 by its definition, of values in any order.
fn quantile(values: &[f32], part: f32) -> Option<f32> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = f64::from(part) * last as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    let (low, high) = (f64::from(sorted[below]), f64::from(sorted[above]));
    Some((low + (high - low) * (place - place.floor())) as f32)
}

/// Ordinary values, repeated ones, and such as no probe should send.
fn value() -> impl Strategy<Value = f32> {
    prop_oneof![
        4 => -10.0_f32..10.0,
        3 => (0_u8..4).prop_map(f32::from),
        1 => any::<f32>(),
    ]
}

fn count_window_is_exact<const N: usize>(values: &[f32], part: f32) -> Result<(), TestCaseError> {
    let mut window = Window::<N>::new();
    let mut kept = Vec::new();
    let mut skipped = 0;
    for &value in values {
        let left = window.push(value);
        if value.is_finite() {
            kept.push(value + 0.0);
            let oldest = (kept.len() > N).then(|| kept.remove(0));
            prop_assert_eq!(left, oldest);
        } else {
            skipped += 1;
        }
        prop_assert_eq!(window.iter().collect::<Vec<_>>(), kept.clone());
        prop_assert_eq!(window.quantile(part), quantile(&kept, part));
        prop_assert_eq!(
            (window.min(), window.max()),
            (quantile(&kept, 0.0), quantile(&kept, 1.0))
        );
    }
    prop_assert_eq!(window.skipped(), skipped);
    Ok(())
}

proptest! {
    #[test]
    fn quantiles_of_a_window_are_exact(
        values in prop::collection::vec(value(), 0..80),
        part in 0.0_f32..=1.0,
    ) {
        count_window_is_exact::<1>(&values, part)?;
        count_window_is_exact::<7>(&values, part)?;
        count_window_is_exact::<64>(&values, part)?;
    }

    #[test]
    fn quantiles_of_a_time_window_are_exact(
        steps in prop::collection::vec((0_u64..700, 0_u64..1_500, value()), 1..80),
        part in 0.0_f32..=1.0,
        fold in prop_oneof![Just(Fold::Last), Just(Fold::Max), Just(Fold::Mean)],
    ) {
        const SLOTS: u64 = 8;
        let mut window = TimeWindow::<8>::new(millis(100), fold).unwrap();
        // By slot, all values in the order in which they came.
        let mut slots: Vec<(u64, Vec<f32>)> = Vec::new();
        let (mut now, mut late, mut skipped) = (5_000, 0, 0);
        for (wait, ago, value) in steps {
            now += wait;
            window.advance(Instant::from_millis(now));
            let at = now - ago;
            window.push(Instant::from_millis(at), value);
            slots.retain(|(slot, _)| slot + SLOTS > now / 100);
            if !value.is_finite() {
                skipped += 1;
            } else if at / 100 + SLOTS <= now / 100 {
                late += 1;
            } else if let Some((_, values)) = slots.iter_mut().find(|(slot, _)| *slot == at / 100) {
                values.push(value);
            } else {
                slots.push((at / 100, vec![value]));
            }
            let folded: Vec<f32> = slots
                .iter()
                .map(|(_, values)| match fold {
                    Fold::Last => *values.last().unwrap(),
                    Fold::Max => values.iter().copied().fold(f32::MIN, f32::max),
                    Fold::Mean => {
                        let sum: f64 = values.iter().map(|v| f64::from(*v)).sum();
                        (sum / values.len() as f64) as f32
                    }
                })
                .collect();
            let expected = quantile(&folded, part);
            let got = window.quantile(Instant::from_millis(now), part);
            match (expected, got) {
                (Some(expected), Some(got)) => {
                    let scale = folded.iter().fold(1.0_f32, |scale, v| scale.max(v.abs()));
                    let scale = scale.min(f32::MAX / 10.0);
                    let all = slots.iter().flat_map(|(_, v)| v).fold(scale, |s, v| s.max(v.abs()));
                    let near = f64::from(all) * 1e-5;
                    let apart = (f64::from(expected) - f64::from(got)).abs();
                    prop_assert!(apart <= near, "{} {}", expected, got);
                }
                (expected, got) => prop_assert_eq!(expected, got),
            }
            let empty = window.slots(Instant::from_millis(now)).filter(Option::is_none).count();
            prop_assert_eq!(empty + slots.len(), 8);
            prop_assert_eq!((window.late(), window.skipped()), (late, skipped));
        }
    }

    #[test]
    fn moments_of_parts_merge_to_those_of_the_whole(
        values in prop::collection::vec(-100.0_f32..100.0, 0..60),
        cut in 0_usize..60,
    ) {
        let (a, b) = values.split_at(cut.min(values.len()));
        let of = |values: &[f32]| {
            let mut moments = Moments::new();
            values.iter().for_each(|v| moments.push(*v));
            moments
        };
        let mut merged = of(a);
        merged.merge(&of(b));
        let whole = of(&values);
        prop_assert_eq!(merged.count(), whole.count());
        let pairs = [
            (merged.mean(), whole.mean()),
            (merged.variance(), whole.variance()),
            (merged.skewness(), whole.skewness()),
            (merged.sample_kurtosis(), whole.sample_kurtosis()),
        ];
        for (merged, whole) in pairs {
            match (merged, whole) {
                (Some(a), Some(b)) => prop_assert!((a - b).abs() <= 1e-4 * (1.0 + b.abs()), "{} {}", a, b),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }

    #[test]
    fn moments_are_finite_whatever_comes(values in prop::collection::vec(any::<f32>(), 0..40)) {
        let mut moments = Moments::new();
        values.iter().for_each(|v| moments.push(*v));
        moments.merge(&moments.clone());
        let all = [
            moments.mean(),
            moments.variance(),
            moments.std_dev(),
            moments.sample_variance(),
            moments.skewness(),
            moments.sample_skewness(),
            moments.kurtosis(),
            moments.sample_kurtosis(),
        ];
        for value in all.into_iter().flatten() {
            prop_assert!(value.is_finite());
        }
    }

    #[test]
    fn a_mean_lies_between_its_samples(
        samples in prop::collection::vec(any::<f32>(), 1..40),
        alpha in 0.001_f32..=1.0,
        gap in 0_u64..100_000,
    ) {
        let mut ewma = Ewma::new(alpha).unwrap();
        let mut decaying = DecayingMean::new(secs(7)).unwrap();
        let mut now = Instant::ZERO;
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for sample in samples {
            if sample.is_finite() {
                (low, high) = (low.min(sample), high.max(sample));
            }
            now += millis(gap);
            let means = [ewma.push(sample), decaying.push(now, sample)];
            for mean in means.into_iter().flatten() {
                prop_assert!(low <= mean && mean <= high, "{} {} {}", low, mean, high);
            }
        }
    }

    #[test]
    fn slower_is_never_heavier(
        sla in 1_u64..10_000_000,
        steepness in 0.0_f32..5.0,
        a in 0_u64..100_000_000,
        b in 0_u64..100_000_000,
    ) {
        let rule = WeightRule::new(Duration::from_micros(sla)).unwrap();
        let rule = rule.steepness(steepness).unwrap();
        let weight = |micros| rule.weight(Duration::from_micros(micros));
        let (fast, slow) = (weight(a.min(b)), weight(a.max(b)));
        prop_assert!(fast >= slow, "{} {}", fast, slow);
        prop_assert!((0.01..=2.0).contains(&fast) && (0.01..=2.0).contains(&slow));
    }

    #[test]
    fn there_is_no_cliff_at_the_sla(sla in 1_000_u64..10_000_000, steepness in 0.0_f32..5.0) {
        let rule = WeightRule::new(Duration::from_micros(sla)).unwrap();
        let rule = rule.steepness(steepness).unwrap();
        let weight = |part: f64| rule.weight(Duration::from_secs_f64(sla as f64 / 1e6 * part));
        prop_assert!((weight(1.0) - 1.0).abs() < 1e-4);
        // A thousandth of the SLA changes no more than the slopes of ratio and penalty allow.
        for part in [0.6, 0.999, 1.0, 1.001, 1.5] {
            let step = weight(part) - weight(part + 0.001);
            prop_assert!((0.0..0.001 * (3.0 + steepness * 2.0)).contains(&step), "{}", step);
        }
    }
}

/// Computed in `f64` by the formulas of Joanes and Gill; the skewness is the example of `scipy.stats.skew` too.
#[test]
fn moments_are_those_of_their_definitions() {
    let mut moments = Moments::new();
    for value in [2.0, 8.0, 0.0, 4.0, 1.0, 9.0, 9.0, 0.0] {
        moments.push(value);
    }
    let rows = [
        (moments.mean(), 4.125),
        (moments.variance(), 13.859_375),
        (moments.sample_variance(), 15.839_286),
        (moments.skewness(), 0.265_055_4),
        (moments.sample_skewness(), 0.330_582_2),
        (moments.kurtosis(), -1.666_001),
        (moments.sample_kurtosis(), -2.098_602_3),
    ];
    for (got, expected) in rows {
        assert!((got.unwrap() - expected).abs() < 1e-5, "{got:?} {expected}");
    }
}

#[test]
fn moments_of_equal_values_have_no_shape() {
    let mut moments = Moments::new();
    assert_eq!((moments.mean(), moments.kurtosis()), (None, None));
    for _ in 0..1_000 {
        moments.push(0.1);
    }
    assert_eq!(moments.std_dev(), Some(0.0));
    assert_eq!(
        (moments.skewness(), moments.kurtosis()),
        (Some(0.0), Some(0.0))
    );
    assert_eq!(moments.sample_kurtosis(), Some(0.0));
}

#[test]
fn a_quantile_outside_of_its_range_is_none() {
    let mut window = Window::<4>::new();
    window.push(1.0);
    for part in [-0.1, 1.1, f32::NAN] {
        assert_eq!(window.quantile(part), None);
    }
    assert_eq!(window.quantile(0.95), Some(1.0));
    window.clear();
    assert_eq!((window.quantile(0.5), window.is_empty()), (None, true));
}

#[test]
fn figures_outside_of_their_rules_are_refused() {
    let rule = WeightRule::new(millis(100)).unwrap();
    assert_eq!(WeightRule::new(Duration::ZERO).unwrap_err().field(), "sla");
    assert_eq!(rule.base(1.5, 2.0).unwrap_err().field(), "base");
    assert_eq!(rule.base(0.5, f32::INFINITY).unwrap_err().field(), "base");
    assert_eq!(rule.steepness(-1.0).unwrap_err().field(), "steepness");
    assert_eq!(rule.floor(0.0).unwrap_err().field(), "floor");
    assert_eq!(rule.alpha(f32::NAN).unwrap_err().field(), "alpha");
    assert_eq!(Ewma::new(0.0).unwrap_err().field(), "alpha");
    assert_eq!(
        DecayingMean::new(Duration::ZERO).unwrap_err().field(),
        "half_life"
    );
    let none = TimeWindow::<3>::new(Duration::ZERO, Fold::Last);
    assert_eq!(none.unwrap_err().field(), "slot");
}

#[test]
fn settings_of_a_weight_are_what_it_goes_by() {
    let rule = WeightRule::new(millis(100)).unwrap();
    let rule = rule.base(0.8, 4.0).unwrap().floor(0.2).unwrap();
    assert_eq!(rule.weight(millis(10)), 4.0);
    assert_eq!(rule.weight(secs(10)), 0.2);
    let flat = rule.steepness(0.0).unwrap();
    assert_eq!(flat.weight(secs(10)), 0.8);
    let mut node = LatencyWeight::new(rule.alpha(1.0).unwrap());
    node.record(millis(10));
    node.record(millis(100));
    assert!(node.latency().unwrap().abs_diff(millis(100)) < Duration::from_micros(1));
    assert!((node.weight() - 1.0).abs() < 1e-6);
}

#[test]
fn a_window_allocates_nothing() {
    let info = allocation_counter::measure(|| {
        let mut window = Window::<256>::new();
        let mut slots = TimeWindow::default();
        for k in 0..1_000_u16 {
            window.push(f32::from(k % 17));
            slots.push(Instant::from_millis(u64::from(k) * 70), f32::from(k % 19));
            assert!(window.quantile(0.95) <= Some(16.0));
        }
    });
    assert_eq!(info.count_total, 0);
}
