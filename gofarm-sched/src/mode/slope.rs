//! How steeply a load rises: a line through the means of the last five periods.

use core::time::Duration;

use gofarm_core::time::Instant;

/// Periods in a slope.
const PERIODS: usize = 5;

#[derive(Clone, Copy, Debug)]
pub(super) struct Slope {
    period_micros: u64,
    /// The means of the last full periods, oldest first.
    means: [f32; PERIODS],
    full: usize,
    /// The number of the current period since the clock's start, its sum and its count.
    current: u64,
    sum: f64,
    count: u32,
}

impl Slope {
    pub(super) fn new(period: Duration, now: Instant) -> Self {
        let period_micros = u64::try_from(period.as_micros()).unwrap_or(u64::MAX);
        Self {
            period_micros,
            means: [0.0; PERIODS],
            full: 0,
            current: now.as_micros() / period_micros,
            sum: 0.0,
            count: 0,
        }
    }

    /// Takes in a load; one from before the current period is left out.
    pub(super) fn push(&mut self, now: Instant, load: f32) {
        let number = now.as_micros() / self.period_micros;
        if number < self.current {
            return;
        }
        if number > self.current {
            self.close();
            // A period of which nothing is known: there is no line through it.
            if number - self.current > 1 {
                self.full = 0;
            }
            self.current = number;
        }
        self.sum += f64::from(load);
        self.count = self.count.saturating_add(1);
    }

    fn close(&mut self) {
        if self.count == 0 {
            self.full = 0;
            return;
        }
        self.means.rotate_left(1);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a mean of f32 rounds to one"
        )]
        let mean = (self.sum / f64::from(self.count)) as f32;
        self.means[PERIODS - 1] = mean;
        self.full = (self.full + 1).min(PERIODS);
        (self.sum, self.count) = (0.0, 0);
    }

    /// The least-squares slope in load a period; `None` until five periods in a row are known.
    pub(super) fn value(&self) -> Option<f32> {
        (self.full == PERIODS).then(|| {
            let [a, b, _, d, e] = self.means;
            // Weights -2, -1, 0, 1, 2 by the sum of their squares.
            (2.0 * (e - a) + (d - b)) / 10.0
        })
    }
}
