//! [`ConfigError`]: which field of a configuration breaks its rule.

use gofarm_core::error::{Classify, Kind};

/// A field of a configuration that breaks its rule; nothing was made or changed.
///
/// ```
/// use gofarm_sched::load::LoadWeights;
///
/// let error = LoadWeights::new([0.3, 0.25, f32::NAN, 0.15, 0.1]).unwrap_err();
/// assert_eq!((error.field(), error.rule()), ("weights", "finite, at least 0, and not all 0"));
/// assert_eq!(error.to_string(), "weights must be finite, at least 0, and not all 0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("{field} must be {rule}")]
pub struct ConfigError {
    field: &'static str,
    rule: &'static str,
}

impl ConfigError {
    /// An error that names the field and what it must be: `from 1 to 100`.
    #[must_use]
    pub const fn new(field: &'static str, rule: &'static str) -> Self {
        Self { field, rule }
    }

    /// The name of the field.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// What the field must be.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }
}

impl Classify for ConfigError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
