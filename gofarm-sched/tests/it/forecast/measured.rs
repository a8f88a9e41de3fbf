//! The mean one-step error on measured series, beside that of each method alone.
//!
//! Everything learns as it goes; the first values of a series are skipped, 288 (a day of 5 min) where it is long. The
//! exponent and the memory of the ensemble were chosen on `TUNED` only.

use alloc::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gofarm_sched::forecast::{Ensemble, Forecaster};

/// Name, cycle and values skipped.
type Series = (&'static str, usize, usize);

const TUNED: [Series; 6] = [
    ("nab/ec2_cpu_utilization_24ae8d", 288, 288),
    ("nab/ec2_cpu_utilization_fe7f93", 288, 288),
    ("nab/ec2_network_in_257a54", 288, 288),
    ("nab/elb_request_count_8c0756", 288, 288),
    ("nab/ambient_temperature_system_failure", 24, 288),
    ("water-flow", 24, 48),
];

const HELD_OUT: [Series; 6] = [
    ("nab/ec2_cpu_utilization_53ea38", 288, 288),
    ("nab/ec2_cpu_utilization_825cc2", 288, 288),
    ("nab/ec2_disk_write_bytes_c0d644", 288, 288),
    ("nab/ec2_request_latency_system_failure", 288, 288),
    ("nab/rds_cpu_utilization_cc0c53", 288, 288),
    ("sunspots", 11, 33),
];

/// Never worse than so many times the best method alone, chosen with hindsight for each series.
const BAR: f64 = 1.05;

/// Where the given series are.
fn given() -> PathBuf {
    match std::env::var_os("GOFARM_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
    }
}

/// The second column; `None` for a file that may not be committed, elsewhere than in CI.
fn values(name: &str) -> Option<Vec<f64>> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/forecast");
    let path = match name.strip_prefix("nab/") {
        Some(file) => given().join("sched/nab").join(file),
        None => committed.join(name),
    };
    let path = path.with_extension("csv");
    let text = std::fs::read_to_string(&path).ok();
    assert!(
        text.is_some() || std::env::var("CI").as_deref() != Ok("true"),
        "{} is missing",
        path.display()
    );
    let second = |line: &str| line.split(',').nth(1).unwrap().trim().parse().unwrap();
    Some(text?.lines().skip(1).map(second).collect())
}

/// Textbook recursive least squares: six lags and a constant, forgetting 0.999, covariance 100, nothing guarded.
struct Textbook {
    weights: [f64; 7],
    covariance: [[f64; 7]; 7],
}

impl Textbook {
    fn new() -> Self {
        let mut covariance = [[0.0; 7]; 7];
        (0..7).for_each(|i| covariance[i][i] = 100.0);
        Self {
            weights: [0.0; 7],
            covariance,
        }
    }

    fn step(&mut self, lags: &[f64; 7], value: f64) -> f64 {
        let forecast: f64 = self.weights.iter().zip(lags).map(|(w, z)| w * z).sum();
        let row = |row: &[f64; 7]| -> f64 { row.iter().zip(lags).map(|(p, z)| p * z).sum() };
        let along = self.covariance.each_ref().map(row);
        let total = 0.999 + lags.iter().zip(along).map(|(z, a)| z * a).sum::<f64>();
        for i in 0..7 {
            self.weights[i] += along[i] / total * (value - forecast);
            for j in 0..7 {
                self.covariance[i][j] =
                    (self.covariance[i][j] - along[i] * along[j] / total) / 0.999;
            }
        }
        forecast
    }
}

/// Mean absolute errors of naive, seasonal, EWMA (0.3), RLS-AR(6, 0.999), then the ensemble.
fn errors(values: &[f64], period: usize, skip: usize) -> [f64; 5] {
    let mut ensemble = Ensemble::<288, 6>::new(period).unwrap();
    let mut rls = Textbook::new();
    let (mut level, mut sums) = (values[0], [0.0; 5]);
    for (t, &value) in values.iter().enumerate() {
        let mut forecasts = [f64::NAN; 5];
        if t >= 6 {
            let lags = [1, 2, 3, 4, 5, 6].map(|back| values[t - back]);
            let [a, b, c, d, e, f] = lags;
            forecasts[3] = rls.step(&[a, b, c, d, e, f, 1.0], value);
        }
        if t >= skip {
            forecasts[0] = values[t - 1];
            forecasts[1] = values[t - period];
            forecasts[2] = level;
            forecasts[4] = f64::from(ensemble.ahead(1).unwrap());
            for (sum, forecast) in sums.iter_mut().zip(forecasts) {
                *sum += (forecast - value).abs();
            }
        }
        level += 0.3 * (value - level);
        #[expect(clippy::cast_possible_truncation, reason = "forecasts are of f32")]
        ensemble.observe(value as f32);
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousand values")]
    let count = (values.len() - skip) as f64;
    sums.map(|sum| sum / count)
}

/// Prints the table of a half; returns how many series were there, and the worst ratio to the best method alone.
#[expect(clippy::print_stdout, reason = "the table is for who reads along")]
fn table(half: &str, series: &[Series]) -> (usize, f64) {
    println!(
        "{half:40} {:>10} {:>10} {:>10} {:>10} {:>10} {:>7}",
        "naive", "seasonal", "ewma .3", "rls-ar 6", "ensemble", "ratio"
    );
    let (mut seen, mut worst) = (0, 0.0_f64);
    for &(name, period, skip) in series {
        let Some(values) = values(name) else {
            println!("{name:40} skipped: neither $GOFARM_DATA nor ../shared/data is there");
            continue;
        };
        let [alone @ .., ensemble] = errors(&values, period, skip);
        let ratio = ensemble / alone.into_iter().fold(f64::INFINITY, f64::min);
        assert!(ratio.is_finite(), "{name}: {alone:?}, {ensemble}");
        print!("{name:40}");
        alone
            .iter()
            .chain([&ensemble])
            .for_each(|e| print!(" {e:10.4e}"));
        println!(" {ratio:7.3}");
        (seen, worst) = (seen + 1, worst.max(ratio));
    }
    (seen, worst)
}

#[test]
fn the_ensemble_is_never_much_worse_than_the_best_method_alone() {
    for (half, series) in [("tuned on", &TUNED), ("held out", &HELD_OUT)] {
        let (seen, worst) = table(half, series);
        assert!(seen >= 1, "the committed series are always there");
        assert!(
            worst <= BAR,
            "{half}: {worst:.3} times the best method alone"
        );
    }
}

#[test]
fn each_given_series_is_in_one_half() {
    let names = || TUNED.iter().chain(&HELD_OUT).map(|(name, ..)| *name);
    let once: BTreeSet<&str> = names().collect();
    assert_eq!(once.len(), TUNED.len() + HELD_OUT.len());
    let Ok(files) = std::fs::read_dir(given().join("sched/nab")) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "no series");
        return;
    };
    let mut series = 0;
    for file in files {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            let name = format!("nab/{}", path.file_stem().unwrap().to_str().unwrap());
            assert!(once.contains(&*name), "{name} is in no half");
            series += 1;
        }
    }
    let listed = names().filter(|name| name.starts_with("nab/")).count();
    assert_eq!(series, listed);
}
