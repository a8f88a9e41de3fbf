//! A small replica over byte cells: what a session needs, and nothing else.

use core::cell::Cell as Counter;
use std::collections::HashMap;

use alloc::collections::{BTreeMap, BTreeSet};

use gofarm_crdt::capacity::Growing;
use gofarm_crdt::cell::{CellKind, CellWriter, Content, Slot};
use gofarm_crdt::clock::{AheadOfClock, HybridClock, Now};
use gofarm_crdt::dot::{Actor, Dot, ReplicaId};
use gofarm_crdt::error::{Full, Malformed};
use gofarm_crdt::field::JoinError;
use gofarm_crdt::ledger::{Address, CellRef, Ledger, Named, Refusal};
use gofarm_crdt::value::{Reader, Sink, Value};
use gofarm_crdt::{CausalContext, Timestamp, VersionVector};

type Name = (String, u16, Vec<u8>);

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Atom {
    Register(Timestamp, Dot, Option<Vec<u8>>, BTreeMap<Actor, u64>),
    Marks(BTreeMap<Actor, (u64, Option<Vec<u8>>)>),
    Tally(BTreeMap<Actor, Slot>),
}

#[derive(Clone)]
struct Cell {
    name: Name,
    birth: Dot,
    atom: Atom,
    dirty: bool,
    indexed: Vec<Dot>,
}

#[derive(Clone)]
pub(crate) struct ByteLedger {
    actor: Actor,
    last: u64,
    context: CausalContext,
    /// What other ledgers said that is not durable yet.
    covers: Vec<Dot>,
    cells: Vec<Option<Cell>>,
    names: HashMap<Name, usize>,
    states: Vec<String>,
    births: HashMap<Dot, usize>,
    index: BTreeMap<Dot, usize>,
    revision: u64,
    dirty: bool,
    /// Every merge is made durable at once.
    pub(crate) commits_at_once: bool,
    pub(crate) collected: VersionVector,
    adoption: Option<Adoption>,
    adoptions: u32,
    pub(crate) steps: Counter<u64>,
    pub(crate) merges: u64,
}

#[derive(Clone, Default)]
struct Adoption {
    noted: BTreeSet<usize>,
    covered: VersionVector,
}

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

impl ByteLedger {
    pub(crate) fn new(replica: u64) -> Self {
        Self {
            actor: Actor::new(ReplicaId::new(replica), 1),
            last: 0,
            context: CausalContext::new(),
            covers: Vec::new(),
            cells: Vec::new(),
            names: HashMap::new(),
            states: Vec::new(),
            births: HashMap::new(),
            index: BTreeMap::new(),
            revision: 0,
            dirty: false,
            commits_at_once: true,
            collected: VersionVector::new(),
            adoption: None,
            adoptions: 0,
            steps: Counter::new(0),
            merges: 0,
        }
    }

    /// As after a restart: another incarnation; what was not durable must have been committed.
    pub(crate) fn reopen(&mut self, incarnation: u32) {
        self.commit();
        self.actor = Actor::new(self.actor.replica(), incarnation);
        self.last = 0;
    }

    fn cell(&mut self, state: &str, key: &[u8], birth: Dot, empty: Atom) -> &mut Cell {
        let name = (state.to_owned(), 1, key.to_vec());
        if !self.states.iter().any(|known| known == state) {
            self.states.push(state.to_owned());
        }
        let at = *self.names.entry(name.clone()).or_insert_with(|| {
            self.cells.push(Some(Cell {
                name,
                birth,
                atom: empty,
                dirty: false,
                indexed: Vec::new(),
            }));
            self.cells.len() - 1
        });
        self.births.entry(birth).or_insert(at);
        self.cells[at].as_mut().unwrap()
    }

    fn next_dot(&mut self) -> Dot {
        self.last += 1;
        self.dirty = true;
        Dot::new(self.actor, self.last)
    }

    pub(crate) fn set(&mut self, stamp: Timestamp, state: &str, key: &[u8], value: Option<&[u8]>) {
        let dot = self.next_dot();
        let empty = Atom::Register(
            Timestamp::ZERO,
            Dot::new(self.actor, 0),
            None,
            BTreeMap::new(),
        );
        let me = self.actor;
        let cell = self.cell(state, key, dot, empty);
        let Atom::Register(old_stamp, old, content, seen) = &mut cell.atom else {
            panic!("not a register");
        };
        if old.counter() > 0 && old.actor() != me {
            let slot = seen.entry(old.actor()).or_insert(0);
            *slot = (*slot).max(old.counter());
        }
        seen.remove(&me);
        *old_stamp = stamp.max(old_stamp.next());
        *old = dot;
        *content = value.map(<[u8]>::to_vec);
        cell.dirty = true;
        self.after_write();
    }

    pub(crate) fn mark(&mut self, state: &str, key: &[u8], value: Option<&[u8]>) {
        let dot = self.next_dot();
        let cell = self.cell(state, key, dot, Atom::Marks(BTreeMap::new()));
        let Atom::Marks(marks) = &mut cell.atom else {
            panic!("not marks");
        };
        for mark in marks.values_mut() {
            mark.1 = None;
        }
        marks.insert(dot.actor(), (dot.counter(), value.map(<[u8]>::to_vec)));
        cell.dirty = true;
        self.after_write();
    }

