//! What a season was like, day by day: what [`Page`](super::page::Page) draws.
//!
//! A report has sums, and a sum does not show when it went wrong. The run therefore notes a few numbers at the end of each
//! day, and each event that a person would ask about, as plain data that follows from plan, weather and seed. What a real
//! clock measured stands apart, in [`History::measured`], so that the rest can be compared byte by byte.
//!
//! It is kept in memory: a season of 145 days of three fields takes about 0.5 MB, whatever happens in it, as long as the
//! run notes no more events than a person would read.
//!
//! Numbers that are not finite are taken as not known where they are drawn or added up.

use alloc::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

/// One season: the run adds a [`Day`] at the end of each day, and events when they happen.
///
/// ```
/// use gofarm_examples::season::history::{Day, FieldDay, FieldFacts, History};
/// use jiff::civil::date;
///
/// let mut history = History {
///     fields: vec![FieldFacts {
///         name: "field 1".into(),
///         crop: "potato".into(),
///         soil: "sandy loam".into(),
///         field_capacity: 0.23,
///         wilting_point: 0.11,
///     }],
///     ..History::default()
/// };
/// let mut day = Day::new(date(2003, 7, 1));
/// day.fields.push(FieldDay {
///     depletion_mm: 30.0,
///     readily_available_mm: 24.0,
///     total_available_mm: 72.0,
///     water_content: 0.18,
///     trusted: Some(0.185),
///     outside: None,
///     irrigation_mm: 12.0,
///     stress: 0.88,
/// });
/// history.days.push(day);
/// assert_eq!(history.irrigation_mm(0), 12.0);
/// assert_eq!(history.stress_days(0), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The fields, in the order of [`Day::fields`].
    pub fields: Vec<FieldFacts>,
    /// The days, one after the other without a gap.
    pub days: Vec<Day>,
    /// What chaos did, in the order of time.
    pub incidents: Vec<Incident>,
    /// Values that were written on two sides that did not know of each other, in the order of time.
    pub conflicts: Vec<Conflict>,
    /// Decisions that are told with their reasons, in the order of time; a few of all.
    pub choices: Vec<Choice>,
    /// What a real clock measured, by day.
    pub measured: Vec<Measured>,
}

/// What does not change in a field during a season.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldFacts {
    /// Its name, such as `field 1`.
    pub name: String,
    /// The crop.
    pub crop: String,
    /// The soil.
    pub soil: String,
    /// Water content at field capacity, in m³/m³.
    pub field_capacity: f64,
    /// Water content at the wilting point, in m³/m³.
    pub wilting_point: f64,
}

/// One day. A name that is missing in a map had nothing that day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// Its date.
    pub date: Date,
    /// Rain in mm.
    pub rain_mm: f64,
    /// Reference evapotranspiration in mm.
    pub reference_mm: f64,
    /// Each field, in the order of [`History::fields`].
    pub fields: Vec<FieldDay>,
    /// The share of the day, 0 to 1, that each link was down; each link is in here every day.
    pub links_down: BTreeMap<String, f64>,
    /// The share of the day, 0 to 1, that each breaker was open or half open; each breaker is in here every day.
    pub breakers_open: BTreeMap<String, f64>,
    /// Pieces of work placed, by machine.
    pub placed: BTreeMap<String, u32>,
    /// Readings refused, by reason.
    pub refused: BTreeMap<String, u32>,
    /// Bytes written to flash or disk, by machine.
    pub flash_bytes: BTreeMap<String, u64>,
}

impl Day {
    /// A day on which nothing happened yet.
    #[must_use]
    pub fn new(date: Date) -> Self {
        Self {
            date,
            rain_mm: 0.0,
            reference_mm: 0.0,
            fields: Vec::new(),
            links_down: BTreeMap::new(),
            breakers_open: BTreeMap::new(),
            placed: BTreeMap::new(),
            refused: BTreeMap::new(),
            flash_bytes: BTreeMap::new(),
        }
    }
}

/// One field at the end of a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDay {
    /// Water missing in the root zone to field capacity, in mm.
    pub depletion_mm: f64,
    /// Of the available water, what the crop takes without stress, in mm.
    pub readily_available_mm: f64,
    /// Water between field capacity and wilting point in the root zone, in mm; it grows with the roots.
    pub total_available_mm: f64,
    /// Water content of the root zone in m³/m³, as the field really has it.
    pub water_content: f64,
    /// The same as the field's probes tell it, in m³/m³; `None` if too few could be trusted.
    pub trusted: Option<f64>,
    /// The same as an instrument tells it that the season does not use, in m³/m³.
    pub outside: Option<f64>,
    /// Water given, in mm.
    pub irrigation_mm: f64,
    /// The stress coefficient Ks of FAO-56: 1 is none, 0 is a crop that takes no water.
    pub stress: f64,
}

