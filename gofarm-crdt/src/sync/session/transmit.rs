//! A frame goes out.

use gofarm_core::time::Instant;

use crate::capacity::{Capacity, List};
use crate::causal_context::Run;
use crate::clock::Now;
use crate::dot::Dot;
use crate::ledger::{CellRef, Ledger};
use crate::sync::check::{CHECK_LEN, seal};
use crate::sync::dictionary::{Given, Speller};
use crate::sync::frame::{ADOPT, ADOPTED, COVER, ITEMS, PACKET, REFUSED, write_ack, write_run};
use crate::sync::item::{Chain, Writing, write_item};
use crate::sync::outgoing::Outgoing;
use crate::sync::{Event, Limits};
use crate::value::Sink;

use super::fragments::{Chunk, Job};
use super::{DONE, Feeding, Outstanding, Sent, SentLoad, Session, WAITING, retain};

/// A frame being put together.
struct Draft<'a, 'b, C: Capacity> {
    out: Outgoing<'a>,
    names: Speller<'b, C>,
    number: u64,
    /// Nothing but the header is in it.
    bare: bool,
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
            self.tell_ledger(ledger, now);
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

    fn write_chunk<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &L,
        draft: &mut Draft<'_, '_, C>,
    ) -> Option<SentLoad> {
        let mut job = self.job.take()?;
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

    fn write_items<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &L,
        draft: &mut Draft<'_, '_, C>,
    ) -> Option<SentLoad> {
        let mut chain = Chain::default();
        let mut dots: C::List<Dot> = Default::default();
        let mut place = 0_u16;
        let mut search = 0;
        let start = draft.out.len();
        draft.out.put_u8(ITEMS);
        loop {
            let again = self.next_waiting(&mut search);
            let (cell, dot, full) = match again {
                Some(item) => (item.cell, item.dot, item.full),
                None if self.outstanding.as_slice().len() >= self.limits.outstanding() => break,
                None => match self.next_cell(ledger) {
                    Some((dot, cell)) => (cell, dot, self.needs_name(ledger, cell)),
                    None => break,
                },
            };
            let mark = (draft.out.len(), draft.names.mark(), chain);
            dots.clear();
            let to = Writing {
                out: &mut draft.out,
                names: &mut draft.names,
                chain: &mut chain,
                dots: &mut dots,
            };
            let written = write_item(ledger, cell, full, to);
            if !written || draft.out.overflowed() {
                draft.out.rewind(mark.0);
                draft.names.rewind(mark.1);
                chain = mark.2;
            }
            if !written {
                // Collected: every replica has it.
                self.finished(search, again.is_some(), dot);
                continue;
            }
            if draft.out.len() == mark.0 {
                if place == 0 && draft.bare && self.job.is_none() {
                    self.cut(ledger, draft, (search, again), (cell, dot));
                }
                break;
            }
            self.put_under_way(draft.number, place, (search, again), (cell, dot, full));
            for at in 0..dots.as_slice().len() {
                if let Some(dot) = dots.as_slice().get(at).copied() {
                    self.pass(dot);
                }
            }
            place = place.saturating_add(1);
            if draft.out.room() < 8 {
                break;
            }
        }
        if place == 0 {
            draft.out.rewind(start);
            if self.job.is_some_and(|job| job.is_new()) {
                return self.write_chunk(ledger, draft);
            }
            return None;
        }
        Some(SentLoad::Items)
    }

    /// The next item that waits to be sent again, and leaves `search` on it.
    fn next_waiting(&self, search: &mut usize) -> Option<Outstanding> {
        if self.waiting == 0 {
            return None;
        }
        let items = self.outstanding.as_slice();
        let ahead = items.get(*search..)?;
        let by = ahead.iter().position(|item| item.number == WAITING)?;
        *search += by;
        items.get(*search).copied()
    }

    /// A cell that the peer cannot know by its birth is named in full at once.
    fn needs_name<L: Ledger<Capacity = C>>(&self, ledger: &L, cell: CellRef) -> bool {
        ledger
            .birth(cell)
            .is_some_and(|birth| !self.peer_context.covers(birth))
    }

    fn put_under_way(
        &mut self,
        number: u64,
        place: u16,
        (search, again): (usize, Option<Outstanding>),
        (cell, dot, full): (CellRef, Dot, bool),
    ) {
        if again.is_some() {
            if let Some(item) = self.outstanding.as_mut_slice().get_mut(search) {
                item.number = number;
                item.place = place;
            }
            self.waiting = self.waiting.saturating_sub(1);
        } else {
            let item = Outstanding {
                number,
                place,
                epoch: self.epoch,
                full,
                cell,
                dot,
            };
            // There is room: the caller looked.
            let _ = self.outstanding.push(item);
        }
        self.pass(dot);
    }

    /// Nothing is left to send of this item.
    fn finished(&mut self, search: usize, again: bool, dot: Dot) {
        if again {
            if let Some(item) = self.outstanding.as_mut_slice().get_mut(search) {
                item.number = DONE;
            }
            self.waiting = self.waiting.saturating_sub(1);
            retain(&mut self.outstanding, |item| item.number != DONE);
        }
        self.pass(dot);
    }

    /// The item does not fit a frame: it goes in chunks.
    fn cut<L: Ledger<Capacity = C>>(
        &mut self,
        ledger: &L,
        draft: &Draft<'_, '_, C>,
        (search, again): (usize, Option<Outstanding>),
        (cell, dot): (CellRef, Dot),
    ) {
        let mut dots: C::List<Dot> = Default::default();
        let room = draft.out.room().saturating_sub(MARGIN);
        match Job::cut(ledger, cell, dot, room, &mut dots) {
            Ok(Some(mut job)) => {
                self.jobs = self.jobs.saturating_add(1);
                job.id = self.jobs;
                job.epoch = again.map_or(self.epoch, |item| item.epoch);
                self.job = Some(job);
            }
            Ok(None) => {}
            Err(bytes) => {
                self.emit(Event::TooLarge { cell, bytes });
                let wait = self.limits.retry_refused();
                self.blocked = Some(self.greeting.last_sent + wait);
                self.barrier = None;
            }
        }
        for at in 0..dots.as_slice().len() {
            if let Some(dot) = dots.as_slice().get(at).copied() {
                self.pass(dot);
            }
        }
        self.finished(search, again.is_some(), dot);
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

/// The tag that was written, and a number that may get longer.
const MARGIN: usize = 4;
