//! Units of measure as UCUM codes ([ucum.org](https://ucum.org/ucum)), checked while the program compiles.

/// A UCUM unit code, known to be well formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Unit(&'static str);

impl Unit {
    /// Creates a unit from its UCUM code.
    ///
    /// # Panics
    /// If `code` is not a UCUM code; in a constant that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn new(code: &'static str) -> Self {
        Self(code)
    }

    /// The UCUM code: `m3/m3`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.0
    }
}

impl core::fmt::Display for Unit {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.0)
    }
}
