//! [`Risk`]: how much a change could cost.

use core::time::Duration;

use crate::ConfigError;

/// The risk of a change: 0.4 business + 0.35 data + 0.25 dependency, 0 (none) to 1 (highest).
///
/// ```
/// use gofarm_sched::rollout::Risk;
///
/// let risk = Risk::new(0.5, 1.0, 0.2)?; // some fields, a new record format, few callers
/// assert!((risk.score() - 0.6).abs() < 1e-6);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Risk {
    business: f32,
    data: f32,
    dependency: f32,
}

impl Risk {
    /// No risk.
    pub const NONE: Self = Self {
        business: 0.0,
        data: 0.0,
        dependency: 0.0,
    };

    /// What it could cost the business, what it could do to data, and how much depends on it, each 0..=1.
    ///
    /// # Errors
    /// One of them is not in 0..=1.
    pub fn new(business: f32, data: f32, dependency: f32) -> Result<Self, ConfigError> {
        for (field, value) in [
            ("business", business),
            ("data", data),
            ("dependency", dependency),
        ] {
            if !(0.0..=1.0).contains(&value) {
                return Err(ConfigError::new(field, "from 0 to 1"));
            }
        }
        Ok(Self {
            business,
            data,
            dependency,
        })
    }

    /// The weighted sum, 0..=1.
    #[must_use]
    pub fn score(&self) -> f32 {
        let sum = 0.4 * self.business + 0.35 * self.data + 0.25 * self.dependency;
        sum.clamp(0.0, 1.0)
    }

    /// A time made longer by the risk: (1 + score) times.
    #[must_use]
    pub fn stretch(&self, time: Duration) -> Duration {
        let more = time.as_secs_f64() * f64::from(self.score());
        let more = Duration::try_from_secs_f64(more).unwrap_or(Duration::MAX);
        time.saturating_add(more)
    }
}
