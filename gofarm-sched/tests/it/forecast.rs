//! Forecasts on measured series, and what absurd values and hostile models may not do.

mod measured;
mod model;

use gofarm_sched::forecast::{Autoregression, Ensemble, Ewma, Forecaster, Member, Naive, Seasonal};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = f32> {
    prop_oneof![
        8 => -100.0_f32..100.0,
        1 => Just(0.0_f32),
        1 => Just(f32::NAN),
        1 => proptest::num::f32::ANY,
    ]
}

fn is_finite(forecaster: &impl Forecaster) -> bool {
    forecaster.path().take(40).all(f32::is_finite)
}

proptest! {
    #[test]
    fn every_forecast_is_finite(values in proptest::collection::vec(value(), 0..300)) {
        let (mut naive, mut ewma) = (Naive::new(), Ewma::new(0.3).unwrap());
        let mut seasonal = Seasonal::<12>::new(12).unwrap();
        let mut ar = Autoregression::<6>::new(0.95).unwrap();
        let mut ensemble = Ensemble::<12, 6>::new(12).unwrap();
        for value in values {
            naive.observe(value);
            ewma.observe(value);
            seasonal.observe(value);
            ar.observe(value);
            ensemble.observe(value);
            prop_assert!(is_finite(&naive) && is_finite(&ewma) && is_finite(&seasonal));
            prop_assert!(is_finite(&ar) && is_finite(&ensemble));
            let shares: f32 = ensemble.shares().iter().sum();
            prop_assert!(shares == 0.0 || (shares - 1.0).abs() < 1e-5);
            prop_assert!(ensemble.shares().iter().all(|share| (0.0..=1.0).contains(share)));
        }
    }

    #[test]
    fn a_forecast_of_the_ensemble_lies_between_those_of_its_members(
        values in proptest::collection::vec(-100.0_f32..100.0, 1..200),
    ) {
        let (mut naive, mut ewma) = (Naive::new(), Ewma::new(0.3).unwrap());
        let mut seasonal = Seasonal::<12>::new(12).unwrap();
        let mut ar = Autoregression::<3>::new(0.999).unwrap();
        let mut ensemble = Ensemble::<12, 3>::new(12).unwrap();
        for value in values {
            naive.observe(value);
            ewma.observe(value);
            seasonal.observe(value);
            ar.observe(value);
            ensemble.observe(value);
        }
        for steps in [1, 2, 7, 30] {
            let said = [naive.ahead(steps), ewma.ahead(steps), seasonal.ahead(steps), ar.ahead(steps)];
            let (low, high) = said.into_iter().flatten().fold((f32::MAX, f32::MIN), |(low, high), x| {
                (low.min(x), high.max(x))
            });
            let mean = ensemble.ahead(steps).unwrap();
            prop_assert!((low - 1e-3..=high + 1e-3).contains(&mean));
        }
    }

    #[test]
    fn the_path_begins_with_what_is_ahead(values in proptest::collection::vec(-9.0_f32..9.0, 0..60)) {
        let mut ensemble = Ensemble::<5, 2>::new(5).unwrap();
        for value in values {
            ensemble.observe(value);
        }
        let path: Vec<f32> = ensemble.path().take(9).collect();
        prop_assert_eq!(ensemble.ahead(0), None);
        for steps in 1..=9 {
            prop_assert_eq!(ensemble.ahead(steps), path.get(steps - 1).copied());
        }
    }
}

#[test]
fn a_series_that_stands_still_does_not_wind_up() {
    let mut ar = Autoregression::<6>::new(0.9).unwrap();
    for _ in 0..20_000 {
        ar.observe(5.0);
    }
    // Then it moves a little: coefficients must not be thrown away.
    for i in 0..50_u8 {
        ar.observe(5.0 + 0.01 * f32::from(i % 3));
        let next = ar.ahead(1).unwrap();
        assert!((next - 5.0).abs() < 0.1, "{next} after step {i}");
    }
}

#[test]
fn one_absurd_value_is_got_over() {
    let wave = |i: u16| 50.0 + 10.0 * (f32::from(i) * 0.3).sin();
    let mut ensemble = Ensemble::<2, 6>::new(0).unwrap();
    for i in 0..400 {
        ensemble.observe(wave(i));
    }
    ensemble.observe(1e30);
    for i in 401..600 {
        ensemble.observe(wave(i));
    }
    let mut worst = 0.0_f32;
    for i in 600..800 {
        worst = worst.max((ensemble.ahead(1).unwrap() - wave(i)).abs());
        ensemble.observe(wave(i));
    }
    assert!(
        worst < 3.1,
        "the naive forecast is wrong by 3, this one by {worst}"
    );
}

#[test]
fn the_cycle_goes_on_through_a_gap() {
    let mut ensemble = Ensemble::<24, 4>::new(24).unwrap();
    let hour = |i: u16| f32::from(i % 24);
    (0..240).for_each(|i| ensemble.observe(hour(i)));
    (240..250).for_each(|_| ensemble.observe(f32::NAN));
    let path: Vec<f32> = ensemble.path().take(8).collect();
    for (i, forecast) in (250..).zip(path) {
        assert!(
            (forecast - hour(i)).abs() < 2.0,
            "{forecast} for {}",
            hour(i)
        );
    }
    assert!(ensemble.share(Member::Seasonal) > 0.1);
}

#[test]
fn what_is_out_of_range_is_refused_when_it_is_made() {
    assert!(Ewma::new(0.0).is_err() && Ewma::new(f32::NAN).is_err() && Ewma::new(1.0).is_ok());
    assert!(Seasonal::<5>::new(6).is_err() && Seasonal::<5>::new(1).is_err());
    assert!(Autoregression::<2>::new(0.5).is_err() && Autoregression::<2>::new(1.0).is_ok());
    assert!(Ensemble::<5, 2>::new(1).is_err() && Ensemble::<5, 2>::new(6).is_err());
    let ensemble = Ensemble::<5, 2>::new(0).unwrap();
    assert!(ensemble.clone().smoothing(2.0).is_err() && ensemble.forgetting(0.1).is_err());
}
