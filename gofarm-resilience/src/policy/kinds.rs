//! [`Kinds`]: a set of kinds of failure.

use gofarm_core::error::Kind;

/// A set of [kinds](Kind) of failure: those that are tried again, those that a stale answer may stand in for.
///
/// ```
/// use gofarm_core::error::Kind;
/// use gofarm_resilience::policy::Kinds;
///
/// let kinds = Kinds::RETRYABLE.without(Kind::TimedOut);
/// assert!(kinds.contains(Kind::Transient) && !kinds.contains(Kind::TimedOut));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Kinds(u8);

impl Kinds {
    /// None.
    pub const NONE: Self = Self(0);

    /// Those that may pass by themselves ([`Kind::is_retryable`]): transient, overloaded and timed out.
    pub const RETRYABLE: Self = Self::NONE
        .with(Kind::Transient)
        .with(Kind::Overloaded)
        .with(Kind::TimedOut);

    /// The set and this kind.
    #[must_use]
    pub const fn with(self, kind: Kind) -> Self {
        Self(self.0 | bit(kind))
    }

    /// The set but this kind.
    #[must_use]
    pub const fn without(self, kind: Kind) -> Self {
        Self(self.0 & !bit(kind))
    }

    /// Whether the kind is in the set.
    #[must_use]
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & bit(kind) != 0
    }
}

const fn bit(kind: Kind) -> u8 {
    match kind {
        Kind::Transient => 1,
        Kind::Permanent => 2,
        Kind::Overloaded => 4,
        Kind::TimedOut => 8,
        Kind::Invalid => 16,
        Kind::Cancelled => 32,
    }
}
