//! [`LinkConfigError`]: which figure of a link breaks its rule.

use core::fmt;

use crate::error::{Classify, Kind};

/// A figure that breaks its rule.
///
/// ```
/// use gofarm_core::link::LinkConfig;
///
/// let error = LinkConfig::builder().retransmits(10).build().unwrap_err();
/// assert_eq!((error.field(), error.range()), ("retransmits", "from 0 to 9"));
/// assert_eq!(error.to_string(), "retransmits must be from 0 to 9");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LinkConfigError {
    field: &'static str,
    range: &'static str,
}

impl LinkConfigError {
    pub(super) const fn new(field: &'static str, range: &'static str) -> Self {
        Self { field, range }
    }

    /// The name of the field.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// What the field may be: `from 60 s to 300 s`.
    #[must_use]
    pub const fn range(&self) -> &'static str {
        self.range
    }
}

impl fmt::Display for LinkConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {}", self.field, self.range)
    }
}

impl core::error::Error for LinkConfigError {}

impl Classify for LinkConfigError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
