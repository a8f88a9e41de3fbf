//! The crop above and below the ground: coefficients, height, roots and cover, day by day.

use super::parameters::Parameters;
use super::updates::Update;
use crate::crop::coefficient_curve;
use crate::et0::Reference;

/// The crop on one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Canopy {
    /// Single crop coefficient Kc of the curve (figure 34).
    pub single: f64,
    /// Basal crop coefficient Kcb of the curve, whatever was observed.
    pub basal_of_curve: f64,
    /// Basal crop coefficient Kcb that the day starts with: yesterday's, moved on by the slope of the curve.
    pub basal_expected: f64,
    /// Basal crop coefficient Kcb that counts: observed, or [`Canopy::basal_expected`].
    pub basal: f64,
    /// Height in metres.
    pub height: f64,
    /// Rooting depth Zr in metres.
    pub roots: f64,
    /// Upper limit Kc max of the crop coefficient (equation 72).
    pub max: f64,
    /// Share fc of the ground under the canopy, 0 to 1 (equation 76).
    pub cover: f64,
}

/// The crop's growth from planting on.
#[derive(Clone, Debug)]
pub(super) struct Growth {
    parameters: Parameters,
    reference: Reference,
    /// The day that comes next, 0 for the day of planting.
    day: u16,
    basal: f64,
    height: f64,
    roots: f64,
}

impl Growth {
    pub(super) fn new(parameters: Parameters, reference: Reference) -> Self {
        Self {
            parameters,
            reference,
            day: 0,
            basal: parameters.basal[0],
            height: parameters.height[0],
            roots: parameters.roots[0],
        }
    }

    /// The crop on the next day, with `wind` at 2 m in m/s and the least relative humidity in %.
    pub(super) fn next_day(&mut self, wind: f64, humidity_min: f64, update: Update) -> Canopy {
        let Parameters {
            single,
            basal,
            stages,
            height: [hini, hmax],
            roots: [zini, zmax],
            ..
        } = self.parameters;
        let [initial, mid, _] = basal;
        let day = self.day;
        let curve = |day| coefficient_curve(stages, basal, day);
        let basal_of_curve = curve(day);
        // In the level stages the curve holds; on its slopes an observation shifts the rest of the slope.
        let basal_expected = if is_slope(stages, day) {
            (self.basal + basal_of_curve - curve(day - 1)).max(0.0)
        } else {
            basal_of_curve
        };
        let basal = update.basal.unwrap_or(basal_expected);

        let grown = |now: f64| (now - initial) / (mid - initial);
        let height = (hini + (hmax - hini) * grown(basal))
            .max(0.001)
            .max(self.height);
        let height = update.height.unwrap_or(height);
        let roots = zini + (zmax - zini) * grown(basal_of_curve); // p. 279
        let roots = roots.max(0.001).max(self.roots);

        let climate = match self.reference {
            Reference::Short => 1.2 + climate_term(wind, humidity_min, height),
            Reference::Tall => 1.0,
        };
        let max = climate.max(basal + 0.05); // equation 72
        let share = ((basal - initial) / (max - initial).max(0.01)).max(0.0);
        let cover = share.powf(1.0 + 0.5 * height).min(0.99); // equation 76

        self.day = day.saturating_add(1);
        self.basal = basal;
        self.height = height;
        self.roots = roots;
        Canopy {
            single: coefficient_curve(stages, single, day),
            basal_of_curve,
            basal_expected,
            basal,
            height,
            roots,
            max,
            cover: update.cover.unwrap_or(cover),
        }
    }
}

/// Whether the curve comes to `day` along the development or the late stage.
fn is_slope([a, b, c, d]: [u16; 4], day: u16) -> bool {
    (a + 1..=a + b).contains(&day) || (a + b + c + 1..=a + b + c + d).contains(&day)
}

/// How far a climate moves a crop coefficient that was printed for a sub-humid one with 2 m/s of wind: the term
/// that equations 62, 65, 70 and 72 share. `wind` counts within 1 to 6 m/s and `humidity_min` within 20 to 80 %.
pub(super) fn climate_term(wind: f64, humidity_min: f64, height: f64) -> f64 {
    let wind = 0.04 * (wind.clamp(1.0, 6.0) - 2.0);
    let humidity = 0.004 * (humidity_min.clamp(20.0, 80.0) - 45.0);
    (wind - humidity) * (height / 3.0).powf(0.3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fao56::FractionBy;

    const CROP: Parameters = Parameters {
        single: [0.3, 1.2, 0.6],
        basal: [0.15, 1.15, 0.50],
        stages: [10, 20, 10, 13],
        height: [0.05, 2.0],
        roots: [0.2, 1.2],
        depletion_fraction: 0.5,
        fraction_by: FractionBy::Demand,
        evaporation_depth: 0.1,
        readily_evaporable: 8.0,
    };

    /// FAO-56, Example 27: maize of 2 m, Kc mid 1.20, near Taipei and near Mocha.
    #[test]
    fn example_27_moves_maize_to_two_climates() {
        for (wind, humidity, wanted) in [(1.3, 75.0, 1.07), (4.6, 44.0, 1.30)] {
            let found = 1.20 + climate_term(wind, humidity, 2.0);
            assert!((found - wanted).abs() < 0.005, "{found}");
        }
    }

    fn basal_on(days: u16, observed: impl Fn(u16) -> Option<f64>) -> f64 {
        let mut growth = Growth::new(CROP, Reference::Tall);
        let mut basal = 0.0;
        for day in 0..=days {
            let update = Update {
                basal: observed(day),
                ..Update::default()
            };
            basal = growth.next_day(2.0, 45.0, update).basal;
        }
        basal
    }

    #[test]
    fn an_observation_shifts_the_rest_of_a_slope_and_no_level_stage() {
        let rows = [
            (5, 0.15),
            (20, 0.15 + 0.5),
            (25, 0.40 + 0.25), // 0.40 observed on day 20, then 5 days of 0.05
            (35, 1.15),
            (46, 1.15 - 6.0 * 0.05),
            (53, 0.50),
            (90, 0.50),
        ];
        for (day, wanted) in rows {
            let found = basal_on(day, |now| (now == 20 && day == 25).then_some(0.40));
            assert!((found - wanted).abs() < 1e-9, "day {day}: {found}");
        }
        let found = basal_on(53, |now| (now == 42).then_some(0.1));
        assert!(found.abs() < 1e-9, "not under 0: {found}");
    }

    #[test]
    fn height_and_roots_do_not_shrink_with_the_late_stage() {
        let mut growth = Growth::new(CROP, Reference::Short);
        let days = [0; 60].map(|_: u8| growth.next_day(2.0, 45.0, Update::default()));
        for pair in days.windows(2) {
            assert!(pair[1].height >= pair[0].height && pair[1].roots >= pair[0].roots);
            assert!((0.0..=0.99).contains(&pair[1].cover) && pair[1].max > pair[1].basal);
        }
        assert!((days[59].roots - 1.2).abs() < 1e-9 && (days[59].height - 2.0).abs() < 1e-9);
    }
}
