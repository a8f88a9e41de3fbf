//! A frame goes out.

use gofarm_core::time::Instant;

use crate::capacity::{Capacity, List};
use crate::causal_context::Run;
use crate::clock::Now;
use crate::dot::Dot;
use crate::ledger::Ledger;
use crate::sync::check::{CHECK_LEN, seal};
use crate::sync::dictionary::{Given, Speller};
use crate::sync::frame::{ADOPT, ADOPTED, COVER, PACKET, REFUSED, write_ack, write_run};
use crate::sync::outgoing::Outgoing;
use crate::sync::{Event, Limits};
use crate::value::Sink;

use super::fragments::Chunk;
use super::{Feeding, Outstanding, Sent, SentLoad, Session, WAITING, retain};

/// A frame being put together.
pub(super) struct Draft<'a, 'b, C: Capacity> {
    pub(super) out: Outgoing<'a>,
    pub(super) names: Speller<'b, C>,
    pub(super) number: u64,
    /// Nothing but the header is in it.
    pub(super) bare: bool,
}

impl<C: Capacity, B: Capacity> Session<C, B> {
    /// Writes the next frame that is due into `buf` and returns its length; nothing if none is due.
    ///
    /// Call it until it returns nothing: after each frame that came, after each commit of the ledger, and
    /// when [`poll_timeout`](Self::poll_timeout) says so. Frames are at most as long as `buf`, the own and
    /// the peer's limit; a `buf` of less than 48 bytes gets none.
    pub fn poll_transmit<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &mut L,
        now: Now,
        buf: &mut [u8],
    ) -> Option<usize> {
        let instant = now.instant();
        let own = usize::from(self.limits.max_frame());
        let theirs = self.peer.as_ref().map(|peer| usize::from(peer.max_frame));
        let len = buf
            .len()
            .min(own)
            .min(theirs.unwrap_or(usize::from(Limits::MIN_FRAME)));
        let buf = buf
            .get_mut(..len)
            .filter(|buf| buf.len() >= usize::from(Limits::MIN_FRAME))?;
        if self.hello_at() <= instant {
            return self.write_hello(ledger, instant, buf);
        }
        self.lose_overdue(instant);
        self.refresh(ledger, instant);
        let written = self.write_packet(ledger, instant, buf);
        if written.is_some() {
            self.greeting.last_sent = instant;
        } else if !self.synced && self.is_even(ledger) {
            self.synced = true;
            self.emit(Event::Synced);
        }
        written
    }

    /// When to call [`poll_transmit`](Self::poll_transmit) next if no frame comes and nothing is committed
    /// before.
    #[must_use]
    pub fn poll_timeout(&self) -> Instant {
        let mut wake = self.hello_at();
        let answer = self.ack_at.filter(|_| !self.held);
        for at in [answer, self.loss_at(), self.blocked] {
            wake = at.map_or(wake, |at| wake.min(at));
        }
        wake
    }

    fn write_packet<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &L,
        now: Instant,
        buf: &mut [u8],
    ) -> Option<usize> {
        let theirs = self.peer.as_ref()?.session;
        self.held = !ledger.is_durable();
        if !self.held {
            self.received.settle();
        }
        let number = self.next_number;
        let body = buf.len().saturating_sub(CHECK_LEN);
        // The names that this side gives are lent to the draft.
        let mut given = core::mem::replace(&mut self.given, Given::new());
        let mut draft = Draft {
            out: Outgoing::new(buf.get_mut(..body)?),
            names: Speller::new(&mut given),
            number,
            bare: true,
        };
        draft.out.put_u8(PACKET);
        draft.out.put_varint(number);
        let due = self.ack_at.is_some_and(|at| at <= now) && !self.held;
        let header = draft.out.len();
        if self.ack_at.is_some() && !self.held {
            self.write_answers(&mut draft);
        }
        draft.bare = draft.out.len() == header;
        let load = if self.has_room() {
            self.write_load(ledger, &mut draft)
        } else {
            None
        };
        let Draft { out, names, .. } = draft;
        let len = out.len();
        // What is left may need the room that the answers take: they go alone.
        let crowded = load.is_none() && self.has_more();
        let send = load.is_some() || ((due || crowded) && len > header);
        if send {
            names.finish(number);
        }
        self.given = given;
        if due && len == header {
            self.ack_at = None;
        }
        if !send {
            return None;
        }
        if len > header && self.ack_at.is_some() && !self.held {
            self.answered();
        }
        let len = seal(buf, len, self.number, theirs)?;
        self.next_number = number.saturating_add(1);
        if let Some(load) = load {
            let sent = Sent {
                number,
                at: now,
                bytes: u16::try_from(len).unwrap_or(u16::MAX),
                load,
            };
            // There is room: `has_room` looked.
            let _ = self.flight.push(sent);
        }
        Some(len)
    }

    /// Whether the window of either side lets another frame out.
    fn has_room(&self) -> bool {
        let flight = self.flight.as_slice();
        let theirs = self.peer.as_ref().map_or(1, |peer| peer.window);
        let frames = (self.limits.window().min(theirs) >> self.round_trip.backoff().min(7)).max(1);
        let bytes: u32 = flight.iter().map(|sent| u32::from(sent.bytes)).sum();
        let oldest = flight.first().map_or(self.next_number, |sent| sent.number);
        flight.len() < usize::from(frames)
            && flight.len() < C::LIMIT
            && (flight.is_empty() || bytes < self.limits.window_bytes())
            && self.next_number.saturating_sub(oldest) < u64::from(Limits::MAX_WINDOW) - 8
    }

    /// Whether there is something to send that was not sent.
    fn has_more(&self) -> bool {
        !self.haves_out.is_done()
            || (self.may_send_cells()
                && (self.waiting > 0 || !self.scan.at_end || self.cover.is_some()))
    }

    fn write_answers(&mut self, draft: &mut Draft<'_, '_, C>) {
        if let Some(ack) = self.received.acknowledged() {
            write_ack(ack, &mut draft.out);
        }
        // The refusals of one frame at a time, as many as fit; the others follow.
        let Some((number, ..)) = self.refusals.as_slice().first().copied() else {
            return;
        };
        let mark = draft.out.len();
        let mine = || {
            let all = self.refusals.as_slice().iter();
            all.filter(move |refusal| refusal.0 == number)
        };
        let bytes: usize = mine()
            .map(|refusal| if refusal.1 < 0x80 { 2 } else { 4 })
            .sum();
        draft.out.put_u8(REFUSED);
        draft.out.put_varint(number);
        draft
            .out
            .put_varint(u64::try_from(bytes).unwrap_or(u64::MAX));
        for (_, place, code) in mine() {
            let place = (*place).min(0x3fff);
            draft.out.put_varint(u64::from(place));
            draft.out.put_u8(*code);
        }
        if draft.out.overflowed() {
            draft.out.rewind(mark);
            self.refusals.clear();
        }
    }

    /// What was owed was told; refusals of further frames are still owed.
    fn answered(&mut self) {
        self.unanswered = 0;
        let told = self.refusals.as_slice().first().map(|refusal| refusal.0);
        retain(&mut self.refusals, |refusal| Some(refusal.0) != told);
        if self.refusals.as_slice().is_empty() {
            self.ack_at = None;
        } else {
            self.ack_at = Some(Instant::ZERO);
        }
    }

    fn write_load<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &L,
        draft: &mut Draft<'_, '_, C>,
    ) -> Option<SentLoad> {
        let have = self.haves_out.write(&mut draft.out, &mut draft.names);
        if let Some((round, page)) = have {
            return Some(SentLoad::Have(round, page));
        }
        match &mut self.feeding {
            // Two that wait for each other's state would wait for ever.
            Feeding::Announcing { under_way: false } if !ledger.is_adopting() => {
                self.feeding = Feeding::Announcing { under_way: true };
                draft.out.put_u8(ADOPT);
                draft.out.put_varint(self.feedings);
                return Some(SentLoad::Adopt(self.feedings));
            }
            Feeding::Ending { under_way: false } => {
                self.feeding = Feeding::Ending { under_way: true };
                draft.out.put_u8(ADOPTED);
                draft.out.put_varint(self.feedings);
                return Some(SentLoad::Adopted(self.feedings));
            }
            _ => {}
        }
        if !self.may_send_cells() || ledger.is_adopting() {
            return None;
        }
        if let Some(load) = self.write_chunk(ledger, draft) {
            return Some(load);
        }
        let load = self.write_items(ledger, draft);
        if load.is_some() {
            return load;
        }
        self.advance_barrier(ledger);
        match self.feeding {
            Feeding::Ending { under_way: false } => self.write_load(ledger, draft),
            _ => self.write_cover(draft),
        }
    }

    pub(super) fn write_chunk<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &L,
        draft: &mut Draft<'_, '_, C>,
    ) -> Option<SentLoad> {
        let mut job = *self.job()?;
        self.job = None;
        let mut dots: C::List<Dot> = Default::default();
        match job.write(ledger, &mut draft.out, &mut dots) {
            Chunk::Written(index) => {
                self.job = Some(job);
                Some(SentLoad::Fragment(job.id, index))
            }
            Chunk::Nothing => {
                self.job = Some(job);
                None
            }
            Chunk::Changed => {
                let item = Outstanding {
                    number: WAITING,
                    place: 0,
                    epoch: job.epoch,
                    full: true,
                    cell: job.cell,
                    dot: job.dot,
                };
                match self.outstanding.push(item) {
                    Ok(()) => self.waiting += 1,
                    Err(_) => self.job = Some(job),
                }
                None
            }
        }
    }

    fn write_cover(&mut self, draft: &mut Draft<'_, '_, C>) -> Option<SentLoad> {
        let cover = self.cover.as_mut()?;
        let start = draft.out.len();
        draft.out.put_u8(COVER);
        let (mut first, mut last, mut rest) = (None, None, None);
        for dot in cover.upto.iter() {
            let actor = dot.actor();
            let told = cover.told || cover.next.is_some_and(|next| actor < next);
            if told || self.peer_context.prefix().covers(dot) {
                continue;
            }
            let mark = (draft.out.len(), draft.names.mark());
            if let Some(run) = Run::new(actor, 1, dot.counter()) {
                write_run(run, &mut draft.names, &mut draft.out);
            }
            if draft.out.overflowed() {
                draft.out.rewind(mark.0);
                draft.names.rewind(mark.1);
                rest = Some(actor);
                break;
            }
            first = first.or(Some(actor));
            last = Some(actor);
        }
        let (Some(first), Some(last)) = (first, last) else {
            draft.out.rewind(start);
            return None;
        };
        cover.told = rest.is_none();
        cover.next = rest;
        Some(SentLoad::Cover(first, last))
    }
}
