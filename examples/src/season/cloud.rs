//! The cloud: a copy of every field, plans and forecasts for all of them, and what gateways told of their commands.
//!
//! Nothing on the farm waits for it. What it writes is there when a link is, and holds until something newer comes.

use alloc::collections::{BTreeMap, VecDeque};
use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, minutes};
use gofarm_crdt::clock::Now;
use gofarm_crdt::journal::{Inbox, Limits, Reception};

use super::copies::Copies;
use super::disk::Disk;
use super::gateway::{Dispatch, Output, Packet};
use super::listener::Listener;
use super::party::Party;
use super::plan::Plan;
use super::replica::{Side, restored};
use super::state::Forecast;

/// At which share of the readily available water used up a run ends, by plan: the rest is room for rain.
const STOP: f32 = 0.4;
/// Settings without an answer are sent again.
const RESEND: Duration = minutes(10);

/// Settings for a gateway that has not answered yet.
#[derive(Debug)]
struct Offer {
    to: Party,
    number: u32,
    document: &'static str,
    due: Instant,
}

/// The cloud's node.
#[derive(Debug)]
pub(super) struct Cloud {
    copies: Copies,
    store: Disk,
    reopened: u64,
    inbox: Inbox,
    outputs: VecDeque<Output>,
    offers: Vec<Offer>,
    offered: u32,
    /// Commands that ended, as gateways told: by field and outcome.
    ended: BTreeMap<(u8, &'static str), u64>,
}

impl Cloud {
    pub(super) fn new(seed: u64, now: Now) -> Self {
        let mut random = SplitMix64::new(seed);
        let mut store = Disk::memory(Party::Cloud.replica(), random.next_u64());
        let inbox = open(&mut store);
        Self {
            copies: Copies::new(Party::Cloud, random.next_u64(), now),
            reopened: random.next_u64(),
            inbox,
            store,
            outputs: VecDeque::new(),
            offers: Vec::new(),
            offered: 0,
            ended: BTreeMap::new(),
        }
    }

    pub(super) fn listen(&mut self, listener: &Listener) {
        self.copies.listen(listener);
    }

    /// The plan of a new day, which overrules what people at the valves set before, and its forecast.
    pub(super) fn start_day(&mut self, at: Now, forecast: Forecast) {
        for field in Plan::fields() {
            let copy = self.copies.field_mut(field);
            copy.write(at, |field| {
                field.stop_at.set(STOP);
                field.forecast.set(forecast);
            });
        }
        self.copies.maintain(at);
        self.transmit(at);
    }

    /// The connection to the broker is there, or gone.
    pub(super) fn linked(&mut self, at: Now, is_linked: bool) {
        self.copies.linked(is_linked);
        self.transmit(at);
    }

    /// The power went, and is back: what was committed is there. Says how many fields lack something of it.
    ///
    /// Settings that nobody has answered are taken to be kept elsewhere, with the people who made them.
    pub(super) fn lose_power(&mut self, at: Now) -> u32 {
        self.reopened = self.reopened.wrapping_add(1);
        self.store = restored(&self.store, self.reopened);
        self.inbox = open(&mut self.store);
        self.copies.restart(at)
    }

    /// A gateway has sent a packet.
    pub(super) fn handle(&mut self, at: Now, from: Party, packet: &[u8]) {
        match Packet::decode(packet) {
            Some(Packet::Frame { field, frame }) => {
                for settled in self.copies.handle(at, field, Side::Party(from), frame) {
                    self.outputs.push_back(Output::Settled { field, settled });
                }
            }
            Some(Packet::Dispatch { dot, floor, body }) => {
                let Ok(reception) = self.inbox.accept(dot, floor) else {
                    return; // it comes again
                };
                if let (Reception::New, Some(dispatch)) = (reception, Dispatch::decode(body)) {
                    self.count(dispatch);
                }
                if self.inbox.commit(&mut self.store).is_ok() {
                    let packet = Packet::Taken(dot).encode();
                    self.outputs.push_back(Output::Packet { to: from, packet });
                }
            }
            Some(Packet::SettingsSeen { number, .. }) => {
                let is_other = |offer: &Offer| offer.to != from || offer.number > number;
                self.offers.retain(is_other);
            }
            Some(Packet::Taken(_) | Packet::Settings { .. }) | None => {}
        }
        self.transmit(at);
    }

    fn count(&mut self, dispatch: Dispatch) {
        let of = (dispatch.field, dispatch.outcome.as_str());
        *self.ended.entry(of).or_default() += 1;
    }

    /// Offers settings to a gateway until it answers; what was offered to it before is withdrawn.
    pub(super) fn push_settings(&mut self, at: Now, to: Party, document: &'static str) {
        self.withdraw_settings(to);
        self.offered += 1;
        self.offers.push(Offer {
            to,
            number: self.offered,
            document,
            due: Instant::ZERO,
        });
        self.transmit(at);
    }

    /// Offers a gateway nothing any more.
    pub(super) fn withdraw_settings(&mut self, to: Party) {
        self.offers.retain(|offer| offer.to != to);
    }

    /// Sends what is due; call it at [`poll_timeout`](Self::poll_timeout).
    pub(super) fn transmit(&mut self, at: Now) {
        let outputs = &mut self.outputs;
        self.copies.transmit(at, |field, to, frame| {
            if let Side::Party(to) = to {
                let frame = &frame;
                let packet = Packet::Frame { field, frame }.encode();
                outputs.push_back(Output::Packet { to, packet });
            }
        });
        if !self.copies.is_linked() {
            return;
        }
        for offer in &mut self.offers {
            if offer.due <= at.instant() {
                offer.due = at.instant() + RESEND;
                let (number, document) = (offer.number, offer.document);
                let packet = Packet::Settings { number, document }.encode();
                let to = offer.to;
                outputs.push_back(Output::Packet { to, packet });
            }
        }
    }

    pub(super) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        let offers = self.offers.iter().map(|offer| offer.due);
        let offers = offers.filter(|_| self.copies.is_linked());
        let copies = self.copies.poll_timeout();
        offers.fold(copies, Instant::min)
    }

    pub(super) fn disks(&self) -> impl Iterator<Item = &Disk> {
        self.copies.disks().chain([&self.store])
    }

    pub(super) fn copies(&self) -> &Copies {
        &self.copies
    }

    /// Commands that ended, as the gateways told.
    pub(super) fn received(&self) -> u64 {
        self.ended.values().sum()
    }
}

#[expect(clippy::expect_used, reason = "the store holds what it was given")]
fn open(store: &mut Disk) -> Inbox {
    Inbox::open(store, 0, Limits::new()).expect("what was written can be read")
}
