//! Text between quotes or to the end of a line.

use core::fmt::{self, Write};

use super::Format;

/// The value of a label.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        escaped(f, self.0, true)?;
        f.write_char('"')
    }
}

/// A sentence of help; OpenMetrics escapes quotes in it, the older format does not.
pub(super) struct Help<'a>(pub(super) &'a str, pub(super) Format);

impl fmt::Display for Help<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escaped(f, self.0, self.1 == Format::OpenMetrics)
    }
}

fn escaped(f: &mut fmt::Formatter<'_>, text: &str, quotes: bool) -> fmt::Result {
    for char in text.chars() {
        match char {
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '"' if quotes => f.write_str("\\\"")?,
            char => f.write_char(char)?,
        }
    }
    Ok(())
}
