//! Daily weather from a CSV file, every value checked against its limit before a season starts.
//!
//! Weather files hold sentinels (-9999), swapped columns and lost days, and a water balance swallows them all: one
//! -9999 in a wind column is 161 feet of water in a real irrigation log. So the reader refuses the whole file at
//! the first bad field and says where: line, column and limit. A season is played on a file that is whole, or not
//! at all.
//!
//! The columns are those of SWAP's meteorological files: `DD,MM,YYYY` (date), `Rad` (solar radiation, kJ/m²/d),
//! `Tmin`, `Tmax` (°C), `Hum` (vapour pressure, kPa), `Wind` (m/s at 2 m) and `Rain` (mm/d); their order does not
//! matter and further columns are not read. Days must follow each other without a gap.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::column::{Column, column};
use crate::et0::{self, Reference, Station};

/// One day of weather within its limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeatherDay {
    /// The day.
    pub date: Date,
    /// Solar radiation in MJ/(m²·d).
    pub radiation: f64,
    /// Least air temperature in °C.
    pub temperature_min: f64,
    /// Greatest air temperature in °C.
    pub temperature_max: f64,
    /// Actual vapour pressure in kPa.
    pub vapour_pressure: f64,
    /// Mean wind speed at 2 m in m/s.
    pub wind: f64,
    /// Rain in mm/d.
    pub rain: f64,
}

impl WeatherDay {
    /// The day's reference evapotranspiration at `station`, in mm/d: short grass, never negative.
    #[must_use]
    pub fn reference_evapotranspiration(&self, station: &Station) -> f64 {
        self.standardized_evapotranspiration(Reference::Short, station)
    }

    /// The day's reference evapotranspiration at `station` of the crop `reference`, in mm/d.
    #[must_use]
    pub fn standardized_evapotranspiration(&self, reference: Reference, station: &Station) -> f64 {
        let day = et0::Day {
            day_of_year: self.date.day_of_year(),
            radiation: self.radiation,
            temperature_min: self.temperature_min,
            temperature_max: self.temperature_max,
            vapour_pressure: self.vapour_pressure,
            wind: self.wind,
        };
        et0::standardized_evapotranspiration(reference, station, &day)
    }
}

/// In the order in which [`read_row`] takes them.
const COLUMNS: [Column; 9] = [
    column("DD", 1.0, 31.0, "d"),
    column("MM", 1.0, 12.0, "mo"),
    column("YYYY", 1800.0, 2200.0, "a"),
    column("Rad", 0.0, 50_000.0, "kJ/m2/d"),
    column("Tmin", -60.0, 60.0, "Cel"),
    column("Tmax", -60.0, 60.0, "Cel"),
    column("Hum", 0.0, 10.0, "kPa"),
    column("Wind", 0.0, 60.0, "m/s"),
    column("Rain", 0.0, 1_000.0, "mm/d"),
];

/// Why a weather file was refused; lines count from 1, the header included.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeatherError {
    /// The file cannot be opened.
    #[error("{}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not CSV: a row with more or fewer fields, or bytes that are not UTF-8.
    #[error("line {line}: {reason}")]
    Malformed {
        /// The line.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The header lacks a column.
    #[error("line 1, column {column}: not in the header; wanted within {min}..={max} {unit}")]
    MissingColumn {
        /// The column.
        column: &'static str,
        /// Its least value.
        min: f64,
        /// Its greatest value.
        max: f64,
        /// Its unit, a UCUM code.
        unit: &'static str,
    },
    /// A field is empty, not a number, or outside its limits.
    #[error("line {line}, column {column}: `{found}` is not a number within {min}..={max} {unit}")]
    OutsideLimits {
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
        /// The field as it stands in the file.
        found: String,
        /// Its least value.
        min: f64,
        /// Its greatest value.
        max: f64,
        /// Its unit, a UCUM code.
        unit: &'static str,
    },
    /// The coldest moment is warmer than the warmest.
    #[error("line {line}, column Tmin: {min} is over the day's limit, Tmax {max} Cel")]
    Temperatures {
        /// The line.
        line: u64,
        /// `Tmin` in °C.
        min: f64,
        /// `Tmax` in °C.
        max: f64,
    },
    /// The calendar does not have the date.
    #[error("line {line}, column DD: {year:04}-{month:02} has no day {day}; its limit is {last}")]
    NoSuchDate {
        /// The line.
        line: u64,
        /// The year.
        year: i16,
        /// The month.
        month: i8,
        /// The day.
        day: i8,
        /// The month's last day.
        last: i8,
    },
    /// The day does not follow the day of the line before.
    #[error("line {line}, column DD: {found} does not follow {before}; one line a day is wanted")]
    Gap {
        /// The line.
        line: u64,
        /// The day of this line.
        found: Date,
        /// The day of the line before.
        before: Date,
    },
    /// There is a header, but no day.
    #[error("line 2, column DD: no day at all; at least 1 line is wanted")]
    Empty,
}

