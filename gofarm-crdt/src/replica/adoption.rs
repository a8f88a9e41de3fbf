//! Taking over a peer's full state after more than 14 days alone.
//!
//! Whoever was away for longer than the [horizon](super::HORIZON) may hold elements that everybody else
//! removed and forgot; merging would bring them back. So what the peer sends is first received beside the
//! state that is here: until it has sent everything, readers see the old state and writes go on. At the end
//! one rule holds for both sides: what is dead on either side (known there and no longer held) stays dead, and
//! what one side never saw of the other is kept, whoever wrote it. A power cut in between changes nothing: the
//! store has the old state, and the next session starts over.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use crate::causal_context::CausalContext;
use crate::cell::{CellKind, CellWriter as _, Content, Mark, Slot};
use crate::clock::Now;
use crate::dot::Dot;
use crate::ledger::{Address, Named, Refusal};
use crate::replica::Replica;
use crate::replica::book::{Birth, Book, Place};
use crate::replica::dirty::Dirty;
use crate::replica::index::Index;
use crate::replica::kept::Kept;
use crate::replica::stability::MEMBERS;
use crate::store::Store;

/// What was received so far, all of it raw.
pub(super) struct Adoption {
    pub(super) book: Book,
    pub(super) index: Index,
    pub(super) dirty: Dirty,
    pub(super) known: CausalContext,
}

/// What was received, beside what is here.
#[derive(Default)]
struct Met {
    /// The writes that the peer holds.
    held: CausalContext,
    /// Those of them that are known here and have ended here.
    dead: CausalContext,
    /// Registers that were never seen here and may have been removed here.
    lonely: BTreeSet<Place>,
}

/// One cell on its way from one book to another.
struct Moved {
    state: String,
    field: u16,
    key: Vec<u8>,
    birth: Option<Dot>,
    content: Kept,
}

impl Adoption {
    pub(super) fn new() -> Self {
        Self {
            book: Book::new(),
            index: Index::default(),
            dirty: Dirty::default(),
            known: CausalContext::new(),
        }
    }
}

impl<S: Store> Replica<S> {
    /// Merges into what is being adopted, while `merge` runs, instead of what is here.
    pub(super) fn aside<R>(&mut self, merge: impl FnOnce(&mut Self) -> R) -> R {
        let swap = |replica: &mut Self| {
            if let Some(adoption) = &mut replica.adoption {
                core::mem::swap(&mut replica.book, &mut adoption.book);
                core::mem::swap(&mut replica.index, &mut adoption.index);
                core::mem::swap(&mut replica.dirty, &mut adoption.dirty);
            }
        };
        swap(self);
        let result = merge(self);
        swap(self);
        result
    }

    /// Puts what was received in the place of what is here, but for what the peer did not know; what is dead
    /// here stays dead.
    pub(super) fn adopt(&mut self, now: Now, adoption: Adoption) {
        let Adoption {
            book,
            index,
            mut known,
            ..
        } = adoption;
        let met = self.met(&book, &known);
        known.merge(&met.held);
        let unknown: Vec<Moved> = self
            .book
            .places()
            .filter_map(|place| {
                let mut moved = Moved::copy(&self.book, &self.index, place)?;
                moved.content = unseen(&moved.content, &known)?;
                Some(moved)
            })
            .collect();
        if !self.is_own_only && self.lacks_any(&met.held, &known) {
            // Whoever has not seen what ended those may still hold them, and must take over the full state.
            for dot in known.prefix().iter() {
                self.remains.collect(dot);
            }
        }
        self.clear();
        self.watches.state_replaced();
        for place in book.places() {
            if let Some(mut moved) = Moved::copy(&book, &index, place)
                && let Some(content) = living(&moved.content, &met.dead)
            {
                moved.content = content;
                match met.lonely.contains(&place) {
                    true => self.reissue(now, &moved),
                    false => self.join_moved(&moved),
                }
            }
        }
        for moved in &unknown {
            self.reissue(now, moved);
        }
        for dot in known.prefix().iter() {
            if self.index.number(dot.actor()).is_some() {
                self.covers.push(dot);
            }
        }
    }

