//! Quantiles of a stream: sketches, which forget nothing, and windows of the last values.

use std::hint::black_box;

use gofarm_core::time::{Instant, millis};
use gofarm_sched::window::{TimeWindow, Window};
use hdrhistogram::Histogram;
use oorandom::Rand64;
use sketches_ddsketch::{Config, DDSketch};
use tdigest::TDigest;
use watermill::quantile::{Quantile, RollingQuantile};
use watermill::stats::Univariate;

use crate::figures::Figures;

const PUSH: &str = "no window: a value pushed";
const QUERY: &str = "no window: p95 read";
const BOTH: &str = "no window: a value pushed and p95 read";
const SLOTS: &str = "100 slots of 100 ms: a value pushed and p95 read";

const OWN: &str = "gofarm, exact";
const DDSKETCH: &str = "sketches-ddsketch";

/// The case of a window of so many values.
fn case(size: usize) -> String {
    format!("window of {size}: a value pushed and p95 read")
}

pub(super) fn measure(figures: &mut Figures) {
    let mut values = Values::new();
    ddsketch(figures, &mut values);
    hdrhistogram(figures, &mut values);
    tdigest(figures, &mut values);

    let mut p2 = Quantile::new(0.95).expect("a part");
    figures.time(BOTH, "watermill, P²", || {
        p2.update(values.next());
        p2.get()
    });

    window::<64>(figures, &mut values);
    window::<256>(figures, &mut values);
    window::<1_024>(figures, &mut values);

    let mut slots = TimeWindow::default();
    let mut now = Instant::from_secs(1);
    for (engine, step) in [("gofarm, each 200 ms", 200), ("gofarm, each 1 ms", 1)] {
        figures.time(SLOTS, engine, || {
            now = now + millis(step);
            slots.push(now, values.next() as f32);
            slots.quantile(now, black_box(0.95))
        });
    }
}

fn window<const N: usize>(figures: &mut Figures, values: &mut Values) {
    let case = case(N);
    let mut window = Window::<N>::new();
    for _ in 0..N {
        window.push(values.next() as f32);
    }
    figures.time(&case, OWN, || {
        window.push(values.next() as f32);
        window.quantile(black_box(0.95))
    });
    let mut rolling = RollingQuantile::new(0.95, N).expect("a part");
    for _ in 0..N {
        rolling.update(values.next());
    }
    figures.time(&case, "watermill, exact", || {
        rolling.update(values.next());
        rolling.get()
    });
}

fn ddsketch(figures: &mut Figures, values: &mut Values) {
    let mut sketch = DDSketch::new(Config::defaults());
    for _ in 0..10_000 {
        sketch.add(values.next());
    }
    figures.time(PUSH, DDSKETCH, || sketch.add(values.next()));
    figures.time(QUERY, DDSKETCH, || sketch.quantile(black_box(0.95)));
}

fn hdrhistogram(figures: &mut Figures, values: &mut Values) {
    // Whole microseconds up to a minute, two digits.
    let mut histogram = Histogram::<u32>::new_with_max(60_000_000, 2).expect("two digits");
    let mut next = || (values.next() * 1e6) as u64;
    for _ in 0..10_000 {
        histogram.record(next()).expect("below a minute");
    }
    figures.time(PUSH, "hdrhistogram, 2 digits", || {
        histogram.record(next()).expect("below a minute");
    });
    figures.time(QUERY, "hdrhistogram, 2 digits", || {
        histogram.value_at_quantile(black_box(0.95))
    });
}

fn tdigest(figures: &mut Figures, values: &mut Values) {
    const BATCH: usize = 100;
    let mut digest = TDigest::new_with_size(100);
    // Taken out and put back, as its methods consume it.
    let mut merge = |digest: &mut TDigest| {
        let batch: Vec<f64> = (0..BATCH).map(|_| values.next()).collect();
        let old = std::mem::take(digest);
        *digest = old.merge_unsorted(batch);
    };
    for _ in 0..BATCH {
        merge(&mut digest);
    }
    figures.time("no window: 100 values pushed", "tdigest, at once", || {
        merge(&mut digest);
    });
    figures.time(QUERY, "tdigest", || {
        digest.estimate_quantile(black_box(0.95))
    });
}

/// Seeded values from 0 to 1, again and again.
pub(super) struct Values {
    values: Vec<f64>,
    next: usize,
}

impl Values {
    pub(super) fn new() -> Self {
        let mut random = Rand64::new(11);
        Self {
            values: (0..65_536).map(|_| random.rand_float()).collect(),
            next: 0,
        }
    }

    #[inline]
    pub(super) fn next(&mut self) -> f64 {
        self.next = (self.next + 1) % 65_536;
        self.values[self.next]
    }
}
