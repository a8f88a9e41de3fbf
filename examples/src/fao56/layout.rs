//! What the files have in common: a header that ends with a line of asterisks, then lines of fields between spaces.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::Date;

use super::error::{Fault, LayoutError, excerpt};
use crate::column::Column;

/// The longest file that is read: a century of daily output.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Asterisks in the line that ends a header.
const RULE: usize = 72;

/// A file's text.
#[derive(Debug)]
pub(super) struct Text {
    path: PathBuf,
    text: String,
}

impl Text {
    pub(super) fn read(path: &Path) -> Result<Self, LayoutError> {
        let open = |source| LayoutError::Open {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        File::open(path)
            .map_err(open)?
            .take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(open)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(LayoutError::TooLong {
                path: path.to_owned(),
                limit: MAX_BYTES,
            });
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let number = 1 + good.iter().filter(|byte| **byte == b'\n').count();
            Line::new(path, number, "").refuse("bytes", Fault::NotText)
        })?;
        Ok(Self {
            path: path.to_owned(),
            text,
        })
    }

    /// The lines after the header that are not blank.
    pub(super) fn body(&self) -> Result<Vec<Line<'_>>, LayoutError> {
        let lines = self.text.lines().enumerate();
        let lines: Vec<_> = lines
            .map(|(index, text)| Line::new(&self.path, index + 1, text.trim()))
            .collect();
        let is_rule =
            |line: &Line<'_>| line.text.len() == RULE && line.text.bytes().all(|b| b == b'*');
        let Some(end) = lines.iter().rposition(is_rule) else {
            return Err(Line::new(&self.path, 1, "").refuse("header", Fault::NoHeader(RULE)));
        };
        let body = lines.iter().skip(end + 1);
        Ok(body.filter(|line| !line.text.is_empty()).copied().collect())
    }

    /// The rows after the header, under a heading.
    pub(super) fn table(&self) -> Result<Table<'_>, LayoutError> {
        self.table_of(&self.body()?)
    }

    /// The rows in `lines`, the first of which is the heading.
    pub(super) fn table_of<'a>(&'a self, lines: &[Line<'a>]) -> Result<Table<'a>, LayoutError> {
        let [heading, rows @ ..] = lines else {
            return Err(self.last().refuse("heading", Fault::Ends("a heading")));
        };
        let names: Vec<&str> = heading.text.split_whitespace().collect();
        let mut found = Vec::with_capacity(rows.len());
        for line in rows {
            let fields: Vec<&str> = line.text.split_whitespace().collect();
            if fields.len() != names.len() {
                let fault = Fault::Fields {
                    found: fields.len(),
                    wanted: names.len(),
                };
                return Err(line.refuse("all", fault));
            }
            found.push(Row {
                line: *line,
                fields,
            });
        }
        if found.is_empty() {
            return Err(heading.refuse("all", Fault::Ends("a row")));
        }
        Ok(Table {
            heading: *heading,
            names,
            rows: found,
        })
    }

    /// The last line.
    pub(super) fn last(&self) -> Line<'_> {
        Line::new(&self.path, self.text.lines().count().max(1), "")
    }
}

/// A line of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    path: &'a Path,
    pub(super) number: usize,
    pub(super) text: &'a str,
}

impl<'a> Line<'a> {
    const fn new(path: &'a Path, number: usize, text: &'a str) -> Self {
        Self { path, number, text }
    }

    pub(super) fn refuse(self, column: &'static str, fault: Fault) -> LayoutError {
        LayoutError::Line {
            path: self.path.to_owned(),
            line: self.number,
            column,
            fault,
        }
    }

    /// The number in `field` of this line.
    pub(super) fn number(self, field: &str, column: Column) -> Result<f64, LayoutError> {
        column
            .number(field)
            .ok_or_else(|| self.refuse(column.name, Fault::outside(field, column)))
    }
}