    pub(crate) fn count(&mut self, state: &str, key: &[u8], up: u64) {
        let dot = self.next_dot();
        let cell = self.cell(state, key, dot, Atom::Tally(BTreeMap::new()));
        let Atom::Tally(slots) = &mut cell.atom else {
            panic!("not a tally");
        };
        let slot = slots.entry(dot.actor()).or_insert(Slot {
            dot,
            up: 0,
            down: 0,
            up_reset: 0,
            down_reset: 0,
        });
        slot.dot = dot;
        slot.up += up;
        cell.dirty = true;
        self.after_write();
    }

    fn after_write(&mut self) {
        if self.commits_at_once {
            self.commit();
        }
    }

    pub(crate) fn commit(&mut self) {
        if !self.dirty {
            return;
        }
        for at in 0..self.cells.len() {
            let Some(cell) = self.cells[at].as_mut().filter(|cell| cell.dirty) else {
                continue;
            };
            cell.dirty = false;
            let dots = dots(&cell.atom);
            for gone in cell.indexed.iter().filter(|dot| !dots.contains(dot)) {
                self.index.remove(gone);
                self.context.forget(*gone);
            }
            for dot in &dots {
                self.index.insert(*dot, at);
                self.context.insert(*dot);
            }
            cell.indexed = dots;
        }
        self.context.raise(Dot::new(self.actor, self.last));
        for dot in core::mem::take(&mut self.covers) {
            self.context.raise(dot);
        }
        self.dirty = false;
        self.revision += 1;
    }

    /// Drops the cells that hold a removal, as if all replicas had seen it.
    pub(crate) fn collect(&mut self) {
        for at in 0..self.cells.len() {
            let removed = self.cells[at].as_ref().and_then(|cell| match &cell.atom {
                Atom::Register(_, dot, None, _) => Some(*dot),
                _ => None,
            });
            if let Some(dot) = removed {
                self.drop_cell(at);
                self.collected.raise(dot);
            }
        }
        self.revision += 1;
    }

    fn drop_cell(&mut self, at: usize) {
        if let Some(cell) = self.cells[at].take() {
            self.names.remove(&cell.name);
            self.births.retain(|_, cell| *cell != at);
            for dot in cell.indexed {
                self.index.remove(&dot);
            }
        }
    }

    /// All that a reader can see, and what is known.
    pub(crate) fn view(&self) -> BTreeMap<Name, Atom> {
        let cells = self.cells.iter().flatten();
        cells
            .map(|cell| {
                let mut atom = cell.atom.clone();
                if let Atom::Register(.., seen) = &mut atom {
                    seen.clear();
                }
                (cell.name.clone(), atom)
            })
            .collect()
    }

    fn resolve(&self, cell: CellRef) -> Option<&Cell> {
        self.cells.get(cell.cell as usize)?.as_ref()
    }

    fn cell_ref(&self, at: usize) -> CellRef {
        let state = &self.cells[at].as_ref().unwrap().name.0;
        let state = self.states.iter().position(|known| known == state).unwrap();
        CellRef {
            state: state as u32,
            shelf: 1,
            cell: at as u32,
        }
    }
}

fn dots(atom: &Atom) -> Vec<Dot> {
    match atom {
        Atom::Register(_, dot, ..) => vec![*dot],
        Atom::Marks(marks) => marks
            .iter()
            .map(|(actor, mark)| Dot::new(*actor, mark.0))
            .collect(),
        Atom::Tally(slots) => slots.values().map(|slot| slot.dot).collect(),
    }
}

fn kind(atom: &Atom) -> CellKind {
    match atom {
        Atom::Register(..) => CellKind::Register,
        Atom::Marks(_) => CellKind::Marks,
        Atom::Tally(_) => CellKind::Tally,
    }
}

fn join(atom: &mut Atom, content: &Content<'_>) {
    match (atom, content) {
        (
            Atom::Register(stamp, dot, value, seen),
            Content::Register {
                stamp: their_stamp,
                dot: their_dot,
                value: their_value,
                seen: their_seen,
            },
        ) => {
            for theirs in *their_seen {
                let slot = seen.entry(theirs.actor()).or_insert(0);
                *slot = (*slot).max(theirs.counter());
            }
            let (winner, loser) = ((*their_stamp, *their_dot), (*stamp, *dot));
            if winner > loser {
                (*stamp, *dot) = winner;
                *value = their_value.map(<[u8]>::to_vec);
            }
            let lost = winner.min(loser).1;
            if lost.counter() > 0 && lost.actor() != dot.actor() {
                let slot = seen.entry(lost.actor()).or_insert(0);
                *slot = (*slot).max(lost.counter());
            }
        }
        (Atom::Marks(marks), Content::Marks(theirs)) => {
            for mark in *theirs {
                let slot = marks.entry(mark.dot.actor()).or_insert((0, None));
                if mark.dot.counter() > slot.0 {
                    *slot = (mark.dot.counter(), mark.value.map(<[u8]>::to_vec));
                } else if mark.dot.counter() == slot.0 && mark.value.is_none() {
                    slot.1 = None;
                }
            }
        }
        (Atom::Tally(slots), Content::Tally(theirs)) => {
            for their in *theirs {
                let slot = slots.entry(their.dot.actor()).or_insert(*their);
                slot.dot = slot.dot.max(their.dot);
                slot.up = slot.up.max(their.up);
                slot.down = slot.down.max(their.down);
                slot.up_reset = slot.up_reset.max(their.up_reset);
                slot.down_reset = slot.down_reset.max(their.down_reset);
            }
        }
        _ => panic!("checked before"),
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
