//! The soil by layers (`.sol`).

use std::path::Path;

use super::error::{Fault, LayoutError};
use super::layout::Text;
use super::parameters::Parameters;
use crate::column::{Column, column};

const COLUMNS: [Column; 4] = [
    column("Depth", 1.0, 1_000.0, "cm"),
    column("thetaFC", 0.0, 1.0, "m3/m3"),
    column("thetaWP", 0.0, 1.0, "m3/m3"),
    column("theta0", 0.0, 1.0, "m3/m3"),
];

/// A layer of soil.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer {
    /// Depth of its lower edge in mm.
    pub bottom: f64,
    /// Water content at field capacity in m³/m³.
    pub field_capacity: f64,
    /// Water content at the wilting point in m³/m³, under the field capacity.
    pub wilting_point: f64,
    /// Water content at the start in m³/m³.
    pub initial: f64,
}

/// Layers of soil from the surface down.
#[derive(Clone, Debug, PartialEq)]
pub struct SoilProfile {
    layers: Vec<Layer>,
}

impl SoilProfile {
    /// The profile in the file at `path`; it must be deep enough for the roots of `crop` and hold more evaporable
    /// water than the crop's readily evaporable water.
    pub(super) fn read(path: &Path, crop: &Parameters) -> Result<Self, LayoutError> {
        let text = Text::read(path)?;
        let table = text.table()?;
        let positions = table.positions(COLUMNS)?;
        let mut layers: Vec<Layer> = Vec::new();
        for row in &table.rows {
            let [depth, field_capacity, wilting_point, initial] =
                row.numbers(positions, COLUMNS)?;
            let above = layers.last().map_or(0.0, |layer| layer.bottom / 10.0);
            if depth <= above {
                let fault = Fault::Relation {
                    found: depth,
                    relation: "over",
                    other: "the layer above",
                    limit: above,
                    unit: "cm",
                };
                return Err(row.line.refuse("Depth", fault));
            }
            if wilting_point >= field_capacity {
                let fault = Fault::Relation {
                    found: wilting_point,
                    relation: "under",
                    other: "thetaFC",
                    limit: field_capacity,
                    unit: "m3/m3",
                };
                return Err(row.line.refuse("thetaWP", fault));
            }
            layers.push(Layer {
                bottom: depth * 10.0,
                field_capacity,
                wilting_point,
                initial,
            });
        }
        let profile = Self { layers };
        profile.suits(crop).map_err(|fault| {
            let last = table.rows.last().map_or(table.heading, |row| row.line);
            last.refuse("Depth", fault)
        })?;
        Ok(profile)
    }

    fn suits(&self, crop: &Parameters) -> Result<(), Fault> {
        let grown = crop.roots[1];
        if self.depth() < grown {
            return Err(Fault::Relation {
                found: self.depth(),
                relation: "at least",
                other: "Zrmax",
                limit: grown,
                unit: "m",
            });
        }
        let evaporable = self.total_evaporable(crop.evaporation_depth);
        if evaporable <= crop.readily_evaporable {
            return Err(Fault::Relation {
                found: (evaporable * 1000.0).round() / 1000.0,
                relation: "over",
                other: "REW",
                limit: crop.readily_evaporable,
                unit: "mm",
            });
        }
        Ok(())
    }

    /// The layers from the surface down.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Depth of the profile in metres.
    #[must_use]
    pub fn depth(&self) -> f64 {
        self.layers
            .last()
            .map_or(0.0, |layer| layer.bottom / 1000.0)
    }

    /// Total available water TAW in mm down to `depth` metres (equation 82, layer by layer).
    #[must_use]
    pub fn total_available(&self, depth: f64) -> f64 {
        self.sum(depth, |layer| layer.field_capacity - layer.wilting_point)
    }

    /// Total evaporable water TEW in mm down to `depth` metres (equation 73, layer by layer).
    #[must_use]
    pub fn total_evaporable(&self, depth: f64) -> f64 {
        self.sum(depth, |layer| {
            layer.field_capacity - 0.5 * layer.wilting_point
        })
    }

    /// What is missing to field capacity at the start, in mm down to `depth` metres (equation 87, layer by layer);
    /// negative in a soil that is wetter.
    #[must_use]
    pub fn initial_depletion(&self, depth: f64) -> f64 {
        self.sum(depth, |layer| layer.field_capacity - layer.initial)
    }

    /// Mean water content at field capacity in m³/m³ down to `depth` metres, of which the first millimetre counts
    /// in any case.
    #[must_use]
    pub fn field_capacity(&self, depth: f64) -> f64 {
        let depth = depth.clamp(0.001, self.depth().max(0.001));
        self.sum(depth, |layer| layer.field_capacity) / (depth * 1000.0).floor()
    }

    /// `content` in m³/m³ of each layer, summed to mm down to the last whole millimetre of `depth` metres.
    ///
    /// The whole millimetre is pyfao56's; what it leaves out is the water of less than one millimetre of soil.
    fn sum(&self, depth: f64, content: impl Fn(&Layer) -> f64) -> f64 {
        let depth = (depth * 1000.0).floor();
        let mut top = 0.0;
        let mut sum = 0.0;
        for layer in &self.layers {
            sum += content(layer) * (layer.bottom.min(depth) - top).max(0.0);
            top = layer.bottom;
        }
        sum
    }
}
