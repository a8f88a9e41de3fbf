//! The node's power: what a restart keeps of it, and what it loses.

use core::time::Duration;

use gofarm_core::command::{Lease, Outcome, RamJournal, Report};
use gofarm_core::time::{Instant, secs};

use super::ValveNode;
use super::clock::NodeClock;
use crate::season::radio::Radio;
use crate::season::referee::Referee;

/// A restart by the watchdog.
const RESTART: Duration = secs(3);

/// Whether the node is on.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one, and it is on nearly always"
)]
pub(super) enum Power {
    On {
        lease: Lease<RamJournal>,
        clock: NodeClock,
    },
    /// Restarting; what the journal kept.
    Off { journal: RamJournal, until: Instant },
}

impl ValveNode {
    /// The firmware restarts itself.
    pub(in crate::season) fn restart(&mut self, now: Instant) {
        self.fault = Some(now);
    }

    /// Whether the node has started since the last call.
    pub(in crate::season) fn take_started(&mut self) -> bool {
        core::mem::take(&mut self.has_started)
    }

    /// The node loses its power, which comes back after so long.
    pub(in crate::season) fn lose_power(
        &mut self,
        now: Instant,
        lasts: Duration,
        referee: &mut Referee,
    ) {
        if matches!(self.power, Power::On { .. }) {
            self.stop(now, referee);
        }
        if let Power::Off { until, .. } = &mut self.power {
            *until = (*until).max(now + lasts);
        }
    }

    /// Whether nothing is wrong that somebody would have to mend.
    pub(in crate::season) fn is_whole(&self, now: Instant) -> bool {
        !self.pipe.is_stuck(now) && matches!(self.power, Power::On { .. })
    }

    /// The node stops: of all that it knows the journal and what was committed are kept. The valve stays as it is.
    pub(super) fn stop(&mut self, now: Instant, referee: &mut Referee) {
        let until = now + RESTART;
        let journal = RamJournal::new();
        let was = core::mem::replace(&mut self.power, Power::Off { journal, until });
        if let (Power::On { lease, .. }, Power::Off { journal, .. }) = (was, &mut self.power) {
            *journal = lease.into_journal();
        }
        self.firmware.power_off(now);
        self.take_pulses(now, referee); // one that has ended nobody can tell any more
        self.opening = None;
        self.pipe.unattended(now);
        self.fault = None;
        self.flow_due = None;
        self.closing = None;
        self.ended.clear();
        self.counts.restarts += 1;
        self.counts.restarts_with_water += u32::from(self.pipe.is_open());
        referee.stopped(now);
    }

    /// The node has its power again; of some commands it cannot know whether they were carried out.
    pub(super) fn start(
        &mut self,
        now: Instant,
        journal: RamJournal,
        radio: &mut Radio,
        referee: &mut Referee,
    ) {
        referee.started(now);
        let mut lease: Lease<RamJournal> = Lease::restore(journal, Instant::ZERO);
        let mut unknown = Vec::new();
        while let Some(id) = lease.poll_indeterminate() {
            unknown.push(id);
        }
        if let Some(told) = self.firmware.power_on(now) {
            unknown = told;
        }
        let clock = NodeClock::start(self.epoch, now);
        self.power = Power::On { lease, clock };
        self.has_started = true;
        radio.node_restarted(now);
        let is_whole = self.state.restart(clock.now(now));
        self.state.linked(false, |_| true);
        referee.restored(is_whole);
        self.pipe.unattended(now);
        for id in unknown {
            self.tell(now, id, Report::Ended(Outcome::Indeterminate), radio);
        }
    }
}
