//! [`Number`]: a limit or a value, kept in the width in which it was written.

use core::fmt;

/// The machine representation of a numeric property.
///
/// ```
/// use gofarm_core::contract::{Number, Repr};
///
/// assert_eq!(Repr::I8.min(), Some(Number::I64(-128)));
/// assert_eq!(Repr::U16.max(), Some(Number::U64(65_535)));
/// assert_eq!(Repr::F32.max(), None);
/// assert!(Repr::U64.is_integer());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_enums,
    reason = "these are all the numeric types that a contract may hold"
)]
pub enum Repr {
    /// `u8`
    U8,
    /// `u16`
    U16,
    /// `u32`
    U32,
    /// `u64`
    U64,
    /// `i8`
    I8,
    /// `i16`
    I16,
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
}

impl Repr {
    /// Whether values of this representation are whole numbers.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        !matches!(self, Self::F32 | Self::F64)
    }

    /// The least value of an integer type; `None` for floats, which have no useful one.
    #[must_use]
    pub const fn min(self) -> Option<Number> {
        Some(match self {
            Self::U8 | Self::U16 | Self::U32 | Self::U64 => Number::U64(0),
            Self::I8 => Number::I64(i8::MIN as i64),
            Self::I16 => Number::I64(i16::MIN as i64),
            Self::I32 => Number::I64(i32::MIN as i64),
            Self::I64 => Number::I64(i64::MIN),
            Self::F32 | Self::F64 => return None,
        })
    }

    /// The greatest value of an integer type; `None` for floats.
    #[must_use]
    pub const fn max(self) -> Option<Number> {
        Some(match self {
            Self::U8 => Number::U64(u8::MAX as u64),
            Self::U16 => Number::U64(u16::MAX as u64),
            Self::U32 => Number::U64(u32::MAX as u64),
            Self::U64 => Number::U64(u64::MAX),
            Self::I8 => Number::I64(i8::MAX as i64),
            Self::I16 => Number::I64(i16::MAX as i64),
            Self::I32 => Number::I64(i32::MAX as i64),
            Self::I64 => Number::I64(i64::MAX),
            Self::F32 | Self::F64 => return None,
        })
    }
}

/// A number in the width in which it was written, so that `1.4` of an `f32` prints as `1.4`.
///
/// Two are equal if width and value are: compare across widths with [`Number::at_most`].
///
/// ```
/// use gofarm_core::contract::Number;
///
/// assert_eq!(Number::from(1.4_f32).to_string(), "1.4");
/// assert!(Number::I64(-1).at_most(Number::U64(0)));
/// assert!(!Number::F32(f32::NAN).at_most(Number::U64(0)));
/// assert_ne!(Number::U64(1), Number::I64(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_enums,
    reason = "writers have to handle every width; a new one is a breaking change anyway"
)]
pub enum Number {
    /// An unsigned integer of any width up to 64 bits.
    U64(u64),
    /// A signed integer of any width up to 64 bits.
    I64(i64),
    /// A 32-bit float.
    F32(f32),
    /// A 64-bit float.
    F64(f64),
}

impl Number {
    /// The value as `f64`; integers beyond 2^53 are rounded.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "documented: meant for comparisons on a common axis"
    )]
    pub const fn as_f64(self) -> f64 {
        match self {
            Self::U64(v) => v as f64,
            Self::I64(v) => v as f64,
            Self::F32(v) => v as f64,
            Self::F64(v) => v,
        }
    }
}

impl Number {
    /// Whether the value is neither NaN nor infinite.
    #[must_use]
    pub const fn is_finite(self) -> bool {
        match self {
            Self::U64(_) | Self::I64(_) => true,
            Self::F32(v) => v.is_finite(),
            Self::F64(v) => v.is_finite(),
        }
    }

    /// Whether this number is less than or equal to `other`; exact between integers, `false` with NaN, and as
    /// [`Number::as_f64`] rounds where one is a float.
    #[must_use]
    pub const fn at_most(self, other: Self) -> bool {
        match (self, other) {
            (Self::U64(a), Self::U64(b)) => a <= b,
            (Self::I64(a), Self::I64(b)) => a <= b,
            #[expect(
                clippy::cast_sign_loss,
                reason = "b is not negative on this side of the &&"
            )]
            (Self::U64(a), Self::I64(b)) => b >= 0 && a <= b as u64,
            #[expect(
                clippy::cast_sign_loss,
                reason = "a is not negative on this side of the ||"
            )]
            (Self::I64(a), Self::U64(b)) => a < 0 || a as u64 <= b,
            (a, b) => a.as_f64() <= b.as_f64(),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::U64(v) => v.fmt(f),
            Self::I64(v) => v.fmt(f),
            Self::F32(v) => v.fmt(f),
            Self::F64(v) => v.fmt(f),
        }
    }
}

macro_rules! from {
    ($($primitive:ty => $variant:ident as $wide:ty),+) => {$(
        impl From<$primitive> for Number {
            fn from(value: $primitive) -> Self {
                Self::$variant(<$wide>::from(value))
            }
        }
    )+};
}

from!(
    u8 => U64 as u64, u16 => U64 as u64, u32 => U64 as u64, u64 => U64 as u64,
    i8 => I64 as i64, i16 => I64 as i64, i32 => I64 as i64, i64 => I64 as i64,
    f32 => F32 as f32, f64 => F64 as f64
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_prints_as_it_was_written() {
        assert_eq!(Number::from(1.4_f32).to_string(), "1.4");
        assert_eq!(Number::from(14.0_f32).to_string(), "14");
        assert_eq!(Number::from(f32::NAN).to_string(), "NaN");
        assert_eq!(Number::from(-0.001_f64).to_string(), "-0.001");
        assert_eq!(Number::from(u64::MAX).to_string(), "18446744073709551615");
    }
}
