//! Soil water that a probe measured by layers (`.sws`).

use std::path::Path;

use jiff::civil::Date;

use super::error::{Fault, LayoutError};
use super::layout::{Follows, Row, Text};
use super::soil_profile::SoilProfile;
use crate::column::{Column, column};

/// Depths at which one probe measures.
const COUNT: Column = column("n", 1.0, 50.0, "1");
const DEPTH: Column = column("D", 1.0, 1_000.0, "cm");
const CONTENT: Column = column("SWC", 0.0, 1.0, "m3/m3");

/// Soil water on one day.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The day.
    pub date: Date,
    /// Lower edge in mm and water content in m³/m³ of each layer, from the surface down.
    layers: Vec<(f64, f64)>,
}

impl Measured {
    /// The lowest measured depth in metres.
    #[must_use]
    pub fn depth(&self) -> f64 {
        self.layers.last().map_or(0.0, |layer| layer.0 / 1000.0)
    }

    /// What is missing to the field capacity of `profile` down to `depth` metres, in mm; negative in a soil that
    /// is wetter. Soil deeper than the probe or the profile counts as being at field capacity.
    #[must_use]
    pub fn depletion(&self, profile: &SoilProfile, depth: f64) -> f64 {
        let depth = depth * 1000.0;
        let mut depletion = 0.0;
        let mut soil_top = 0.0_f64;
        for soil in profile.layers() {
            let mut top = 0.0_f64;
            for &(bottom, content) in &self.layers {
                let shared = bottom.min(soil.bottom).min(depth) - top.max(soil_top);
                depletion += (soil.field_capacity - content) * shared.max(0.0);
                top = bottom;
            }
            soil_top = soil.bottom;
        }
        depletion
    }
}

/// The measurements in the file at `path`, each of which must reach `roots` metres down.
pub(super) fn read(path: &Path, roots: f64) -> Result<Vec<Measured>, LayoutError> {
    let text = Text::read(path)?;
    let table = text.table()?;
    let count = table.position(COUNT)?;
    let mut places = Vec::new();
    for number in 1.. {
        let depth = table.position_of(&format!("D{number:02}"));
        let content = table.position_of(&format!("SWC{number:02}"));
        let (Some(depth), Some(content)) = (depth, content) else {
            break;
        };
        places.push((depth, content));
    }
    let mut measured: Vec<Measured> = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let date = row.day(measured.last().map(|before| before.date), Follows::Later)?;
        let found = row.number(count, COUNT)?;
        if found != places.len() as f64 {
            let fault = Fault::Relation {
                found,
                relation: "equal to",
                other: "the number of columns D and SWC",
                limit: places.len() as f64,
                unit: "1",
            };
            return Err(row.line.refuse(COUNT.name, fault));
        }
        let layers = read_layers(row, &places)?;
        let deepest = layers.last().map_or(0.0, |layer| layer.0 / 1000.0);
        if deepest < roots {
            let fault = Fault::Relation {
                found: deepest,
                relation: "at least",
                other: "Zrmax",
                limit: roots,
                unit: "m",
            };
            return Err(row.line.refuse(DEPTH.name, fault));
        }
        measured.push(Measured { date, layers });
    }
    Ok(measured)
}

fn read_layers(row: &Row<'_>, places: &[(usize, usize)]) -> Result<Vec<(f64, f64)>, LayoutError> {
    let mut layers = Vec::with_capacity(places.len());
    let mut above = 0.0;
    for &(depth, content) in places {
        let bottom = row.number(depth, DEPTH)?;
        if bottom <= above {
            let fault = Fault::Relation {
                found: bottom,
                relation: "over",
                other: "the depth above",
                limit: above,
                unit: "cm",
            };
            return Err(row.line.refuse(DEPTH.name, fault));
        }
        layers.push((bottom * 10.0, row.number(content, CONTENT)?));
        above = bottom;
    }
    Ok(layers)
}
