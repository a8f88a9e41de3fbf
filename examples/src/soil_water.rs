//! The water in the root zone: FAO-56, chapter 8, stepped in parts of a day.
//!
//! The zone is a store that field capacity fills and that the crop empties; what is missing is the depletion Dr
//! in mm. Rain and irrigation lower it, the crop raises it, and water beyond field capacity drains away. The
//! daily equation 85 is applied to each step; runoff and capillary rise are taken as zero.
//!
//! Every millimetre is counted: rain + irrigation = used + drained + change of store, in every run.

use serde::{Deserialize, Serialize};

/// A soil's capacity for plants.
///
/// Its name is not kept with it: read back it has none.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Soil {
    /// The soil's name.
    #[serde(skip)]
    pub name: &'static str,
    /// Water content at field capacity in m³/m³.
    pub field_capacity: f64,
    /// Water content at the wilting point in m³/m³.
    pub wilting_point: f64,
}

/// Sandy loam: the middle of the ranges 0.18 to 0.28 and 0.06 to 0.16 of FAO-56, Table 19 (p. 144).
pub const SANDY_LOAM: Soil = Soil {
    name: "sandy loam",
    field_capacity: 0.23,
    wilting_point: 0.11,
};

impl Soil {
    /// Total available water TAW in mm in `depth` metres of root zone (equation 82).
    #[must_use]
    pub fn total_available_water(&self, depth: f64) -> f64 {
        1000.0 * (self.field_capacity - self.wilting_point) * depth
    }
}

/// The stress coefficient Ks, 0 to 1, at a depletion of `depletion` mm (equation 84): 1 while the readily
/// available share `fraction` (p) of `total` mm lasts, then falling to 0 at the wilting point.
#[must_use]
pub fn stress_coefficient(depletion: f64, total: f64, fraction: f64) -> f64 {
    let readily = fraction * total;
    if depletion <= readily {
        1.0
    } else {
        ((total - depletion) / (total - readily)).clamp(0.0, 1.0)
    }
}

/// Water moved since the start, in mm.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moved {
    /// Fallen.
    pub rain: f64,
    /// Given through the valve.
    pub irrigation: f64,
    /// Used by the crop.
    pub used: f64,
    /// Lost below the root zone.
    pub drained: f64,
}

/// What reaches and leaves the root zone in one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Step {
    /// Rain in mm.
    pub rain: f64,
    /// Irrigation in mm.
    pub irrigation: f64,
    /// Crop water use without stress, Kc · ET₀, in mm.
    pub demand: f64,
}

/// The state of a root zone.
#[derive(Clone, Debug, PartialEq)]
pub struct RootZone {
    soil: Soil,
    depth: f64,
    depletion_fraction: f64,
    depletion: f64,
    moved: Moved,
}

impl RootZone {
    /// A root zone of `depth` metres that lacks `depletion` mm to field capacity.
    #[must_use]
    pub fn new(soil: Soil, depth: f64, depletion: f64) -> Self {
        Self {
            soil,
            depth,
            depletion_fraction: 0.5,
            depletion: depletion.clamp(0.0, soil.total_available_water(depth)),
            moved: Moved::default(),
        }
    }

    /// Sets the day's rooting depth in metres and depletion fraction p. Soil newly reached by roots is taken to be
    /// at field capacity, so the depletion stays.
    pub fn start_day(&mut self, depth: f64, depletion_fraction: f64) {
        self.depth = depth;
        self.depletion_fraction = depletion_fraction;
    }

    /// Moves the water of one step (equation 85), with the stress of its start; returns what drained, in mm
    /// (equation 88).
    pub fn step(&mut self, step: Step) -> f64 {
        let left = self.total_available() - self.depletion;
        let used = (step.demand * self.stress()).min(left + step.rain + step.irrigation);
        let depletion = self.depletion - step.rain - step.irrigation + used;
        let drained = (-depletion).max(0.0);
        self.depletion = depletion.max(0.0);
        self.moved.rain += step.rain;
        self.moved.irrigation += step.irrigation;
        self.moved.used += used;
        self.moved.drained += drained;
        drained
    }

