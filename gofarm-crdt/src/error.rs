//! Errors that several modules share; each operation has its own beside it.

use gofarm_core::error::{Classify, Kind};

/// A collection of fixed capacity has no room left; nothing was changed.
///
/// ```
/// use gofarm_crdt::error::Full;
///
/// assert_eq!(Full { limit: 8 }.to_string(), "full: all 8 places are taken");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("full: all {limit} places are taken")]
pub struct Full {
    /// How many it can hold.
    pub limit: usize,
}

impl Classify for Full {
    fn kind(&self) -> Kind {
        Kind::Overloaded
    }
}

/// Bytes that do not hold what they should; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Malformed {
    /// The bytes end before the value does.
    #[error("bytes end in the middle of {0}")]
    Truncated(&'static str),
    /// A value is outside its range or not in its shortest form.
    #[error("{0} is out of range or not in its shortest form")]
    Invalid(&'static str),
    /// Bytes are left over after the value.
    #[error("{0} bytes are left over after the value")]
    Trailing(usize),
    /// More than a cap allows.
    #[error("{what}: {found} exceeds the limit of {limit}")]
    Limit {
        /// What is limited.
        what: &'static str,
        /// How many or how much there is.
        found: u64,
        /// How many or how much there may be.
        limit: u64,
    },
}

impl Classify for Malformed {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
