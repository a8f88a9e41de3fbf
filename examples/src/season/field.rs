//! The field: the day's weather spread over the day, on two root zones, one irrigated and one not.

use gofarm_core::random::Random;

use super::plan::Plan;
use crate::soil_water::{RootZone, Step};
use crate::weather::WeatherDay;

/// Steps in a day; each is 15 minutes.
pub(super) const SLOTS: usize = 96;

/// The irrigated field and its twin that gets rain alone.
#[derive(Debug)]
pub(super) struct Field {
    irrigated: RootZone,
    rain_fed: RootZone,
    /// Shares of the day's sun and of its crop water use, by slot; they add up to 1.
    daylight: [f64; SLOTS],
    rain: [f64; SLOTS],
    demand: f64,
    temperature: (f64, f64),
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
            daylight: daylight_shares(),
            rain: [0.0; SLOTS],
            demand: 0.0,
            temperature: (0.0, 0.0),
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
        self.temperature = (weather.temperature_min, weather.temperature_max);

        // One shower of 1 to 8 hours; a heavy one takes at least 1 h for each 10 mm.
        self.rain = [0.0; SLOTS];
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rain is 0 to 1000 mm/d and the draws are below 97"
        )]
        let (slots, start) = {
            let drawn = 4 * (random.below(8) + 1);
            let slots = drawn
                .max((weather.rain / 2.5).ceil() as u64)
                .min(SLOTS as u64);
            let start = random.below(SLOTS as u64 - slots + 1);
            (slots as usize, start as usize)
        };
        for rain in &mut self.rain[start..start + slots] {
            *rain = weather.rain / slots as f64;
        }
    }

    /// Moves the water of one slot, with `irrigation` mm.
    pub(super) fn step(&mut self, slot: usize, irrigation: f64) {
        let step = Step {
            rain: self.rain[slot],
            irrigation,
            demand: self.demand * self.daylight[slot],
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
        self.rain[slot]
    }

    /// The share of the day's sun in this slot; all add up to 1.
    pub(super) fn daylight(&self, slot: usize) -> f64 {
        self.daylight[slot]
    }

    /// The day's greatest air temperature in °C.
    pub(super) fn hottest(&self) -> f64 {
        self.temperature.1
    }

    /// Soil temperature in °C: follows the air, damped and late.
    pub(super) fn temperature(&self, slot: usize) -> f64 {
        let (min, max) = self.temperature;
        let phase = (slot as f64 / SLOTS as f64 - 0.67) * core::f64::consts::TAU;
        f64::midpoint(min, max) + 0.25 * (max - min) * phase.cos()
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

/// Half a sine from 06:00 to 20:00.
fn daylight_shares() -> [f64; SLOTS] {
    let mut shares = [0.0; SLOTS];
    for (slot, share) in shares.iter_mut().enumerate() {
        let hour = (slot as f64 + 0.5) * 24.0 / SLOTS as f64;
        *share = ((hour - 6.0) / 14.0 * core::f64::consts::PI).sin().max(0.0);
        if !(6.0..20.0).contains(&hour) {
            *share = 0.0;
        }
    }
    let sum: f64 = shares.iter().sum();
    shares.map(|share| share / sum)
}
