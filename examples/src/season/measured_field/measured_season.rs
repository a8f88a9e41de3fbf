//! A folder in the layout of pyfao56 as a season to play, and as it was played then.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::crop::Crop;
use crate::et0::Station;
use crate::fao56::{self, Day, Irrigation, LayoutError, NoWeather};
use crate::season::plan::{Background, DEFAULT_SEED, Plan};
use crate::season::roots::Roots;
use crate::soil_water::Soil;
use crate::weather::WeatherDay;

/// The longest season in days: that of every plan.
const LONGEST: usize = 366;

/// A measured season of one field: its weather, crop and soil, and its days with the irrigation that was given.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn core::error::Error>> {
/// use gofarm_examples::season::MeasuredSeason;
///
/// let measured = MeasuredSeason::read("data/field/cotton_2022_maricopa".as_ref())?;
/// let reference = measured.reference(Vec::new());
/// assert!(reference.depletion_rmse_mm.is_some_and(|rmse| rmse <= 1.0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MeasuredSeason {
    name: String,
    season: fao56::Season,
    as_given: Vec<Day>,
    weather: Vec<WeatherDay>,
    plan: Plan,
}

/// Why a folder is no season that can be played; one line that names the file, the line and the limit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MeasuredError {
    /// A file is missing or wrong.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The output has days that the weather does not have.
    #[error("{}: the .wth file has no weather on {}; it has {} to {}", path.display(), source.day, source.first, source.last)]
    Weather {
        /// The folder.
        path: PathBuf,
        /// The day.
        source: NoWeather,
    },
    /// The season is longer than a year.
    #[error("{}: {first} to {last} is {days} days, the limit is {LONGEST}", path.display())]
    TooLong {
        /// The folder.
        path: PathBuf,
        /// The first day.
        first: Date,
        /// The last day.
        last: Date,
        /// How many that is.
        days: usize,
    },
}

impl MeasuredSeason {
    /// Reads `folder` and plays its days with the irrigation that was given. The days are those of its `.out` file,
    /// or of its weather where there is none.
    ///
    /// # Errors
    /// [`MeasuredError`] at the first thing that is missing, impossible or outside its limits.
    pub fn read(folder: &Path) -> Result<Self, MeasuredError> {
        let season = fao56::Season::read(folder)?;
        // A table without a row is refused, so there are days.
        let (first, last) = season.span().unwrap_or_default();
        let as_given = season
            .run(first, last)
            .map_err(|source| MeasuredError::Weather {
                path: folder.to_owned(),
                source,
            })?;
        if as_given.len() > LONGEST {
            return Err(MeasuredError::TooLong {
                path: folder.to_owned(),
                first,
                last,
                days: as_given.len(),
            });
        }
        let within = |day: &WeatherDay| (first..=last).contains(&day.date);
        let days = season.weather().days().iter().map(|observed| observed.day);
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            weather: days.filter(within).collect(),
            plan: Plan {
                from: first,
                to: last,
                station: season.weather().station,
                seed: DEFAULT_SEED,
                crop: crop(&season),
                soil: soil(&season),
                background: Background::default(),
            },
            as_given,
            season,
        })
    }

    /// The folder's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The weather of the season's days, one after the other.
    #[must_use]
    pub fn weather(&self) -> &[WeatherDay] {
        &self.weather
    }

    /// Where the weather was observed.
    #[must_use]
    pub fn station(&self) -> Station {
        self.plan.station
    }

    /// The plan that plays these days.
    ///
    /// Its crop is the files' with the single coefficients, and its soil the mean of the layers that roots reach:
    /// what a reader of the plan may want to know. The fields of a measured season follow the files themselves.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// The files.
    #[must_use]
    pub fn files(&self) -> &fao56::Season {
        &self.season
    }

    /// The days with the irrigation that was given.
    #[must_use]
    pub fn as_given(&self) -> &[Day] {
        &self.as_given
    }

    /// The reference evapotranspiration of a day in mm, of the reference that the files' coefficients are for.
    pub(in crate::season) fn et0(&self, date: Date) -> Option<f64> {
        let place = date.since(self.plan.from).ok()?.get_days();
        let day = self.as_given.get(usize::try_from(place).ok()?)?;
        Some(day.inputs.reference)
    }

    /// The roots on the `day`-th day after planting, which no water changes; after the last day they stay.
    pub(in crate::season) fn roots_on(&self, day: u16) -> Roots {
        let grown = self.as_given.get(usize::from(day)).or(self.as_given.last());
        let crop = self.season.parameters();
        let depth = grown.map_or(crop.roots[0], |day| day.canopy.roots);
        let profile = self.season.profile();
        Roots {
            depth,
            field_capacity: profile.field_capacity(depth),
            total_available: profile.total_available(depth),
        }
    }

    /// How water was given by `date`, with no depth: as by the last irrigation until then, else as by the first, and
    /// over the whole surface without loss where none is known.
    pub(super) fn irrigation_on(&self, date: Date) -> Irrigation {
        let irrigations = self.season.irrigations();
        let last = irrigations.range(..=date).next_back();
        let known = last.or_else(|| irrigations.first_key_value());
        let whole = Irrigation {
            depth: 0.0,
            wetted: 1.0,
            efficiency: 1.0,
        };
        known.map_or(whole, |(_, water)| Irrigation {
            depth: 0.0,
            ..*water
        })
    }
}

fn crop(season: &fao56::Season) -> Crop {
    let parameters = season.parameters();
    Crop {
        name: "measured crop",
        stages: parameters.stages,
        coefficients: parameters.single,
        roots: parameters.roots,
        depletion_fraction: parameters.depletion_fraction,
    }
}

fn soil(season: &fao56::Season) -> Soil {
    let (profile, roots) = (season.profile(), season.parameters().roots[1]);
    let field_capacity = profile.field_capacity(roots);
    Soil {
        name: "layered soil",
        field_capacity,
        wilting_point: field_capacity - profile.total_available(roots) / (1000.0 * roots),
    }
}
