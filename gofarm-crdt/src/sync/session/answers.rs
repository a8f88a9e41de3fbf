//! What the peer says about frames that were sent, and what its silence says.

use gofarm_core::time::Instant;

use crate::capacity::{Capacity, List};
use crate::dot::Dot;
use crate::sync::Event;
use crate::sync::event::PeerRefusal;
use crate::sync::frame::Refused;
use crate::sync::received::speaks_of;
use crate::sync::round_trip::after;

use super::{DONE, Feeding, Sent, SentLoad, Session, WAITING, retain};

/// A frame counts as lost when one this much later was acknowledged (RFC 9002, section 6.1.1).
const REORDERED: u64 = 3;

/// After so many time-outs in a row a greeting is sent with each further one.
const SILENT: u32 = 3;

impl<C: Capacity, B: Capacity> Session<C, B> {
    pub(super) fn peer_acknowledged(&mut self, now: Instant, ack: (u64, u128)) {
        let mut any = false;
        let mut at = 0;
        while let Some(sent) = self.flight.as_slice().get(at).copied() {
            if !speaks_of(ack, sent.number) {
                at += 1;
                continue;
            }
            self.flight.remove(at);
            if sent.number == ack.0 {
                self.round_trip.sample(sent.at, now);
            }
            any = true;
            self.delivered(sent);
        }
        if any {
            self.drop_done();
            self.lose(&|sent| sent.number.saturating_add(REORDERED) <= ack.0);
        }
    }

    fn delivered(&mut self, sent: Sent) {
        self.given.acknowledged(sent.number);
        match sent.load {
            SentLoad::Items => {
                for at in 0..self.outstanding.as_slice().len() {
                    let Some(item) = self.outstanding.as_mut_slice().get_mut(at) else {
                        break;
                    };
                    if item.number == sent.number {
                        item.number = DONE;
                        let dot = item.dot;
                        self.peer_has(dot);
                    }
                }
            }
            SentLoad::Have(round, page) => self.haves_out.acknowledged(round, page),
            SentLoad::Cover(from, to) => self.claimed(from, to),
            SentLoad::Fragment(id, index) => {
                if let Some(job) = self.job_of(id)
                    && job.acknowledged(index)
                {
                    let dot = job.dot;
                    self.job = None;
                    self.peer_has(dot);
                }
            }
            SentLoad::Adopt(round) => {
                if round == self.feedings && matches!(self.feeding, Feeding::Announcing { .. }) {
                    self.feeding = Feeding::Sending;
                }
            }
            SentLoad::Adopted(round) => {
                if round == self.feedings && matches!(self.feeding, Feeding::Ending { .. }) {
                    self.feeding = Feeding::No;
                }
            }
        }
        if self.cover.as_ref().is_some_and(|cover| cover.told) && !self.is_covering() {
            self.cover = None;
            self.after_cover();
        }
    }

    fn is_covering(&self) -> bool {
        let mut flight = self.flight.as_slice().iter();
        flight.any(|sent| matches!(sent.load, SentLoad::Cover(..)))
    }

    /// A claim about these actors arrived.
    fn claimed(&mut self, from: crate::dot::Actor, to: crate::dot::Actor) {
        if let Some(cover) = &self.cover {
            for dot in cover.upto.iter() {
                if (from..=to).contains(&dot.actor()) {
                    let _ = self.peer_context.try_raise(dot);
                }
            }
        }
    }

    /// All that was claimed is known to the peer.
    pub(super) fn after_cover(&mut self) {
        if self.feeding == Feeding::Sending {
            self.feeding = Feeding::Ending { under_way: false };
        }
    }

    fn drop_done(&mut self) {
        retain(&mut self.outstanding, |item| item.number != DONE);
    }

    /// The frames that match are lost; what was in them waits to be sent again.
    pub(super) fn lose(&mut self, is_lost: &dyn Fn(&Sent) -> bool) {
        let mut at = 0;
        while let Some(sent) = self.flight.as_slice().get(at).copied() {
            if !is_lost(&sent) {
                at += 1;
                continue;
            }
            self.flight.remove(at);
            self.given.lost(sent.number);
            match sent.load {
                SentLoad::Items => {
                    for item in self.outstanding.as_mut_slice() {
                        if item.number == sent.number {
                            item.number = WAITING;
                            self.waiting += 1;
                        }
                    }
                }
                SentLoad::Have(round, page) => self.haves_out.lost(round, page),
                SentLoad::Cover(from, _) => {
                    if let Some(cover) = &mut self.cover {
                        cover.next = cover.next.map(|next| next.min(from)).or(Some(from));
                        cover.told = false;
                    }
                }
                SentLoad::Fragment(id, index) => {
                    if let Some(job) = self.job_of(id) {
                        job.lost(index);
                    }
                }
                SentLoad::Adopt(round) => {
                    if round == self.feedings
                        && let Feeding::Announcing { under_way } = &mut self.feeding
                    {
                        *under_way = false;
                    }
                }
                SentLoad::Adopted(round) => {
                    if round == self.feedings
                        && let Feeding::Ending { under_way } = &mut self.feeding
                    {
                        *under_way = false;
                    }
                }
            }
        }
    }

