//! What came out of a season: for a person as a table, for a program as JSON.

mod placed;
mod table;

use alloc::collections::BTreeMap;

use gofarm_core::command::{Outcome, Tally};
use serde::Serialize;

pub use self::placed::{Placed, PlacedWork};

use super::controller::RATE;
use super::run::Season;

/// The outcome of one season; everything outside [`Report::measured`] follows from plan, weather and seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What was played.
    pub season: Played,
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
    /// The state of the field on both sides of it.
    pub sync: Sync,
    /// The work of the site's machines.
    pub work: Placed,
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
    /// Messages lost; without the frames of [`Report::sync`].
    pub lost: u32,
    /// Messages that arrived twice; without the frames of [`Report::sync`].
    pub duplicated: u32,
}

/// The state of the field, replicated on the valve's node and on the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sync {
    /// Frames that both sessions sent.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Frames that the radio lost.
    pub lost: u32,
    /// Frames that came and were refused whole: of a session from before a restart.
    pub refused: u64,
    /// What the sessions could not mend by themselves: cells refused, too large or not granted.
    pub troubles: u64,
    /// Writes of one value on both sides that did not know of each other, as the gateway found them.
    pub conflicts: u64,
    /// Power cuts of the gateway; those of the valve's node are its restarts.
    pub gateway_power_cuts: u32,
    /// Power cuts of either side after which something committed was missing.
    pub damaged_by_power_cuts: u32,
    /// Litres through the valve, as the gateway reads them.
    pub litres: u64,
    /// Whether both sides read the same at the end.
    pub is_same_on_both_sides: bool,
    /// Whether both sides have all that was committed on either.
    pub is_complete: bool,
}

/// Times taken by a real clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Half of all decisions took no longer, in µs.
    pub decision_p50_us: f64,
    /// 99 of 100 decisions took no longer, in µs.
    pub decision_p99_us: f64,
    /// The whole run, in s; set by the caller.
    pub run_s: f64,
}

pub(super) fn of(season: &Season<'_>, days: usize, left_mm: f64, nanos: Vec<u64>) -> Report {
    let plan = season.plan;
    let zone = season.field.irrigated();
    let moved = zone.moved();
    let (stress_days, on_rain_alone) = season.field.stress_days();
    let counts = season.controller.counts();
    let valve = season.valve.counts();
    let (effects, executed_twice) = season.referee.effects();
    let link = season.radio.account();
    let played = i64::try_from(days).unwrap_or(0).max(1) - 1;
    let last = plan.from.checked_add(jiff::Span::new().days(played));
    Report {
        season: Played {
            from: plan.from.to_string(),
            to: last.unwrap_or(plan.to).to_string(),
            days,
            crop: plan.crop.name,
            soil: plan.soil.name,
            seed: plan.seed,
        },
        water: Water {
            reference_mm: thousandths(season.field.et0()),
            used_mm: thousandths(moved.used),
            rain_mm: thousandths(moved.rain),
            given_mm: thousandths(moved.irrigation + left_mm),
            given_as_reported_mm: thousandths(counts.reported.as_secs_f64() / 3_600.0 * RATE),
            drained_mm: thousandths(moved.drained),
            drained_on_rain_alone_mm: thousandths(season.field.drained_on_rain_alone()),
            stored_mm: thousandths(season.start_depletion - zone.depletion() + left_mm),
            stress_days,
            stress_days_on_rain_alone: on_rain_alone,
        },
        readings: Readings {
            taken: counts.taken,
            spared: counts.spared,
            accepted: counts.accepted,
            refused: counts.refused.clone(),
            decisions: counts.decisions,
            decisions_withheld: counts.withheld,
            openings_held_back: counts.held_back,
        },
        commands: season.controller.tracker().tally().into(),
        deliveries: Deliveries {
            outcomes: season.valve.tally().into(),
            refused_by: valve.refused.clone(),
        },
        valve: ValveReport {
            commands_with_effect: effects,
            unconfirmed: counts.unconfirmed,
            closes: valve.closes.clone(),
            executed_twice,
            restarts: valve.restarts,
            restarts_with_water: valve.restarts_with_water,
            longest_past_lease_s: season.referee.longest_past().as_secs_f64(),
            longest_close_s: thousandths(season.referee.longest_close().as_secs_f64()),
        },
        link: Link {
            outages: link.outages,
            down_h: thousandths(link.down.as_secs_f64() / 3_600.0),
            connects: link.connects,
            alarms: link.alarms,
            lost: link.lost,
            duplicated: link.duplicated,
        },
        sync: sync(season),
        work: Placed::of(season.site.account()),
        measured: measured(nanos),
    }
}

fn sync(season: &Season<'_>) -> Sync {
    let (gateway, node) = (season.controller.state(), season.valve.state());
    let (ours, theirs) = (gateway.counts(), node.counts());
    let referee = &season.referee;
    Sync {
        frames: ours.frames + theirs.frames,
        bytes: ours.bytes + theirs.bytes,
        lost: season.radio.account().frames_lost,
        refused: ours.refused + theirs.refused,
        troubles: ours.troubles + theirs.troubles,
        conflicts: ours.conflicts,
        gateway_power_cuts: season.controller.counts().power_cuts,
        damaged_by_power_cuts: referee.damaged(),
        litres: gateway.read().litres.value(),
        is_same_on_both_sides: gateway.read().view() == node.read().view(),
        is_complete: [gateway, node]
            .into_iter()
            .all(|side| referee.is_complete(side.read())),
    }
}

fn measured(mut nanos: Vec<u64>) -> Measured {
    nanos.sort_unstable();
    let percentile = |hundredths: usize| {
        let rank = (nanos.len() * hundredths).div_ceil(100).max(1) - 1;
        nanos.get(rank).map_or(0.0, |&n| n as f64 / 1_000.0)
    };
    Measured {
        decision_p50_us: percentile(50),
        decision_p99_us: percentile(99),
        run_s: 0.0,
    }
}

/// Rounded to three decimals, so that a report is short and the same everywhere.
fn thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_rank() {
        let found = measured((1..=200).map(|n| n * 1_000).collect());
        assert_eq!(
            (found.decision_p50_us, found.decision_p99_us),
            (100.0, 198.0)
        );
        assert_eq!(measured(Vec::new()).decision_p99_us, 0.0);
        assert_eq!(measured(vec![7_000]).decision_p50_us, 7.0);
    }
}
