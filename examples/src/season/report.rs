//! What came out of a season: for a person as a table, for a program as JSON.

mod placed;
mod summary;
mod table;
mod upkeep;

use alloc::collections::BTreeMap;
use core::time::Duration;

use gofarm_core::command::{Outcome, Tally};
use serde::Serialize;

pub use self::placed::{Placed, PlacedWork};
pub use self::upkeep::Upkeep;

use super::controller::RATE;
use super::disk::Disk;
use super::gateway::Gateway;
use super::measured_field::Reference;
use super::plan::{FIELDS, Plan};
use super::plot::Plot;
use super::replica::{Counts, FieldReplica};
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

/// What must hold whatever happens, and what it is held against.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Promises {
    /// Commands of all controllers; issued = executed + expired + refused + indeterminate + pending.
    pub commands_issued: u64,
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
    /// Commands that took effect more than once; 0.
    pub commands_executed_twice: usize,
    /// The longest time past a lease, or past a start of a node, in which no close was driven; 0.
    pub seconds_past_lease_without_close_driven: f64,
    /// Time with water while a valve was driven to close and did not, of all valves.
    pub stuck_valve_seconds: f64,
    /// Messages that were durable at their sender and did not arrive; 0.
    pub messages_lost: u64,
    /// Power cuts of any side after which something committed was missing, and sides that lack something committed at the
    /// end; 0.
    pub committed_writes_lost: u32,
    /// Replicas that read something else than the others at the end; 0.
    pub replicas_diverged: u32,
    /// Probe readings that were refused, by reason.
    pub readings_refused: BTreeMap<&'static str, u32>,
    /// Bytes that the gateways and nodes wrote to flash in a day, on the average.
    pub flash_bytes_per_day: u64,
    /// Water given through each valve in mm.
    pub water_mm: BTreeMap<u8, f64>,
    /// Days that ended with the crop short of water.
    pub stress_days: BTreeMap<u8, u32>,
}

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
    /// Messages lost; without the frames of [`Report::sync`].
    pub lost: u32,
    /// Messages that arrived twice; without the frames of [`Report::sync`].
    pub duplicated: u32,
}

/// The state of the fields, replicated on their nodes, the gateways and the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sync {
    /// Frames that all sessions sent.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Frames that radios lost.
    pub lost: u32,
    /// Frames that came and were refused whole: of a session from before a restart.
    pub refused: u64,
    /// What the sessions could not mend by themselves at once: cells refused, too large or not granted.
    pub troubles: u64,
    /// Writes of one value on two sides that did not know of each other, where they met.
    pub conflicts: u64,
    /// Power cuts of the gateways; those of the nodes are their restarts.
    pub gateway_power_cuts: u32,
    /// Commits that a full disk refused; nothing of them was lost.
    pub commits_refused: u64,
    /// Litres through all valves, as the cloud reads them.
    pub litres: u64,
    /// What gateways told the cloud of their commands, exactly once each.
    pub dispatches: u64,
    /// How long after the last day all sides were of one mind, in s.
    pub settled_after_s: f64,
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
    /// The most memory that the program had, in MB; set by the caller where the system tells.
    pub peak_memory_mb: f64,
}

pub(super) fn of(
    season: &Season<'_>,
    days: usize,
    left_mm: [f64; FIELDS],
    nanos: Vec<u64>,
) -> Report {
    let plan = season.plan;
    let played = i64::try_from(days).unwrap_or(0).max(1) - 1;
    let last = plan.from.checked_add(jiff::Span::new().days(played));
    let fields: BTreeMap<u8, FieldReport> = season
        .plots
        .iter()
        .zip(left_mm)
        .map(|(plot, left)| (plot.number(), field(season, plot, left)))
        .collect();
    Report {
        season: Played {
            from: plan.from.to_string(),
            to: last.unwrap_or(plan.to).to_string(),
            days,
            crop: plan.crop.name,
            soil: plan.soil.name,
            seed: plan.seed,
        },
        promises: promises(season, days, &fields),
        fields,
        sync: sync(season),
        work: Placed::of(season.site.account()),
        upkeep: Upkeep::of(season),
        reference: season.reference(),
        incidents: season.incidents.iter().map(ToString::to_string).collect(),
        measured: measured(nanos),
    }
}

