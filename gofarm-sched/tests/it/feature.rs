//! Features against tsfresh, statsmodels and numpy, and what holes may not do.

use gofarm_sched::feature::{
    Autocorrelation, BinnedEntropy, Feature, Kurtosis, RollingMax, RollingQuantile,
    SeasonalResidual, SeasonalTrend, Skewness, SpectralPeak, Std,
};
use proptest::prelude::*;

const W: usize = 32;
const PLAIN: &str = include_str!("../data/feature/plain.csv");
const OFFSET: &str = include_str!("../data/feature/offset.csv");
const HOLES: &str = include_str!("../data/feature/holes.csv");

fn rows(csv: &str) -> Vec<Vec<f64>> {
    csv.lines()
        .skip(1)
        .map(|line| line.split(',').map(|x| x.parse().unwrap()).collect())
        .collect()
}

/// The column of the oracle's figures beside ours, from row `from` on.
fn matches(csv: &str, column: usize, from: usize, tolerance: f64, mut feature: impl Feature) {
    let mut compared = 0;
    for (i, row) in rows(csv).iter().enumerate() {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the input is an f32 written out"
        )]
        let ours = f64::from(feature.push(row[0] as f32));
        assert!(ours.is_finite());
        if i >= from {
            let error = (ours - row[column]).abs() / row[column].abs().max(1.0);
            assert!(error <= tolerance, "row {i}: {ours} for {}", row[column]);
            compared += usize::from(row[column] != 0.0);
        }
    }
    assert!(compared > 100, "only {compared} figures to compare");
}

#[test]
fn figures_of_a_window_are_those_of_tsfresh() {
    // An offset of 1e5 leaves an f32 two digits after the point; the oracle sees the same rounded values.
    for (csv, tolerance) in [(PLAIN, 1e-6), (HOLES, 1e-6), (OFFSET, 1e-6)] {
        matches(csv, 1, 0, tolerance, Std::<W>::new());
        matches(csv, 2, 0, tolerance, Skewness::<W>::new());
        matches(csv, 3, 0, tolerance, Kurtosis::<W>::new());
        matches(csv, 4, 0, tolerance, BinnedEntropy::<W, 10>::new());
        matches(csv, 5, 0, tolerance, RollingMax::<W>::new());
        matches(
            csv,
            6,
            0,
            tolerance,
            RollingQuantile::<W>::new(0.95).unwrap(),
        );
    }
}

#[test]
fn autocorrelations_are_those_of_tsfresh() {
    for csv in [PLAIN, OFFSET] {
        matches(csv, 7, 0, 1e-6, Autocorrelation::<W>::new(1).unwrap());
        matches(csv, 8, 0, 1e-6, Autocorrelation::<W>::new(5).unwrap());
    }
}

#[test]
fn the_spectral_peak_is_that_of_numpy() {
    for csv in [PLAIN, OFFSET] {
        matches(csv, 9, 0, 1e-6, SpectralPeak::<W, { W / 2 }>::new());
    }
}

#[test]
fn trend_and_residual_are_those_of_statsmodels() {
    // statsmodels needs two cycles before it says anything, the trend only one.
    let forever = u32::MAX;
    for (csv, tolerance) in [(PLAIN, 1e-6), (OFFSET, 1e-5)] {
        matches(csv, 10, 14, tolerance, SeasonalTrend::<7>::new());
        matches(csv, 11, 48, tolerance, SeasonalTrend::<24>::new());
        matches(
            csv,
            12,
            0,
            tolerance,
            SeasonalResidual::<7>::new().memory(forever),
        );
        matches(
            csv,
            13,
            0,
            tolerance,
            SeasonalResidual::<24>::new().memory(forever),
        );
    }
}

