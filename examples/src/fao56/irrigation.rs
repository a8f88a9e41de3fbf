//! Irrigation that was given (`.irr`).

use alloc::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::error::LayoutError;
use super::layout::{Follows, Text};
use crate::column::{Column, column};

const COLUMNS: [Column; 2] = [
    column("Depth", 0.0, 1_000.0, "mm"),
    column("fw", 0.01, 1.0, "1"),
];
/// Files of older versions do not have this column.
const EFFICIENCY: Column = column("IrrEff", 0.0, 100.0, "%");

/// Water given on one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Irrigation {
    /// Depth in mm over the whole field.
    pub depth: f64,
    /// Share fw of the surface that it wets, over 0 to 1 (Table 20).
    pub wetted: f64,
    /// Share of it that reaches the soil, 0 to 1; the rest is lost before.
    pub efficiency: f64,
}

/// The irrigations in the file at `path`.
pub(super) fn read(path: &Path) -> Result<BTreeMap<Date, Irrigation>, LayoutError> {
    let text = Text::read(path)?;
    let table = text.table()?;
    let positions = table.positions(COLUMNS)?;
    let efficiency = table.position_of(EFFICIENCY.name);
    let (mut irrigations, mut before) = (BTreeMap::new(), None);
    for row in &table.rows {
        let date = row.day(before, Follows::Later)?;
        let [depth, wetted] = row.numbers(positions, COLUMNS)?;
        let efficiency = match efficiency {
            Some(position) => row.number(position, EFFICIENCY)? / 100.0,
            None => 1.0,
        };
        let irrigation = Irrigation {
            depth,
            wetted,
            efficiency,
        };
        irrigations.insert(date, irrigation);
        before = Some(date);
    }
    Ok(irrigations)
}
