//! [`PowerSums`]: sums of the first four powers over a window, renewed with each input.
//!
//! Adding what comes and subtracting what leaves costs the same for every window, but loses digits in two cases: when
//! the values lie far from the point that powers are taken around, and when a value leaves that was much larger than
//! those that stay. Both can be seen in the sums; then, and once for each `W` inputs, the sums are formed anew.

use super::number;
use super::recent::Recent;

/// Sums are formed anew when what is left of the fourth powers is below this share of what they were.
const SHRUNK: f64 = 1e-6;
/// Sums are formed anew when the mean is farther from the origin than so many standard deviations, squared.
const FAR: f64 = 100.0;

/// What changed with an input.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// The value that left, measured from the origin as it was.
    pub(super) left: Option<f64>,
    /// The origin was moved and all sums were formed anew.
    pub(super) renewed: bool,
}

/// Central moments: of a population, so divided by the count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moments {
    /// The mean, measured from the origin.
    pub(super) mean: f64,
    pub(super) second: f64,
    pub(super) third: f64,
    pub(super) fourth: f64,
}

#[derive(Clone, Debug)]
pub(super) struct PowerSums<const W: usize> {
    recent: Recent<W>,
    /// Powers are of the distance to this point.
    origin: f64,
    sums: [f64; 4],
    /// The largest sum of fourth powers since the sums were formed.
    peak: f64,
    /// Inputs since the sums were formed.
    age: usize,
}

impl<const W: usize> PowerSums<W> {
    pub(super) const fn new() -> Self {
        Self {
            recent: Recent::new(),
            origin: 0.0,
            sums: [0.0; 4],
            peak: 0.0,
            age: 0,
        }
    }

    pub(super) fn push(&mut self, input: f32) -> Change {
        let left = self.recent.push(input).map(|value| self.distance(value));
        if let Some(d) = left {
            self.add(d, -1.0);
        }
        if input.is_finite() {
            self.add(self.distance(input), 1.0);
        }
        let [_, _, _, fourth] = self.sums;
        self.peak = self.peak.max(fourth);
        self.age += 1;
        let moments = self.moments();
        let renewed = self.age >= W
            || fourth < self.peak * SHRUNK
            || moments.mean * moments.mean > FAR * moments.second;
        if renewed {
            self.renew();
        }
        Change { left, renewed }
    }

    /// The distance of a value to the origin.
    pub(super) fn distance(&self, value: f32) -> f64 {
        f64::from(value) - self.origin
    }

    pub(super) const fn recent(&self) -> &Recent<W> {
        &self.recent
    }

    /// The sum of the values that are there.
    pub(super) fn sum(&self) -> f64 {
        let [first, ..] = self.sums;
        number(self.recent.count()) * self.origin + first
    }

    /// All 0 for an empty window.
    pub(super) fn moments(&self) -> Moments {
        let n = number(self.recent.count().max(1));
        let [a, b, c, d] = self.sums.map(|sum| sum / n);
        Moments {
            mean: a,
            second: (b - a * a).max(0.0),
            third: c - 3.0 * a * b + 2.0 * a * a * a,
            fourth: (d - 4.0 * a * c + 6.0 * a * a * b - 3.0 * a * a * a * a).max(0.0),
        }
    }

    fn add(&mut self, d: f64, sign: f64) {
        let mut power = sign;
        for sum in &mut self.sums {
            power *= d;
            *sum += power;
        }
    }

    fn renew(&mut self) {
        self.age = 0;
        self.origin = 0.0;
        if self.recent.count() > 0 {
            let sum: f64 = self.recent.present().map(f64::from).sum();
            // Rounded as the values are: the distances of equal values are exactly 0.
            self.origin = f64::from(super::output(sum / number(self.recent.count())));
        }
        let origin = self.origin;
        self.sums = [0.0; 4];
        for value in self.recent.present() {
            let d = f64::from(value) - origin;
            let mut power = 1.0;
            for sum in &mut self.sums {
                power *= d;
                *sum += power;
            }
        }
        let [_, _, _, fourth] = self.sums;
        self.peak = fourth;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_value_that_leaves_takes_its_digits_with_it() {
        let mut sums = PowerSums::<4>::new();
        for x in [1e30, 1.0, 2.0, 3.0, 4.0] {
            sums.push(x);
        }
        assert_eq!((sums.sum(), sums.moments().second), (10.0, 1.25));
    }

    #[test]
    fn equal_values_have_no_variance_wherever_they_lie() {
        let mut sums = PowerSums::<5>::new();
        for x in [3.0, -7.5, 0.3].into_iter().chain([1.1e7; 9]) {
            sums.push(x);
        }
        assert_eq!(sums.moments().second, 0.0);
    }
}