#[test]
fn an_amplitude_is_that_of_the_sine() {
    let mut peak = SpectralPeak::<64, 32>::new();
    for i in 0..640_u16 {
        peak.push(7.0 + 2.5 * (f32::from(i) * core::f32::consts::TAU / 16.0).sin());
    }
    assert!((peak.amplitude() - 2.5).abs() < 1e-4);
    let mut alternating = SpectralPeak::<64, 32>::new();
    let last = (0..64)
        .map(|i| alternating.push(if i % 2 == 0 { 1.0 } else { -1.0 }))
        .last();
    assert_eq!(last, Some(0.5));
    assert!((alternating.amplitude() - 1.0).abs() < 1e-6);
}

/// All features, each fed the same inputs, in the order of `push`.
fn every_feature() -> Vec<Box<dyn Feature>> {
    vec![
        Box::new(Std::<8>::new()),
        Box::new(Skewness::<8>::new()),
        Box::new(Kurtosis::<8>::new()),
        Box::new(BinnedEntropy::<8, 4>::new()),
        Box::new(RollingMax::<8>::new()),
        Box::new(RollingQuantile::<8>::new(0.9).unwrap()),
        Box::new(Autocorrelation::<8>::new(3).unwrap()),
        Box::new(SpectralPeak::<8, 4>::new()),
        Box::new(SeasonalTrend::<4>::new()),
        Box::new(SeasonalTrend::<5>::new()),
        Box::new(SeasonalResidual::<4>::new()),
        Box::new(Std::<4>::new().then(RollingMax::<4>::new())),
    ]
}

fn input() -> impl Strategy<Value = f32> {
    prop_oneof![
        6 => -100.0_f32..100.0,
        2 => Just(3.0_f32),
        2 => proptest::num::f32::ANY,
    ]
}

proptest! {
    #[test]
    fn every_output_is_finite_and_every_hole_is_counted(inputs in proptest::collection::vec(input(), 1..80)) {
        let holes = inputs.iter().filter(|x| !x.is_finite()).count() as u64;
        for mut feature in every_feature() {
            for &x in &inputs {
                let ready = feature.is_ready();
                let y = feature.push(x);
                prop_assert!(y.is_finite());
                prop_assert!(feature.is_ready() || y == 0.0);
                prop_assert!(feature.is_ready() || !ready, "ready once is ready for ever");
            }
            prop_assert_eq!(feature.skipped(), holes);
        }
    }

    #[test]
    fn a_hole_is_forgotten_once_it_has_left(
        before in proptest::collection::vec(input(), 0..40),
        after in proptest::collection::vec(-100.0_f32..100.0, 8..24),
    ) {
        // Whatever came before, the last 8 inputs alone make the figure.
        for (i, (mut used, mut fresh)) in every_feature().into_iter().zip(every_feature()).enumerate() {
            if i == 10 {
                continue; // the residual remembers its cycle by design
            }
            for &x in &before {
                used.push(x);
            }
            let (mut a, mut b) = (0.0, 0.0);
            for &x in &after {
                a = used.push(x);
                b = fresh.push(x);
            }
            // Frequencies of equal power may swap places.
            if i != 7 {
                prop_assert!((a - b).abs() <= 1e-3 * b.abs().max(1.0), "feature {}: {} for {}", i, a, b);
            }
        }
    }

    #[test]
    fn a_chain_is_the_second_over_the_outputs_of_the_first(
        inputs in proptest::collection::vec(input(), 1..60),
    ) {
        let chained: Vec<f32> = Std::<4>::new()
            .then(RollingQuantile::<3>::new(0.5).unwrap())
            .outputs(inputs.iter().copied())
            .collect();
        let first: Vec<f32> = Std::<4>::new().outputs(inputs.iter().copied()).collect();
        let second = RollingQuantile::<3>::new(0.5).unwrap().outputs(first.into_iter().skip(3));
        let expected: Vec<f32> = core::iter::repeat_n(0.0, 3).chain(second).take(inputs.len()).collect();
        prop_assert_eq!(chained, expected);
    }
}
