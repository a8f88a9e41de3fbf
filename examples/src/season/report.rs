//! What came out of a season: for a person as a table, for a program as JSON.

mod field;
mod measured;
mod placed;
mod promises;
mod summary;
mod sync;
mod table;
mod upkeep;

use alloc::collections::BTreeMap;

use serde::Serialize;

pub use self::field::{Commands, Deliveries, FieldReport, Link, Readings, ValveReport, Water};
pub use self::measured::Measured;
pub use self::placed::{Placed, PlacedWork};
pub use self::promises::Promises;
pub use self::sync::Sync;
pub use self::upkeep::Upkeep;

pub(super) use self::table::wrapped;

use super::disk::Disk;
use super::measured_field::Reference;
use super::plan::FIELDS;
use super::run::Season;

/// The outcome of one season; everything outside [`Report::measured`] follows from plan, weather and seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What was played.
    pub season: Played,
    /// What must hold whatever happens.
    #[serde(flatten)]
    pub promises: Promises,
    /// Each field with its valve, by its number.
    pub fields: BTreeMap<u8, FieldReport>,
    /// The state of the fields on all sides.
    pub sync: Sync,
    /// The work of the site's machines.
    pub work: Placed,
    /// What was changed from afar.
    pub upkeep: Upkeep,
    /// The measured season that was played, beside what is known of it; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// What the script had go wrong, in order of time.
    pub incidents: Vec<String>,
    /// Times taken by a real clock on this machine.
    pub measured: Measured,
}

/// What was played.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Played {
    /// The first day, ISO 8601.
    pub from: String,
    /// The last day that was played.
    pub to: String,
    /// Days played.
    pub days: usize,
    /// The crop.
    pub crop: &'static str,
    /// The soil.
    pub soil: &'static str,
    /// The seed.
    pub seed: u64,
}

impl Report {
    /// `left_mm` has run through each valve and is not in its field yet; `nanos` are the times of all decisions.
    pub(super) fn of(
        season: &Season<'_>,
        days: usize,
        left_mm: [f64; FIELDS],
        nanos: Vec<u64>,
    ) -> Self {
        let plan = season.plan;
        let played = i64::try_from(days).unwrap_or(0).max(1) - 1;
        let last = plan.from.checked_add(jiff::Span::new().days(played));
        let fields: BTreeMap<u8, FieldReport> = season
            .plots
            .iter()
            .zip(left_mm)
            .map(|(plot, left)| (plot.number(), FieldReport::of(season, plot, left)))
            .collect();
        Self {
            season: Played {
                from: plan.from.to_string(),
                to: last.unwrap_or(plan.to).to_string(),
                days,
                crop: plan.crop.name,
                soil: plan.soil.name,
                seed: plan.seed,
            },
            promises: Promises::of(season, days, &fields),
            fields,
            sync: Sync::of(season),
            work: Placed::of(season.site.account()),
            upkeep: Upkeep::of(season),
            reference: season.reference(),
            incidents: season.incidents.iter().map(ToString::to_string).collect(),
            measured: Measured::of(nanos),
        }
    }
}

/// The disks of everything on the farm.
fn disks<'a>(season: &'a Season<'_>) -> impl Iterator<Item = &'a Disk> {
    let nodes = season.plots.iter().map(|plot| plot.valve.state().disk());
    let gateways = season.gateways.iter();
    nodes.chain(gateways.flat_map(|gateway| gateway.disks()))
}

/// Rounded to three decimals, so that a report is short and the same everywhere.
pub(super) fn thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
