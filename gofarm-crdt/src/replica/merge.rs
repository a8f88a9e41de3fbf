//! Merging what peers send, and showing them what is here: the replica as a [`Ledger`].

use alloc::boxed::Box;
use alloc::vec::Vec;

use gofarm_core::observe::Label;

use crate::capacity::Growing;
use crate::causal_context::CausalContext;
use crate::cell::{CellWriter, Content};
use crate::clock::Now;
use crate::dot::{Actor, Dot};
use crate::error::Full;
use crate::field::{Change, Field, JoinError, Joined};
use crate::ledger::{Address, CellRef, Ledger, Named, Refusal};
use crate::replica::adoption::Adoption;
use crate::replica::book::{Birth, Place};
use crate::replica::{MAX_NAME, Replica, Scratch, signal};
use crate::store::Store;
use crate::value::Sink;

impl<S: Store> Ledger for Replica<S> {
    type Capacity = Growing;

    fn actor(&self) -> Actor {
        self.actor
    }

    fn context(&self) -> &CausalContext {
        &self.context
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn is_durable(&self) -> bool {
        self.dirty.is_empty() && self.covers.is_empty() && self.committing.is_none()
    }

    fn next_live(&self, from: Dot) -> Option<(Dot, CellRef)> {
        let mut from = Some(from);
        while let Some(first) = from {
            let live = self
                .index
                .from(first)
                .find(|&(dot, place)| !self.is_under_way(place) && self.book.holds(place, dot));
            if let Some((dot, place)) = live {
                let cell = CellRef {
                    state: self
                        .book
                        .shelf_at(place.shelf)
                        .map_or(0, |shelf| shelf.state),
                    shelf: place.shelf,
                    cell: place.cell,
                };
                return Some((dot, cell));
            }
            let next = self.index.next_actor(Some(first.actor()));
            from = next.map(|actor| Dot::new(actor, 1));
        }
        None
    }

    fn next_actor(&self, after: Option<Actor>) -> Option<Actor> {
        self.index.next_actor(after)
    }

    fn birth(&self, cell: CellRef) -> Option<Dot> {
        let shelf = self.book.shelf_at(cell.shelf)?;
        let (number, counter) = shelf.birth(cell.cell).parts()?;
        Some(Dot::new(self.index.actor(number)?, counter))
    }

    fn address(&self, cell: CellRef, out: &mut dyn FnMut(&Address<'_>)) {
        let mut key = Vec::new();
        if let Some((state, field)) = self.book.address(cell.into(), &mut key) {
            out(&Address {
                state,
                field,
                key: &key,
            });
        }
    }

    fn key(&self, cell: CellRef, out: &mut dyn Sink) {
        if let Some(field) = self.book.field(cell.shelf) {
            field.key(cell.cell, out);
        }
    }

    fn write(&self, cell: CellRef, out: &mut dyn CellWriter) {
        if let Some(field) = self.book.field(cell.shelf) {
            field.write(cell.cell, out);
        }
    }

    fn holds(&self, cell: CellRef, dot: Dot) -> bool {
        self.book.holds(cell.into(), dot)
    }

    fn merge(&mut self, now: Now, name: &Named<'_>, content: &Content<'_>) -> Result<(), Refusal> {
        self.watches.written_at(now);
        let result = self.check(now, content).and_then(|()| {
            if self.adoption.is_none() {
                let (shelf, birth) = self.place(name)?;
                return self.join_news(shelf, birth, content);
            }
            // What was known here says nothing about the state that is being adopted.
            self.aside(|replica| {
                let (shelf, birth) = replica.place(name)?;
                replica.join(shelf, birth, content)
            })
        });
        if let Err(refusal) = &result {
            let labels = [Label::text("reason", signal::reason(refusal))];
            self.observer
                .as_ref()
                .observe(&signal::REFUSED.count(1).labelled(&labels));
        }
        result
    }

    fn cover(&mut self, dot: Dot) -> Result<(), Full> {
        if let Some(adoption) = &mut self.adoption {
            adoption.known.raise(dot);
            return Ok(());
        }
        if self.context.prefix().covers(dot) {
            return Ok(());
        }
        self.index.number(dot.actor()).ok_or(Full {
            limit: usize::from(u16::MAX),
        })?;
        self.covers.push(dot);
        Ok(())
    }

    fn is_behind_horizon(&self, context: &CausalContext) -> bool {
        !context.prefix().covers_all(self.remains.collected())
    }

    fn begin_adoption(&mut self) {
        // Another peer that joins in adds to what the first has sent.
        self.adoption.get_or_insert_with(|| {
            self.adoptions = self.adoptions.wrapping_add(1);
            Box::new(Adoption::new())
        });
    }

    fn adoption(&self) -> Option<u32> {
        self.adoption.as_ref().map(|_| self.adoptions)
    }

    fn end_adoption(&mut self, now: Now) {
        if let Some(adoption) = self.adoption.take() {
            self.adopt(now, *adoption);
        }
    }

    fn give_up_adoption(&mut self) {
        if let Some(adoption) = self.adoption.take() {
            self.keep(&adoption);
        }
    }
}

impl<S: Store> Replica<S> {
    /// Whether a cell has a write that is not durable yet.
    pub(super) fn is_under_way(&self, place: Place) -> bool {
        self.dirty.holds(place)
            || self
                .committing
                .as_ref()
                .is_some_and(|batch| batch.holds(place))
    }

    /// Whether this content may be merged here at all.
    fn check(&mut self, now: Now, content: &Content<'_>) -> Result<(), Refusal> {
        let own = |dot: Dot| dot.actor() == self.actor && dot.counter() > self.last;
        let forged = content.dots().find(|dot| own(*dot));
        if let Some(dot) = forged {
            return Err(Refusal::Impostor(dot));
        }
        for dot in content.dots() {
            self.index.number(dot.actor()).ok_or(Full {
                limit: usize::from(u16::MAX),
            })?;
        }
        if let Content::Register { stamp, .. } = *content {
            self.clock.observe(now, stamp)?;
        }
        Ok(())
    }

    /// The shelf of a named cell, with its key in the scratch memory, and its birth.
    pub(super) fn place(&mut self, name: &Named<'_>) -> Result<(u32, Dot), Refusal> {
        let key = &mut self.scratch.key;
        key.clear();
        match *name {
            Named::Birth(birth) => {
                let place = self
                    .index
                    .get(birth)
                    .filter(|place| {
                        self.book.holds(*place, birth) || {
                            let number = self.index.number_of(birth.actor());
                            let named = number.map(|number| Birth::new(number, birth.counter()));
                            let shelf = self.book.shelf_at(place.shelf);
                            shelf.map(|shelf| shelf.birth(place.cell)) == named
                        }
                    })
                    .ok_or(Refusal::UnknownBirth(birth))?;
                if let Some(field) = self.book.field(place.shelf) {
                    field.key(place.cell, key);
                }
                Ok((place.shelf, birth))
            }
            Named::Full(birth, address) => {
                if address.state.is_empty() || address.state.len() > MAX_NAME {
                    return Err(Refusal::Name {
                        len: address.state.len(),
                    });
                }
                key.extend_from_slice(address.key);
                let state = self.book.find_or_add(address.state)?;
                let raw = !self.book.has_field(state, address.field);
                Ok((self.book.shelf(state, address.field, raw)?, birth))
            }
        }
    }

    /// Merges what came, but for what was replaced here long ago.
    pub(super) fn join_news(
        &mut self,
        shelf: u32,
        birth: Dot,
        content: &Content<'_>,
    ) -> Result<(), Refusal> {
        match (self.dead_in(shelf, content), content) {
            (Dead::All, _) => Ok(()),
            (Dead::Some, Content::Marks(all)) => {
                let cell = self.find(shelf);
                let mut marks = all.to_vec();
                for mark in &mut marks {
                    mark.value = mark.value.filter(|_| !self.is_dead(cell, mark.dot));
                }
                self.join(shelf, birth, &Content::Marks(&marks))
            }
            (Dead::Some, Content::Tally(all)) => {
                let cell = self.find(shelf);
                let mut slots = all.to_vec();
                slots.retain(|slot| !self.is_dropped(cell, slot.dot));
                self.join(shelf, birth, &Content::Tally(&slots))
            }
            _ => self.join(shelf, birth, content),
        }
    }

    pub(super) fn join(
        &mut self,
        shelf: u32,
        birth: Dot,
        content: &Content<'_>,
    ) -> Result<(), Refusal> {
        match self.join_at(shelf, birth, content) {
            Err(Refusal::Join(JoinError::Unreadable(_))) => {
                // Of a newer type than this program's: kept as it is, with what is known here joined in.
                let Some((state, field)) = self.book.shelf_at(shelf).map(|at| (at.state, at.field))
                else {
                    return Err(Refusal::UnknownBirth(birth));
                };
                let raw = self.book.shelf(state, field, true)?;
                self.join_at(raw, birth, content)
            }
            done => done,
        }
    }

    /// The cell under the key in the scratch memory.
    fn find(&self, shelf: u32) -> Option<Place> {
        let cell = self.book.field(shelf)?.find(&self.scratch.key)?;
        Some(Place { shelf, cell })
    }

    /// Whether a write is known here and in its cell no more: it was replaced, and what replaced it may have
    /// been forgotten since.
    pub(super) fn is_dead(&self, cell: Option<Place>, dot: Dot) -> bool {
        self.context.prefix().covers(dot) && !cell.is_some_and(|cell| self.book.holds(cell, dot))
    }

    /// Whether a total is known here whose slot was given up: a later incarnation of its writer has it.
    pub(super) fn is_dropped(&self, cell: Option<Place>, dot: Dot) -> bool {
        let has_slot = || {
            cell.and_then(|cell| Some((self.book.field(cell.shelf)?, cell.cell)))
                .is_some_and(|(field, cell)| {
                    !field.dots(cell, &mut |held| held.actor() != dot.actor())
                })
        };
        self.context.prefix().covers(dot) && !has_slot()
    }

    /// How much of what came was replaced here long ago: a message that was late by weeks.
    fn dead_in(&self, shelf: u32, content: &Content<'_>) -> Dead {
        match *content {
            Content::Tally(slots) => {
                let prefix = self.context.prefix();
                if !slots.iter().any(|slot| prefix.covers(slot.dot)) {
                    return Dead::Nothing;
                }
                let cell = self.find(shelf);
                let dead = slots.iter().filter(|slot| self.is_dropped(cell, slot.dot));
                Dead::count(dead.count(), slots.len())
            }
            Content::Register { dot, .. } => {
                if self.is_dead(self.find(shelf), dot) {
                    Dead::All
                } else {
                    Dead::Nothing
                }
            }
            Content::Marks(marks) => {
                let prefix = self.context.prefix();
                let known = marks.iter().filter(|mark| prefix.covers(mark.dot)).count();
                if known == 0 {
                    return Dead::Nothing;
                }
                let cell = self.find(shelf);
                let dead = marks.iter().filter(|mark| self.is_dead(cell, mark.dot));
                Dead::count(dead.count(), marks.len())
            }
        }
    }

    fn join_at(&mut self, shelf: u32, birth: Dot, content: &Content<'_>) -> Result<(), Refusal> {
        let Self {
            book,
            index,
            dirty,
            scratch: Scratch { kept, key, .. },
            ..
        } = self;
        let mark = dirty.len();
        let met = book.field(shelf).and_then(|field| {
            let cell = field.find(key)?;
            kept.clear();
            if is_concurrent(field, cell, content) {
                field.write(cell, kept);
            }
            Some(dirty.note(Place { shelf, cell }, field))
        });
        let joined = book
            .field_mut(shelf, content.kind())
            .ok_or(Refusal::UnknownBirth(birth))?
            .join(key, content);
        let joined: Joined = joined.inspect_err(|_| dirty.truncate(mark))?;
        let place = Place {
            shelf,
            cell: joined.cell,
        };
        if met.is_some() && joined.change == Change::None {
            dirty.truncate(mark);
            return Ok(());
        }
        let slot = met.unwrap_or_else(|| dirty.note_new(place));
        if joined.change.is_visible() {
            dirty.show(slot);
        }
        // The least of all births known, so that replicas come to use the same; never that of another cell.
        if let Some(number) = index.number(birth.actor())
            && index.insert_if_absent(birth, place)
        {
            let known = book.shelf_at(shelf).map(|shelf| shelf.birth(place.cell));
            let known = known
                .and_then(Birth::parts)
                .and_then(|(number, counter)| Some(Dot::new(index.actor(number)?, counter)));
            if known.is_none_or(|known| birth < known)
                && let Some(shelf) = book.shelf_mut(shelf)
            {
                shelf.set_birth(place.cell, Birth::new(number, birth.counter()));
            }
        }
        if let Some(dots) = joined.conflict {
            self.conflict_found(place, dots, content);
        }
        Ok(())
    }
}

/// How much of a received cell is dead here.
enum Dead {
    Nothing,
    Some,
    All,
}

impl Dead {
    const fn count(dead: usize, all: usize) -> Self {
        match dead {
            0 => Self::Nothing,
            _ if dead == all => Self::All,
            _ => Self::Some,
        }
    }
}

/// Whether the winner of a register has not been seen by what came.
fn is_concurrent(field: &dyn Field, cell: u32, content: &Content<'_>) -> bool {
    let Content::Register { dot, seen, .. } = *content else {
        return matches!(content, Content::Marks(_));
    };
    let knows = |held: Dot| {
        core::iter::once(&dot)
            .chain(seen)
            .any(|known| known.actor() == held.actor() && known.counter() >= held.counter())
    };
    !field.dots(cell, &mut |held| knows(held))
}

impl From<CellRef> for Place {
    fn from(cell: CellRef) -> Self {
        Self {
            shelf: cell.shelf,
            cell: cell.cell,
        }
    }
}
