//! The ledger as a session sees it.

use alloc::collections::BTreeMap;

use gofarm_crdt::capacity::Growing;
use gofarm_crdt::cell::{CellWriter, Content, Slot};
use gofarm_crdt::clock::{AheadOfClock, HybridClock, Now};
use gofarm_crdt::dot::{Actor, Dot, ReplicaId};
use gofarm_crdt::error::{Full, Malformed};
use gofarm_crdt::field::JoinError;
use gofarm_crdt::ledger::{Address, CellRef, Ledger, Named, Refusal};
use gofarm_crdt::value::{Reader, Sink, Value};
use gofarm_crdt::{CausalContext, Timestamp};

use super::ByteLedger;
use super::atom::{Atom, dots, join, kind};

/// Bytes as they are.
struct Raw<'a>(&'a [u8]);

impl Value for Raw<'_> {
    fn encode(&self, out: &mut dyn Sink) {
        out.put(self.0);
    }

    fn decode(_: &mut Reader<'_>) -> Result<Self, Malformed> {
        Err(Malformed::Invalid("raw"))
    }
}

impl Ledger for ByteLedger {
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
        !self.dirty
    }

    fn next_live(&self, from: Dot) -> Option<(Dot, CellRef)> {
        for (dot, at) in self.index.range(from..) {
            self.steps.set(self.steps.get() + 1);
            if self.cells[*at].as_ref().is_some_and(|cell| !cell.dirty) {
                return Some((*dot, self.cell_ref(*at)));
            }
        }
        self.steps.set(self.steps.get() + 1);
        None
    }

    fn next_actor(&self, after: Option<Actor>) -> Option<Actor> {
        let mut actors = self.index.keys().map(|dot| dot.actor());
        actors.find(|actor| after.is_none_or(|after| *actor > after))
    }

    fn birth(&self, cell: CellRef) -> Option<Dot> {
        self.resolve(cell).map(|cell| cell.birth)
    }

    fn address(&self, cell: CellRef, out: &mut dyn FnMut(&Address<'_>)) {
        if let Some(cell) = self.resolve(cell) {
            out(&Address {
                state: &cell.name.0,
                field: cell.name.1,
                key: &cell.name.2,
            });
        }
    }

    fn key(&self, cell: CellRef, out: &mut dyn Sink) {
        if let Some(cell) = self.resolve(cell) {
            out.put(&cell.name.2);
        }
    }

    fn write(&self, cell: CellRef, out: &mut dyn CellWriter) {
        match self.resolve(cell).map(|cell| &cell.atom) {
            None => {}
            Some(Atom::Register(stamp, dot, value, seen)) => {
                let seen: Vec<Dot> = seen.iter().map(|(actor, n)| Dot::new(*actor, *n)).collect();
                let value = value.as_ref().map(|value| Raw(value));
                out.register(*stamp, *dot, value.as_ref().map(|value| value as _), &seen);
            }
            Some(Atom::Marks(marks)) => {
                let raw: Vec<(Dot, Option<Raw<'_>>)> = marks
                    .iter()
                    .map(|(actor, (n, value))| {
                        (Dot::new(*actor, *n), value.as_ref().map(|value| Raw(value)))
                    })
                    .collect();
                let mut items = raw
                    .iter()
                    .map(|(dot, value)| (*dot, value.as_ref().map(|value| value as &dyn Value)));
                out.marks(raw.len(), &mut items);
            }
            Some(Atom::Tally(slots)) => {
                let slots: Vec<Slot> = slots.values().copied().collect();
                out.tally(&slots);
            }
        }
    }

    fn holds(&self, cell: CellRef, dot: Dot) -> bool {
        self.index.get(&dot) == Some(&(cell.cell as usize))
    }

    fn merge(&mut self, now: Now, name: &Named<'_>, content: &Content<'_>) -> Result<(), Refusal> {
        let mut stamp = Timestamp::ZERO;
        let mut brought = Vec::new();
        let empty = match content {
            Content::Register {
                stamp: theirs,
                dot,
                seen,
                ..
            } => {
                stamp = *theirs;
                brought.push(*dot);
                brought.extend(*seen);
                let nobody = Actor::new(ReplicaId::new(0), 0);
                Atom::Register(Timestamp::ZERO, Dot::new(nobody, 0), None, BTreeMap::new())
            }
            Content::Marks(marks) => {
                brought.extend(marks.iter().map(|mark| mark.dot));
                Atom::Marks(BTreeMap::new())
            }
            Content::Tally(slots) => {
                brought.extend(slots.iter().map(|slot| slot.dot));
                Atom::Tally(BTreeMap::new())
            }
        };
        let forged = |dot: &&Dot| dot.actor() == self.actor && dot.counter() > self.last;
        if let Some(dot) = brought.iter().find(forged) {
            return Err(Refusal::Impostor(*dot));
        }
        if let Some(wall) = now.wall() {
            let limit = wall + HybridClock::MAX_AHEAD;
            if stamp.unix() > limit {
                return Err(AheadOfClock { stamp, limit }.into());
            }
        }
        let at = match name {
            Named::Birth(birth) => match self.births.get(birth) {
                Some(at) => *at,
                None => return Err(Refusal::UnknownBirth(*birth)),
            },
            Named::Full(birth, address) => {
                self.cell(address.state, address.key, *birth, empty);
                self.births[birth]
            }
        };
        let cell = self.cells[at].as_mut().unwrap();
        if kind(&cell.atom) != content.kind() {
            return Err(JoinError::Kind {
                expected: kind(&cell.atom),
                found: content.kind(),
            }
            .into());
        }
        join(&mut cell.atom, content);
        cell.dirty = true;
        self.dirty = true;
        self.merges += 1;
        if let Some(adoption) = &mut self.adoption {
            adoption.noted.insert(at);
        }
        self.after_write();
        Ok(())
    }

    fn cover(&mut self, dot: Dot) -> Result<(), Full> {
        self.covers.push(dot);
        self.dirty = true;
        if let Some(adoption) = &mut self.adoption {
            adoption.covered.raise(dot);
        }
        self.after_write();
        Ok(())
    }

    fn is_behind_horizon(&self, context: &CausalContext) -> bool {
        !self.collected.iter().all(|dot| context.covers(dot))
    }

    fn begin_adoption(&mut self) {
        self.adoptions += 1;
        self.adoption.get_or_insert_default();
    }

    fn give_up_adoption(&mut self) {
        self.adoption = None;
    }

    fn adoption(&self) -> Option<u32> {
        self.adoption.as_ref().map(|_| self.adoptions)
    }

    fn end_adoption(&mut self, _: Now) {
        let Some(adoption) = self.adoption.take() else {
            return;
        };
        for at in 0..self.cells.len() {
            let Some(cell) = self.cells[at]
                .clone()
                .filter(|_| !adoption.noted.contains(&at))
            else {
                continue;
            };
            let unknown = dots(&cell.atom)
                .iter()
                .any(|dot| !adoption.covered.covers(*dot));
            self.drop_cell(at);
            if unknown && let Atom::Register(stamp, _, value, _) = cell.atom {
                self.set(stamp, &cell.name.0, &cell.name.2, value.as_deref());
            }
        }
        self.dirty = true;
        self.after_write();
    }
}
