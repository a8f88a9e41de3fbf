//! What was observed of the crop and stands in for what the model would make of it (`.upd`).

use alloc::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::error::LayoutError;
use super::layout::{Follows, Text};
use crate::column::{Column, column};

const COLUMNS: [Column; 3] = [
    column("Kcb", 0.0, 2.0, "1"),
    column("h", 0.0, 20.0, "m"),
    column("fc", 0.0, 1.0, "1"),
];

/// What was observed of the crop on one day; a 0 counts as not observed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Update {
    /// Basal crop coefficient Kcb.
    pub basal: Option<f64>,
    /// Height in metres.
    pub height: Option<f64>,
    /// Share of the ground under the canopy, 0 to 1.
    pub cover: Option<f64>,
}

/// The observations in the file at `path`.
pub(super) fn read(path: &Path) -> Result<BTreeMap<Date, Update>, LayoutError> {
    let text = Text::read(path)?;
    let table = text.table()?;
    let positions = table.positions(COLUMNS)?;
    let (mut updates, mut before) = (BTreeMap::new(), None);
    for row in &table.rows {
        let date = row.day(before, Follows::Later)?;
        let mut values = [None; COLUMNS.len()];
        for ((value, position), column) in values.iter_mut().zip(positions).zip(COLUMNS) {
            let found = row.number_or_none(position, column)?;
            *value = found.filter(|number| *number > 0.0);
        }
        let [basal, height, cover] = values;
        let update = Update {
            basal,
            height,
            cover,
        };
        updates.insert(date, update);
        before = Some(date);
    }
    Ok(updates)
}
