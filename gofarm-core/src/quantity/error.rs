//! [`UnitError`]: why a text is not a unit code, where, and what to write.

use core::fmt;

use crate::error::{Classify, Kind};

/// What is wrong with a unit code.
///
/// ```
/// use gofarm_core::quantity::{Unit, UnitErrorKind};
///
/// let kind = |code| Unit::parse(code).map_err(|error| error.reason());
/// assert_eq!(kind("C"), Err(UnitErrorKind::Deceptive));
/// assert_eq!(kind("kmin"), Err(UnitErrorKind::Prefix));
/// assert_eq!(kind("m/"), Err(UnitErrorKind::Operand));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum UnitErrorKind {
    /// No character at all.
    Empty,
    /// A character that no code has: outside ASCII 33 to 126, or a stray sign or closing bracket.
    Character,
    /// A symbol that is neither an atom nor a prefix and a metric atom.
    Symbol,
    /// A prefix on an atom that takes none, such as `kmin`.
    Prefix,
    /// A valid code that is nearly always meant otherwise, such as `C` (coulomb).
    Deceptive,
    /// A symbol is missing before or after an operator or in parentheses.
    Operand,
    /// An operator is missing after a parenthesis or an annotation.
    Operator,
    /// An annotation or a square bracket is not closed, or parentheses do not match.
    Unclosed,
    /// A sign without digits.
    Exponent,
    /// The number 0, or one of more than nine digits.
    Number,
}

/// Why a text is not a unit code, where, and what to write instead.
///
/// ```
/// use gofarm_core::quantity::{Unit, UnitErrorKind};
///
/// let error = Unit::parse("mg/ppm").unwrap_err();
/// assert_eq!(error.reason(), UnitErrorKind::Symbol);
/// assert_eq!(error.position(), 3);
/// assert_eq!(error.to_string(), "unit, byte 3: write [ppm] for parts per million");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct UnitError {
    kind: UnitErrorKind,
    position: usize,
    message: &'static str,
}

impl UnitError {
    pub(super) const fn new(kind: UnitErrorKind, position: usize, message: &'static str) -> Self {
        Self {
            kind,
            position,
            message,
        }
    }

    /// What is wrong.
    #[must_use]
    pub const fn reason(&self) -> UnitErrorKind {
        self.kind
    }

    /// Where, in bytes from 0.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// What is wrong or what to write, without the position.
    #[must_use]
    pub const fn message(&self) -> &'static str {
        self.message
    }
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unit, byte {}: {}", self.position, self.message)
    }
}

impl core::error::Error for UnitError {}

impl Classify for UnitError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
