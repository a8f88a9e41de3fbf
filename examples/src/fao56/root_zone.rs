//! The water in the layered soil: in the growing root zone, and in all that the roots will reach.
//!
//! The two are counted side by side. Water goes into the root zone and what it cannot hold sinks into the soil
//! below it; deep percolation is only what leaves the depth that full-grown roots reach. FAO-56 has one zone and
//! lets water leave at the roots of the day; the layered balance is that of pyfao56 for stratified soils.

use super::parameters::{FractionBy, Parameters};
use super::soil_profile::SoilProfile;
use crate::crop::depletion_fraction;
use crate::soil_water::stress_coefficient;

/// The soil's water on one day, in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RootZone {
    /// Total available water TAW in the root zone (equation 82).
    pub total: f64,
    /// Total available water below the root zone, down to where roots end.
    pub total_below: f64,
    /// Share p of the total that the crop takes without stress (Table 22).
    pub fraction: f64,
    /// Stress coefficient Ks at the day's start, 0 to 1 (equation 84).
    pub stress: f64,
    /// Stress coefficient Ks at the day's end.
    pub stress_at_end: f64,
    /// Transpiration T.
    pub transpiration: f64,
    /// Actual evapotranspiration ETa (equation 80).
    pub actual: f64,
    /// Deep percolation DP from where roots end (equation 88 at that depth).
    pub percolation: f64,
    /// Depletion that the roots met in the soil they grew into.
    pub met: f64,
    /// Depletion Dr of the root zone at the day's end (equation 85), 0 to the total (86).
    pub depletion: f64,
    /// Depletion of all the soil that roots will reach, at the day's end.
    pub depletion_max: f64,
    /// Depletion of the soil below the root zone, at the day's end.
    pub depletion_below: f64,
    /// Water that the root zone could not hold and that sank into the soil below.
    pub sunk: f64,
    /// Water that the balance of the root zone would have lacked and that equation 86 takes as found: the limit of
    /// the method where evaporation or a dry start asks for more than there is.
    pub found: f64,
    /// As [`RootZone::found`], for all the soil that roots will reach.
    pub found_max: f64,
}

/// A day's demand on the soil and what reaches it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    /// Rooting depth in metres.
    pub(super) roots: f64,
    /// Water that reaches the soil in mm.
    pub(super) arriving: f64,
    /// Evapotranspiration without stress, ETc, in mm.
    pub(super) crop: f64,
    /// Basal evapotranspiration without stress, Kcb · ETref, in mm.
    pub(super) basal: f64,
    /// Evaporation in mm.
    pub(super) evaporation: f64,
}

/// The soil's state.
#[derive(Clone, Debug)]
pub(super) struct SoilWater {
    profile: SoilProfile,
    base_fraction: f64,
    fraction_by: FractionBy,
    total_max: f64,
    total_below: f64,
    depletion: f64,
    depletion_max: f64,
    depletion_below: f64,
}

impl SoilWater {
    /// The soil as its profile starts.
    pub(super) fn new(crop: &Parameters, profile: SoilProfile) -> Self {
        let [young, grown] = crop.roots;
        let (depletion, depletion_max) = (
            profile.initial_depletion(young),
            profile.initial_depletion(grown),
        );
        let total_max = profile.total_available(grown);
        Self {
            base_fraction: crop.depletion_fraction,
            fraction_by: crop.fraction_by,
            total_max,
            total_below: total_max - profile.total_available(young),
            depletion,
            depletion_max,
            depletion_below: depletion_max - depletion,
            profile,
        }
    }

    pub(super) fn total_max(&self) -> f64 {
        self.total_max
    }

    pub(super) fn depletion(&self) -> f64 {
        self.depletion
    }

    pub(super) fn depletion_max(&self) -> f64 {
        self.depletion_max
    }

    /// Moves a day's water.
    pub(super) fn next_day(&mut self, demand: Demand) -> RootZone {
        let total = self.profile.total_available(demand.roots);
        let total_below = self.total_max - total;
        let fraction = match self.fraction_by {
            FractionBy::Demand => depletion_fraction(self.base_fraction, demand.crop),
            FractionBy::Crop => self.base_fraction,
        };
        let stress = stress_coefficient(self.depletion, total, fraction);
        let transpiration = stress * demand.basal;
        let actual = transpiration + demand.evaporation;

        let net = actual - demand.arriving;
        let percolation = (-net - self.depletion_max).max(0.0);
        let met = if self.total_below > 0.0 {
            self.depletion_below * (1.0 - total_below / self.total_below)
        } else {
            0.0
        };
        let wanted = self.depletion + net + met;
        let wanted_max = self.depletion_max + net + percolation;
        self.depletion = wanted.clamp(0.0, total);
        self.depletion_max = wanted_max.clamp(0.0, self.total_max);
        let below = self.depletion_max - self.depletion;
        self.depletion_below = below.clamp(0.0, total_below.max(0.0));
        self.total_below = total_below;
        RootZone {
            total,
            total_below,
            fraction,
            stress,
            stress_at_end: stress_coefficient(self.depletion, total, fraction),
            transpiration,
            actual,
            percolation,
            met,
            depletion: self.depletion,
            depletion_max: self.depletion_max,
            depletion_below: self.depletion_below,
            sunk: (-wanted).max(0.0),
            found: (wanted - total).max(0.0),
            found_max: (wanted_max - self.total_max).max(0.0),
        }
    }
}
