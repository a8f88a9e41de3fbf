//! The work of the site's machines, as it is reported.

use alloc::collections::BTreeMap;

use serde::Serialize;

use super::thousandths;
use crate::season::site::Account;

/// What was placed, what had to wait, and why one machine was chosen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Placed {
    /// By kind of work.
    pub placed: BTreeMap<&'static str, PlacedWork>,
    /// How often each machine was chosen.
    pub machines: BTreeMap<String, u32>,
    /// Work that was lost with its machine.
    pub lost: u32,
    /// How often irrigation or the harvest had no place when it was due.
    pub waited: u32,
    /// How often other work had none; it is left out.
    pub no_room: u32,
    /// Work that was not begun because the farm was cut off.
    pub held_back: u32,
    /// Work that was stopped for the same reason.
    pub stopped: u32,
    /// Cuts of the uplink that have ended.
    pub uplink_cuts: u32,
    /// The longest of them, in hours.
    pub longest_uplink_cut_h: f64,
    /// How often the mast's battery was empty.
    pub mast_off: u32,
    /// Rain alerts that found the field wet and made its work urgent.
    pub rain_alerts: u32,
    /// One decision with its reasons.
    pub reasons: String,
}

/// How often one kind of work was placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PlacedWork {
    /// In all.
    pub times: u32,
    /// Of these, while the uplink had been cut for a quarter of an hour or more.
    pub while_uplink_cut: u32,
}

impl Placed {
    pub(super) fn of(account: Account) -> Self {
        let reasons = account.reasons().to_owned();
        let works = account.works.into_iter();
        let placed = works.map(|(kind, (times, while_uplink_cut))| {
            let placed = PlacedWork {
                times,
                while_uplink_cut,
            };
            (kind, placed)
        });
        Self {
            placed: placed.collect(),
            machines: account.machines,
            lost: account.lost,
            waited: account.waited,
            no_room: account.no_room,
            held_back: account.held_back,
            stopped: account.stopped,
            uplink_cuts: account.uplink_cuts,
            longest_uplink_cut_h: thousandths(account.longest_cut.as_secs_f64() / 3_600.0),
            mast_off: account.mast_off,
            rain_alerts: account.alerts,
            reasons,
        }
    }
}
