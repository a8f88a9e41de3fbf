//! What was placed where, what had to wait, and one decision with its reasons.

use alloc::collections::BTreeMap;
use core::time::Duration;

use gofarm_sched::placement::{Decision, Reason};

use super::uplink::Uplink;
use super::work::Work;

/// What came of the site's work.
#[derive(Clone, Debug, Default)]
pub(in crate::season) struct Account {
    /// By kind of work: how often it was placed, and how often of these in a cut of the uplink that was no longer new.
    pub(in crate::season) works: BTreeMap<&'static str, (u32, u32)>,
    /// How often each machine was chosen.
    pub(in crate::season) machines: BTreeMap<String, u32>,
    /// Work that was lost with its machine.
    pub(in crate::season) lost: u32,
    /// How often work that the crop needs had no place when it was due.
    pub(in crate::season) waited: u32,
    /// Work that can wait and was not begun while the farm was cut off, or was stopped for that.
    pub(in crate::season) held_back: u32,
    pub(in crate::season) stopped: u32,
    /// Work that can wait and that no machine had room for.
    pub(in crate::season) no_room: u32,
    /// Rain alerts that made the work of the wet field urgent.
    pub(in crate::season) alerts: u32,
    /// How often the mast's battery was empty.
    pub(in crate::season) mast_off: u32,
    pub(in crate::season) uplink_cuts: u32,
    pub(in crate::season) longest_cut: Duration,
    told: Option<Told>,
}

/// A decision with its reasons, and how much it has to tell.
#[derive(Clone, Debug)]
struct Told {
    is_harvest: bool,
    refusals: usize,
    text: String,
}

impl Account {
    /// Work got a place.
    pub(super) fn placed(&mut self, work: Work, decision: &Decision, is_cut: bool) {
        let (all, cut) = self.works.entry(work.name()).or_default();
        *all += 1;
        *cut += u32::from(is_cut);
        let name = decision.node_name().to_owned();
        *self.machines.entry(name).or_default() += 1;
        if work.is_crop_critical() {
            self.tell(work, decision);
        }
    }

    /// Keeps the decision that has most to tell: of the harvest, if there is one, and with the most refusals.
    fn tell(&mut self, work: Work, decision: &Decision) {
        // A machine that is away has nothing to tell.
        let refusals = decision.refusals().iter();
        let here = refusals.filter(|(_, refusal)| refusal.reason() != Reason::NotReady);
        let (is_harvest, refusals) = (work == Work::Harvest, here.count());
        let told = self.told.as_ref();
        if told.is_none_or(|told| (told.is_harvest, told.refusals) < (is_harvest, refusals)) {
            let text = format!("{}: {decision:#}", work.name());
            self.told = Some(Told {
                is_harvest,
                refusals,
                text,
            });
        }
    }

    /// The reasons of one decision.
    pub(in crate::season) fn reasons(&self) -> &str {
        self.told.as_ref().map_or("", |told| &told.text)
    }

    pub(super) fn with_uplink(self, uplink: &Uplink) -> Self {
        let (uplink_cuts, longest_cut) = uplink.account();
        Self {
            uplink_cuts,
            longest_cut,
            ..self
        }
    }
}
