//! The field: the day's weather spread over the day, on two root zones, one irrigated and one not.

use gofarm_core::random::Random;

use super::day_course::DayCourse;
pub(super) use super::day_course::SLOTS;
use super::plan::Plan;
use crate::soil_water::{RootZone, Step};
use crate::weather::WeatherDay;

/// The irrigated field and its twin that gets rain alone.
#[derive(Debug)]
pub(super) struct Field {
    irrigated: RootZone,
    rain_fed: RootZone,
    course: DayCourse,
    demand: f64,
    et0: f64,
    stress_days: u32,
    rain_fed_stress_days: u32,
}

impl Field {
    /// A field at planting, a third of its available water used up.
    pub(super) fn new(plan: &Plan) -> Self {
        let depth = plan.crop.rooting_depth(0);
        let zone = RootZone::new(
            plan.soil,
            depth,
            plan.soil.total_available_water(depth) / 3.0,
        );
        Self {
            irrigated: zone.clone(),
            rain_fed: zone,
            course: DayCourse::new(),
            demand: 0.0,
            et0: 0.0,
            stress_days: 0,
            rain_fed_stress_days: 0,
        }
    }

    /// Starts the `day`-th day after planting; chance decides when its rain falls.
    pub(super) fn start_day(
        &mut self,
        day: u16,
        weather: &WeatherDay,
        plan: &Plan,
        random: &mut impl Random,
    ) {
        let et0 = weather.reference_evapotranspiration(&plan.station);
        self.et0 += et0;
        self.demand = plan.crop.coefficient(day) * et0;
        let depth = plan.crop.rooting_depth(day);
        let fraction = plan.crop.depletion_fraction_at(self.demand);
        self.irrigated.start_day(depth, fraction);
        self.rain_fed.start_day(depth, fraction);
        self.course.start_day(weather, random);
    }

    /// Moves the water of one slot, with `irrigation` mm.
    pub(super) fn step(&mut self, slot: usize, irrigation: f64) {
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

    /// Rain in mm in this slot: what a rain switch on the controller sees.
    pub(super) fn rain(&self, slot: usize) -> f64 {
        self.course.rain(slot)
    }

    /// The share of the day's sun in this slot; all add up to 1.
    pub(super) fn daylight(&self, slot: usize) -> f64 {
        self.course.daylight(slot)
    }

    /// The day's greatest air temperature in °C.
    pub(super) fn hottest(&self) -> f64 {
        self.course.hottest()
    }

    /// Soil temperature in °C: follows the air, damped and late.
    pub(super) fn temperature(&self, slot: usize) -> f64 {
        self.course.temperature(slot)
    }

    /// Water that drained from the field on rain alone, in mm.
    pub(super) fn drained_on_rain_alone(&self) -> f64 {
        self.rain_fed.moved().drained
    }

    pub(super) fn irrigated(&self) -> &RootZone {
        &self.irrigated
    }

    /// Sum of reference evapotranspiration in mm.
    pub(super) fn et0(&self) -> f64 {
        self.et0
    }

    /// Days that ended under stress: irrigated, and on rain alone.
    pub(super) fn stress_days(&self) -> (u32, u32) {
        (self.stress_days, self.rain_fed_stress_days)
    }
}
