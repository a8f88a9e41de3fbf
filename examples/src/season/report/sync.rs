//! The replicated state, as it is reported.

use serde::Serialize;

use super::disks;
use crate::season::gateway::Gateway;
use crate::season::plan::Plan;
use crate::season::replica::Counts;
use crate::season::run::Season;

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

impl Sync {
    pub(super) fn of(season: &Season<'_>) -> Self {
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
        Self {
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
}
