//! The root zone as a gateway knows it on a day: from the soil's survey and the crop's parameters, not from the soil.

use serde::{Deserialize, Serialize};

use super::plan::Plan;

/// What turns a probe's water content into what is missing in mm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Roots {
    /// Rooting depth in metres.
    pub(super) depth: f64,
    /// Mean water content at field capacity down to there, in m³/m³.
    pub(super) field_capacity: f64,
    /// Total available water down to there, in mm.
    pub(super) total_available: f64,
}

impl Roots {
    /// The roots on the `day`-th day after planting in the even soil of `plan`.
    pub(super) fn of(plan: &Plan, day: u16) -> Self {
        let depth = plan.crop.rooting_depth(day);
        Self {
            depth,
            field_capacity: plan.soil.field_capacity,
            total_available: plan.soil.total_available_water(depth),
        }
    }

    /// What is missing to field capacity in mm, at a mean water content of `water` m³/m³.
    pub(super) fn missing(&self, water: f64) -> f64 {
        1_000.0 * (self.field_capacity - water) * self.depth
    }
}
