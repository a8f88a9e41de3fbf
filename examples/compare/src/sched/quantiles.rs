//! Quantiles of a stream: sketches-ddsketch, which forgets nothing, and an exact window kept sorted beside its ring.

use std::hint::black_box;

use oorandom::Rand64;
use sketches_ddsketch::{Config, DDSketch};

use crate::figures::Figures;

pub fn measure(figures: &mut Figures) {
    let mut random = Rand64::new(11);
    let values: Vec<f32> = (0..65_536).map(|_| random.rand_float() as f32).collect();
    let mut next = values.iter().copied().cycle();
    let mut next = move || next.next().unwrap_or_default();

    let mut sketch = DDSketch::new(Config::defaults());
    for _ in 0..10_000 {
        sketch.add(f64::from(next()));
    }
    figures.time(PUSH, DDSKETCH, || sketch.add(f64::from(next())));
    figures.time(QUERY, DDSKETCH, || sketch.quantile(black_box(0.95)));
    for size in SIZES {
        let mut window = Window::new(size);
        for _ in 0..size {
            window.push(next());
        }
        figures.time(&case(size), EXACT, || {
            window.push(next());
            window.quantile(black_box(0.95))
        });
    }
}

/// The case of a window of so many values.
pub(super) fn case(size: usize) -> String {
    format!("window of {size}: a value pushed and p95 read")
}

/// The sizes that are measured.
pub(super) const SIZES: [usize; 3] = [64, 256, 1_024];

const PUSH: &str = "no window: a value pushed";
const QUERY: &str = "no window: p95 read";
const DDSKETCH: &str = "sketches-ddsketch";
const EXACT: &str = "ring and sorted array in f32";

struct Window {
    ring: Vec<f32>,
    oldest: usize,
    sorted: Vec<f32>,
}

impl Window {
    fn new(size: usize) -> Self {
        Self {
            ring: vec![0.0; size],
            oldest: 0,
            sorted: vec![0.0; size],
        }
    }

    fn push(&mut self, value: f32) {
        let old = std::mem::replace(&mut self.ring[self.oldest], value);
        self.oldest = (self.oldest + 1) % self.ring.len();
        let from = self.sorted.partition_point(|kept| *kept < old);
        let to = self.sorted.partition_point(|kept| *kept < value);
        if to > from {
            self.sorted.copy_within(from + 1..to, from);
            self.sorted[to - 1] = value;
        } else {
            self.sorted.copy_within(to..from, to + 1);
            self.sorted[to] = value;
        }
    }

    /// By the nearest rank.
    fn quantile(&self, share: f64) -> f32 {
        let rank = (share * self.sorted.len() as f64).ceil() as usize;
        self.sorted[rank.saturating_sub(1)]
    }
}
