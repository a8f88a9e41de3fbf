//! The layer of soil at the surface that dries by evaporation: FAO-56, chapter 7.

use super::canopy::Canopy;
use super::irrigation::Irrigation;

/// Rain in mm without irrigation from which the whole surface counts as wetted (p. 149).
const WETTING_RAIN: f64 = 3.0;

/// The surface on one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surface {
    /// Share fw of the surface that the last wetting wetted.
    pub wetted: f64,
    /// Share few of the soil that is both exposed and wetted (equation 75).
    pub exposed: f64,
    /// Evaporation reduction coefficient Kr, 0 to 1 (equation 74).
    pub reduction: f64,
    /// Evaporation coefficient Ke (equation 71).
    pub coefficient: f64,
    /// Evaporation E in mm (equation 69).
    pub evaporation: f64,
    /// Water DPe that passes through the layer under the exposed soil, in mm (equation 79).
    pub percolation: f64,
    /// What the layer lacks at the day's end, De, in mm (equation 77).
    pub depletion: f64,
}

/// What comes from above on one day, in mm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wetting {
    pub(super) rain: f64,
    pub(super) irrigation: Option<Irrigation>,
}

impl Wetting {
    /// Irrigation that reaches the soil, in mm.
    pub(super) fn effective(self) -> f64 {
        self.irrigation
            .map_or(0.0, |water| water.depth * water.efficiency)
    }
}

/// The layer's state.
#[derive(Clone, Debug)]
pub(super) struct SurfaceLayer {
    /// TEW in mm.
    total: f64,
    /// REW in mm, under `total`.
    readily: f64,
    depletion: f64,
    wetted: f64,
}

impl SurfaceLayer {
    /// A layer that is dry (p. 153).
    pub(super) fn new(total: f64, readily: f64) -> Self {
        Self {
            total,
            readily,
            depletion: total,
            wetted: 1.0,
        }
    }

    /// Moves a day's water.
    pub(super) fn next_day(&mut self, reference: f64, canopy: &Canopy, water: Wetting) -> Surface {
        let irrigated = water.irrigation.is_some_and(|given| given.depth > 0.0);
        if let Some(given) = water.irrigation {
            self.wetted = given.wetted;
        }
        if !irrigated && water.rain >= WETTING_RAIN {
            self.wetted = 1.0;
        }
        let exposed = (1.0 - canopy.cover).min(self.wetted).clamp(0.01, 1.0);
        let reduction =
            ((self.total - self.depletion) / (self.total - self.readily)).clamp(0.0, 1.0);
        let coefficient = (reduction * (canopy.max - canopy.basal)).min(exposed * canopy.max);
        let evaporation = coefficient * reference;
        let arriving = water.rain + water.effective() / self.wetted;
        let percolation = (arriving - self.depletion).max(0.0);
        let depletion = self.depletion - arriving + evaporation / exposed + percolation;
        self.depletion = depletion.clamp(0.0, self.total); // equation 78
        Surface {
            wetted: self.wetted,
            exposed,
            reduction,
            coefficient,
            evaporation,
            percolation,
            depletion: self.depletion,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Canopy = Canopy {
        single: 0.3,
        basal_of_curve: 0.15,
        basal_expected: 0.15,
        basal: 0.15,
        height: 0.05,
        roots: 0.2,
        max: 1.2,
        cover: 0.0,
    };

    /// Stage 1 at full rate while REW lasts, then falling, then nothing (figure 38).
    #[test]
    fn a_wetted_surface_dries_in_two_stages() {
        let mut layer = SurfaceLayer::new(18.0, 8.0);
        let irrigation = Irrigation {
            depth: 40.0,
            wetted: 1.0,
            efficiency: 0.9,
        };
        let wet = Wetting {
            rain: 0.0,
            irrigation: Some(irrigation),
        };
        let dry = Wetting {
            rain: 0.0,
            irrigation: None,
        };
        let day = layer.next_day(5.0, &BARE, wet);
        assert!(day.reduction == 0.0 && day.depletion == 0.0, "{day:?}");
        assert!(
            (day.percolation - 18.0).abs() < 1e-9,
            "36 mm on a layer that lacks 18"
        );
        let mut before = 1.0;
        for number in 0..10 {
            let day = layer.next_day(5.0, &BARE, dry);
            assert!(day.reduction <= before && day.evaporation <= 5.25 + 1e-9);
            assert!(number > 1 || day.reduction == 1.0, "day {number}: {day:?}");
            before = day.reduction;
        }
        assert!(before < 0.05, "{before}");
    }

    /// Furrows that wet 0.4 of the ground: the water goes deeper there, and no more than that share evaporates.
    #[test]
    fn a_share_of_the_surface_takes_all_the_irrigation() {
        let mut layer = SurfaceLayer::new(18.0, 8.0);
        let irrigation = Irrigation {
            depth: 10.0,
            wetted: 0.4,
            efficiency: 1.0,
        };
        let wet = Wetting {
            rain: 0.0,
            irrigation: Some(irrigation),
        };
        assert!((layer.next_day(5.0, &BARE, wet).percolation - 7.0).abs() < 1e-9);
        let rain = |rain| Wetting {
            rain,
            irrigation: None,
        };
        let day = layer.next_day(5.0, &BARE, rain(2.9));
        assert!((day.coefficient - 0.4 * 1.2).abs() < 1e-9, "{day:?}");
        let day = layer.next_day(5.0, &BARE, rain(3.0));
        assert!((day.wetted - 1.0).abs() < 1e-9, "{day:?}");
    }
}
