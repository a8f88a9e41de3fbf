//! A folder with one season's files, and the season played from it.

use alloc::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::canopy::climate_term;
use super::day_step::{Day, Inputs, Model};
use super::error::LayoutError;
use super::irrigation::{self, Irrigation};
use super::output::{self, Output};
use super::parameters::{self, FractionBy, Parameters};
use super::probe::{self, Measured};
use super::soil_profile::SoilProfile;
use super::updates::{self, Update};
use super::weather_file::Weather;

/// One season of one field.
#[derive(Clone, Debug)]
pub struct Season {
    parameters: Parameters,
    profile: SoilProfile,
    weather: Weather,
    irrigations: BTreeMap<Date, Irrigation>,
    updates: BTreeMap<Date, Update>,
    published: Vec<Output>,
    measured: Vec<Measured>,
}

/// Why days could not be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no weather on {day}; the file has {first} to {last}")]
pub struct NoWeather {
    /// The day that lacks weather.
    pub day: Date,
    /// The first day with weather.
    pub first: Date,
    /// The last day with weather.
    pub last: Date,
}

impl Season {
    /// Reads the files in `folder`: one each of `.par`, `.sol` and `.wth`, and at most one each of `.irr`, `.upd`,
    /// `.out` and `.sws`.
    ///
    /// No file says whether the run behind a `.out` kept the depletion fraction p of the crop on every day; where
    /// its column p is the crop's from end to end, this season does so too ([`FractionBy::Crop`]).
    ///
    /// # Errors
    /// [`LayoutError`] at the first thing that is missing, impossible or outside its limits.
    pub fn read(folder: &Path) -> Result<Self, LayoutError> {
        let mut parameters = parameters::read(&need(folder, "par")?)?;
        let profile = SoilProfile::read(&need(folder, "sol")?, &parameters)?;
        let weather = Weather::read(&need(folder, "wth")?)?;
        let published = match find(folder, "out")? {
            Some(path) => output::read(&path)?,
            None => Vec::new(),
        };
        let is_crops = |day: &Output| {
            let fraction = day.get("p").unwrap_or(f64::NAN);
            (fraction - parameters.depletion_fraction).abs() < 0.000_6
        };
        if !published.is_empty() && published.iter().all(is_crops) {
            parameters.fraction_by = FractionBy::Crop;
        }
        let grown = parameters.roots[1];
        Ok(Self {
            irrigations: match find(folder, "irr")? {
                Some(path) => irrigation::read(&path)?,
                None => BTreeMap::new(),
            },
            updates: match find(folder, "upd")? {
                Some(path) => updates::read(&path)?,
                None => BTreeMap::new(),
            },
            published,
            measured: match find(folder, "sws")? {
                Some(path) => probe::read(&path, grown)?,
                None => Vec::new(),
            },
            parameters,
            profile,
            weather,
        })
    }

    /// The season with its crop coefficients moved from the climate that FAO-56 prints them for to this one, where
    /// it is planted on `planting`: equations 62 (Kc mid), 65 (Kc end) and 70 (Kcb mid and end), over the mean wind
    /// and least humidity of the mid-season and of the late stage. Coefficients under 0.45 stay, as do those of a
    /// stage without weather. The files' coefficients are taken as given unless this is called.
    #[must_use]
    pub fn adjusted_to_climate(mut self, planting: Date) -> Self {
        let [a, b, c, d] = self.parameters.stages.map(usize::from);
        for (index, from, length) in [(1, a + b, c), (2, a + b + c, d)] {
            let first = self
                .weather
                .days()
                .partition_point(|o| o.day.date < planting);
            let is_late = self.weather.on(planting).is_none();
            let days = self.weather.days().iter().skip(first + from).take(length);
            let count = days.len() as f64;
            if is_late || count == 0.0 {
                continue;
            }
            let wind = days.clone().map(|o| o.day.wind).sum::<f64>() / count;
            let humidity = days.map(|o| o.humidity_min).sum::<f64>() / count;
            let term = climate_term(wind, humidity, self.parameters.height[1]);
            for curve in [&mut self.parameters.single, &mut self.parameters.basal] {
                if let Some(value) = curve.get_mut(index).filter(|value| **value >= 0.45) {
                    *value += term;
                }
            }
        }
        self
    }

