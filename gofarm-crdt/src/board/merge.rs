//! Merging what peers send, and showing them what is here: the board as a [`Ledger`].

use core::cell::Cell;

use crate::board::{Board, Concurrent, MAX_KEY};
use crate::capacity::Fixed;
use crate::causal_context::CausalContext;
use crate::cell::{CellWriter, Content};
use crate::clock::Now;
use crate::dot::{Actor, Dot};
use crate::error::{Full, Malformed};
use crate::field::{Change, Field, JoinError};
use crate::ledger::{Address, CellRef, Ledger, Named, Refusal};
use crate::state::Replicated;
use crate::value::{Sink, SliceSink};

/// Cost: what looks for a cell or a dot takes O(cells).
impl<T: Replicated, const ACTORS: usize, const CELLS: usize> Ledger
    for Board<'_, T, ACTORS, CELLS>
{
    type Capacity = Fixed<ACTORS>;

    fn actor(&self) -> Actor {
        self.actor
    }

    fn context(&self) -> &CausalContext<Fixed<ACTORS>> {
        &self.context
    }

    fn revision(&self) -> u64 {
        self.revision
    }

    fn is_durable(&self) -> bool {
        !self.unsaved
    }

    fn next_live(&self, from: Dot) -> Option<(Dot, CellRef)> {
        let mut first: Option<(Dot, CellRef)> = None;
        self.each_live(&mut |dot, cell| {
            if dot >= from && first.is_none_or(|(least, _)| dot < least) {
                first = Some((dot, cell));
            }
        });
        first
    }

    fn next_actor(&self, after: Option<Actor>) -> Option<Actor> {
        let mut first: Option<Actor> = None;
        self.each_live(&mut |dot, _| {
            let actor = dot.actor();
            if after.is_none_or(|after| actor > after) && first.is_none_or(|least| actor < least) {
                first = Some(actor);
            }
        });
        first
    }

    fn birth(&self, cell: CellRef) -> Option<Dot> {
        self.cells.at(cell).map(|entry| entry.birth)
    }

    fn address(&self, cell: CellRef, out: &mut dyn FnMut(&Address<'_>)) {
        let mut buffer = [0; MAX_KEY];
        let Some(entry) = self.cells.at(cell) else {
            return;
        };
        if let Some(key) = self.key_of(entry.field, entry.cell, &mut buffer) {
            out(&Address {
                state: self.name,
                field: entry.field,
                key,
            });
        }
    }

    fn key(&self, cell: CellRef, out: &mut dyn Sink) {
        if let Some(field) = self.field_at(cell) {
            field.key(cell.cell, out);
        }
    }

    fn write(&self, cell: CellRef, out: &mut dyn CellWriter) {
        if let Some(field) = self.field_at(cell) {
            field.write(cell.cell, out);
        }
    }

    fn holds(&self, cell: CellRef, dot: Dot) -> bool {
        self.field_at(cell)
            .is_some_and(|field| holds(field, cell.cell, dot))
    }

    fn merge(&mut self, now: Now, name: &Named<'_>, content: &Content<'_>) -> Result<(), Refusal> {
        let mut buffer = [0; MAX_KEY];
        let (number, birth, key) = match *name {
            Named::Full(birth, address) => {
                if address.state != self.name {
                    return Err(Refusal::UnknownState);
                }
                (address.field, birth, address.key)
            }
            Named::Birth(birth) => {
                let (field, cell) = self.by_birth(birth).ok_or(Refusal::UnknownBirth(birth))?;
                // A cell with a longer key was not taken in.
                let key = self.key_of(field, cell, &mut buffer).unwrap_or_default();
                (field, birth, key)
            }
        };
        let field = self
            .state
            .field(number)
            .ok_or(Refusal::UnknownField(number))?;
        if birth.counter() == 0 {
            return Err(JoinError::Unreadable(Malformed::Invalid("a birth")).into());
        }
        if matches!(content, Content::Marks([]) | Content::Tally([])) {
            return Ok(());
        }
        if key.len() > MAX_KEY {
            return Err(Full { limit: MAX_KEY }.into());
        }
        if field.find(key).is_none() && self.cells.is_full() {
            return Err(Full { limit: CELLS }.into());
        }
        self.check(now, content)?;
        let Some(field) = self.state.field_mut(number) else {
            return Err(Refusal::UnknownField(number));
        };
        let joined = field.join(key, content)?;
        let entry = self.cells.born(number, joined.cell, birth)?;
        if joined.change != Change::None {
            entry.set_dirty();
            self.unsaved = true;
        }
        if self.adopting {
            self.arrived(number, joined.cell, key, content);
        }
        if let Some((here, came)) = joined.conflict {
            self.concurrent = Some(Concurrent {
                field: number,
                cell: joined.cell,
                here,
                came,
            });
        }
        Ok(())
    }

    fn cover(&mut self, dot: Dot) -> Result<(), Full> {
        if self.context.prefix().covers(dot) && !self.adopting {
            return Ok(());
        }
        let actor = dot.actor();
        let is_known = |actor| self.context.prefix().get(actor) > 0 || self.covers.get(actor) > 0;
        if actor != self.actor && !is_known(actor) {
            let more = self.covers.iter().filter(|dot| {
                dot.actor() != self.actor && self.context.prefix().get(dot.actor()) == 0
            });
            let others = self.context.prefix().iter();
            let others = others.filter(|dot| dot.actor() != self.actor).count() + more.count();
            // One place is for this board's own writes.
            if others + 1 >= ACTORS {
                let silent = self.silent_actor().ok_or(Full { limit: ACTORS })?;
                self.forget(silent);
            }
        }
        // Own writes are known anyway, and no peer can know of more.
        let most = if actor == self.actor {
            self.last
        } else {
            u64::MAX
        };
        self.covers
            .try_raise(Dot::new(actor, dot.counter().min(most)))?;
        self.unsaved |= !self.adopting;
        Ok(())
    }

    /// Never: a board is not where others take the full state from.
    fn is_behind_horizon(&self, _: &CausalContext<Fixed<ACTORS>>) -> bool {
        false
    }

    fn begin_adoption(&mut self) {
        if !self.adopting {
            self.adopting = true;
            self.adoptions = self.adoptions.wrapping_add(1);
            self.unsaved = true;
            self.covers = Default::default();
            self.cells.adoption_begins();
        }
    }

    fn adoption(&self) -> Option<u32> {
        self.adopting.then_some(self.adoptions.into())
    }

    fn end_adoption(&mut self, _: Now) {
        if self.adopting {
            self.sweep();
            self.adopting = false;
            self.unsaved = true;
        }
    }

    fn give_up_adoption(&mut self) {
        self.adopting = false;
        self.unsaved = true;
        self.covers = Default::default();
    }
}

impl<T: Replicated, const ACTORS: usize, const CELLS: usize> Board<'_, T, ACTORS, CELLS> {
    fn field_at(&self, cell: CellRef) -> Option<&dyn Field> {
        self.state.field(u16::try_from(cell.shelf).ok()?)
    }

    /// Shows every dot that is held, of cells that did not change since they were saved.
    fn each_live(&self, each: &mut dyn FnMut(Dot, CellRef)) {
        for entry in self.cells.as_slice().iter().filter(|e| !e.is_dirty()) {
            if let Some(field) = self.state.field(entry.field) {
                field.dots(entry.cell, &mut |dot| {
                    each(dot, entry.place());
                    true
                });
            }
        }
    }

    /// The cell that was born with this dot or holds it.
    fn by_birth(&self, birth: Dot) -> Option<(u16, u32)> {
        let entries = self.cells.as_slice();
        let is_held = |entry: &&super::cells::Entry| {
            self.state
                .field(entry.field)
                .is_some_and(|field| holds(field, entry.cell, birth))
        };
        let born = entries.iter().find(|entry| entry.birth == birth);
        born.or_else(|| entries.iter().find(is_held))
            .map(|entry| (entry.field, entry.cell))
    }

    /// The encoded key of a cell, if the buffer takes it.
    pub(super) fn key_of<'b>(
        &self,
        field: u16,
        cell: u32,
        buffer: &'b mut [u8; MAX_KEY],
    ) -> Option<&'b [u8]> {
        let mut sink = SliceSink::new(buffer);
        self.state.field(field)?.key(cell, &mut sink);
        let len = sink.wanted();
        buffer.get(..len)
    }

    /// Whether this content may be merged here at all.
    fn check(&mut self, now: Now, content: &Content<'_>) -> Result<(), Refusal> {
        let own = |dot: Dot| dot.actor() == self.actor && dot.counter() > self.last;
        let mut forged = None;
        content.all(&mut |dot| {
            forged = own(dot).then_some(dot);
            forged.is_none()
        });
        if let Some(dot) = forged {
            return Err(Refusal::Impostor(dot));
        }
        if let Content::Register { stamp, .. } = *content {
            self.clock.observe(now, stamp)?;
        }
        Ok(())
    }

    /// A writer of which no cell holds a write any more: to forget it costs a repeated cell at most.
    fn silent_actor(&self) -> Option<Actor> {
        self.context
            .prefix()
            .iter()
            .map(Dot::actor)
            .find(|actor| *actor != self.actor && !self.is_heard(*actor))
    }

    fn is_heard(&self, actor: Actor) -> bool {
        let heard = Cell::new(false);
        for entry in self.cells.as_slice() {
            if let Some(field) = self.state.field(entry.field) {
                field.dots(entry.cell, &mut |dot| {
                    heard.set(heard.get() || dot.actor() == actor);
                    !heard.get()
                });
            }
        }
        heard.get()
    }
}

pub(super) fn holds(field: &dyn Field, cell: u32, dot: Dot) -> bool {
    !field.dots(cell, &mut |held| held != dot)
}
