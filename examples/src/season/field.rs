//! The field: what stands in its soil, what the day does to it, and what its twin on rain alone becomes.
//!
//! Two models have this one shape: [`EvenField`], and the field of a measured season
//! ([`MeasuredField`](super::measured_field::MeasuredField)).

use core::fmt::Debug;

use gofarm_core::random::SplitMix64;

use super::day_course::DayCourse;
pub(super) use super::day_course::SLOTS;
use super::measured_field::Account;
use super::plan::Plan;
use crate::soil_water::{Moved, RootZone, Step};
use crate::weather::WeatherDay;

/// An irrigated field and its twin that gets rain alone.
pub(super) trait Field: Debug {
    /// Starts the `day`-th day after planting; chance decides when its rain falls.
    fn start_day(&mut self, day: u16, weather: &WeatherDay, random: &mut SplitMix64);

    /// Moves the water of one slot, with `irrigation` mm; the last slot ends the day.
    fn step(&mut self, slot: usize, irrigation: f64);

    /// The course of the day's weather.
    fn course(&self) -> &DayCourse;

    /// The water in the irrigated root zone now.
    fn water(&self) -> RootWater;

    /// Water moved in the irrigated field until the last midnight at least.
    fn moved(&self) -> Moved;

    /// Water in mm that the irrigated soil has gained since planting, as of [`Field::moved`].
    fn stored(&self) -> f64;

    /// Water that drained from the field on rain alone, in mm.
    fn drained_on_rain_alone(&self) -> f64;

    /// Sum of reference evapotranspiration in mm.
    fn et0(&self) -> f64;

    /// Days that ended under stress: irrigated, and on rain alone.
    fn stress_days(&self) -> (u32, u32);

    /// What became of the water, for a comparison with a measured season.
    fn account(&self) -> Option<Account>;
}

/// The water in a root zone at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RootWater {
    /// What is missing to field capacity, in mm.
    pub(super) depletion: f64,
    /// What may be missing without stress, in mm.
    pub(super) readily_available: f64,
    /// What may be missing before the crop wilts, in mm.
    pub(super) total_available: f64,
    /// Mean water content in m³/m³.
    pub(super) content: f64,
    /// The stress coefficient Ks, 0 to 1.
    pub(super) stress: f64,
}

/// A field of one even soil, with the single crop coefficient.
#[derive(Debug)]
pub(super) struct EvenField {
    plan: Plan,
    irrigated: RootZone,
    rain_fed: RootZone,
    course: DayCourse,
    start_depletion: f64,
    demand: f64,
    et0: f64,
    stress_days: u32,
    rain_fed_stress_days: u32,
}

impl EvenField {
    /// A field at planting, a third of its available water used up.
    pub(super) fn new(plan: &Plan) -> Self {
        let depth = plan.crop.rooting_depth(0);
        let zone = RootZone::new(
            plan.soil,
            depth,
            plan.soil.total_available_water(depth) / 3.0,
        );
        Self {
            plan: *plan,
            start_depletion: zone.depletion(),
            irrigated: zone.clone(),
            rain_fed: zone,
            course: DayCourse::new(),
            demand: 0.0,
            et0: 0.0,
            stress_days: 0,
            rain_fed_stress_days: 0,
        }
    }
}

impl Field for EvenField {
    fn start_day(&mut self, day: u16, weather: &WeatherDay, random: &mut SplitMix64) {
        let crop = &self.plan.crop;
        let et0 = weather.reference_evapotranspiration(&self.plan.station);
        self.et0 += et0;
        self.demand = crop.coefficient(day) * et0;
        let depth = crop.rooting_depth(day);
        let fraction = crop.depletion_fraction_at(self.demand);
        self.irrigated.start_day(depth, fraction);
        self.rain_fed.start_day(depth, fraction);
        self.course.start_day(weather, random);
    }

    fn step(&mut self, slot: usize, irrigation: f64) {
        let step = Step {
            rain: self.course.rain(slot),
            irrigation,
            demand: self.demand * self.course.daylight(slot),
        };
        self.irrigated.step(step);
        self.rain_fed.step(Step {
            irrigation: 0.0,
            ..step
        });
        if slot == SLOTS - 1 {
            self.stress_days += u32::from(self.irrigated.stress() < 1.0);
            self.rain_fed_stress_days += u32::from(self.rain_fed.stress() < 1.0);
        }
    }

    fn course(&self) -> &DayCourse {
        &self.course
    }

    fn water(&self) -> RootWater {
        let zone = &self.irrigated;
        RootWater {
            depletion: zone.depletion(),
            readily_available: zone.readily_available(),
            total_available: zone.total_available(),
            content: zone.water_content(),
            stress: zone.stress(),
        }
    }

    fn moved(&self) -> Moved {
        self.irrigated.moved()
    }

    fn stored(&self) -> f64 {
        self.start_depletion - self.irrigated.depletion()
    }

    fn drained_on_rain_alone(&self) -> f64 {
        self.rain_fed.moved().drained
    }

    fn et0(&self) -> f64 {
        self.et0
    }

    fn stress_days(&self) -> (u32, u32) {
        (self.stress_days, self.rain_fed_stress_days)
    }

    fn account(&self) -> Option<Account> {
        None
    }
}