    /// The crop's parameters.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The soil.
    #[must_use]
    pub fn profile(&self) -> &SoilProfile {
        &self.profile
    }

    /// The weather.
    #[must_use]
    pub fn weather(&self) -> &Weather {
        &self.weather
    }

    /// The irrigation that was given, by day.
    #[must_use]
    pub fn irrigations(&self) -> &BTreeMap<Date, Irrigation> {
        &self.irrigations
    }

    /// The days of pyfao56's output; none where there is no such file.
    #[must_use]
    pub fn published(&self) -> &[Output] {
        &self.published
    }

    /// What the probe measured; nothing where there is no such file.
    #[must_use]
    pub fn measured(&self) -> &[Measured] {
        &self.measured
    }

    /// The first and the last day: of pyfao56's output where there is one, else of the weather. The first is the
    /// day of planting.
    #[must_use]
    pub fn span(&self) -> Option<(Date, Date)> {
        if let (Some(first), Some(last)) = (self.published.first(), self.published.last()) {
            return Some((first.date, last.date));
        }
        let days = self.weather.days();
        Some((days.first()?.day.date, days.last()?.day.date))
    }

    /// The field on the day of planting.
    #[must_use]
    pub fn model(&self) -> Model {
        Model::new(&self.parameters, &self.profile, self.weather.reference)
    }

    /// What `date` brought, with the irrigation that was given.
    ///
    /// # Errors
    /// [`NoWeather`] where the weather does not have this day.
    pub fn inputs(&self, date: Date) -> Result<Inputs, NoWeather> {
        let Some(observed) = self.weather.on(date) else {
            let days = self.weather.days();
            return Err(NoWeather {
                day: date,
                first: days.first().map_or(date, |observed| observed.day.date),
                last: days.last().map_or(date, |observed| observed.day.date),
            });
        };
        Ok(Inputs {
            date,
            reference: self.weather.reference_evapotranspiration(observed),
            wind: observed.day.wind,
            humidity_min: observed.humidity_min,
            rain: observed.day.rain,
            irrigation: self.irrigations.get(&date).copied(),
            update: self.updates.get(&date).copied().unwrap_or_default(),
        })
    }

    /// Plays the days from `planting` to `last` with the irrigation that was given.
    ///
    /// # Errors
    /// [`NoWeather`] at the first day that the weather does not have.
    pub fn run(&self, planting: Date, last: Date) -> Result<Vec<Day>, NoWeather> {
        let mut model = self.model();
        let mut days = Vec::new();
        for date in planting.series(jiff::Span::new().days(1)) {
            if date > last {
                break;
            }
            days.push(model.step(self.inputs(date)?));
        }
        Ok(days)
    }
}

/// The one file in `folder` that ends in `.extension`, if there is one.
fn find(folder: &Path, extension: &'static str) -> Result<Option<PathBuf>, LayoutError> {
    let open = |source| LayoutError::Open {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(open)? {
        let path = entry.map_err(open)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    if files.len() > 1 {
        return Err(count(
            folder,
            extension,
            files.len(),
            "at most one is wanted",
        ));
    }
    Ok(files.pop())
}

fn need(folder: &Path, extension: &'static str) -> Result<PathBuf, LayoutError> {
    find(folder, extension)?.ok_or_else(|| count(folder, extension, 0, "one is wanted"))
}

fn count(
    folder: &Path,
    extension: &'static str,
    found: usize,
    wanted: &'static str,
) -> LayoutError {
    LayoutError::Folder {
        path: folder.to_owned(),
        extension,
        found,
        wanted,
    }
}
