//! [`PageHinkley`]: a mean that moves and stays away.

use super::Direction;
use crate::ConfigError;

/// The Page–Hinkley test, in both directions: the distance of the values to their mean adds up, and a change is
/// detected when the sum has moved from its extreme by more than a threshold.
///
/// After a detection it starts anew with the next value. Defaults are those of river's `PageHinkley`, whose
/// detections it makes at the same values: tolerated distance 0.005 and threshold 50, both in the unit of the series
/// (so set them), fading 0.9999, nothing before 30 values. Page, Continuous inspection schemes, 1954.
///
/// ```
/// use gofarm_sched::drift::{Direction, PageHinkley};
///
/// let mut delay = PageHinkley::new().threshold(2.0)?.tolerance(0.01)?;
/// assert!((0..100).all(|_| delay.push(0.2).is_none()));
/// let steps = (0..100).find_map(|i| delay.push(0.8).map(|direction| (i, direction)));
/// assert_eq!(steps, Some((3, Direction::Up)));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PageHinkley {
    tolerance: f64,
    threshold: f64,
    fading: f64,
    least: u64,
    run: Run,
    skipped: u64,
}

/// What was seen since the start or the last detection.
#[derive(Clone, Copy, Debug)]
struct Run {
    count: u64,
    mean: f64,
    rising: f64,
    falling: f64,
    lowest: f64,
    highest: f64,
}

impl Run {
    const START: Self = Self {
        count: 0,
        mean: 0.0,
        rising: 0.0,
        falling: 0.0,
        lowest: f64::INFINITY,
        // As river has it: the first sum, 0 and the tolerance, is always above.
        highest: -1.0,
    };
}

impl PageHinkley {
    /// Tolerance 0.005, threshold 50, fading 0.9999, at least 30 values.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            tolerance: 0.005,
            threshold: 50.0,
            fading: 0.9999,
            least: 30,
            run: Run::START,
            skipped: 0,
        }
    }

    /// Distances to the mean up to this do not add up, in the unit of the series (delta in the literature).
    ///
    /// # Errors
    /// It is not finite or below 0.
    pub fn tolerance(mut self, distance: f32) -> Result<Self, ConfigError> {
        if !(distance.is_finite() && distance >= 0.0) {
            return Err(ConfigError::new("tolerance", "finite and at least 0"));
        }
        self.tolerance = f64::from(distance);
        Ok(self)
    }

    /// A change is detected when the sum has moved by more than this, in the unit of the series (lambda in the
    /// literature).
    ///
    /// # Errors
    /// It is not finite or not above 0.
    pub fn threshold(mut self, sum: f32) -> Result<Self, ConfigError> {
        if !(sum.is_finite() && sum > 0.0) {
            return Err(ConfigError::new("threshold", "finite and above 0"));
        }
        self.threshold = f64::from(sum);
        Ok(self)
    }

    /// What a sum counts one value later, above 0 and up to 1 (alpha in the literature).
    ///
    /// # Errors
    /// It is not in that range.
    pub fn fading(mut self, factor: f64) -> Result<Self, ConfigError> {
        if !(factor > 0.0 && factor <= 1.0) {
            return Err(ConfigError::new("fading", "above 0 and up to 1"));
        }
        self.fading = factor;
        Ok(self)
    }

    /// Nothing is detected before so many values.
    #[must_use]
    pub const fn at_least(mut self, values: u32) -> Self {
        self.least = values as u64;
        self
    }

    /// Takes the next value; says where the mean went if it did.
    pub fn push(&mut self, value: f32) -> Option<Direction> {
        if !value.is_finite() {
            self.skipped = self.skipped.saturating_add(1);
            return None;
        }
        let run = &mut self.run;
        run.count += 1;
        #[expect(clippy::cast_precision_loss, reason = "below 2^53 values for ever")]
        let count = run.count as f64;
        run.mean += (f64::from(value) - run.mean) / count;
        let distance = f64::from(value) - run.mean;
        run.rising = self.fading * run.rising + distance - self.tolerance;
        run.falling = self.fading * run.falling + distance + self.tolerance;
        run.lowest = run.lowest.min(run.rising);
        run.highest = run.highest.max(run.falling);
        if run.count < self.least {
            return None;
        }
        let direction = if run.rising - run.lowest > self.threshold {
            Direction::Up
        } else if run.highest - run.falling > self.threshold {
            Direction::Down
        } else {
            return None;
        };
        self.run = Run::START;
        Some(direction)
    }

    /// How many values were not finite and left out.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }
}

impl Default for PageHinkley {
    fn default() -> Self {
        Self::new()
    }
}
