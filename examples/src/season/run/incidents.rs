//! What the script says goes wrong, done to the parts.

use core::time::Duration;

use gofarm_core::time::secs;
use jiff::SignedDuration;

use super::Season;
use crate::season::chaos::{Change, Failure, FieldNumber, GatewayNumber, ProbeNumber, Trouble};
use crate::season::disk::Disk;
use crate::season::gateway::Input;
use crate::season::party::Party;
use crate::season::plan::Plan;
use crate::season::plot::Plot;
use crate::season::probe::Probe;
use crate::season::upkeep::{BAD_DOCUMENTS, GOOD_DOCUMENTS, Image};

/// What a commit takes on a slow disk.
const SLOW: Duration = secs(2);

impl Season<'_> {
    /// A failure begins or ends.
    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Begins(failure) => {
                self.incidents.push(failure);
                let text = failure.what().to_string();
                self.chronicle.incident(self.now, text);
                self.set(&failure, true);
            }
            Change::Ends(failure) => self.set(&failure, false),
        }
    }

    fn set(&mut self, failure: &Failure, is_on: bool) {
        let now = self.now;
        match failure.what() {
            Trouble::GatewayCut { gateway } => self.cut(party(gateway), is_on),
            Trouble::BrokerDown => self.kill_broker(is_on),
            Trouble::ClockJump { gateway, by } => {
                let ahead = if is_on { by } else { SignedDuration::ZERO };
                self.standings[party(gateway).index()].ahead = ahead;
            }
            Trouble::ClockUnknown { gateway } => {
                let party = party(gateway);
                self.standings[party.index()].is_lost_in_time = is_on;
                if is_on {
                    self.tell(party, Input::PowerCut);
                    self.tell_link(party);
                }
            }
            Trouble::ProbeStuck { field, probe } => {
                self.probe(field, probe).trouble().is_stuck = is_on;
            }
            Trouble::ProbeLies { field, probe, .. } => {
                let lie = is_on.then_some(*failure);
                self.probe(field, probe).trouble().lie = lie;
            }
            Trouble::ValveStuck { field, holds } => {
                let holds = is_on.then_some(holds);
                self.at(field).valve.set_sticking(holds);
            }
            Trouble::NodePowerCut { field } => {
                if is_on {
                    self.at(field).lose_power(now, failure.lasts());
                }
            }
            Trouble::GatewayPowerCut { gateway } => self.darken(party(gateway), is_on),
            Trouble::RadioCut { field } => self.at(field).cut_radio(now, is_on),
            Trouble::Duplicates { field } => self.at(field).radio.trouble().doubles = is_on,
            Trouble::Delays { field, by } => {
                let delay = if is_on { by } else { Duration::ZERO };
                self.at(field).radio.trouble().delay = delay;
            }
            Trouble::DiskFull { gateway } => {
                let commit_time = Disk::COMMIT_TIME;
                self.set_disk(gateway, is_on, commit_time);
            }
            Trouble::DiskSlow { gateway } => {
                let commit_time = if is_on { SLOW } else { Disk::COMMIT_TIME };
                self.set_disk(gateway, false, commit_time);
            }
            Trouble::GoodConfig { gateway } => {
                let document = GOOD_DOCUMENTS[self.incidents.len() % GOOD_DOCUMENTS.len()];
                self.offer(party(gateway), is_on.then_some(document));
            }
            Trouble::BadConfig { gateway } => {
                let (document, _) = BAD_DOCUMENTS[self.incidents.len() % BAD_DOCUMENTS.len()];
                self.offer(party(gateway), is_on.then_some(document));
            }
            Trouble::GoodFirmware if is_on => {
                self.firmware.push(Image::Good);
            }
            Trouble::BadFirmware if is_on => {
                const BAD: [Image; 3] = [Image::FailsSelfTest, Image::Damaged, Image::Forged];
                let is_bad = |failure: &&Failure| failure.what() == Trouble::BadFirmware;
                let before = self.incidents.iter().filter(is_bad).count() - 1;
                self.firmware.push(BAD[before % BAD.len()]);
            }
            // A rollout that began comes to its own end.
            Trouble::GoodFirmware | Trouble::BadFirmware => {}
        }
    }

    fn at(&mut self, field: FieldNumber) -> &mut Plot {
        &mut self.plots[field.index()]
    }

    fn probe(&mut self, field: FieldNumber, probe: ProbeNumber) -> &mut Probe {
        &mut self.at(field).probes[probe.index()]
    }

    /// One more reason, or one less, for which a party has no way to the broker.
    fn cut(&mut self, party: Party, is_cut: bool) {
        let standing = &mut self.standings[party.index()];
        standing.cuts = if is_cut {
            standing.cuts + 1
        } else {
            standing.cuts - 1
        };
        let is_cut = standing.cuts > 0;
        self.backbone.cut(self.now, party, is_cut);
    }

    /// The broker of the backbone, and those of the radios with it.
    fn kill_broker(&mut self, is_killed: bool) {
        self.backbone.kill(self.now, is_killed);
        for plot in &mut self.plots {
            plot.cut_radio(self.now, is_killed);
            if is_killed {
                plot.radio.kill_broker();
            }
        }
    }

    /// A gateway loses its power, or has it again.
    fn darken(&mut self, party: Party, is_dark: bool) {
        self.cut(party, is_dark);
        for plot in &mut self.plots {
            if Plan::home(plot.number()) == party {
                plot.cut_radio(self.now, is_dark);
            }
        }
        self.standings[party.index()].is_dark = is_dark;
        if !is_dark {
            self.tell(party, Input::PowerCut);
            self.tell_link(party);
        }
    }

    fn set_disk(&mut self, gateway: GatewayNumber, is_full: bool, commit_time: Duration) {
        let input = Input::Disk {
            is_full,
            commit_time,
        };
        self.tell(party(gateway), input);
    }

    fn offer(&mut self, to: Party, document: Option<&'static str>) {
        match document {
            Some(document) => {
                let at = self.true_time();
                self.cloud.push_settings(at, to, document);
            }
            None => self.cloud.withdraw_settings(to),
        }
    }

    /// Whether a gateway may lose its power by chance: not where the script keeps it from that.
    pub(super) fn may_restart(&self, gateway: Party) -> bool {
        let mut active = self.timeline.active();
        !self.standings[gateway.index()].is_dark
            && !active.any(|failure| match failure.what() {
                Trouble::DiskFull { gateway: own } => party(own) == gateway,
                _ => false,
            })
    }
}

const fn party(gateway: GatewayNumber) -> Party {
    match gateway.get() {
        1 => Party::Gateway1,
        _ => Party::Gateway2,
    }
}
