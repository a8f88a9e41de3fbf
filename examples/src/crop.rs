//! A crop's water use and roots through its season: the single crop coefficient of FAO-56, chapter 6.

use serde::{Deserialize, Serialize};

/// A crop after FAO-56: stage lengths (Table 11), crop coefficients (Table 12), roots and depletion (Table 22).
///
/// Its name is not kept with it: read back it has none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crop {
    /// The crop's name.
    #[serde(skip)]
    pub name: &'static str,
    /// Lengths of the initial, development, mid-season and late stages in days (Table 11).
    pub stages: [u16; 4],
    /// Crop coefficients at the initial stage, in mid-season and at the end (Table 12), as printed: for a
    /// sub-humid climate and without the correction of equation 62.
    pub coefficients: [f64; 3],
    /// Rooting depth at planting and when fully grown in metres (the latter: Table 22).
    pub roots: [f64; 2],
    /// Share of the available water that the crop takes without stress at 5 mm/d, 0 to 1 (Table 22).
    pub depletion_fraction: f64,
}

/// Potato planted in April in Europe: Table 11 (p. 105), Table 12 (p. 110) and Table 22 (pp. 163-165) of FAO-56.
///
/// Table 22 gives roots of 0.4 to 0.6 m: the deeper end is taken. The depth at planting is an assumption.
pub const POTATO: Crop = Crop {
    name: "potato",
    stages: [30, 35, 50, 30],
    coefficients: [0.50, 1.15, 0.75],
    roots: [0.30, 0.60],
    depletion_fraction: 0.35,
};

impl Crop {
    /// Days from planting to the end of the late stage.
    #[must_use]
    pub fn season_days(&self) -> u16 {
        self.stages.iter().sum()
    }

    /// The crop coefficient Kc on `day` after planting, from 0 (equation 66 and figure 34): level, rising, level,
    /// falling; after the season it keeps its last value.
    #[must_use]
    pub fn coefficient(&self, day: u16) -> f64 {
        coefficient_curve(self.stages, self.coefficients, day)
    }

    /// Rooting depth in metres on `day` after planting: grows through the initial and development stages.
    #[must_use]
    pub fn rooting_depth(&self, day: u16) -> f64 {
        let [young, grown] = self.roots;
        let [a, b, ..] = self.stages;
        young + (grown - young) * progress(day, 0, a + b)
    }

    /// The depletion fraction p when the crop uses `use_mm` mm/d: `p + 0.04 (5 - ETc)`, within 0.1 to 0.8 (note
    /// to Table 22).
    #[must_use]
    pub fn depletion_fraction_at(&self, use_mm: f64) -> f64 {
        depletion_fraction(self.depletion_fraction, use_mm)
    }
}

/// The curve of [`Crop::coefficient`] for any stage lengths in days and any coefficients at the initial stage, in
/// mid-season and at the end.
#[must_use]
pub fn coefficient_curve(stages: [u16; 4], coefficients: [f64; 3], day: u16) -> f64 {
    let [initial, mid, end] = coefficients;
    let [a, b, c, d] = stages;
    if day < a + b {
        initial + (mid - initial) * progress(day, a, b)
    } else {
        mid + (end - mid) * progress(day, a + b + c, d)
    }
}

/// As [`Crop::depletion_fraction_at`], from the fraction `base` of Table 22.
#[must_use]
pub fn depletion_fraction(base: f64, use_mm: f64) -> f64 {
    (base + 0.04 * (5.0 - use_mm)).clamp(0.1, 0.8)
}

/// How far `day` is through a stage that starts at `start` and lasts `length` days: 0 to 1.
fn progress(day: u16, start: u16, length: u16) -> f64 {
    if length == 0 {
        return f64::from(u8::from(day >= start));
    }
    (f64::from(day.saturating_sub(start)) / f64::from(length)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coefficient_follows_the_four_stages() {
        let rows = [
            (0, 0.50),
            (30, 0.50),
            (44, 0.76), // 14 of 35 days from 0.50 to 1.15
            (65, 1.15),
            (115, 1.15),
            (130, 0.95),
            (145, 0.75),
            (400, 0.75),
        ];
        for (day, kc) in rows {
            assert!((POTATO.coefficient(day) - kc).abs() < 1e-9, "day {day}");
        }
        assert_eq!(POTATO.season_days(), 145);
    }

    #[test]
    fn roots_stop_growing_at_mid_season() {
        assert!((POTATO.rooting_depth(0) - 0.30).abs() < 1e-9);
        assert!((POTATO.rooting_depth(65) - 0.60).abs() < 1e-9);
        assert!((POTATO.rooting_depth(140) - 0.60).abs() < 1e-9);
    }

    #[test]
    fn a_thirsty_day_leaves_less_readily_available_water() {
        assert!((POTATO.depletion_fraction_at(5.0) - 0.35).abs() < 1e-9);
        assert!((POTATO.depletion_fraction_at(7.0) - 0.27).abs() < 1e-9);
        assert!((POTATO.depletion_fraction_at(100.0) - 0.1).abs() < 1e-9);
    }
}