    /// What is missing to field capacity, in mm.
    #[must_use]
    pub fn depletion(&self) -> f64 {
        self.depletion
    }

    /// Total available water TAW in mm.
    #[must_use]
    pub fn total_available(&self) -> f64 {
        self.soil.total_available_water(self.depth)
    }

    /// Readily available water RAW in mm (equation 83).
    #[must_use]
    pub fn readily_available(&self) -> f64 {
        self.depletion_fraction * self.total_available()
    }

    /// The stress coefficient Ks, 0 to 1.
    #[must_use]
    pub fn stress(&self) -> f64 {
        stress_coefficient(
            self.depletion,
            self.total_available(),
            self.depletion_fraction,
        )
    }

    /// Mean water content in m³/m³.
    #[must_use]
    pub fn water_content(&self) -> f64 {
        self.soil.field_capacity - self.depletion / (1000.0 * self.depth)
    }

    /// Water moved since the start.
    #[must_use]
    pub fn moved(&self) -> Moved {
        self.moved
    }

    /// The soil.
    #[must_use]
    pub fn soil(&self) -> &Soil {
        &self.soil
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::random::{Random, SplitMix64};

    /// FAO-56, Example 37 (p. 168): tomato without irrigation for ten days, ET₀ 5 mm/d, Kc 1.2.
    #[test]
    fn example_37_ten_days_without_water() {
        let soil = Soil {
            name: "silt",
            field_capacity: 0.32,
            wilting_point: 0.12,
        };
        let mut zone = RootZone::new(soil, 0.8, 55.0);
        zone.start_day(0.8, 0.40);
        assert!((zone.total_available() - 160.0).abs() < 1e-9);
        assert!((zone.readily_available() - 64.0).abs() < 1e-9);
        let table = [
            (1.00, 61.0),
            (1.00, 67.0),
            (0.97, 72.8),
            (0.91, 78.3),
            (0.85, 83.4),
            (0.80, 88.2),
            (0.75, 92.6),
            (0.70, 96.9),
            (0.66, 100.8),
            (0.62, 104.5),
        ];
        for (day, (stress, depletion)) in table.into_iter().enumerate() {
            assert!((zone.stress() - stress).abs() <= 0.005, "Ks of day {day}");
            zone.step(Step {
                demand: 6.0,
                ..Step::default()
            });
            assert!(
                (zone.depletion() - depletion).abs() <= 0.06,
                "Dr of day {day}: {}",
                zone.depletion()
            );
        }
    }

    #[test]
    fn no_millimetre_is_lost_or_made() {
        for seed in 0..50 {
            let mut random = SplitMix64::new(seed);
            let mut draw = |bound: u64| random.below(bound) as f64 / 10.0;
            let mut zone = RootZone::new(SANDY_LOAM, 0.5, 30.0);
            for _ in 0..500 {
                zone.step(Step {
                    rain: draw(40),
                    irrigation: draw(20),
                    demand: draw(60),
                });
                assert!((0.0..=zone.total_available() + 1e-9).contains(&zone.depletion()));
            }
            let moved = zone.moved();
            let stored = 30.0 - zone.depletion();
            let balance = moved.rain + moved.irrigation - moved.used - moved.drained - stored;
            assert!(balance.abs() < 1e-6, "seed {seed}: {balance} mm");
        }
    }

    #[test]
    fn water_content_spans_wilting_point_to_field_capacity() {
        let full = RootZone::new(SANDY_LOAM, 0.5, 0.0);
        let empty = RootZone::new(SANDY_LOAM, 0.5, 1e9);
        assert!((full.water_content() - 0.23).abs() < 1e-9);
        assert!((empty.water_content() - 0.11).abs() < 1e-9);
    }
}
