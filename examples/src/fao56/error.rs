//! Why a file was refused.

use std::path::PathBuf;

use jiff::civil::Date;

use crate::column::Column;

/// Why the files of a season were refused: where, and which limit was broken. Lines count from 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is longer than any season.
    #[error("{}: longer than {limit} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// A folder holds no file of a kind, or several of which one would have to be guessed.
    #[error("{}: {found} files end in .{extension} where {wanted}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The ending without its dot.
        extension: &'static str,
        /// Files found with it.
        found: usize,
        /// How many the layout allows.
        wanted: &'static str,
    },
    /// A line is wrong.
    #[error("{}, line {line}, column {column}: {fault}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The column, or the parameter's name.
        column: &'static str,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// What is wrong with one field of a file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes are not text.
    #[error("bytes that are not UTF-8")]
    NotText,
    /// The header has no end.
    #[error("no line of {0} asterisks ends a header")]
    NoHeader(usize),
    /// The file ends after its header, or before its first row.
    #[error("the file ends here; {0} is wanted")]
    Ends(&'static str),
    /// A column or parameter is not in the file.
    #[error("missing; wanted within {min}..={max} {unit}")]
    Missing {
        /// The least value.
        min: f64,
        /// The greatest value.
        max: f64,
        /// The unit, a UCUM code.
        unit: &'static str,
    },
    /// A parameter stands in the file twice.
    #[error("given before, in line {0}; once is wanted")]
    Twice(usize),
    /// A row has more or fewer fields than the heading.
    #[error("{found} fields where the heading has {wanted}")]
    Fields {
        /// Fields in the row.
        found: usize,
        /// Fields in the heading.
        wanted: usize,
    },
    /// A field is not a number, or outside its limits.
    #[error("`{found}` is not a number within {min}..={max} {unit}")]
    Outside {
        /// The field, cut to 40 characters.
        found: String,
        /// The least value.
        min: f64,
        /// The greatest value.
        max: f64,
        /// The unit, a UCUM code.
        unit: &'static str,
    },
    /// A field is not one of the words that may stand there.
    #[error("`{found}` is not {wanted}")]
    Word {
        /// The field, cut to 40 characters.
        found: String,
        /// What may stand there.
        wanted: &'static str,
    },
    /// A day lies before the one in the line above, or leaves a gap where none may be.
    #[error("{found} cannot follow {before}; {wanted} is wanted")]
    Order {
        /// The day.
        found: Date,
        /// The day of the line above.
        before: Date,
        /// What may follow.
        wanted: &'static str,
    },
    /// Two values contradict each other.
    #[error("{found} is not {relation} {other}, {limit} {unit}")]
    Relation {
        /// The value.
        found: f64,
        /// How the two must stand: `over`, `under`, `at least`, `at most` or `equal to`.
        relation: &'static str,
        /// The name of the other value.
        other: &'static str,
        /// The other value.
        limit: f64,
        /// The unit of both, a UCUM code.
        unit: &'static str,
    },
}

impl Fault {
    pub(super) const fn missing(column: Column) -> Self {
        Self::Missing {
            min: column.min,
            max: column.max,
            unit: column.unit,
        }
    }

    pub(super) fn outside(field: &str, column: Column) -> Self {
        Self::Outside {
            found: excerpt(field),
            min: column.min,
            max: column.max,
            unit: column.unit,
        }
    }
}

/// The start of a field, for a message.
pub(super) fn excerpt(field: &str) -> String {
    field.chars().take(40).collect()
}
