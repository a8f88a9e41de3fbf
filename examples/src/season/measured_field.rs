//! A field of a measured season: its soil and crop after the files of pyfao56, its water from the season's own valves.
//!
//! With the irrigation of its files such a season is [`fao56::Season::run`](crate::fao56::Season::run), and its
//! [`Reference`] tells how near that comes to the published output and to the probe. With a controller in its place
//! the same model, weather and crop tell what the field would have become of the water that the controller gave: the
//! two accounts stand side by side in the reference.

mod measured_season;
mod reference;

pub use measured_season::{MeasuredError, MeasuredSeason};
pub use reference::{Account, Reference, ReferenceDay};

use gofarm_core::random::SplitMix64;

use self::reference::is_stressed;
use super::day_course::{DayCourse, SLOTS};
use super::field::{Field, RootWater};
use crate::fao56::{Day, Inputs, Irrigation, Part, WithinDay};
use crate::soil_water::Moved;
use crate::weather::WeatherDay;

/// The irrigated field and its twin that gets rain alone, with the dual crop coefficient.
#[derive(Debug)]
pub(super) struct MeasuredField {
    irrigated: WithinDay,
    rain_fed: WithinDay,
    course: DayCourse,
    /// What each day brings besides irrigation, and how irrigation is given on it.
    days: Vec<(Inputs, Irrigation)>,
    /// How irrigation is given today.
    water: Irrigation,
    played: Vec<Day>,
    start_depletion: f64,
    et0: f64,
    stress_days: u32,
    rain_fed_stress_days: u32,
}

impl MeasuredField {
    /// The field of `season` at planting.
    pub(super) fn new(season: &MeasuredSeason) -> Self {
        let field = WithinDay::new(season.files());
        let day = |day: &Day| {
            let inputs = Inputs {
                irrigation: None,
                ..day.inputs
            };
            (inputs, season.irrigation_on(inputs.date))
        };
        let days: Vec<_> = season.as_given().iter().map(day).collect();
        Self {
            start_depletion: field.depletion_max(),
            rain_fed: field.clone(),
            irrigated: field,
            course: DayCourse::new(),
            water: Irrigation {
                depth: 0.0,
                wetted: 1.0,
                efficiency: 1.0,
            },
            played: Vec::with_capacity(days.len()),
            days,
            et0: 0.0,
            stress_days: 0,
            rain_fed_stress_days: 0,
        }
    }

    /// The irrigated soil now.
    #[cfg(test)]
    fn irrigated(&self) -> &WithinDay {
        &self.irrigated
    }

    /// The days that were played, with the irrigation that they were given.
    #[cfg(test)]
    fn played(&self) -> &[Day] {
        &self.played
    }
}

/// Of the weather only the course counts: what a day brings is in the files. After the season's last day nothing moves.
impl Field for MeasuredField {
    fn start_day(&mut self, day: u16, weather: &WeatherDay, random: &mut SplitMix64) {
        self.course.start_day(weather, random);
        let Some(&(inputs, water)) = self.days.get(usize::from(day)) else {
            return;
        };
        self.water = water;
        self.et0 += inputs.reference;
        self.irrigated.start_day(inputs);
        self.rain_fed.start_day(inputs);
    }

    fn step(&mut self, slot: usize, irrigation: f64) {
        let given = Irrigation {
            depth: irrigation,
            ..self.water
        };
        let part = Part {
            sun: self.course.daylight(slot),
            rain: self.course.rain(slot),
            irrigation: (irrigation > 0.0).then_some(given),
        };
        self.irrigated.step(part);
        self.rain_fed.step(Part {
            irrigation: None,
            ..part
        });
        if slot == SLOTS - 1 {
            let (irrigated, rain_fed) = (self.irrigated.end_day(), self.rain_fed.end_day());
            self.stress_days += u32::from(irrigated.as_ref().is_some_and(is_stressed));
            self.rain_fed_stress_days += u32::from(rain_fed.as_ref().is_some_and(is_stressed));
            self.played.extend(irrigated);
        }
    }

    fn course(&self) -> &DayCourse {
        &self.course
    }

    fn water(&self) -> RootWater {
        let soil = &self.irrigated;
        RootWater {
            depletion: soil.depletion(),
            readily_available: soil.readily_available(),
            total_available: soil.total_available(),
            content: soil.water_content(),
            stress: soil.stress(),
        }
    }

    fn moved(&self) -> Moved {
        self.irrigated.moved()
    }

    /// Of all the soil that roots will reach.
    fn stored(&self) -> f64 {
        self.start_depletion - self.irrigated.depletion_max()
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
        Some(Account::of(&self.played))
    }
}

#[cfg(test)]
mod tests {
    use core::fmt::Write as _;
    use std::fs;

    use super::*;
    use crate::season::roots::Roots;

