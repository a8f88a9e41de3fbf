//! [`Ewma`]: a smoothed level that stays as it is.

use super::{Forecaster, finite};
use crate::ConfigError;

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
    level: Option<f64>,
}

impl Ewma {
    /// Nothing known yet; each new value counts `alpha`, above 0 and up to 1.
    ///
    /// # Errors
    /// `alpha` is not in that range.
    pub const fn new(alpha: f32) -> Result<Self, ConfigError> {
        if !(alpha > 0.0 && alpha <= 1.0) {
            return Err(ConfigError::new("alpha", "above 0 and up to 1"));
        }
        Ok(Self { alpha, level: None })
    }

    /// What each new value counts.
    #[must_use]
    pub const fn alpha(&self) -> f32 {
        self.alpha
    }

    /// Takes another weight for new values, above 0 and up to 1, and keeps the level.
    pub(super) const fn set_alpha(&mut self, alpha: f32) {
        self.alpha = alpha;
    }
}

impl Forecaster for Ewma {
    fn observe(&mut self, value: f32) {
        if value.is_finite() {
            let value = f64::from(value);
            let level = self.level.unwrap_or(value);
            self.level = Some(level + f64::from(self.alpha) * (value - level));
        }
    }

    fn path(&self) -> impl Iterator<Item = f32> {
        let level = self.level.map(finite);
        core::iter::from_fn(move || level)
    }
}
