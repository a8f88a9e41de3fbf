//! One day's weather in its course: when the sun shines, when the rain falls, how warm the soil is.

use gofarm_core::random::Random;

use crate::weather::WeatherDay;

/// Steps in a day; each is 15 minutes.
pub(super) const SLOTS: usize = 96;

/// The day that is played, by slots; a slot beyond the day has no sun and no rain.
#[derive(Debug)]
pub(super) struct DayCourse {
    daylight: [f64; SLOTS],
    rain: [f64; SLOTS],
    temperature: (f64, f64),
}

impl DayCourse {
    /// A day without weather.
    pub(super) fn new() -> Self {
        Self {
            daylight: daylight_shares(),
            rain: [0.0; SLOTS],
            temperature: (0.0, 0.0),
        }
    }

    /// Starts a day; chance decides when its rain falls.
    pub(super) fn start_day(&mut self, weather: &WeatherDay, random: &mut impl Random) {
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

    /// Rain in mm in this slot: what a rain switch on the controller sees.
    pub(super) fn rain(&self, slot: usize) -> f64 {
        self.rain.get(slot).copied().unwrap_or_default()
    }

    /// The share of the day's sun, and of its crop water use, in this slot; all add up to 1.
    pub(super) fn daylight(&self, slot: usize) -> f64 {
        self.daylight.get(slot).copied().unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::random::SplitMix64;

    #[test]
    fn a_day_has_all_of_its_sun_and_rain_and_no_sun_at_night() {
        for (seed, rain) in (0..200).zip([0.0, 0.3, 12.0, 80.0, 1_000.0].into_iter().cycle()) {
            let mut course = DayCourse::new();
            let weather = WeatherDay {
                date: jiff::civil::date(2003, 7, 1),
                radiation: 20.0,
                temperature_min: 10.0,
                temperature_max: 20.0,
                vapour_pressure: 1.2,
                wind: 2.0,
                rain,
            };
            course.start_day(&weather, &mut SplitMix64::new(seed));
            let sum = |of: &dyn Fn(usize) -> f64| (0..SLOTS).map(of).sum::<f64>();
            assert!((sum(&|slot| course.daylight(slot)) - 1.0).abs() < 1e-9);
            assert!(
                (sum(&|slot| course.rain(slot)) - rain).abs() < 1e-9,
                "seed {seed}"
            );
            let heaviest = (0..SLOTS).map(|slot| course.rain(slot)).fold(0.0, f64::max);
            assert!(
                heaviest <= 2.5 || rain > 240.0,
                "seed {seed}: {heaviest} mm in a slot"
            );
            assert_eq!(course.daylight(4 * 5) + course.daylight(4 * 21), 0.0);
            assert_eq!(course.rain(SLOTS), 0.0);
        }
    }
}
