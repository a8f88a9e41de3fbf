//! Means that forget: [`Ewma`] by samples, [`DecayingMean`] by time.
//!
//! A mean of everything never notices a change; a mean of the last N values keeps N values. An exponentially weighted
//! one keeps a single number. [`Ewma`] forgets by samples, and suits samples that come at a steady pace; after a gap it
//! believes as much of the past as if there had been none. [`DecayingMean`] forgets by time. Both leave out NaN and
//! infinities, and count them.

use core::time::Duration;

use gofarm_core::time::Instant;

use crate::ConfigError;

/// `value ← value + alpha × (sample − value)`; the first sample is the first value.
///
/// ```
/// use gofarm_sched::ewma::Ewma;
///
/// let mut ewma = Ewma::new(0.2)?;
/// assert_eq!(ewma.value(), None);
/// ewma.push(10.0);
/// ewma.push(20.0);
/// assert_eq!(ewma.value(), Some(12.0));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ewma {
    alpha: f32,
    value: Option<f32>,
    skipped: u64,
}

impl Ewma {
    /// Without samples; `alpha` is what a new sample counts, above 0 and at most 1.
    ///
    /// # Errors
    /// `alpha` is something else.
    pub const fn new(alpha: f32) -> Result<Self, ConfigError> {
        if !(alpha > 0.0 && alpha <= 1.0) {
            return Err(ConfigError::new("alpha", "above 0 and at most 1"));
        }
        Ok(Self {
            alpha,
            value: None,
            skipped: 0,
        })
    }

    /// Takes in a sample, and answers the mean; NaN and infinities are skipped and counted.
    pub fn push(&mut self, sample: f32) -> Option<f32> {
        if !sample.is_finite() {
            self.skipped += 1;
        } else {
            self.value = Some(match self.value {
                Some(value) => blend(value, sample, self.alpha),
                None => sample,
            });
        }
        self.value
    }

    /// The mean; `None` before the first sample.
    #[must_use]
    pub const fn value(&self) -> Option<f32> {
        self.value
    }

    /// How many samples were not finite, and left out.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// A mean in which a sample counts half as much after each half-life, beside one of now.
///
/// A sample that comes `d` after the one before counts `1 − 2^(−d / half-life)`; of samples at the same instant only the
/// first moves it.
///
/// ```
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_sched::ewma::DecayingMean;
///
/// let mut mean = DecayingMean::new(secs(10))?;
/// let start = Instant::from_secs(1);
/// mean.push(start, 1.0);
/// assert_eq!(mean.push(start + secs(10), 0.0), Some(0.5));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DecayingMean {
    half_life: Duration,
    state: Option<(Instant, f32)>,
    skipped: u64,
}

impl DecayingMean {
    /// Without samples.
    ///
    /// # Errors
    /// The half-life is 0.
    pub const fn new(half_life: Duration) -> Result<Self, ConfigError> {
        if half_life.is_zero() {
            return Err(ConfigError::new("half_life", "above 0"));
        }
        Ok(Self {
            half_life,
            state: None,
            skipped: 0,
        })
    }

    /// Takes in a sample, and answers the mean; NaN, infinities and samples older than the last are skipped and counted.
    pub fn push(&mut self, now: Instant, sample: f32) -> Option<f32> {
        let gap = match self.state {
            _ if !sample.is_finite() => None,
            Some((last, _)) => now.checked_since(last),
            None => Some(Duration::ZERO),
        };
        let Some(gap) = gap else {
            self.skipped += 1;
            return self.value();
        };
        let value = match self.state {
            Some((_, value)) => {
                let lives = gap.as_secs_f32() / self.half_life.as_secs_f32();
                blend(value, sample, 1.0 - libm::exp2f(-lives))
            }
            None => sample,
        };
        self.state = Some((now, value));
        Some(value)
    }

    /// The mean; `None` before the first sample.
    #[must_use]
    pub fn value(&self) -> Option<f32> {
        self.state.map(|(_, value)| value)
    }

    /// How many samples were left out.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// Between the two, and finite if both are: the difference of two numbers may not be.
fn blend(old: f32, new: f32, part: f32) -> f32 {
    let difference = new - old;
    let value = if difference.is_finite() {
        old + part * difference
    } else {
        old * (1.0 - part) + new * part
    };
    value.clamp(old.min(new), old.max(new))
}