    /// A season of 60 dry days but for a rain of 30 mm, with drip irrigation of which a tenth is lost.
    fn season() -> MeasuredSeason {
        let header = format!("{0}\nData\n{0}\n", "*".repeat(72));
        let par = "0.30 Kcmini\n1.10 Kcmmid\n0.60 Kcmend\n0.15 Kcbini\n1.00 Kcbmid\n0.50 Kcbend\n10 Lini\n\
                   20 Ldev\n20 Lmid\n10 Lend\n0.05 hini\n1.20 hmax\n0.20 Zrini\n0.50 Zrmax\n0.65 pbase\n\
                   0.06 Ze\n4.0 REW\n";
        let sol = "Depth thetaFC thetaWP theta0\n20 0.25 0.11 0.20\n60 0.20 0.10 0.15\n";
        let irr = "Year-DOY Depth fw IrrEff\n2023-110 20.0 0.40 90.0\n2023-130 20.0 0.40 90.0\n";
        let mut wth = "S\n361.0\n33.0\n2.0\nDaily:\nYear-DOY Srad Tmax Tmin Vapr Tdew RHmax RHmin Wndsp Rain ETref\n".to_owned();
        for day in 101..=160 {
            let rain = if day == 120 { 30.0 } else { 0.0 };
            let row = format!("2023-{day} 27.0 30.0 11.0 NaN -0.9 57.0 7.7 1.8 {rain:.1} 6.5");
            writeln!(wth, "{row}").unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        for (extension, text) in [("par", par), ("sol", sol), ("irr", irr), ("wth", &wth)] {
            let path = folder.path().join(format!("field.{extension}"));
            fs::write(path, header.clone() + text).unwrap();
        }
        MeasuredSeason::read(folder.path()).unwrap()
    }

    /// Plays a season with `water` mm in each slot, as the field and its number of the day decide it.
    fn played(
        season: &MeasuredSeason,
        mut water: impl FnMut(&MeasuredField, usize, usize) -> f64,
    ) -> MeasuredField {
        let mut field = MeasuredField::new(season);
        let mut random = SplitMix64::new(1);
        for (number, weather) in (0..).zip(season.weather()) {
            field.start_day(number, weather, &mut random);
            for slot in 0..SLOTS {
                let irrigation = water(&field, usize::from(number), slot);
                field.step(slot, irrigation);
            }
        }
        field
    }

    #[test]
    fn with_the_given_irrigation_it_is_the_season_of_the_files() {
        let season = season();
        let field = played(&season, |_, day, slot| {
            let given = season.as_given()[day].inputs.irrigation;
            given
                .filter(|_| slot == 37)
                .map_or(0.0, |water| water.depth)
        });
        assert_eq!(field.played(), season.as_given());
        let reference = season.reference(vec![Account::of(field.played())]);
        assert_eq!(reference.as_controlled, [reference.as_given]);
        assert_eq!(reference.depletion_rmse_mm, None);
        assert_eq!(reference.probe_ratio, None);
    }

    #[test]
    fn a_controller_that_looks_between_midnights_keeps_the_crop_from_stress() {
        let season = season();
        let mut is_refilling = false;
        let field = played(&season, |field, day, _| {
            let day = u16::try_from(day).unwrap();
            let soil = field.irrigated();
            let missing = season.roots_on(day).missing(soil.water_content());
            assert!((missing - soil.depletion()).abs() < 1e-9, "{missing} mm");
            let used = soil.depletion() / soil.readily_available();
            is_refilling = used > if is_refilling { 0.3 } else { 0.7 };
            if is_refilling { 2.5 } else { 0.0 }
        });
        let (stress_days, on_rain_alone) = field.stress_days();
        assert_eq!(stress_days, 0);
        assert!(on_rain_alone > 20, "{on_rain_alone}");
        assert!(Account::of(season.as_given()).stress_days > 5);
        assert!(field.drained_on_rain_alone() < field.moved().drained);

        let moved = field.moved();
        let balance = moved.rain + moved.irrigation - moved.used - moved.drained - field.stored();
        assert!(balance.abs() < 1e-9, "{balance} mm");
        let account = Account::of(field.played());
        assert!(
            (account.irrigation_mm - moved.irrigation).abs() < 1e-3,
            "{account:?}"
        );
        assert!(account.irrigation_mm > 100.0, "{account:?}");
        assert!((field.et0() - 60.0 * 6.5).abs() < 1e-9);
        let wetted = field
            .played()
            .iter()
            .filter_map(|day| day.inputs.irrigation);
        assert!(wetted.clone().count() > 5 && wetted.clone().all(|water| water.wetted == 0.4));
    }

    #[test]
    fn after_its_last_day_nothing_moves() {
        let season = season();
        let mut field = played(&season, |_, _, _| 0.0);
        let (moved, days) = (field.moved(), field.played().len());
        field.start_day(60, &season.weather()[59], &mut SplitMix64::new(1));
        for slot in 0..SLOTS {
            field.step(slot, 1.0);
            assert!(field.course().hottest() > 0.0);
        }
        assert_eq!((field.moved(), field.played().len()), (moved, days));
    }

    #[test]
    fn its_plan_is_that_of_the_files() {
        let season = season();
        let plan = season.plan();
        assert_eq!(plan.from().to_string(), "2023-04-11");
        assert_eq!(plan.to().to_string(), "2023-06-09");
        assert_eq!(season.weather().len(), 60);
        assert_eq!(plan.station, season.station());
        assert_eq!(plan.crop.season_days(), 60);
        let young = season.roots_on(0);
        assert_eq!((young.depth, young.field_capacity), (0.2, 0.25));
        assert!((young.total_available - 28.0).abs() < 1e-9);
        assert_eq!(young.depth, Roots::of(&plan, 0).depth);
        assert_eq!(season.roots_on(59), season.roots_on(999));
        assert!((plan.soil.field_capacity - (0.2 * 0.25 + 0.3 * 0.20) / 0.5).abs() < 1e-9);
        assert!((plan.soil.total_available_water(0.5) - 58.0).abs() < 1e-9);
    }
}
