//! What was changed from afar, as it is reported.

use alloc::collections::BTreeMap;

use serde::Serialize;

use crate::season::gateway::Gateway;
use crate::season::run::Season;

/// Firmware and settings that the cloud sent out, and what became of the bad ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upkeep {
    /// Firmware images that were rolled out.
    pub images: u32,
    /// Of these, those that every node has.
    pub completed: u32,
    /// Those that no node shall have any more.
    pub aborted: u32,
    /// Those that were under way at the end.
    pub under_way: u32,
    /// Images that did not work and that a node kept; 0.
    pub bad_confirmed: u32,
    /// Starts of a node from an image that was not whole; 0.
    pub broken_starts: u32,
    /// Images that nodes gave up and went back from.
    pub rolled_back: u32,
    /// Images that nodes refused, by reason.
    pub refused: BTreeMap<&'static str, u32>,
    /// The version on each node at the end.
    pub versions: Vec<String>,
    /// Settings that gateways were sent.
    pub settings: u32,
    /// Of these, those that were put in force.
    pub settings_taken: u32,
    /// Those that were refused whole, by reason.
    pub settings_refused: BTreeMap<&'static str, u32>,
}

impl Upkeep {
    pub(super) fn of(season: &Season<'_>) -> Self {
        let firmware = season.firmware.account();
        let mut upkeep = Self {
            images: firmware.pushed,
            completed: firmware.completed,
            aborted: firmware.aborted,
            under_way: firmware.pending,
            bad_confirmed: firmware.bad_confirmed,
            broken_starts: firmware.broken_starts,
            rolled_back: firmware.rolled_back,
            refused: firmware.refused,
            versions: firmware.versions,
            settings: 0,
            settings_taken: 0,
            settings_refused: BTreeMap::new(),
        };
        for account in season.gateways.iter().map(Gateway::settings) {
            upkeep.settings += account.pushed;
            upkeep.settings_taken += account.taken;
            for (reason, count) in &account.refused {
                *upkeep.settings_refused.entry(reason).or_default() += count;
            }
        }
        upkeep
    }
}
