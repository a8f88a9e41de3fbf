//! A field with its valve and its link, as it is reported.

use alloc::collections::BTreeMap;

use gofarm_core::command::{Outcome, Tally};
use serde::Serialize;

use super::thousandths;
use crate::season::controller::RATE;
use crate::season::plot::Plot;
use crate::season::run::Season;

/// One field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldReport {
    /// Water moved.
    pub water: Water,
    /// Probe readings.
    pub readings: Readings,
    /// Commands as the controller counts them: each once.
    pub commands: Commands,
    /// Deliveries as the valve counts them: a repeated command is one more.
    pub deliveries: Deliveries,
    /// The valve.
    pub valve: ValveReport,
    /// The link.
    pub link: Link,
}

/// Water moved, in mm, and days under stress.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Water {
    /// Reference evapotranspiration.
    pub reference_mm: f64,
    /// Used by the crop.
    pub used_mm: f64,
    /// Fallen.
    pub rain_mm: f64,
    /// Given through the valve.
    pub given_mm: f64,
    /// Given, by the run times that the valve reported; a restart hides one.
    pub given_as_reported_mm: f64,
    /// Lost below the roots.
    pub drained_mm: f64,
    /// The same on rain alone.
    pub drained_on_rain_alone_mm: f64,
    /// Change of the water stored in the root zone.
    pub stored_mm: f64,
    /// Days that ended with the crop short of water.
    pub stress_days: u32,
    /// The same on rain alone.
    pub stress_days_on_rain_alone: u32,
}

/// Probe readings and the decisions on them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Readings {
    /// Samples asked for.
    pub taken: u32,
    /// Samples not asked for, as a breaker kept the poll off the bus.
    pub spared: u32,
    /// Good, and within their contract.
    pub accepted: u32,
    /// Refused, by reason.
    pub refused: BTreeMap<&'static str, u32>,
    /// Decisions.
    pub decisions: u32,
    /// Decisions withheld because fewer than two probes could be trusted.
    pub decisions_withheld: u32,
    /// Openings that a breaker held back, as the last commands had not arrived.
    pub openings_held_back: u32,
    /// Decisions to wait for rain that was forecast.
    pub waited_for_rain: u32,
    /// Times that water ran which nobody had asked for, so that the main was closed.
    pub leaks: u32,
}

/// Commands by outcome: issued = executed + expired + refused + indeterminate + pending.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Commands {
    /// All.
    pub issued: u64,
    /// Took effect, once.
    pub executed: u64,
    /// Came too late and did nothing.
    pub expired: u64,
    /// Refused for another reason.
    pub refused: u64,
    /// Nobody knows; never run again.
    pub indeterminate: u64,
    /// Not ended yet.
    pub pending: u64,
    /// Whether the sum is right.
    pub is_balanced: bool,
}

impl From<Tally> for Commands {
    fn from(tally: Tally) -> Self {
        Self {
            issued: tally.issued(),
            executed: tally.ended(Outcome::Executed),
            expired: tally.ended(Outcome::Expired),
            refused: tally.ended(Outcome::Refused),
            indeterminate: tally.ended(Outcome::Indeterminate),
            pending: tally.pending(),
            is_balanced: tally.is_balanced(),
        }
    }
}

/// Deliveries at the valve.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deliveries {
    /// By outcome; the counters of the last start.
    #[serde(flatten)]
    pub outcomes: Commands,
    /// Refused or expired, by reason.
    pub refused_by: BTreeMap<&'static str, u32>,
}

/// What the valve did, seen from outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValveReport {
    /// Commands that took effect: water ran.
    pub commands_with_effect: usize,
    /// Commands that were executed and of which the flow meter said nothing in time.
    pub unconfirmed: u32,
    /// Closes, by reason.
    pub closes: BTreeMap<&'static str, u32>,
    /// Commands that took effect more than once.
    pub executed_twice: usize,
    /// Restarts of the node, and those with water running.
    pub restarts: u32,
    /// Restarts with water running.
    pub restarts_with_water: u32,
    /// The longest time past a lease, or past a start, without the close being driven.
    pub longest_past_lease_s: f64,
    /// The longest time from a close being due to the water having stopped.
    pub longest_close_s: f64,
}

/// What the link did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Link {
    /// Outages.
    pub outages: u32,
    /// Time down, in hours.
    pub down_h: f64,
    /// Times that the node connected: once at each start, after each outage, and after a false drop.
    pub connects: u32,
    /// Alarms that the broker cannot be reached.
    pub alarms: u32,
    /// Messages lost; without the frames of [`Report::sync`](super::Report::sync).
    pub lost: u32,
    /// Messages that arrived twice; without the frames of [`Report::sync`](super::Report::sync).
    pub duplicated: u32,
}

impl FieldReport {
    /// `left_mm` has run and is not in the field yet.
    pub(super) fn of(season: &Season<'_>, plot: &Plot, left_mm: f64) -> Self {
        let moved = plot.field.moved();
        let (stress_days, on_rain_alone) = plot.field.stress_days();
        let controller = season.controller(plot.number());
        let (counts, tally) = controller.map_or_else(Default::default, |controller| {
            (controller.counts().clone(), controller.tracker().tally())
        });
        let valve = plot.valve.counts();
        let (effects, executed_twice) = plot.referee.effects();
        let link = plot.radio.account();
        Self {
            water: Water {
                reference_mm: thousandths(plot.field.et0()),
                used_mm: thousandths(moved.used),
                rain_mm: thousandths(moved.rain),
                given_mm: thousandths(moved.irrigation + left_mm),
                given_as_reported_mm: thousandths(counts.reported.as_secs_f64() / 3_600.0 * RATE),
                drained_mm: thousandths(moved.drained),
                drained_on_rain_alone_mm: thousandths(plot.field.drained_on_rain_alone()),
                stored_mm: thousandths(plot.field.stored() + left_mm),
                stress_days,
                stress_days_on_rain_alone: on_rain_alone,
            },
            readings: Readings {
                taken: counts.taken,
                spared: counts.spared,
                accepted: counts.accepted,
                refused: counts.refused,
                decisions: counts.decisions,
                decisions_withheld: counts.withheld,
                openings_held_back: counts.held_back,
                waited_for_rain: counts.waited_for_rain,
                leaks: counts.leaks,
            },
            commands: tally.into(),
            deliveries: Deliveries {
                outcomes: plot.valve.tally().into(),
                refused_by: valve.refused.clone(),
            },
            valve: ValveReport {
                commands_with_effect: effects,
                unconfirmed: counts.unconfirmed,
                closes: valve.closes.clone(),
                executed_twice,
                restarts: valve.restarts,
                restarts_with_water: valve.restarts_with_water,
                longest_past_lease_s: plot.referee.longest_past().as_secs_f64(),
                longest_close_s: thousandths(plot.referee.longest_close().as_secs_f64()),
            },
            link: Link {
                outages: link.outages,
                down_h: thousandths(link.down.as_secs_f64() / 3_600.0),
                connects: link.connects,
                alarms: link.alarms,
                lost: link.lost,
                duplicated: link.duplicated,
            },
        }
    }
}