    /// Merges what was received into what is here: whoever sent it counts on that.
    pub(super) fn keep(&mut self, adoption: &Adoption) {
        for place in adoption.book.places() {
            if let Some(moved) = Moved::copy(&adoption.book, &adoption.index, place) {
                self.join_as(&moved, Self::join_news);
            }
        }
    }

    /// Compares what was received with what is here.
    fn met(&self, received: &Book, known: &CausalContext) -> Met {
        let mut met = Met::default();
        let (mut key, mut dots) = (Vec::new(), Vec::new());
        // The peer was away for too long as well: it may have missed removals of which no trace is left here.
        let is_behind = !known.prefix().covers_all(self.remains.collected());
        for place in received.places() {
            key.clear();
            dots.clear();
            let Some((state, field)) = received.address(place, &mut key) else {
                continue;
            };
            received.dots(place, &mut dots);
            let kind = received.field(place.shelf).map(|field| field.kind());
            let here = self.book.at(state, field, &key);
            for &dot in &dots {
                met.held.insert(dot);
                let is_dead = match kind {
                    Some(CellKind::Tally) => self.is_dropped(here, dot),
                    _ => self.is_dead(here, dot),
                };
                if is_dead {
                    met.dead.insert(dot);
                }
            }
            let is_new = || dots.iter().all(|dot| !self.context.covers(*dot));
            if is_behind && kind == Some(CellKind::Register) && self.is_void(here) && is_new() {
                met.lonely.insert(place);
            }
        }
        met
    }

    /// Whether a write that is here was ended at the peer.
    fn lacks_any(&self, held: &CausalContext, known: &CausalContext) -> bool {
        self.book.places().any(|place| {
            self.book.field(place.shelf).is_some_and(|field| {
                !field.dots(place.cell, &mut |dot| {
                    held.covers(dot) || !known.covers(dot)
                })
            })
        })
    }

    /// Whether there is no cell, or nothing in it.
    fn is_void(&self, place: Option<Place>) -> bool {
        place
            .and_then(|place| Some((self.book.field(place.shelf)?, place.cell)))
            .is_none_or(|(field, cell)| field.dots(cell, &mut |_| false))
    }

    /// Empties every cell; the next commit removes their records.
    fn clear(&mut self) {
        let places: Vec<Place> = self.book.places().collect();
        for place in places {
            let Some(field) = self.book.field(place.shelf) else {
                continue;
            };
            let kind = field.kind();
            self.dirty.note(place, field);
            let gone = self.gone_key(place);
            self.gone.extend(gone);
            if let Some(field) = self.book.field_mut(place.shelf, kind) {
                field.erase(place.cell);
                field.settle(place.cell, &|_| true);
            }
            if let Some(shelf) = self.book.shelf_mut(place.shelf) {
                shelf.set_birth(place.cell, Birth::default());
            }
        }
        self.remains.restart();
    }

    /// Joins what one side never saw of the other. A register that the other side does not have is written
    /// anew, with the time of now: the removal that it may have lost against is remembered by some replicas and
    /// forgotten by others, and it must end the same everywhere.
    fn reissue(&mut self, now: Now, moved: &Moved) {
        let here = self.book.at(&moved.state, moved.field, &moved.key);
        let winner = moved.content.winner();
        // What members said is never removed, and who said it when must stay.
        let anew = self.is_void(here) && moved.state != MEMBERS;
        let Some((dot, _)) = winner.filter(|_| anew) else {
            self.join_moved(moved);
            return;
        };
        let anew = Dot::new(self.actor, self.last + 1);
        let stamp = self.clock.tick(now);
        let seen = moved.content.replaced(self.actor);
        let mut content = Kept::default();
        moved.content.with(|old| {
            if let Content::Register { value, .. } = *old {
                content.copy(&Content::Register {
                    stamp,
                    dot: anew,
                    value,
                    seen: &seen,
                });
            }
        });
        self.last = anew.counter();
        self.join_moved(&Moved {
            state: moved.state.clone(),
            field: moved.field,
            key: moved.key.clone(),
            birth: moved.birth.or(Some(dot)),
            content,
        });
    }

