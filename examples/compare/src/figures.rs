//! What was measured: times by criterion, allocations by counting, plain facts; one row each.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

use criterion::{BatchSize, Bencher, Criterion};
use serde::{Deserialize, Serialize};

/// One measured figure.
#[derive(Serialize, Deserialize)]
pub struct Figure {
    case: String,
    engine: String,
    unit: String,
    value: f64,
}

/// All figures of one run.
pub struct Figures {
    criterion: Criterion,
    home: PathBuf,
    rows: Vec<Figure>,
}

/// Criterion's `sample.json`: total nanoseconds of each sample and its number of iterations.
#[derive(Deserialize)]
struct Sample {
    iters: Vec<f64>,
    times: Vec<f64>,
}

impl Figures {
    pub fn new() -> Self {
        let home = std::env::temp_dir().join(format!("gofarm-compare-{}", std::process::id()));
        let criterion = Criterion::default()
            .output_directory(&home)
            .without_plots()
            .sample_size(60)
            .warm_up_time(Duration::from_millis(200))
            .measurement_time(Duration::from_millis(800));
        Self {
            criterion,
            home,
            rows: Vec::new(),
        }
    }

    /// Times `work` (the least time of one call among criterion's samples, for these machines are shared) and
    /// counts the allocations of one call.
    pub fn time<R>(&mut self, case: &str, engine: &str, mut work: impl FnMut() -> R) {
        self.benchmark(case, engine, |bencher| bencher.iter(&mut work));
        let allocations = allocation_counter::measure(|| {
            black_box(work());
        });
        self.note_allocations(case, engine, &allocations);
    }

    /// As [`time`](Self::time), of `work` on a value of its own that `ready` makes outside the timing; a work of some
    /// nanoseconds seems longer by the reading of the clock.
    pub fn time_on<T, R>(
        &mut self,
        case: &str,
        engine: &str,
        mut ready: impl FnMut() -> T,
        mut work: impl FnMut(&mut T) -> R,
    ) {
        self.benchmark(case, engine, |bencher| {
            bencher.iter_batched_ref(&mut ready, &mut work, BatchSize::LargeInput);
        });
        let mut value = ready();
        let allocations = allocation_counter::measure(|| {
            black_box(work(&mut value));
        });
        self.note_allocations(case, engine, &allocations);
    }

    fn benchmark(&mut self, case: &str, engine: &str, run: impl FnMut(&mut Bencher<'_>)) {
        // Criterion cuts the names of directories, and wants each one once.
        let short: String = case.chars().take(40).collect();
        let group = format!("{} {short}", self.rows.len()).replace([' ', ',', ':', '/'], "_");
        let mut benchmark = self.criterion.benchmark_group(&group);
        benchmark.bench_function(engine, run);
        benchmark.finish();
        let path = self.home.join(&group).join(engine).join("new/sample.json");
        let least = std::fs::read(&path)
            .ok()
            .and_then(|text| serde_json::from_slice::<Sample>(&text).ok())
            .and_then(|sample| {
                let calls = sample.times.iter().zip(&sample.iters).map(|(t, n)| t / n);
                calls.min_by(f64::total_cmp)
            })
            .unwrap_or_else(|| panic!("criterion left no samples at {}", path.display()));
        self.note(case, engine, "ns", least);
    }

    fn note_allocations(
        &mut self,
        case: &str,
        engine: &str,
        allocations: &allocation_counter::AllocationInfo,
    ) {
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        self.note(case, engine, "allocations", allocations.count_total as f64);
    }

    /// Notes a figure that is not a time.
    pub fn note(&mut self, case: &str, engine: &str, unit: &str, value: f64) {
        self.rows.push(Figure {
            case: case.to_owned(),
            engine: engine.to_owned(),
            unit: unit.to_owned(),
            value,
        });
    }

    /// The figure that was noted so.
    pub fn find(&self, case: &str, engine: &str, unit: &str) -> Option<f64> {
        let noted = |row: &&Figure| row.case == case && row.engine == engine && row.unit == unit;
        self.rows.iter().find(noted).map(|row| row.value)
    }

    /// What was measured so far.
    pub fn rows(&self) -> &[Figure] {
        &self.rows
    }
}

impl Drop for Figures {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// The figures for a program or for a person.
pub fn show(figures: &[Figure], json: bool) -> String {
    if json {
        let mut text = serde_json::to_string_pretty(figures).expect("figures are plain values");
        text.push('\n');
        return text;
    }
    let mut cases: Vec<&str> = Vec::new();
    for figure in figures {
        if !cases.contains(&figure.case.as_str()) {
            cases.push(&figure.case);
        }
    }
    let mut table = String::new();
    let mut last = "";
    let of_case = |case| figures.iter().filter(move |figure| figure.case == case);
    for figure in cases.into_iter().flat_map(of_case) {
        if figure.case != last {
            let _ = writeln!(table, "\n{}", figure.case);
            last = &figure.case;
        }
        let Figure {
            engine,
            value,
            unit,
            ..
        } = figure;
        let digits = if unit == "%" { 2 } else { 1 };
        let _ = writeln!(table, "  {engine:<38} {value:>12.digits$} {unit}");
    }
    table
}
