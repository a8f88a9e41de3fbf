//! What happens between decisions, and who is told.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::{GATEWAYS, Season, Stopwatch};
use crate::season::backbone::Delivery;
use crate::season::controller::{Decision, Issue};
use crate::season::gateway::{Gateway, Input, Output};
use crate::season::party::Party;
use crate::season::plan::{FIELDS, Plan};
use crate::season::plot::Plot;
use crate::season::replica::Settled;
use crate::season::upkeep::Event;

impl Season<'_> {
    pub(super) fn play_until(&mut self, end: Instant) {
        loop {
            let next = self.poll_timeout();
            if next >= end {
                break;
            }
            self.now = self.now.max(next);
            self.happen();
        }
        self.now = end;
    }

    fn poll_timeout(&self) -> Instant {
        let others = [
            self.cloud.poll_timeout(),
            self.backbone.poll_timeout(),
            self.firmware.poll_timeout(),
            self.timeline.poll_timeout(),
        ];
        let gateways = GATEWAYS.iter().zip(&self.gateways);
        let awake = gateways.filter(|(party, _)| !self.standings[party.index()].is_dark);
        let gateways = awake.map(|(_, gateway)| Gateway::poll_timeout(gateway));
        let plots = self.plots.iter().map(Plot::poll_timeout);
        let all = plots.chain(gateways).chain(others);
        all.min().unwrap_or(Instant::FAR_FUTURE)
    }

    /// Everything that is due now.
    pub(super) fn happen(&mut self) {
        let now = self.now;
        while let Some(change) = self.timeline.poll(now) {
            self.apply(change);
        }
        for place in 0..FIELDS {
            if self.plots[place].poll_timeout() <= now {
                self.poll_plot(place);
            }
        }
        if self.backbone.poll_timeout() <= now {
            while let Some(delivery) = self.backbone.poll(now) {
                self.deliver(delivery);
            }
        }
        for party in GATEWAYS {
            if self.gateways[party.index()].poll_timeout() <= now {
                self.tell(party, Input::Time);
            }
        }
        if self.cloud.poll_timeout() <= now {
            self.cloud.transmit(self.true_time());
        }
        self.route_cloud();
        if self.firmware.poll_timeout() <= now {
            self.poll_firmware();
        }
    }

    fn poll_plot(&mut self, place: usize) {
        let now = self.now;
        let field = self.plots[place].number();
        let mut heard = Vec::new();
        self.plots[place].poll(now, |message| heard.push(message));
        for message in heard {
            self.tell(Plan::home(field), Input::Heard { field, message });
        }
        if self.plots[place].valve.take_started() {
            self.firmware.restarted(now, place);
        }
    }

    fn poll_firmware(&mut self) {
        let plots = &mut self.plots;
        while let Some(event) = self
            .firmware
            .poll(self.now, |node| plots[node].valve.is_busy())
        {
            if let Event::Restart { node } = event {
                plots[node].restart(self.now);
            }
        }
    }

    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Packet {
                from,
                to: Party::Cloud,
                packet,
            } => self.cloud.handle(self.true_time(), from, &packet),
            Delivery::Packet { from, to, packet } => {
                self.tell(to, Input::Packet { from, packet });
            }
            Delivery::Found(party) | Delivery::Lost(party) => {
                let is_linked = matches!(delivery, Delivery::Found(_));
                self.standings[party.index()].is_linked = is_linked;
                self.tell_link(party);
            }
        }
    }

    /// Tells a party whether it has its connection to the broker.
    pub(super) fn tell_link(&mut self, party: Party) {
        let is_linked = self.standings[party.index()].is_linked;
        match party {
            Party::Cloud => self.cloud.linked(self.true_time(), is_linked),
            _ => self.tell(party, Input::Linked(is_linked)),
        }
    }

    /// Gives a gateway an input, and the world what it does; one without power takes none.
    pub(super) fn tell(&mut self, party: Party, input: Input) {
        if self.standings[party.index()].is_dark {
            return;
        }
        self.hand(party, input, &mut || 0);
        self.route(party);
    }

    /// Gives a gateway an input, as all of them come to it, and says how many nanoseconds it took.
    pub(super) fn hand(
        &mut self,
        party: Party,
        input: Input,
        stopwatch: &mut impl Stopwatch,
    ) -> u64 {
        let at = self.time(party);
        let gateway = &mut self.gateways[party.index()];
        let kept = self.recorder.as_mut().map(|kept| (kept, input.clone()));
        let before = stopwatch.nanos();
        gateway.handle(at, input);
        let nanos = stopwatch.nanos().saturating_sub(before);
        if let Some((recorder, input)) = kept {
            self.flight.note(recorder, at, party, &input, gateway);
        }
        nanos
    }

    /// Gives the world what a gateway did; the longest run that it opened.
    pub(super) fn route(&mut self, party: Party) -> Option<Duration> {
        let now = self.now;
        // What is said waits for what it says to be durable.
        let said = now + self.gateways[party.index()].commit_time();
        let mut opened = None;
        while let Some(output) = self.gateways[party.index()].poll_output() {
            match output {
                Output::Radio { field, message } => self.plot(field).send(said, message),
                Output::Packet { to, packet } => self.backbone.send(said, party, to, packet),
                Output::Main { field, is_open } => self.plot(field).set_main(now, is_open),
                Output::Decided {
                    field,
                    choice,
                    issue: Issue::Sent(_),
                    ..
                } => {
                    self.chronicle.decided(now, field, &choice);
                    if let Decision::Open(run) = choice.decision {
                        opened = opened.max(Some(run));
                    }
                }
                Output::Committed { field, readings } => {
                    self.plot(field).referee.committed_readings(&readings);
                }
                Output::Dispatched(_) => self.referee.dispatched(),
                Output::Settled { field, settled } => self.note_settled(field, settled),
                Output::Restored { damaged } => self.referee.damaged += damaged,
                Output::Configured { .. }
                | Output::Decided { .. }
                | Output::Ended { .. }
                | Output::Poll { .. } => {}
            }
        }
        opened
    }

    fn note_settled(&mut self, field: u8, settled: Settled) {
        self.referee.settled += 1;
        self.chronicle.settled(self.now, field, settled);
    }

    fn route_cloud(&mut self) {
        while let Some(output) = self.cloud.poll_output() {
            match output {
                Output::Packet { to, packet } => {
                    self.backbone.send(self.now, Party::Cloud, to, packet);
                }
                Output::Settled { field, settled } => self.note_settled(field, settled),
                _ => {}
            }
        }
    }
}
