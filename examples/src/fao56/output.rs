//! Days in the columns of pyfao56's output (`.out`): read from a file, or from a computed day.

use std::path::Path;

use jiff::civil::Date;

use super::day_step::Day;
use super::error::LayoutError;
use super::layout::{Follows, Text};
use crate::column::{Column, column};

const fn mm(name: &'static str) -> Column {
    column(name, -10_000.0, 10_000.0, "mm")
}

const fn share(name: &'static str) -> Column {
    column(name, -100.0, 100.0, "1")
}

/// In the order of the file, and of [`columns_of`].
const COLUMNS: [Column; 41] = [
    mm("ETref"),
    share("Kcm"),
    mm("ETcm"),
    share("tKcb"),
    share("Kcb"),
    mm("ETcb"),
    column("h", 0.0, 20.0, "m"),
    share("Kcmax"),
    mm("ETmax"),
    share("fc"),
    share("fw"),
    share("few"),
    mm("De"),
    share("Kr"),
    share("Ke"),
    mm("E"),
    mm("DPe"),
    share("Kc"),
    mm("ETc"),
    mm("TAW"),
    mm("TAWrmax"),
    mm("TAWb"),
    column("Zr", 0.0, 10.0, "m"),
    share("p"),
    mm("RAW"),
    share("Ks"),
    share("Ka"),
    mm("ETa"),
    mm("T"),
    mm("DP"),
    mm("Dinc"),
    mm("Dr"),
    share("fDr"),
    mm("Drmax"),
    share("fDrmax"),
    mm("Db"),
    share("fDb"),
    share("Ksend"),
    mm("Irrig"),
    mm("IrrLoss"),
    mm("Rain"),
];

/// One day in the columns of pyfao56.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The day.
    pub date: Date,
    values: [f64; COLUMNS.len()],
}

impl Output {
    /// The columns' names and values, in the order of the file.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, f64)> {
        COLUMNS.iter().map(|column| column.name).zip(self.values)
    }

    /// The value in the column `name`, such as `Dr`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.columns()
            .find(|column| column.0 == name)
            .map(|column| column.1)
    }
}

impl From<&Day> for Output {
    fn from(day: &Day) -> Self {
        Self {
            date: day.inputs.date,
            values: columns_of(day),
        }
    }
}

fn columns_of(day: &Day) -> [f64; COLUMNS.len()] {
    let Day {
        inputs,
        canopy,
        surface,
        root_zone: zone,
        effective_irrigation,
        total_max,
    } = day;
    let reference = inputs.reference;
    let given = inputs.irrigation.map_or(0.0, |water| water.depth);
    let coefficient = surface.coefficient + canopy.basal;
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    [
        reference,
        canopy.single,
        canopy.single * reference,
        canopy.basal_of_curve,
        canopy.basal,
        canopy.basal_expected * reference,
        canopy.height,
        canopy.max,
        canopy.max * reference,
        canopy.cover,
        surface.wetted,
        surface.exposed,
        surface.depletion,
        surface.reduction,
        surface.coefficient,
        surface.evaporation,
        surface.percolation,
        coefficient,
        coefficient * reference,
        zone.total,
        *total_max,
        zone.total_below,
        canopy.roots,
        zone.fraction,
        zone.fraction * zone.total,
        zone.stress,
        zone.stress * canopy.basal + surface.coefficient,
        zone.actual,
        zone.transpiration,
        zone.percolation,
        zone.met,
        zone.depletion,
        share(zone.depletion, zone.total),
        zone.depletion_max,
        share(zone.depletion_max, *total_max),
        zone.depletion_below,
        share(zone.depletion_below, zone.total_below),
        zone.stress_at_end,
        given,
        given - effective_irrigation,
        inputs.rain,
    ]
}

/// The days in the file at `path`, one after the other.
pub(super) fn read(path: &Path) -> Result<Vec<Output>, LayoutError> {
    let text = Text::read(path)?;
    let table = text.table()?;
    let positions = table.positions(COLUMNS)?;
    let mut days: Vec<Output> = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        let date = row.day(days.last().map(|day| day.date), Follows::NextDay)?;
        let values = row.numbers(positions, COLUMNS)?;
        days.push(Output { date, values });
    }
    Ok(days)
}
