//! [`Ewma`]: a smoothed level that stays as it is.

use super::Forecaster;
use crate::{ConfigError, ewma};

/// Forecasts an exponentially weighted mean of the values, however far ahead; good on noise around a level.
///
/// The first value is the first level. The level is a mean of values, so it is finite and within their range.
///
/// ```
/// use gofarm_sched::forecast::{Ewma, Forecaster};
///
/// let mut level = Ewma::new(0.3)?;
/// level.observe(10.0);
/// level.observe(20.0);
/// assert_eq!(level.ahead(1), Some(13.0));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ewma {
    alpha: f32,
    level: ewma::Ewma,
}

impl Ewma {
    /// Nothing known yet; each new value counts `alpha`, above 0 and at most 1.
    ///
    /// # Errors
    /// `alpha` is not in that range.
    pub const fn new(alpha: f32) -> Result<Self, ConfigError> {
        match ewma::Ewma::new(alpha) {
            Ok(level) => Ok(Self { alpha, level }),
            Err(error) => Err(error),
        }
    }

    /// What each new value counts.
    #[must_use]
    pub const fn alpha(&self) -> f32 {
        self.alpha
    }

    /// Takes another weight for new values, above 0 and at most 1, and keeps the level.
    pub(super) fn set_alpha(&mut self, alpha: f32) {
        if let Ok(mut other) = Self::new(alpha) {
            // The first value is the first level.
            other.observe(self.level.value().unwrap_or(f32::NAN));
            *self = other;
        }
    }
}

impl Forecaster for Ewma {
    fn observe(&mut self, value: f32) {
        self.level.push(value);
    }

    fn path(&self) -> impl Iterator<Item = f32> {
        let level = self.level.value();
        core::iter::from_fn(move || level)
    }
}