    fn join_moved(&mut self, moved: &Moved) {
        self.join_as(moved, Self::join);
    }

    fn join_as(
        &mut self,
        moved: &Moved,
        join: impl FnOnce(&mut Self, u32, Dot, &Content<'_>) -> Result<(), Refusal>,
    ) {
        let address = Address {
            state: &moved.state,
            field: moved.field,
            key: &moved.key,
        };
        moved.content.with(|content| {
            let birth = moved.birth.or_else(|| content.dots().next());
            let name = Named::Full(birth.unwrap_or(Dot::new(self.actor, 0)), address);
            let joined = self
                .place(&name)
                .and_then(|(shelf, birth)| join(self, shelf, birth, content));
            debug_assert!(joined.is_ok(), "{joined:?}");
        });
    }
}

impl Moved {
    fn copy(book: &Book, index: &Index, place: Place) -> Option<Self> {
        let mut key = Vec::new();
        let (state, field) = book.address(place, &mut key)?;
        let mut content = Kept::default();
        book.field(place.shelf)?.write(place.cell, &mut content);
        content.kind()?;
        let birth = book
            .shelf_at(place.shelf)
            .and_then(|shelf| shelf.birth(place.cell).parts())
            .and_then(|(number, counter)| Some(Dot::new(index.actor(number)?, counter)));
        Some(Self {
            state: state.into(),
            field,
            key,
            birth,
            content,
        })
    }
}

/// The part of a received cell that is not `dead` here, if there is one.
fn living(content: &Kept, dead: &CausalContext) -> Option<Kept> {
    let lives = |dot: Dot| !dead.covers(dot);
    let mut part = Kept::default();
    content.with(|content| match *content {
        Content::Register { dot, .. } => lives(dot).then(|| part.copy(content)),
        Content::Marks(marks) => {
            let mut left = marks.to_vec();
            for mark in &mut left {
                mark.value = mark.value.filter(|_| lives(mark.dot));
            }
            (marks.iter().any(|mark| lives(mark.dot))).then(|| part.copy(&Content::Marks(&left)))
        }
        Content::Tally(slots) => {
            let mut left = slots.to_vec();
            left.retain(|slot| lives(slot.dot));
            (!left.is_empty()).then(|| part.tally(&left))
        }
    })??;
    Some(part)
}

/// The part of a cell that `known` does not cover, if there is one.
fn unseen(content: &Kept, known: &CausalContext) -> Option<Kept> {
    let is_new = |dot: Dot| !known.covers(dot);
    let mut part = Kept::default();
    content.with(|content| match *content {
        Content::Register { dot, .. } => is_new(dot).then(|| part.copy(content)),
        Content::Marks(marks) => {
            // A write that the peer never saw ended others; that must not be lost with them.
            let wanted = |mark: &&Mark<'_>| is_new(mark.dot) || mark.value.is_none();
            let new: Vec<Mark<'_>> = marks.iter().filter(wanted).copied().collect();
            marks
                .iter()
                .any(|mark| is_new(mark.dot))
                .then(|| part.copy(&Content::Marks(&new)))
        }
        Content::Tally(slots) => {
            // The same for totals: what such a write took back of known ones stays taken back.
            let new: Vec<Slot> = slots
                .iter()
                .map(|slot| match is_new(slot.dot) {
                    true => *slot,
                    false => Slot {
                        up: 0,
                        down: 0,
                        ..*slot
                    },
                })
                .collect();
            slots
                .iter()
                .any(|slot| is_new(slot.dot))
                .then(|| part.tally(&new))
        }
    })??;
    Some(part)
}
