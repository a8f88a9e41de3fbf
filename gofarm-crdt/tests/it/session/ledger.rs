//! A small replica over byte cells: what a session needs, and nothing else.

// The fuzz targets read this file by its path too.
#[path = "ledger/atom.rs"]
mod atom;
#[path = "ledger/contract.rs"]
mod contract;

use core::cell::Cell as Counter;
use std::collections::HashMap;

use alloc::collections::{BTreeMap, BTreeSet};

use gofarm_crdt::cell::Slot;
use gofarm_crdt::dot::{Actor, Dot, ReplicaId};
use gofarm_crdt::ledger::CellRef;
use gofarm_crdt::{CausalContext, Timestamp, VersionVector};

pub(crate) use self::atom::Atom;

use self::atom::dots;

type Name = (String, u16, Vec<u8>);

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
