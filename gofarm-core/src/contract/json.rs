//! JSON written piece by piece into any [`fmt::Write`]: no buffer, no allocation (RFC 8259, compact form).

use core::fmt::{self, Write};
use core::time::Duration;

use super::{Literal, Number};

/// An object being written; [`Object::write`] opens and closes it.
pub(super) struct Object<'w> {
    out: &'w mut dyn Write,
    is_empty: bool,
}

impl<'w> Object<'w> {
    /// Writes one object with the members that `fill` adds.
    pub(super) fn write(
        out: &'w mut dyn Write,
        fill: impl FnOnce(&mut Object<'_>) -> fmt::Result,
    ) -> fmt::Result {
        out.write_char('{')?;
        let mut object = Object {
            out,
            is_empty: true,
        };
        fill(&mut object)?;
        object.out.write_char('}')
    }

    fn key(&mut self, key: &str) -> Result<&mut dyn Write, fmt::Error> {
        self.separate()?;
        string(self.out, key)?;
        self.out.write_char(':')?;
        Ok(self.out)
    }

    fn separate(&mut self) -> fmt::Result {
        if !self.is_empty {
            self.out.write_char(',')?;
        }
        self.is_empty = false;
        Ok(())
    }

    pub(super) fn text(&mut self, key: &str, value: &str) -> fmt::Result {
        string(self.key(key)?, value)
    }

    /// A text member whose value prints without quotes, backslashes and control characters.
    pub(super) fn display(&mut self, key: &str, value: &dyn fmt::Display) -> fmt::Result {
        write!(self.key(key)?, "\"{value}\"")
    }

    /// A text member, left out when it is empty.
    pub(super) fn text_if_any(&mut self, key: &str, value: &str) -> fmt::Result {
        if value.is_empty() {
            return Ok(());
        }
        self.text(key, value)
    }

    pub(super) fn flag(&mut self, key: &str, value: bool) -> fmt::Result {
        self.key(key)?
            .write_str(if value { "true" } else { "false" })
    }

    pub(super) fn null(&mut self, key: &str) -> fmt::Result {
        self.key(key)?.write_str("null")
    }

    /// A number in the digits in which it was written, left out when it is not finite: JSON has no such number.
    pub(super) fn number(&mut self, key: &str, value: Number) -> fmt::Result {
        if !value.is_finite() {
            return Ok(());
        }
        write!(self.key(key)?, "{value}")
    }

    pub(super) fn literal(&mut self, key: &str, value: Literal) -> fmt::Result {
        match value {
            Literal::Boolean(value) => self.flag(key, value),
            Literal::Number(value) => self.number(key, value),
            Literal::Text(value) => self.text(key, value),
        }
    }

    /// A duration in seconds, with as many decimals as it needs.
    pub(super) fn seconds(&mut self, key: &str, value: Duration) -> fmt::Result {
        let out = self.key(key)?;
        write!(out, "{}", value.as_secs())?;
        let mut rest = value.subsec_nanos();
        if rest > 0 {
            out.write_char('.')?;
        }
        let mut place = 100_000_000;
        while rest > 0 {
            write!(out, "{}", rest / place)?;
            rest %= place;
            place /= 10;
        }
        Ok(())
    }

    pub(super) fn object(
        &mut self,
        key: &str,
        fill: impl FnOnce(&mut Object<'_>) -> fmt::Result,
    ) -> fmt::Result {
        Object::write(self.key(key)?, fill)
    }

    /// An object whose key prints without quotes, backslashes and control characters.
    pub(super) fn object_named(
        &mut self,
        key: &dyn fmt::Display,
        fill: impl FnOnce(&mut Object<'_>) -> fmt::Result,
    ) -> fmt::Result {
        self.separate()?;
        write!(self.out, "\"{key}\":")?;
        Object::write(self.out, fill)
    }

    pub(super) fn array(
        &mut self,
        key: &str,
        fill: impl FnOnce(&mut Array<'_>) -> fmt::Result,
    ) -> fmt::Result {
        let out = self.key(key)?;
        out.write_char('[')?;
        let mut array = Array {
            out,
            is_empty: true,
        };
        fill(&mut array)?;
        array.out.write_char(']')
    }
}

/// An array being written; made by [`Object::array`].
pub(super) struct Array<'w> {
    out: &'w mut dyn Write,
    is_empty: bool,
}

impl Array<'_> {
    fn item(&mut self) -> Result<&mut dyn Write, fmt::Error> {
        if !self.is_empty {
            self.out.write_char(',')?;
        }
        self.is_empty = false;
        Ok(self.out)
    }

    pub(super) fn text(&mut self, value: &str) -> fmt::Result {
        string(self.item()?, value)
    }

    pub(super) fn null(&mut self) -> fmt::Result {
        self.item()?.write_str("null")
    }

    pub(super) fn object(
        &mut self,
        fill: impl FnOnce(&mut Object<'_>) -> fmt::Result,
    ) -> fmt::Result {
        Object::write(self.item()?, fill)
    }
}

/// A string with its quotes, escaped as RFC 8259, section 7, demands.
fn string(out: &mut dyn Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    text.chars().try_for_each(|c| character(out, c))?;
    out.write_char('"')
}

fn character(out: &mut dyn Write, c: char) -> fmt::Result {
    match c {
        '"' => out.write_str("\\\""),
        '\\' => out.write_str("\\\\"),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        c if u32::from(c) < 0x20 => write!(out, "\\u{:04x}", u32::from(c)),
        c => out.write_char(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_and_members_separated() {
        let mut out = String::new();
        Object::write(&mut out, |o| {
            o.text("a\"b", "line\nbreak\\ \u{1} ü")?;
            o.text_if_any("left out", "")?;
            o.seconds("t", Duration::from_millis(1_050))?;
            o.array("list", |a| {
                a.text("null")?;
                a.text("x")
            })?;
            o.object("empty", |_| Ok(()))
        })
        .unwrap();
        assert_eq!(
            out,
            r#"{"a\"b":"line\nbreak\\ \u0001 ü","t":1.05,"list":["null","x"],"empty":{}}"#
        );
    }
}
