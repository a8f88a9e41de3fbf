//! What a season promised, as it is reported.

use alloc::collections::BTreeMap;
use core::time::Duration;

use serde::Serialize;

use super::field::{Commands, FieldReport};
use super::{disks, thousandths};
use crate::season::gateway::Gateway;
use crate::season::plot::Plot;
use crate::season::replica::FieldReplica;
use crate::season::run::Season;

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

impl Promises {
    pub(super) fn of(season: &Season<'_>, days: usize, fields: &BTreeMap<u8, FieldReport>) -> Self {
        let sum = |of: fn(&Commands) -> u64| fields.values().map(|field| of(&field.commands)).sum();
        let mut readings_refused = BTreeMap::new();
        for (reason, count) in fields.values().flat_map(|field| &field.readings.refused) {
            *readings_refused.entry(*reason).or_default() += count;
        }
        let past = season.plots.iter().map(|plot| plot.referee.longest_past());
        let stuck = season.plots.iter().map(|plot| plot.valve.stuck());
        let written: u64 = disks(season).map(|disk| disk.usage().bytes).sum();
        let dispatched = season.referee.dispatches();
        Self {
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