/// Reads the weather file at `path`.
///
/// # Errors
/// [`WeatherError`] at the first field that is missing, impossible or outside its limits.
pub fn read_file(path: &Path) -> Result<Vec<WeatherDay>, WeatherError> {
    let file = File::open(path).map_err(|source| WeatherError::Open {
        path: path.to_owned(),
        source,
    })?;
    read(file)
}

/// Reads weather in CSV form.
///
/// # Errors
/// [`WeatherError`] at the first field that is missing, impossible or outside its limits.
pub fn read(source: impl Read) -> Result<Vec<WeatherDay>, WeatherError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(source);
    let header = reader.headers().map_err(|e| malformed(&e))?;
    let mut positions = [0; COLUMNS.len()];
    for (position, wanted) in positions.iter_mut().zip(COLUMNS) {
        *position = header.iter().position(|name| name == wanted.name).ok_or(
            WeatherError::MissingColumn {
                column: wanted.name,
                min: wanted.min,
                max: wanted.max,
                unit: wanted.unit,
            },
        )?;
    }

    let mut days: Vec<WeatherDay> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| malformed(&e))?;
        let line = record.position().map_or(0, csv::Position::line);
        let day = read_row(&record, positions, line)?;
        if let Some(before) = days.last().map(|day| day.date)
            && before.tomorrow().ok() != Some(day.date)
        {
            return Err(WeatherError::Gap {
                line,
                found: day.date,
                before,
            });
        }
        days.push(day);
    }
    if days.is_empty() {
        return Err(WeatherError::Empty);
    }
    Ok(days)
}

fn read_row(
    record: &csv::StringRecord,
    positions: [usize; COLUMNS.len()],
    line: u64,
) -> Result<WeatherDay, WeatherError> {
    let mut values = [0.0; COLUMNS.len()];
    for ((value, column), position) in values.iter_mut().zip(COLUMNS).zip(positions) {
        *value = read_field(record.get(position).unwrap_or_default(), column, line)?;
    }
    let [day, month, year, radiation, min, max, humidity, wind, rain] = values;
    if min > max {
        return Err(WeatherError::Temperatures { line, min, max });
    }
    Ok(WeatherDay {
        date: read_date(year, month, day, line)?,
        radiation: radiation / 1_000.0,
        temperature_min: min,
        temperature_max: max,
        vapour_pressure: humidity,
        wind,
        rain,
    })
}

fn read_field(field: &str, column: Column, line: u64) -> Result<f64, WeatherError> {
    let is_whole_wanted = matches!(column.name, "DD" | "MM" | "YYYY");
    column
        .number(field)
        .filter(|value| !is_whole_wanted || value.fract() == 0.0)
        .ok_or_else(|| WeatherError::OutsideLimits {
            line,
            column: column.name,
            found: field.chars().take(40).collect(),
            min: column.min,
            max: column.max,
            unit: column.unit,
        })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "whole numbers within the limits of their columns"
)]
fn read_date(year: f64, month: f64, day: f64, line: u64) -> Result<Date, WeatherError> {
    let (year, month, day) = (year as i16, month as i8, day as i8);
    Date::new(year, month, day).map_err(|_| WeatherError::NoSuchDate {
        line,
        year,
        month,
        day,
        last: Date::new(year, month, 1).map_or(31, Date::days_in_month),
    })
}

