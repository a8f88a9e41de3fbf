//! One day of the dual crop coefficient: crop, surface and root zone in their order.

use jiff::civil::Date;

use super::canopy::{Canopy, Growth};
use super::irrigation::Irrigation;
use super::parameters::Parameters;
use super::root_zone::{Demand, RootZone, SoilWater};
use super::soil_profile::SoilProfile;
use super::surface::{Surface, SurfaceLayer, Wetting};
use super::updates::Update;
use crate::et0::Reference;

/// What a day brings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inputs {
    /// The day.
    pub date: Date,
    /// Reference evapotranspiration ETref in mm.
    pub reference: f64,
    /// Mean wind speed at 2 m in m/s.
    pub wind: f64,
    /// Least relative humidity in %.
    pub humidity_min: f64,
    /// Rain in mm.
    pub rain: f64,
    /// Irrigation, if there was one.
    pub irrigation: Option<Irrigation>,
    /// What was observed of the crop.
    pub update: Update,
}

/// One day of a season as it was computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Day {
    /// What the day brought.
    pub inputs: Inputs,
    /// The crop.
    pub canopy: Canopy,
    /// The surface.
    pub surface: Surface,
    /// The root zone.
    pub root_zone: RootZone,
    /// Irrigation in mm that reached the soil.
    pub effective_irrigation: f64,
    /// Total available water in mm down to where full-grown roots end.
    pub total_max: f64,
}

/// A field's state between two days.
///
/// A caller that decides on irrigation steps it by hand; [`Season::run`](super::Season::run) steps it through a
/// season with the irrigation that was given.
#[derive(Clone, Debug)]
pub struct Model {
    growth: Growth,
    surface: SurfaceLayer,
    soil: SoilWater,
}

impl Model {
    /// A field on the day of planting: surface dry, soil as the profile starts.
    ///
    /// `profile` must reach as deep as full-grown roots, and its total evaporable water must be over the crop's
    /// readily evaporable water; what [`Season::read`](super::Season::read) has read is so.
    #[must_use]
    pub fn new(parameters: &Parameters, profile: &SoilProfile, reference: Reference) -> Self {
        let evaporable = profile.total_evaporable(parameters.evaporation_depth);
        Self {
            growth: Growth::new(*parameters, reference),
            surface: SurfaceLayer::new(evaporable, parameters.readily_evaporable),
            soil: SoilWater::new(parameters, profile.clone()),
        }
    }

    /// Depletion Dr of the root zone now, in mm.
    #[must_use]
    pub fn depletion(&self) -> f64 {
        self.soil.depletion()
    }

    /// Depletion now of all the soil that roots will reach, in mm; before the first day it is negative in a soil
    /// wetter than field capacity.
    #[must_use]
    pub fn depletion_max(&self) -> f64 {
        self.soil.depletion_max()
    }

    /// Plays one day; the first is the day of planting.
    pub fn step(&mut self, inputs: Inputs) -> Day {
        let Inputs {
            reference, rain, ..
        } = inputs;
        let canopy = self
            .growth
            .next_day(inputs.wind, inputs.humidity_min, inputs.update);
        let wetting = Wetting {
            rain,
            irrigation: inputs.irrigation,
        };
        let surface = self.surface.next_day(reference, &canopy, wetting);
        let root_zone = self.soil.next_day(Demand {
            roots: canopy.roots,
            arriving: rain + wetting.effective(),
            crop: (surface.coefficient + canopy.basal) * reference, // equation 69
            basal: canopy.basal * reference,
            evaporation: surface.evaporation,
        });
        Day {
            inputs,
            canopy,
            surface,
            root_zone,
            effective_irrigation: wetting.effective(),
            total_max: self.soil.total_max(),
        }
    }
}
