//! Daily weather with its station (`.wth`).

use std::path::Path;

use jiff::civil::Date;

use super::error::{Fault, LayoutError, excerpt};
use super::layout::{Follows, Line, Text};
use crate::column::{Column, column};
use crate::et0::{Reference, Station, saturation_vapour_pressure, wind_at_2_m};
use crate::weather::WeatherDay;

const ELEVATION: Column = column("elevation", -500.0, 9_000.0, "m");
/// The method's day length fails beyond the polar circles.
const LATITUDE: Column = column("latitude", -66.0, 66.0, "deg");
/// Where the logarithm of equation 47 is far from its pole.
const WIND_HEIGHT: Column = column("wind height", 0.5, 100.0, "m");

const GIVEN: [Column; 4] = [
    column("Srad", 0.0, 50.0, "MJ/m2/d"),
    column("Tmax", -60.0, 60.0, "Cel"),
    column("Tmin", -60.0, 60.0, "Cel"),
    column("Rain", 0.0, 1_000.0, "mm/d"),
];
/// Columns whose fields may be `NaN`.
const OPTIONAL: [Column; 6] = [
    column("Vapr", 0.0, 10.0, "kPa"),
    column("Tdew", -60.0, 60.0, "Cel"),
    column("RHmax", 0.0, 100.0, "%"),
    column("RHmin", 0.0, 100.0, "%"),
    column("Wndsp", 0.0, 60.0, "m/s"),
    column("ETref", -5.0, 50.0, "mm/d"),
];

/// The wind at 2 m where none was measured, in m/s: the world's mean (FAO-56, p. 63).
const USUAL_WIND: f64 = 2.0;

/// One day's weather.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observed {
    /// The day with what FAO-56 wants of it.
    pub day: WeatherDay,
    /// Least relative humidity in %, measured or from the dew point.
    pub humidity_min: f64,
    /// Reference evapotranspiration in mm/d as the file gives it.
    pub published_reference: Option<f64>,
}

/// A station and its days, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Weather {
    /// Where the station stands.
    pub station: Station,
    /// The reference crop of the file's evapotranspiration and of the crop coefficients.
    pub reference: Reference,
    days: Vec<Observed>,
}

impl Weather {
    pub(super) fn read(path: &Path) -> Result<Self, LayoutError> {
        let text = Text::read(path)?;
        let body = text.body()?;
        let [reference, elevation, latitude, height, _title, rows @ ..] = body.as_slice() else {
            return Err(text.last().refuse(
                "station",
                Fault::Ends("reference crop, elevation, latitude and wind height"),
            ));
        };
        let reference = match first_word(reference) {
            "S" => Reference::Short,
            "T" => Reference::Tall,
            other => {
                let fault = Fault::Word {
                    found: excerpt(other),
                    wanted: "S or T, the short or the tall reference crop",
                };
                return Err(reference.refuse("reference crop", fault));
            }
        };
        let station = Station {
            latitude: latitude.number(first_word(latitude), LATITUDE)?,
            elevation: elevation.number(first_word(elevation), ELEVATION)?,
        };
        let height = height.number(first_word(height), WIND_HEIGHT)?;

        let table = text.table_of(rows)?;
        let given = table.positions(GIVEN)?;
        let optional = table.positions(OPTIONAL)?;
        let mut days: Vec<Observed> = Vec::with_capacity(table.rows.len());
        for row in &table.rows {
            let date = row.day(
                days.last().map(|observed| observed.day.date),
                Follows::NextDay,
            )?;
            let [radiation, max, min, rain] = row.numbers(given, GIVEN)?;
            if min > max {
                let fault = Fault::Relation {
                    found: min,
                    relation: "at most",
                    other: "Tmax",
                    limit: max,
                    unit: "Cel",
                };
                return Err(row.line.refuse("Tmin", fault));
            }
            let mut found = [None; OPTIONAL.len()];
            for ((value, position), column) in found.iter_mut().zip(optional).zip(OPTIONAL) {
                *value = row.number_or_none(position, column)?;
            }
            let [
                vapour,
                dew,
                humidity_max,
                humidity_min,
                wind,
                published_reference,
            ] = found;
            let humidity = Humidity {
                vapour,
                dew,
                max: humidity_max,
                min: humidity_min,
            };
            days.push(Observed {
                day: WeatherDay {
                    date,
                    radiation,
                    temperature_min: min,
                    temperature_max: max,
                    vapour_pressure: humidity.vapour_pressure(min, max),
                    wind: wind_at_2_m(wind.unwrap_or(USUAL_WIND), height),
                    rain,
                },
                humidity_min: humidity.least(min, max),
                published_reference,
            });
        }
        Ok(Self {
            station,
            reference,
            days,
        })
    }

    /// The days, one after the other.
    #[must_use]
    pub fn days(&self) -> &[Observed] {
        &self.days
    }

    /// The weather of `date`, if it is in the file.
    #[must_use]
    pub fn on(&self, date: Date) -> Option<&Observed> {
        let days = &self.days;
        let found = days.binary_search_by_key(&date, |observed| observed.day.date);
        days.get(found.ok()?)
    }

    /// Reference evapotranspiration of a day at this station in mm/d: the file's where it has one, else computed.
    #[must_use]
    pub fn reference_evapotranspiration(&self, observed: &Observed) -> f64 {
        observed
            .published_reference
            .unwrap_or_else(|| self.computed_reference(observed))
    }

    /// Reference evapotranspiration of a day at this station in mm/d from its weather alone.
    #[must_use]
    pub fn computed_reference(&self, observed: &Observed) -> f64 {
        let day = &observed.day;
        day.standardized_evapotranspiration(self.reference, &self.station)
    }
}

fn first_word<'a>(line: &Line<'a>) -> &'a str {
    line.text.split_whitespace().next().unwrap_or("")
}

/// What was measured of a day's humidity.
#[derive(Clone, Copy, Debug, Default)]
struct Humidity {
    vapour: Option<f64>,
    dew: Option<f64>,
    max: Option<f64>,
    min: Option<f64>,
}

impl Humidity {
    /// Actual vapour pressure in kPa by the best source there is, in the order of ASCE-EWRI (2005), table 3:
    /// measured, from the dew point, from both humidities (FAO-56, equation 17), from one (18), and at last with
    /// the dew point taken as 2 °C under `low` (appendix E there).
    fn vapour_pressure(self, low: f64, high: f64) -> f64 {
        let night = |percent: f64| saturation_vapour_pressure(low) * percent / 100.0;
        let noon = |percent: f64| saturation_vapour_pressure(high) * percent / 100.0;
        match self {
            Self {
                vapour: Some(vapour),
                ..
            } => vapour,
            Self { dew: Some(dew), .. } => saturation_vapour_pressure(dew),
            Self {
                max: Some(max),
                min: Some(min),
                ..
            } => f64::midpoint(night(max), noon(min)),
            Self { max: Some(max), .. } => night(max),
            Self { min: Some(min), .. } => noon(min),
            Self { .. } => saturation_vapour_pressure(low - 2.0),
        }
    }

    /// Least relative humidity in %: measured, or at the day's highest temperature from the dew point, for which
    /// `low` stands in.
    fn least(self, low: f64, high: f64) -> f64 {
        self.min.unwrap_or_else(|| {
            let vapour = saturation_vapour_pressure(self.dew.unwrap_or(low));
            100.0 * vapour / saturation_vapour_pressure(high)
        })
    }
}