fn malformed(error: &csv::Error) -> WeatherError {
    let line = error.position().map_or(1, csv::Position::line);
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} fields where the header has {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => "bytes that are not UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => error.to_string(),
    };
    WeatherError::Malformed { line, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "DD,MM,YYYY,Rad,Tmin,Tmax,Hum,Wind,Rain\n";
    const FIRST: &str = "01,07,2003,18000,10,22,1.3,2.5,0.0\n";

    fn refused(rows: &str) -> String {
        read(format!("{HEADER}{rows}").as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_bad_field_is_named_by_line_column_and_limit() {
        let rows = [
            (
                "02,07,2003,18000,10,222,1.3,2.5,0\n",
                "line 3, column Tmax: `222` is not a number within -60..=60 Cel",
            ),
            (
                "02,07,2003,18000,10,22,1.3,NaN,0\n",
                "line 3, column Wind: `NaN` is not a number within 0..=60 m/s",
            ),
            (
                "02,07,2003,18000,10,22,1.3,2.5,-9999\n",
                "line 3, column Rain: `-9999` is not a number within 0..=1000 mm/d",
            ),
            (
                "02,07,2003,,10,22,1.3,2.5,0\n",
                "line 3, column Rad: `` is not a number within 0..=50000 kJ/m2/d",
            ),
            (
                "31,06,2003,18000,10,22,1.3,2.5,0\n",
                "line 3, column DD: 2003-06 has no day 31; its limit is 30",
            ),
            (
                "02,13,2003,18000,10,22,1.3,2.5,0\n",
                "line 3, column MM: `13` is not a number within 1..=12 mo",
            ),
            (
                "2.5,07,2003,18000,10,22,1.3,2.5,0\n",
                "line 3, column DD: `2.5` is not a number within 1..=31 d",
            ),
            (
                "02,07,2003,18000,23,22,1.3,2.5,0\n",
                "line 3, column Tmin: 23 is over the day's limit, Tmax 22 Cel",
            ),
            (
                "04,07,2003,18000,10,22,1.3,2.5,0\n",
                "line 3, column DD: 2003-07-04 does not follow 2003-07-01; one line a day is wanted",
            ),
            ("02,07,2003\n", "line 3: 3 fields where the header has 9"),
        ];
        for (row, message) in rows {
            assert_eq!(refused(&format!("{FIRST}{row}")), message);
        }
    }

    #[test]
    fn a_header_must_have_every_column() {
        for missing in COLUMNS {
            let header = HEADER.replace(missing.name, "other");
            let message = read(format!("{header}{FIRST}").as_bytes())
                .unwrap_err()
                .to_string();
            let start = format!("line 1, column {}: not in the header", missing.name);
            assert!(message.starts_with(&start), "{message}");
        }
    }

    #[test]
    fn a_file_without_days_is_refused() {
        assert!(refused("").starts_with("line 2, column DD: no day"));
        assert!(read(&b""[..]).is_err());
        assert!(read(&b"\xff\xfe\x00"[..]).is_err());
        assert!(read_file(Path::new("no/such/file.csv")).is_err());
    }

    #[test]
    fn columns_are_found_by_name() {
        let text =
            "Rain,Wind,Hum,Tmax,Tmin,Rad,YYYY,MM,DD,ETref\n1.5,2.5,1.3,22,10,18000,2004,02,29,9\n";
        let days = read(text.as_bytes()).unwrap();
        assert_eq!(days[0].date, jiff::civil::date(2004, 2, 29));
        assert!((days[0].radiation - 18.0).abs() < 1e-12);
        assert!((days[0].rain - 1.5).abs() < 1e-12);
    }
}
