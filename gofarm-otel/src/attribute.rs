//! What is said about a span, a log record or a resource: [`Attribute`].
//!
//! An attribute is borrowed for as long as it takes to write it down. Nothing is copied for a span that the
//! sampler did not want, and one copy is made for a span that it did: into the bytes that are exported.

use gofarm_core::observe::{Label, LabelValue};

/// A key and a value, borrowed for the length of one call.
///
/// ```
/// use gofarm_otel::attribute::{Attribute, Value};
///
/// let status = Attribute::int("http.response.status_code", 200);
/// assert_eq!(status.value, Value::Int(200));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attribute<'a> {
    /// The name, from the semantic conventions where they have one.
    pub key: &'a str,
    /// The value.
    pub value: Value<'a>,
}

/// The value of an [`Attribute`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Text.
    Text(&'a str),
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A real number.
    Double(f64),
}

impl<'a> Attribute<'a> {
    /// An attribute with a text value.
    #[must_use]
    pub const fn text(key: &'a str, value: &'a str) -> Self {
        Self {
            key,
            value: Value::Text(value),
        }
    }

    /// An attribute with a whole number.
    #[must_use]
    pub const fn int(key: &'a str, value: i64) -> Self {
        Self {
            key,
            value: Value::Int(value),
        }
    }

    /// An attribute with a real number.
    #[must_use]
    pub const fn double(key: &'a str, value: f64) -> Self {
        Self {
            key,
            value: Value::Double(value),
        }
    }

    /// An attribute that is either so or not.
    #[must_use]
    pub const fn bool(key: &'a str, value: bool) -> Self {
        Self {
            key,
            value: Value::Bool(value),
        }
    }
}

/// The label of a signal, as an attribute; a number above `i64::MAX` stops there.
impl<'a> From<Label<'a>> for Attribute<'a> {
    fn from(label: Label<'a>) -> Self {
        match label.value {
            LabelValue::Text(text) => Self::text(label.key, text),
            LabelValue::Number(number) => {
                Self::int(label.key, i64::try_from(number).unwrap_or(i64::MAX))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_becomes_an_attribute_of_the_same_value() {
        let port = Attribute::from(Label::number("port", 1883));
        assert_eq!(port, Attribute::int("port", 1883));
        assert_eq!(
            Attribute::from(Label::number("n", u64::MAX)).value,
            Value::Int(i64::MAX)
        );
        assert_eq!(
            Attribute::from(Label::text("link", "lora")),
            Attribute::text("link", "lora")
        );
    }
}