/// Rows under a heading.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) heading: Line<'a>,
    names: Vec<&'a str>,
    pub(super) rows: Vec<Row<'a>>,
}

impl Table<'_> {
    /// Where `column` stands; of columns with one name, the first.
    pub(super) fn position(&self, column: Column) -> Result<usize, LayoutError> {
        self.position_of(column.name)
            .ok_or_else(|| self.heading.refuse(column.name, Fault::missing(column)))
    }

    pub(super) fn position_of(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|found| *found == name)
    }

    /// Where the columns stand.
    pub(super) fn positions<const N: usize>(
        &self,
        columns: [Column; N],
    ) -> Result<[usize; N], LayoutError> {
        let mut positions = [0; N];
        for (position, column) in positions.iter_mut().zip(columns) {
            *position = self.position(column)?;
        }
        Ok(positions)
    }
}

/// A row with as many fields as the heading.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) line: Line<'a>,
    fields: Vec<&'a str>,
}

impl Row<'_> {
    pub(super) fn field(&self, position: usize) -> &str {
        self.fields.get(position).copied().unwrap_or_default()
    }

    pub(super) fn number(&self, position: usize, column: Column) -> Result<f64, LayoutError> {
        self.line.number(self.field(position), column)
    }

    pub(super) fn numbers<const N: usize>(
        &self,
        positions: [usize; N],
        columns: [Column; N],
    ) -> Result<[f64; N], LayoutError> {
        let mut values = [0.0; N];
        for ((value, position), column) in values.iter_mut().zip(positions).zip(columns) {
            *value = self.number(position, column)?;
        }
        Ok(values)
    }

    /// As [`Self::number`], for a column in which `NaN` says that there is no value.
    pub(super) fn number_or_none(
        &self,
        position: usize,
        column: Column,
    ) -> Result<Option<f64>, LayoutError> {
        if self.field(position).eq_ignore_ascii_case("nan") {
            return Ok(None);
        }
        self.number(position, column).map(Some)
    }

    /// The row's first field, a year and a day of the year, which must follow `before`.
    pub(super) fn day(&self, before: Option<Date>, follows: Follows) -> Result<Date, LayoutError> {
        let field = self.field(0);
        let found = day_of_year(field).ok_or_else(|| {
            let fault = Fault::Word {
                found: excerpt(field),
                wanted: "a year and a day of it, as in 2022-001",
            };
            self.line.refuse("Year-DOY", fault)
        })?;
        let Some(before) = before else {
            return Ok(found);
        };
        let (is_right, wanted) = match follows {
            Follows::NextDay => (before.tomorrow().ok() == Some(found), "the next day"),
            Follows::Later => (found > before, "a later day"),
        };
        if is_right {
            return Ok(found);
        }
        let fault = Fault::Order {
            found,
            before,
            wanted,
        };
        Err(self.line.refuse("Year-DOY", fault))
    }
}

/// How days follow each other in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// One row a day.
    NextDay,
    /// Days may be left out.
    Later,
}

/// The day that `text` names by year and day of the year, as in `2022-111`.
fn day_of_year(text: &str) -> Option<Date> {
    let (year, day) = text.split_once('-')?;
    let is_digits =
        |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(year, 4) || !is_digits(day, 3) {
        return None;
    }
    let first = Date::new(year.parse().ok()?, 1, 1).ok()?;
    let day: i16 = day.parse().ok()?;
    (1..=first.days_in_year())
        .contains(&day)
        .then(|| first.checked_add((day - 1).days()).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_is_a_year_and_a_day_of_it() {
        assert_eq!(day_of_year("2022-111"), Some(date(2022, 4, 21)));
        assert_eq!(day_of_year("2024-366"), Some(date(2024, 12, 31)));
        for bad in [
            "2022-366", "2022-000", "2022-1", "22-111", "2022/111", "-111", "2022-+11", "",
        ] {
            assert_eq!(day_of_year(bad), None, "{bad}");
        }
    }
}
