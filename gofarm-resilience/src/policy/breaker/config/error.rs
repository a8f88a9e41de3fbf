//! A figure that breaks its rule: [`ConfigError`].

use gofarm_core::error::{Classify, Kind};

/// A configuration that was refused; the one in force, if there is one, stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("{field} must be {rule}")]
pub struct ConfigError {
    field: &'static str,
    rule: &'static str,
}

impl ConfigError {
    pub(crate) const fn new(field: &'static str, rule: &'static str) -> Self {
        Self { field, rule }
    }

    /// The method of the configuration that set the figure.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// What the figure must be.
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
