//! [`Validated`]: a value that has met its contract, as a type of its own.

use core::fmt;
use core::ops::Deref;

use super::{Validate, Violation};
use crate::error::{Classify, Kind};

/// A value that has met its contract.
///
/// There is no other way to make one than to check it, and no way to change the value inside: code that takes a
/// `Validated<T>` needs no check of its own.
///
/// ```
/// use gofarm_core::{Describe, Validate, Validated};
///
/// #[derive(Debug, Describe)]
/// struct Opening {
///     #[prop(range = 0..=100, unit = "%")]
///     percent: u8,
/// }
///
/// fn drive(opening: &Validated<Opening>) -> u8 {
///     opening.percent // at most 100
/// }
///
/// assert_eq!(drive(&Opening { percent: 40 }.validated()?), 40);
/// assert!(Opening { percent: 101 }.validated().is_err());
/// # Ok::<(), gofarm_core::contract::Refused<Opening>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Validated<T>(T);

impl<T: Validate> Validated<T> {
    /// Checks `value`.
    ///
    /// # Errors
    /// [`Refused`], which gives the value back together with the first violation.
    #[inline]
    pub fn new(value: T) -> Result<Self, Refused<T>> {
        match value.validate() {
            Ok(()) => Ok(Self(value)),
            Err(violation) => Err(Refused { value, violation }),
        }
    }
}

impl<T> Validated<T> {
    /// The value, free to be changed again.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Validated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> AsRef<T> for Validated<T> {
    fn as_ref(&self) -> &T {
        &self.0
    }
}

/// Deserialises a `T` and checks it, so that an invalid value never gets in.
#[cfg(feature = "serde")]
impl<'de, T: Validate + serde::Deserialize<'de>> serde::Deserialize<'de> for Validated<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(T::deserialize(deserializer)?).map_err(|r| serde::de::Error::custom(r.violation))
    }
}

/// A value that was not accepted, given back with the reason.
///
/// ```
/// use gofarm_core::Validate;
/// use gofarm_core::error::{Classify, Kind};
///
/// let refused = f32::INFINITY.validated().unwrap_err();
/// assert_eq!(refused.kind(), Kind::Invalid);
/// let (value, violation) = refused.into_parts();
/// assert_eq!(value, f32::INFINITY);
/// assert_eq!(violation.to_string(), "inf is not a finite number");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refused<T> {
    value: T,
    violation: Violation,
}

impl<T> Refused<T> {
    /// Why it was refused.
    #[must_use]
    pub fn violation(&self) -> &Violation {
        &self.violation
    }

    /// The refused value, for diagnosis.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The refused value and the reason.
    #[must_use]
    pub fn into_parts(self) -> (T, Violation) {
        (self.value, self.violation)
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.violation.fmt(f)
    }
}

impl<T: fmt::Debug> core::error::Error for Refused<T> {}

impl<T> Classify for Refused<T> {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

impl<T> From<Refused<T>> for Violation {
    fn from(refused: Refused<T>) -> Self {
        refused.violation
    }
}
