//! A measured season after FAO-56 with the dual crop coefficient, from the files of pyfao56.
//!
//! A single crop coefficient (the module [`crop`](crate::crop)) spreads the evaporation of wet soil over the
//! season. Where a crop is young and irrigated often, evaporation is most of the water, and the day after each
//! irrigation is the thirsty one; chapter 7 of FAO-56 then counts transpiration (Kcb) and evaporation (Ke) apart.
//! Layouts and choices of this method differ between programs, so this one follows one program to the column:
//! pyfao56 1.4 of USDA-ARS (K. R. Thorp, *SoftwareX* 19, 2022, 101208), whose seasons come with its output and with
//! what a probe measured. [`Season::read`] takes its folder, [`Season::run`] plays it, [`Output`] holds it against
//! the published columns.
//!
//! Equation, table and page numbers are those of R. G. Allen, L. S. Pereira, D. Raes and M. Smith, *Crop
//! evapotranspiration*, FAO Irrigation and Drainage Paper 56, Rome 1998.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! use gofarm_examples::fao56::{Output, Season};
//!
//! let season = Season::read("data/field/cotton_2022_maricopa".as_ref())?;
//! let (planting, last) = season.span().ok_or("no days")?;
//! for day in season.run(planting, last)? {
//!     println!("{} {:.1} mm", day.inputs.date, day.root_zone.depletion);
//!     assert_eq!(Output::from(&day).get("Dr"), Some(day.root_zone.depletion));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Every value is checked against its limit before a day is played. A file with a fault is refused as a whole with
//! its name, line, column and limit.
//!
//! Where pyfao56 leaves a choice, this takes: stratified soil (a `.sol` file; a `.par` file alone does not do), no
//! runoff, and the stress coefficient of equation 84. Irrigation is
//! taken from the file or from the caller of [`Model::step`]; there is no automatic schedule. A controller that looks
//! at the soil several times a day steps a [`WithinDay`].
//!
//! The water balance closes in the root zone and in all the soil that roots will reach, each for itself
//! ([`RootZone::sunk`], [`RootZone::found`]). It does not close between the two: depletion that roots grow into
//! is shared out by available water, as pyfao56 does.

mod canopy;
mod day_step;
mod error;
mod irrigation;
mod layout;
mod output;
mod parameters;
mod probe;
mod root_zone;
mod season;
mod soil_profile;
mod surface;
mod updates;
mod weather_file;
mod within_day;

pub use canopy::Canopy;
pub use day_step::{Day, Inputs, Model};
pub use error::{Fault, LayoutError};
pub use irrigation::Irrigation;
pub use output::Output;
pub use parameters::{FractionBy, Parameters};
pub use probe::Measured;
pub use root_zone::RootZone;
pub use season::{NoWeather, Season};
pub use soil_profile::{Layer, SoilProfile};
pub use surface::Surface;
pub use updates::Update;
pub use weather_file::{Observed, Weather};
pub use within_day::{Part, WithinDay};
