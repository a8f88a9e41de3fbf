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
        let Parameters { single, basal, stages, height: [hini, hmax], roots: [zini, zmax], .. } =
            self.parameters;
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
        let height = (hini + (hmax - hini) * grown(basal)).max(0.001).max(self.height);
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