    /// When the oldest frame in flight counts as lost.
    pub(super) fn loss_at(&self) -> Option<Instant> {
        let timeout = self.round_trip.timeout(&self.limits);
        let oldest = self.flight.as_slice().iter().map(|sent| sent.at).min();
        oldest.map(|at| after(at, timeout))
    }

    pub(super) fn lose_overdue(&mut self, now: Instant) {
        if self.loss_at().is_some_and(|at| at <= now) {
            // What has waited for a time-out that was not doubled has waited long enough too: if each frame waited
            // for a doubled one of its own, a window of them would hold up the link for hours.
            let timeout = self.round_trip.patience(&self.limits);
            self.lose(&|sent| after(sent.at, timeout) <= now);
            self.round_trip.back_off();
            // Perhaps the peer has forgotten this session, by a restart or a greeting that came late.
            self.greeting.due |= self.round_trip.backoff() >= SILENT;
        }
    }

    /// The peer refused parts of a frame, and merged the others.
    pub(super) fn peer_refused(&mut self, now: Instant, mut refused: Refused<'_>) {
        let flight = self.flight.as_slice();
        let at = flight.iter().position(|sent| sent.number == refused.number);
        let Some(sent) = at.and_then(|at| self.flight.remove(at)) else {
            return;
        };
        self.given.acknowledged(sent.number);
        while let Some((place, code)) = refused.next() {
            let why = PeerRefusal::from_code(code);
            match sent.load {
                SentLoad::Items => self.item_refused(now, sent.number, place, why),
                SentLoad::Fragment(id, _) => {
                    if let Some(job) = self.job_of(id).copied() {
                        self.job = None;
                        self.report(now, job.cell, job.dot, why);
                    }
                }
                SentLoad::Cover(..) => {
                    self.cover = None;
                    self.blocked = Some(after(now, self.limits.retry_refused()));
                }
                SentLoad::Adopt(_) => self.feeding_refused(),
                SentLoad::Have(..) | SentLoad::Adopted(_) => {}
            }
        }
        // What was not refused was merged.
        for at in 0..self.outstanding.as_slice().len() {
            let items = self.outstanding.as_mut_slice();
            let item = items.get_mut(at).filter(|item| item.number == sent.number);
            if let Some(item) = item {
                item.number = DONE;
                let dot = item.dot;
                self.peer_has(dot);
            }
        }
        self.drop_done();
    }

    /// The peer keeps its state: it is asked anew what it has, and gets what it lacks of that.
    fn feeding_refused(&mut self) {
        self.feeding = Feeding::No;
        self.is_no_source = true;
        self.emit(Event::FullStateRefused);
        self.forget_what_peer_has();
        self.greeting.due = true;
    }

    fn item_refused(&mut self, now: Instant, number: u64, place: u64, why: PeerRefusal) {
        let items = self.outstanding.as_mut_slice();
        let found = items
            .iter_mut()
            .find(|item| item.number == number && u64::from(item.place) == place);
        let Some(item) = found else {
            return;
        };
        if why == PeerRefusal::UnknownBirth && !item.full {
            item.full = true;
            item.number = WAITING;
            self.waiting += 1;
            return;
        }
        item.number = DONE;
        let (cell, dot) = (item.cell, item.dot);
        self.report(now, cell, dot, why);
    }

    /// A cell was refused: it is offered again later, and until then nothing is claimed.
    fn report(&mut self, now: Instant, cell: crate::ledger::CellRef, dot: Dot, why: PeerRefusal) {
        self.blocked = Some(after(now, self.limits.retry_refused()));
        self.barrier = None;
        self.emit(match why {
            PeerRefusal::AheadOfClock => Event::RestampNeeded { cell, dot },
            why => Event::Refused { cell, dot, why },
        });
    }
}