/// Something that went wrong because chaos made it so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// When it began.
    pub at: DateTime,
    /// What, as one line for a person.
    pub text: String,
}

/// One value that was written on two sides that did not know of each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// When it was found.
    pub at: DateTime,
    /// Which value, such as `field 1: stop irrigation at`.
    pub what: String,
    /// What the two sides wrote, each with the side: `0.4 (gateway 1)`.
    pub values: [String; 2],
    /// How it was settled, such as `the later write holds: 0.6`.
    pub settled: String,
}

/// One decision with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// When it was made.
    pub at: DateTime,
    /// What was to be done, such as `irrigation of field 1`.
    pub what: String,
    /// What was chosen, such as a machine.
    pub chosen: String,
    /// Why, and why nothing else.
    pub reasons: String,
}

/// What a real clock measured on one day, in µs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Half of the day's decisions took no longer.
    pub decision_p50_us: f64,
    /// 99 of 100 of the day's decisions took no longer.
    pub decision_p99_us: f64,
    /// 99 of 100 of the day's commits took no longer; `None` without a commit.
    pub commit_p99_us: Option<f64>,
}

impl History {
    /// Water given to the field with this number, in mm.
    #[must_use]
    pub fn irrigation_mm(&self, field: usize) -> f64 {
        finite_sum(self.of(field).map(|(_, day)| day.irrigation_mm))
    }

    /// Rain in mm.
    #[must_use]
    pub fn rain_mm(&self) -> f64 {
        finite_sum(self.days.iter().map(|day| day.rain_mm))
    }

    /// Days that ended with the crop of the field with this number short of water.
    #[must_use]
    pub fn stress_days(&self, field: usize) -> usize {
        self.of(field).filter(|(_, day)| day.stress < 1.0).count()
    }

    /// The field with this number, by day; days without it are left out.
    pub(super) fn of(&self, field: usize) -> impl Iterator<Item = (usize, &FieldDay)> {
        let days = self.days.iter().enumerate();
        days.filter_map(move |(number, day)| Some((number, day.fields.get(field)?)))
    }
}

/// The sum of those that are finite.
pub(super) fn finite_sum(values: impl Iterator<Item = f64>) -> f64 {
    // Not `sum()`: that of nothing is -0.0.
    values
        .filter(|value| value.is_finite())
        .fold(0.0, |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn field_day(irrigation_mm: f64, stress: f64) -> FieldDay {
        FieldDay {
            depletion_mm: 30.0,
            readily_available_mm: 24.0,
            total_available_mm: 72.0,
            water_content: 0.1875,
            trusted: Some(0.25),
            outside: None,
            irrigation_mm,
            stress,
        }
    }

    #[test]
    fn a_history_comes_back_from_json_as_it_was() {
        let mut day = Day::new(date(2003, 4, 15));
        day.links_down.insert("field 1 radio".into(), 0.25);
        day.fields.push(field_day(5.0, 0.875));
        let history = History {
            days: vec![day],
            incidents: vec![Incident {
                at: date(2003, 4, 15).at(6, 30, 0, 0),
                text: "the broker was killed".into(),
            }],
            ..History::default()
        };
        let text = serde_json::to_string(&history).unwrap();
        assert_eq!(serde_json::from_str::<History>(&text).unwrap(), history);
    }

    #[test]
    fn sums_leave_out_what_is_not_known() {
        let mut history = History::default();
        for (rain_mm, irrigation_mm, stress) in [
            (1.0, 2.0, 1.0),
            (f64::NAN, 3.0, 0.5),
            (4.0, f64::NAN, f64::NAN),
        ] {
            let mut day = Day::new(date(2003, 4, 15));
            day.rain_mm = rain_mm;
            day.fields.push(field_day(irrigation_mm, stress));
            history.days.push(day);
        }
        assert_eq!((history.rain_mm(), history.irrigation_mm(0)), (5.0, 5.0));
        assert_eq!(history.stress_days(0), 1);
        assert_eq!((history.irrigation_mm(1), history.stress_days(1)), (0.0, 0));
    }
}
