//! The crop's parameters (`.par`): stages, coefficients, height, roots, and the layer that evaporates.

use std::path::Path;

use super::error::{Fault, LayoutError, excerpt};
use super::layout::{Line, Text};
use crate::column::{Column, column};

/// A crop as the dual crop coefficient takes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Single crop coefficients Kc at the initial stage, in mid-season and at the end (Table 12).
    pub single: [f64; 3],
    /// Basal crop coefficients Kcb at the initial stage, in mid-season and at the end (Table 17).
    pub basal: [f64; 3],
    /// Lengths of the initial, development, mid-season and late stages in days (Table 11).
    pub stages: [u16; 4],
    /// Height at planting and when fully grown in metres (the latter: Table 12).
    pub height: [f64; 2],
    /// Rooting depth at planting and when fully grown in metres (the latter: Table 22).
    pub roots: [f64; 2],
    /// Share of the available water that the crop takes without stress at 5 mm/d, 0 to 1 (Table 22).
    pub depletion_fraction: f64,
    /// What that share follows.
    pub fraction_by: FractionBy,
    /// Depth Ze of the soil that dries by evaporation, in metres (p. 144).
    pub evaporation_depth: f64,
    /// Readily evaporable water REW in mm (Table 19).
    pub readily_evaporable: f64,
}

/// What the depletion fraction p follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FractionBy {
    /// The day's demand too: a thirsty day leaves less without stress: `p + 0.04 (5 - ETc)`, within 0.1 to 0.8 (note to Table 22).
    #[default]
    Demand,
    /// The crop alone: p is the same on every day.
    Crop,
}

/// In the order in which [`read`] takes them.
const COLUMNS: [Column; 17] = [
    column("Kcmini", 0.0, 2.0, "1"),
    column("Kcmmid", 0.0, 2.0, "1"),
    column("Kcmend", 0.0, 2.0, "1"),
    column("Kcbini", 0.0, 2.0, "1"),
    column("Kcbmid", 0.0, 2.0, "1"),
    column("Kcbend", 0.0, 2.0, "1"),
    column("hini", 0.0, 20.0, "m"),
    column("hmax", 0.001, 20.0, "m"),
    column("Zrini", 0.001, 10.0, "m"),
    column("Zrmax", 0.001, 10.0, "m"),
    column("pbase", 0.0, 1.0, "1"),
    column("Ze", 0.001, 1.0, "m"),
    column("REW", 0.0, 100.0, "mm"),
    column("Lini", 1.0, 366.0, "d"),
    column("Ldev", 1.0, 366.0, "d"),
    column("Lmid", 1.0, 366.0, "d"),
    column("Lend", 1.0, 366.0, "d"),
];

/// The parameters in the file at `path`.
///
/// Parameters of a soil without layers (thetaFC, thetaWP, theta0) and the runoff's curve number (CN2) are not read.
pub(super) fn read(path: &Path) -> Result<Parameters, LayoutError> {
    let text = Text::read(path)?;
    let mut found: [Option<(f64, Line<'_>)>; COLUMNS.len()] = [None; COLUMNS.len()];
    for line in text.body()? {
        let mut words = line.text.split([' ', '\t', ',']).filter(|w| !w.is_empty());
        let (value, name) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let position = COLUMNS
            .iter()
            .position(|c| c.name.eq_ignore_ascii_case(name));
        let Some((slot, column)) =
            position.and_then(|i| Some((found.get_mut(i)?, COLUMNS.get(i)?)))
        else {
            continue;
        };
        if let Some((_, before)) = slot {
            return Err(line.refuse(column.name, Fault::Twice(before.number)));
        }
        let number = line.number(value, *column)?;
        if column.unit == "d" && number.fract() != 0.0 {
            let fault = Fault::Word {
                found: excerpt(value),
                wanted: "a whole number of days",
            };
            return Err(line.refuse(column.name, fault));
        }
        *slot = Some((number, line));
    }
    let mut values = [0.0; COLUMNS.len()];
    for ((value, found), column) in values.iter_mut().zip(found).zip(COLUMNS) {
        let missing = || text.last().refuse(column.name, Fault::missing(column));
        *value = found.ok_or_else(missing)?.0;
    }
    let [
        a,
        b,
        c,
        ab,
        bb,
        cb,
        hini,
        hmax,
        young,
        grown,
        p,
        ze,
        rew,
        stages @ ..,
    ] = values;
    let line_of = |name: &str| {
        let position = COLUMNS.iter().position(|c| c.name == name);
        position
            .and_then(|i| found.get(i).copied().flatten())
            .map(|(_, line)| line)
    };
    let relations = [
        ("Kcbmid", bb, bb > ab, "over", "Kcbini", ab, "1"),
        ("hmax", hmax, hmax >= hini, "at least", "hini", hini, "m"),
        (
            "Zrmax",
            grown,
            grown >= young,
            "at least",
            "Zrini",
            young,
            "m",
        ),
    ];
    for (name, value, holds, relation, other, limit, unit) in relations {
        if let (false, Some(line)) = (holds, line_of(name)) {
            let fault = Fault::Relation {
                found: value,
                relation,
                other,
                limit,
                unit,
            };
            return Err(line.refuse(name, fault));
        }
    }
    Ok(Parameters {
        single: [a, b, c],
        basal: [ab, bb, cb],
        stages: stages.map(whole_days),
        height: [hini, hmax],
        roots: [young, grown],
        depletion_fraction: p,
        fraction_by: FractionBy::default(),
        evaporation_depth: ze,
        readily_evaporable: rew,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within the limits of its column, 1 to 366"
)]
fn whole_days(days: f64) -> u16 {
    days as u16
}