fn promises(season: &Season<'_>, days: usize, fields: &BTreeMap<u8, FieldReport>) -> Promises {
    let sum = |of: fn(&Commands) -> u64| fields.values().map(|field| of(&field.commands)).sum();
    let mut readings_refused = BTreeMap::new();
    for (reason, count) in fields.values().flat_map(|field| &field.readings.refused) {
        *readings_refused.entry(*reason).or_default() += count;
    }
    let past = season.plots.iter().map(|plot| plot.referee.longest_past());
    let stuck = season.plots.iter().map(|plot| plot.valve.counts().stuck);
    let written: u64 = disks(season).map(|disk| disk.usage().bytes).sum();
    let dispatched = season.referee.dispatches();
    Promises {
        commands_issued: sum(|commands| commands.issued),
        executed: sum(|commands| commands.executed),
        expired: sum(|commands| commands.expired),
        refused: sum(|commands| commands.refused),
        indeterminate: sum(|commands| commands.indeterminate),
        pending: sum(|commands| commands.pending),
        commands_executed_twice: fields
            .values()
            .map(|field| field.valve.executed_twice)
            .sum(),
        seconds_past_lease_without_close_driven: past.max().unwrap_or_default().as_secs_f64(),
        stuck_valve_seconds: thousandths(stuck.sum::<Duration>().as_secs_f64()),
        messages_lost: dispatched.abs_diff(season.cloud.received()),
        committed_writes_lost: committed_writes_lost(season),
        replicas_diverged: replicas_diverged(season),
        readings_refused,
        flash_bytes_per_day: written / (days.max(1) as u64),
        water_mm: fields
            .iter()
            .map(|(n, field)| (*n, field.water.given_mm))
            .collect(),
        stress_days: fields
            .iter()
            .map(|(n, field)| (*n, field.water.stress_days))
            .collect(),
    }
}

/// The disks of everything on the farm.
fn disks<'a>(season: &'a Season<'_>) -> impl Iterator<Item = &'a Disk> {
    let nodes = season.plots.iter().map(|plot| plot.valve.state().disk());
    let gateways = season.gateways.iter();
    nodes.chain(gateways.flat_map(|gateway| gateway.disks()))
}

/// All sides of a field.
fn sides<'a>(season: &'a Season<'_>, plot: &'a Plot) -> impl Iterator<Item = &'a FieldReplica> {
    let gateways = season.gateways.iter().map(Gateway::copies);
    let copies = gateways.chain([season.cloud.copies()]);
    let copies = copies.map(|copies| copies.field(plot.number()));
    copies.chain([plot.valve.state()])
}

fn committed_writes_lost(season: &Season<'_>) -> u32 {
    let incomplete = season.plots.iter().map(|plot| {
        let lacks = |side: &&FieldReplica| !plot.referee.is_complete(side.read());
        sides(season, plot).filter(lacks).count()
    });
    let incomplete = u32::try_from(incomplete.sum::<usize>()).unwrap_or(u32::MAX);
    let nodes = season.plots.iter().map(|plot| plot.referee.damaged());
    incomplete + nodes.sum::<u32>() + season.referee.damaged
}

fn replicas_diverged(season: &Season<'_>) -> u32 {
    let diverged = season.plots.iter().map(|plot| {
        let node = plot.valve.state().read().view();
        let differs = |side: &&FieldReplica| side.read().view() != node;
        sides(season, plot).filter(differs).count()
    });
    u32::try_from(diverged.sum::<usize>()).unwrap_or(u32::MAX)
}

fn field(season: &Season<'_>, plot: &Plot, left_mm: f64) -> FieldReport {
    let moved = plot.field.moved();
    let (stress_days, on_rain_alone) = plot.field.stress_days();
    let controllers = season.gateways.iter().flat_map(Gateway::controllers);
    let mut own = controllers.filter(|controller| controller.number() == plot.number());
    let (counts, tally) = own.next().map_or_else(Default::default, |controller| {
        (controller.counts().clone(), controller.tracker().tally())
    });
    let valve = plot.valve.counts();
    let (effects, executed_twice) = plot.referee.effects();
    let link = plot.radio.account();
    FieldReport {
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

fn sync(season: &Season<'_>) -> Sync {
    let mut sum = Counts::default();
    for plot in &season.plots {
        sum.add(plot.valve.state().counts());
    }
    for gateway in &season.gateways {
        sum.add(gateway.copies().counts());
    }
    sum.add(season.cloud.copies().counts());
    let litres = |field| season.cloud.copies().field(field).read().litres.value();
    let lost = season
        .plots
        .iter()
        .map(|plot| plot.radio.account().frames_lost);
    Sync {
        frames: sum.frames,
        bytes: sum.bytes,
        lost: lost.sum(),
        refused: sum.refused,
        troubles: sum.troubles,
        conflicts: season.referee.settled,
        gateway_power_cuts: season.gateways.iter().map(Gateway::power_cuts).sum(),
        commits_refused: disks(season).map(|disk| disk.usage().refused).sum(),
        litres: Plan::fields().map(litres).sum(),
        dispatches: season.cloud.received(),
        settled_after_s: season.settled_after.as_secs_f64(),
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
        peak_memory_mb: 0.0,
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
