//! Which cells go into the next frame.

use crate::capacity::{Capacity, List};
use crate::dot::Dot;
use crate::ledger::{CellRef, Ledger};
use crate::sync::Event;
use crate::sync::frame::ITEMS;
use crate::sync::item::{Chain, Writing, write_item};
use crate::sync::round_trip::after;
use crate::value::Sink;

use super::fragments::{Job, too_large};
use super::transmit::Draft;
use super::{DONE, Outstanding, SentLoad, Session, WAITING, retain};

/// The tag that was written, and a number that may get longer.
const MARGIN: usize = 4;

impl<C: Capacity, B: Capacity> Session<C, B> {
    pub(super) fn write_items<L: Ledger<Capacity = C>>(
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
                if place == 0 && draft.bare && self.job().is_none() {
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
            if self.job().is_some_and(Job::is_new) {
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
        let cut = if Self::FRAGMENTS {
            Job::cut(ledger, cell, dot, room, &mut dots)
        } else {
            too_large(ledger, cell, &mut dots)
        };
        match cut {
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
                self.blocked = Some(after(self.greeting.last_sent, wait));
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
}
