//! Units of measure as UCUM codes, checked while the program compiles: [`Unit`].
//!
//! A unit that only a person can read is a bug that waits: `C` or `degC`, `ppm` or `mg/L`, `lux` or `lx`. The
//! Unified Code for Units of Measure ([UCUM 2.2](https://ucum.org/ucum)) gives one spelling that machines agree
//! on, and JSON Schema, Thing Descriptions and OpenTelemetry all name it. A type per quantity would be stricter,
//! but a contract is data: it must print its unit, and a record read from a probe holds a plain number.
//!
//! So a [`Unit`] is a `&'static str` that has been held against UCUM's full grammar and its table of 312 atoms. In a
//! constant the check runs in the compiler: a wrong code does not build, the message says what to write, and
//! neither table nor parser reaches the firmware.
//!
//! ```
//! use gofarm_core::quantity::Unit;
//!
//! const PPFD: Unit = Unit::new("umol/(m2.s)");
//! assert_eq!(PPFD.code(), "umol/(m2.s)");
//! assert_eq!(Unit::new("Cel").senml(), Some("Cel"));
//! let wrong = Unit::parse("degC").unwrap_err();
//! assert_eq!(wrong.to_string(), "unit, byte 0: write Cel for degrees Celsius");
//! ```
//!
//! ```compile_fail,E0080
//! # use gofarm_core::quantity::Unit;
//! const SOIL: Unit = Unit::new("°C"); // write Cel for degrees Celsius, ...
//! ```
//!
//! What this does not do: it converts no values and does not know that `m3/m3` and `1` mean the same. Codes are
//! compared as text, UCUM's *limited conformance* (§2).

mod atom;
mod error;
mod grammar;
mod habit;
mod prefix;
mod senml;

pub use error::{UnitError, UnitErrorKind};

/// A unit of measure: a case-sensitive UCUM code, known to be well formed.
///
/// Two units are equal if their codes are the same text.
///
/// ```
/// use gofarm_core::quantity::Unit;
///
/// const FLOW: Unit = Unit::new("L/min"); // checked by the compiler
/// assert_eq!(FLOW.to_string(), "L/min");
/// assert_eq!(Unit::new("m3/m3").senml(), Some("/"));
/// assert!(Unit::parse("litres").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Unit(&'static str);

impl Unit {
    /// Unity, the unit of a ratio or a plain number: `1`.
    pub const ONE: Self = Self("1");

    /// Checks a UCUM code.
    ///
    /// # Errors
    /// [`UnitError`] if `code` is not a UCUM code, or is one of the few that are nearly always meant otherwise:
    /// `C` (coulomb), `F` (farad) and `B` (bel) when they stand alone; `pH` and `PH` (henry), `ph`, `kph` and `mph`
    /// (phot), `ft` and `pt` (tonne), `kB`, `MB` and `GB` (bel) anywhere.
    pub const fn parse(code: &'static str) -> Result<Self, UnitError> {
        match grammar::check(code.as_bytes()) {
            Ok(()) => Ok(Self(code)),
            Err(error) => Err(error),
        }
    }

    /// Creates a unit from a UCUM code, for constants.
    ///
    /// # Panics
    /// If [`Unit::parse`] refuses `code`; in a constant that is a compile error which says what to write.
    #[must_use]
    #[track_caller]
    pub const fn new(code: &'static str) -> Self {
        match Self::parse(code) {
            Ok(unit) => unit,
            Err(error) => panic!("{}", error.message()),
        }
    }

    /// The UCUM code: `m3/m3`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.0
    }
}

impl core::fmt::Display for Unit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.0)
    }
}

impl TryFrom<&'static str> for Unit {
    type Error = UnitError;

    fn try_from(code: &'static str) -> Result<Self, UnitError> {
        Self::parse(code)
    }
}
