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
    /// The crop and the day's demand: a thirsty day leaves less without stress, `p + 0.04 (5 - ETc)` within 0.1 to
    /// 0.8 (note to Table 22).
    #[default]
    Demand,
    /// The crop alone: p is the same on every day.
    Crop,
}

const SINGLE: [Column; 3] = [
    column("Kcmini", 0.0, 2.0, "1"),
    column("Kcmmid", 0.0, 2.0, "1"),
    column("Kcmend", 0.0, 2.0, "1"),
];
const BASAL: [Column; 3] = [
    column("Kcbini", 0.0, 2.0, "1"),
    column("Kcbmid", 0.0, 2.0, "1"),
    column("Kcbend", 0.0, 2.0, "1"),
];
const STAGES: [Column; 4] = [
    column("Lini", 1.0, 366.0, "d"),
    column("Ldev", 1.0, 366.0, "d"),
    column("Lmid", 1.0, 366.0, "d"),
    column("Lend", 1.0, 366.0, "d"),
];
const HEIGHT: [Column; 2] = [
    column("hini", 0.0, 20.0, "m"),
    column("hmax", 0.001, 20.0, "m"),
];
const ROOTS: [Column; 2] = [
    column("Zrini", 0.001, 10.0, "m"),
    column("Zrmax", 0.001, 10.0, "m"),
];
const DEPLETION_FRACTION: Column = column("pbase", 0.0, 1.0, "1");
const EVAPORATION_DEPTH: Column = column("Ze", 0.001, 1.0, "m");
const READILY_EVAPORABLE: Column = column("REW", 0.0, 100.0, "mm");

/// The parameters in the file at `path`.
///
/// Parameters of a soil without layers (thetaFC, thetaWP, theta0) and the runoff's curve number (CN2) are not read.
pub(super) fn read(path: &Path) -> Result<Parameters, LayoutError> {
    let text = Text::read(path)?;
    let given = Given {
        last: text.last(),
        lines: text.body()?,
    };
    let basal = given.numbers(BASAL)?;
    let height = given.numbers(HEIGHT)?;
    let roots = given.numbers(ROOTS)?;
    if basal[1] <= basal[0] {
        return Err(given.refuse("over", BASAL[1], basal[1], BASAL[0], basal[0]));
    }
    for (columns, [young, grown]) in [(HEIGHT, height), (ROOTS, roots)] {
        if grown < young {
            return Err(given.refuse("at least", columns[1], grown, columns[0], young));
        }
    }
    let mut stages = [0; 4];
    for (length, column) in stages.iter_mut().zip(STAGES) {
        *length = given.whole_days(column)?;
    }
    Ok(Parameters {
        single: given.numbers(SINGLE)?,
        basal,
        stages,
        height,
        roots,
        depletion_fraction: given.number(DEPLETION_FRACTION)?,
        fraction_by: FractionBy::default(),
        evaporation_depth: given.number(EVAPORATION_DEPTH)?,
        readily_evaporable: given.number(READILY_EVAPORABLE)?,
    })
}

/// Lines of a value, a name and a description.
struct Given<'a> {
    last: Line<'a>,
    lines: Vec<Line<'a>>,
}

impl Given<'_> {
    /// The line of a parameter.
    fn line(&self, column: Column) -> Result<Line<'_>, LayoutError> {
        let is_wanted = |line: &&Line<'_>| name(line).eq_ignore_ascii_case(column.name);
        let mut found = self.lines.iter().filter(is_wanted);
        match (found.next(), found.next()) {
            (Some(line), None) => Ok(*line),
            (Some(line), Some(again)) => Err(again.refuse(column.name, Fault::Twice(line.number))),
            (None, _) => Err(self.last.refuse(column.name, Fault::missing(column))),
        }
    }

    fn number(&self, column: Column) -> Result<f64, LayoutError> {
        let line = self.line(column)?;
        line.number(value(&line), column)
    }

    fn numbers<const N: usize>(&self, columns: [Column; N]) -> Result<[f64; N], LayoutError> {
        let mut numbers = [0.0; N];
        for (number, column) in numbers.iter_mut().zip(columns) {
            *number = self.number(column)?;
        }
        Ok(numbers)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and within the limits of its column, 1 to 366"
    )]
    fn whole_days(&self, column: Column) -> Result<u16, LayoutError> {
        let days = self.number(column)?;
        if days.fract() == 0.0 {
            return Ok(days as u16);
        }
        let line = self.line(column)?;
        let fault = Fault::Word {
            found: excerpt(value(&line)),
            wanted: "a whole number of days",
        };
        Err(line.refuse(column.name, fault))
    }

    /// The refusal of a parameter that does not stand to `other` as it must.
    fn refuse(
        &self,
        relation: &'static str,
        column: Column,
        found: f64,
        other: Column,
        limit: f64,
    ) -> LayoutError {
        let fault = Fault::Relation {
            found,
            relation,
            other: other.name,
            limit,
            unit: other.unit,
        };
        match self.line(column) {
            Ok(line) => line.refuse(column.name, fault),
            Err(error) => error,
        }
    }
}

fn value<'a>(line: &Line<'a>) -> &'a str {
    line.text.split_whitespace().next().unwrap_or("")
}

/// The name ends at a space or at the comma before its description.
fn name<'a>(line: &Line<'a>) -> &'a str {
    let name = line.text.split_whitespace().nth(1).unwrap_or("");
    name.split(',').next().unwrap_or("")
}
