//! Streaming statistics and forecasts, for each value that comes: beside watermill where it has the same.

use std::hint::black_box;

use gofarm_sched::drift::{Adwin, PageHinkley};
use gofarm_sched::ewma::Ewma;
use gofarm_sched::feature::{
    Autocorrelation, BinnedEntropy, Feature, Kurtosis, RollingMax, RollingQuantile,
    SeasonalResidual, Skewness, SpectralPeak, Std,
};
use gofarm_sched::forecast::{Ensemble, Forecaster};
use gofarm_sched::moments::Moments;
use watermill::ewmean::EWMean;
use watermill::kurtosis::Kurtosis as WatermillKurtosis;
use watermill::rolling::Rolling;
use watermill::stats::Univariate;
use watermill::variance::Variance;

use super::quantiles::Values;
use crate::figures::Figures;

const OWN: &str = "gofarm";
const WATERMILL: &str = "watermill";

const MOMENTS: &str = "moments 1 to 4, without a window: a value pushed";
const EWMA: &str = "EWMA: a value pushed";
const STD: &str = "standard deviation of the last 256: a value pushed, the figure read";
const FIGURE: &str = "figure of the last 256: a value pushed, the figure read";
/// What tsfresh needs 8.5 ms for (Python, measured apart), with 32 Fourier coefficients in place of the strongest.
const ALL: &str = "eight figures of 256 values that are there";
const FORECAST: &str = "forecast: a value learned, the next one foretold";
const DRIFT: &str = "drift: a value looked at";

pub(super) fn measure(figures: &mut Figures) {
    let mut values = Values::new();
    without_window(figures, &mut values);
    of_a_window(figures, &mut values);
    all(figures, &mut values);

    let mut ensemble = Ensemble::<288, 6>::new(288).expect("a cycle");
    for _ in 0..3 * 288 {
        ensemble.observe(values.next() as f32);
    }
    figures.time(
        FORECAST,
        "gofarm, ensemble of four, AR(6), cycle 288",
        || {
            ensemble.observe(values.next() as f32);
            ensemble.ahead(1)
        },
    );
    let mut page_hinkley = PageHinkley::new();
    figures.time(DRIFT, "gofarm, Page-Hinkley", || {
        page_hinkley.push(values.next() as f32)
    });
    let mut adwin = Adwin::<16>::new();
    figures.time(DRIFT, "gofarm, ADWIN", || adwin.push(values.next() as f32));
}

fn without_window(figures: &mut Figures, values: &mut Values) {
    let mut moments = Moments::new();
    figures.time(MOMENTS, OWN, || moments.push(values.next() as f32));
    let mut kurtosis = WatermillKurtosis::new(false);
    figures.time(MOMENTS, WATERMILL, || kurtosis.update(values.next()));

    let mut ewma = Ewma::new(0.2).expect("a part");
    figures.time(EWMA, OWN, || ewma.push(values.next() as f32));
    let mut mean = EWMean::new(0.2);
    figures.time(EWMA, WATERMILL, || {
        mean.update(values.next());
        mean.get()
    });
}

fn of_a_window(figures: &mut Figures, values: &mut Values) {
    one(figures, STD, OWN, Std::<256>::new(), values);
    let mut variance = Variance::default();
    let mut rolling = Rolling::new(&mut variance, 256).expect("a window");
    figures.time(STD, "watermill, variance", || {
        rolling.update(values.next());
        rolling.get()
    });
    one(
        figures,
        FIGURE,
        "gofarm, kurtosis",
        Kurtosis::<256>::new(),
        values,
    );
    one(
        figures,
        FIGURE,
        "gofarm, maximum",
        RollingMax::<256>::new(),
        values,
    );
    let quantile = RollingQuantile::<256>::new(0.95).expect("a part");
    one(figures, FIGURE, "gofarm, quantile", quantile, values);
    let lag_1 = Autocorrelation::<256>::new(1).expect("a lag");
    one(figures, FIGURE, "gofarm, autocorrelation", lag_1, values);
    let entropy = BinnedEntropy::<256, 10>::new();
    one(
        figures,
        FIGURE,
        "gofarm, entropy of 10 bins",
        entropy,
        values,
    );
    let peak = SpectralPeak::<256, 128>::new();
    one(
        figures,
        FIGURE,
        "gofarm, strongest of 128 frequencies",
        peak,
        values,
    );
    let peak = SpectralPeak::<256, 32>::new();
    one(
        figures,
        FIGURE,
        "gofarm, strongest of 32 frequencies",
        peak,
        values,
    );
    let residual = SeasonalResidual::<24>::new();
    one(
        figures,
        FIGURE,
        "gofarm, seasonal residual of 24",
        residual,
        values,
    );
}

fn all(figures: &mut Figures, values: &mut Values) {
    fn last(mut feature: impl Feature, values: &[f32]) -> f32 {
        let mut figure = 0.0;
        for value in values {
            figure = feature.push(*value);
        }
        figure
    }
    let series: Vec<f32> = (0..256).map(|_| values.next() as f32).collect();
    figures.time(ALL, OWN, || {
        let series = black_box(&series[..]);
        let quantile = |part| RollingQuantile::<256>::new(part).expect("a part");
        [
            last(Std::<256>::new(), series),
            last(Skewness::<256>::new(), series),
            last(Kurtosis::<256>::new(), series),
            last(BinnedEntropy::<256, 10>::new(), series),
            last(quantile(0.9), series),
            last(quantile(0.95), series),
            last(Autocorrelation::<256>::new(1).expect("a lag"), series),
            last(SpectralPeak::<256, 32>::new(), series),
        ]
    });
}

fn one(
    figures: &mut Figures,
    case: &str,
    engine: &str,
    mut feature: impl Feature,
    values: &mut Values,
) {
    for _ in 0..512 {
        feature.push(values.next() as f32);
    }
    figures.time(case, engine, || feature.push(values.next() as f32));
}
