//! A column of a data file with its limits.

/// A column that a file must have, with its limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) unit: &'static str,
}

pub(crate) const fn column(name: &'static str, min: f64, max: f64, unit: &'static str) -> Column {
    Column {
        name,
        min,
        max,
        unit,
    }
}

impl Column {
    /// The number in `field` if it lies within the limits; NaN and infinities parse as numbers and lie outside.
    pub(crate) fn number(self, field: &str) -> Option<f64> {
        let value = field.parse().ok()?;
        (self.min..=self.max).contains(&value).then_some(value)
    }
}
