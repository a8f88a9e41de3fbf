//! What each side has: pages of runs, in rounds that the other side asks for.

use crate::capacity::{Capacity, List};
use crate::causal_context::{CausalContext, Run};
use crate::dot::Dot;
use crate::sync::dictionary::Speller;
use crate::sync::frame::{MAX_PAGES, last_page, write_have, write_run};
use crate::sync::outgoing::Outgoing;

/// A place in a context: the prefixes first, then the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    above: bool,
    from: Dot,
}

/// Number `at` of all that a context says: first the prefix, then what is above. O(1).
fn entry<C: Capacity>(context: &CausalContext<C>, at: usize) -> Option<(Place, Run)> {
    let prefix = context.prefix();
    let (above, run) = match at.checked_sub(prefix.len()) {
        Some(at) => (true, context.runs().nth(at)?),
        None => {
            let dot = prefix.iter().nth(at)?;
            (false, Run::new(dot.actor(), 1, dot.counter())?)
        }
    };
    let from = Dot::new(run.actor(), run.first());
    Some((Place { above, from }, run))
}

/// A page: from one place to before another.
#[derive(Clone, Copy)]
struct Page {
    number: u8,
    from: Option<Place>,
    to: Option<Place>,
    under_way: bool,
}

/// The pages that this side sends.
pub(super) struct HavesOut<C: Capacity> {
    round: u8,
    /// What was known when the round began: a page that is sent again holds what it held.
    known: CausalContext<C>,
    /// Where the next page begins.
    next: Option<Place>,
    next_page: u8,
    complete: bool,
    /// Pages that are not acknowledged.
    pages: C::List<Page>,
}

impl<C: Capacity> HavesOut<C> {
    pub(super) fn new() -> Self {
        Self {
            round: 0,
            known: CausalContext::new(),
            next: None,
            next_page: 0,
            complete: true,
            pages: Default::default(),
        }
    }

    pub(super) const fn round(&self) -> u8 {
        self.round
    }

    pub(super) fn begin(&mut self, round: u8, context: &CausalContext<C>) {
        *self = Self {
            round,
            complete: false,
            ..Self::new()
        };
        // Of the same capacity, so that all of it fits.
        let _ = self.known.try_merge(context);
    }

    /// Writes a page that was lost or comes next; its round and number.
    pub(super) fn write(
        &mut self,
        out: &mut Outgoing<'_>,
        names: &mut Speller<'_, C>,
    ) -> Option<(u8, u8)> {
        let lost = self
            .pages
            .as_slice()
            .iter()
            .position(|page| !page.under_way);
        let (at, page) = match lost {
            Some(at) => (at, self.pages.as_slice().get(at).copied()?),
            None if self.complete => return None,
            None => {
                let page = Page {
                    number: self.next_page,
                    from: self.next,
                    to: None,
                    under_way: false,
                };
                let at = self.pages.as_slice().len();
                self.pages.push(page).ok()?;
                (at, page)
            }
        };
        let mark = out.len();
        write_have(self.round, page.number, out);
        let (number_at, body) = (mark.saturating_add(2), out.len());
        if out.overflowed() {
            out.rewind(mark);
            return None;
        }
        let mut rest = None;
        for (place, run) in (0..).map_while(|at| entry(&self.known, at)) {
            if page.from.is_some_and(|from| place < from) {
                continue;
            }
            let end = page.to.is_some_and(|to| place >= to);
            let before = (out.len(), names.mark());
            if !end {
                write_run(run, names, out);
            }
            let overflowed = out.overflowed();
            if !end && overflowed && lost.is_some() {
                // No room beside what else is in this frame: cut short it would hide what is known here.
                out.rewind(mark);
                return None;
            }
            if end || overflowed {
                out.rewind(before.0);
                names.rewind(before.1);
                rest = Some(place);
                break;
            }
        }
        if rest.is_some() && out.len() == body {
            // No room beside what else is in this frame: a frame of its own has it.
            out.rewind(mark);
            if lost.is_none() {
                self.pages.remove(at);
            }
            return None;
        }
        if lost.is_none() {
            self.next = rest;
            self.next_page = self.next_page.saturating_add(1);
            self.complete = rest.is_none() || self.next_page >= MAX_PAGES;
        }
        let is_last = self.complete && page.number.saturating_add(1) == self.next_page;
        if is_last {
            out.patch(number_at, last_page(page.number));
        }
        if let Some(slot) = self.pages.as_mut_slice().get_mut(at) {
            slot.under_way = true;
            if lost.is_none() {
                slot.to = rest;
            }
        }
        Some((self.round, page.number))
    }

    pub(super) fn acknowledged(&mut self, round: u8, number: u8) {
        if round == self.round {
            let at = self
                .pages
                .as_slice()
                .iter()
                .position(|page| page.number == number);
            at.and_then(|at| self.pages.remove(at));
        }
    }

    pub(super) fn lost(&mut self, round: u8, number: u8) {
        for page in self.pages.as_mut_slice() {
            if round == self.round && page.number == number {
                page.under_way = false;
            }
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.complete && self.pages.as_slice().is_empty()
    }
}

/// Which pages came of the round that this side asked for.
#[derive(Clone, Copy, Default)]
pub(super) struct HavesIn {
    pages: u64,
    last: Option<u8>,
}

impl HavesIn {
    pub(super) const fn has_begun(self) -> bool {
        self.pages != 0
    }

    /// Notes a page; true if the round is complete now.
    pub(super) fn note(&mut self, page: u8, last: bool) -> bool {
        self.pages |= 1_u64.checked_shl(u32::from(page)).unwrap_or(0);
        if last {
            self.last = Some(page);
        }
        let full = |last: u8| u64::MAX >> 63_u32.saturating_sub(u32::from(last));
        self.last
            .is_some_and(|last| self.pages & full(last) == full(last))
    }
}
