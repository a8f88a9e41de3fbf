//! The states of a replica and the numbers of their cells.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::cell::CellKind;
use crate::dot::Dot;
use crate::error::Full;
use crate::field::{Field, Pen};
use crate::raw::RawField;
use crate::state::Replicated;

/// A cell of this replica: the shelf says which field of which state, the number which cell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) shelf: u32,
    pub(crate) cell: u32,
}

/// The cells of one field. A field whose type is known may have a second, raw shelf: for cells that this
/// version of the type cannot read.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) state: u32,
    pub(crate) field: u16,
    pub(crate) raw: bool,
    births: Vec<Birth>,
}

/// A birth dot in 8 bytes: 16 bits for the number of its actor, 48 for the counter. Zero is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Birth(u64);

impl Birth {
    pub(crate) fn new(actor: u16, counter: u64) -> Self {
        const MOST: u64 = (1 << 48) - 1;
        if counter > MOST {
            return Self(0);
        }
        Self(u64::from(actor) << 48 | counter)
    }

    /// The number of the actor and the counter.
    pub(crate) fn parts(self) -> Option<(u16, u64)> {
        let counter = self.0 & ((1 << 48) - 1);
        let actor = u16::try_from(self.0 >> 48).unwrap_or_default();
        (counter > 0).then_some((actor, counter))
    }
}

impl Shelf {
    pub(crate) fn birth(&self, cell: u32) -> Birth {
        self.births.get(cell as usize).copied().unwrap_or_default()
    }

    pub(crate) fn set_birth(&mut self, cell: u32, birth: Birth) {
        let at = cell as usize;
        if at >= self.births.len() {
            self.births.resize(at + 1, Birth::default());
        }
        if let Some(slot) = self.births.get_mut(at) {
            *slot = birth;
        }
    }
}

/// A registered struct behind its fields.
trait Typed: Any + Send {
    fn field(&self, number: u16) -> Option<&dyn Field>;
    fn field_mut(&mut self, number: u16) -> Option<&mut dyn Field>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<T: Replicated> Typed for T {
    fn field(&self, number: u16) -> Option<&dyn Field> {
        Replicated::field(self, number)
    }

    fn field_mut(&mut self, number: u16) -> Option<&mut dyn Field> {
        Replicated::field_mut(self, number)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// One named state: the struct it was registered as, if it was, and all cells that belong to no field of it.
struct State {
    name: Box<str>,
    typed: Option<Box<dyn Typed>>,
    raw: Vec<(u16, RawField)>,
    shelves: Vec<u32>,
}

/// All states and shelves.
pub(crate) struct Book {
    states: Vec<State>,
    by_name: HashTable<u32>,
    shelves: Vec<Shelf>,
}

impl Book {
    pub(crate) fn new() -> Self {
        Self {
            states: Vec::new(),
            by_name: HashTable::new(),
            shelves: Vec::new(),
        }
    }

    /// How many cells hold something.
    pub(crate) fn cell_count(&self) -> u64 {
        let holds = |place: &Place| {
            self.field(place.shelf)
                .is_some_and(|field| !field.dots(place.cell, &mut |_| false))
        };
        self.places().filter(holds).count() as u64
    }

    /// Every cell.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        (0..self.shelf_count()).flat_map(|shelf| {
            let cells = self.field(shelf).map_or(0, Field::cells);
            (0..cells).map(move |cell| Place { shelf, cell })
        })
    }

    /// The number of a state.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        let states = &self.states;
        self.by_name
            .find(FxBuildHasher.hash_one(name), |&at| {
                states
                    .get(at as usize)
                    .is_some_and(|state| &*state.name == name)
            })
            .copied()
    }

    /// The number of a state, given to it if it is new.
    pub(crate) fn find_or_add(&mut self, name: &str) -> Result<u32, Full> {
        if let Some(at) = self.find(name) {
            return Ok(at);
        }
        let at = u32::try_from(self.states.len()).map_err(|_| Full {
            limit: u32::MAX as usize,
        })?;
        self.states.push(State {
            name: name.into(),
            typed: None,
            raw: Vec::new(),
            shelves: Vec::new(),
        });
        let states = &self.states;
        self.by_name
            .insert_unique(FxBuildHasher.hash_one(name), at, |&at| {
                states
                    .get(at as usize)
                    .map_or(0, |state| FxBuildHasher.hash_one(&*state.name))
            });
        Ok(at)
    }

    pub(crate) fn name(&self, state: u32) -> &str {
        self.states
            .get(state as usize)
            .map_or("", |state| &state.name)
    }

    pub(crate) fn state_count(&self) -> u32 {
        u32::try_from(self.states.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.states.iter().map(|state| &*state.name)
    }

    /// Gives a state its type. Raw cells stay where they are.
    pub(crate) fn set_type<T: Replicated>(&mut self, state: u32) {
        if let Some(state) = self.states.get_mut(state as usize) {
            state.typed = Some(Box::new(T::default()));
        }
    }

    pub(crate) fn is_typed(&self, state: u32) -> bool {
        self.states
            .get(state as usize)
            .is_some_and(|state| state.typed.is_some())
    }

    pub(crate) fn typed<T: Replicated>(&self, state: u32) -> Option<&T> {
        let typed = self.states.get(state as usize)?.typed.as_ref()?;
        (**typed).as_any().downcast_ref()
    }

    /// Runs `write` on the struct with a pen.
    pub(crate) fn edit<T: Replicated, R>(
        &mut self,
        state: u32,
        pen: &Pen<'_>,
        write: impl FnOnce(&mut T::Edit<'_>) -> R,
    ) -> Option<R> {
        let typed = self.states.get_mut(state as usize)?.typed.as_mut()?;
        let typed: &mut T = (**typed).as_any_mut().downcast_mut()?;
        let mut edit = typed.edit(pen);
        Some(write(&mut edit))
    }

    /// The shelf of a field, made if there is none. `raw` asks for the one of unreadable cells; a field that
    /// the state's type does not have has only that.
    pub(crate) fn shelf(&mut self, state: u32, field: u16, raw: bool) -> Result<u32, Full> {
        let limit = u32::MAX as usize;
        let Some(home) = self.states.get_mut(state as usize) else {
            return Err(Full { limit });
        };
        let known = home.shelves.iter().copied().find(|&at| {
            self.shelves
                .get(at as usize)
                .is_some_and(|shelf| shelf.field == field && shelf.raw == raw)
        });
        if let Some(at) = known {
            return Ok(at);
        }
        let at = u32::try_from(self.shelves.len()).map_err(|_| Full { limit })?;
        home.shelves.push(at);
        self.shelves.push(Shelf {
            state,
            field,
            raw,
            births: Vec::new(),
        });
        Ok(at)
    }

    /// Whether the state's type has this field.
    pub(crate) fn has_field(&self, state: u32, field: u16) -> bool {
        self.states
            .get(state as usize)
            .and_then(|state| state.typed.as_ref())
            .is_some_and(|typed| (**typed).field(field).is_some())
    }

    /// The shelves of a state.
    pub(crate) fn shelves_of(&self, state: u32) -> &[u32] {
        self.states
            .get(state as usize)
            .map_or(&[], |state| &state.shelves)
    }

    pub(crate) fn shelf_at(&self, shelf: u32) -> Option<&Shelf> {
        self.shelves.get(shelf as usize)
    }

    pub(crate) fn shelf_mut(&mut self, shelf: u32) -> Option<&mut Shelf> {
        self.shelves.get_mut(shelf as usize)
    }

    pub(crate) fn shelf_count(&self) -> u32 {
        u32::try_from(self.shelves.len()).unwrap_or(u32::MAX)
    }

    /// The field behind a shelf.
    pub(crate) fn field(&self, shelf: u32) -> Option<&dyn Field> {
        let shelf = self.shelves.get(shelf as usize)?;
        let state = self.states.get(shelf.state as usize)?;
        if shelf.raw {
            let (_, raw) = state
                .raw
                .iter()
                .find(|(number, _)| *number == shelf.field)?;
            return Some(raw);
        }
        (**state.typed.as_ref()?).field(shelf.field)
    }

    /// The field behind a shelf, to merge into; a raw one is made as `kind` if there is none.
    pub(crate) fn field_mut(&mut self, shelf: u32, kind: CellKind) -> Option<&mut dyn Field> {
        let shelf = self.shelves.get(shelf as usize)?;
        let state = self.states.get_mut(shelf.state as usize)?;
        if !shelf.raw {
            return (**state.typed.as_mut()?).field_mut(shelf.field);
        }
        let at = state
            .raw
            .iter()
            .position(|(number, _)| *number == shelf.field)
            .unwrap_or_else(|| {
                state.raw.push((shelf.field, RawField::new(kind)));
                state.raw.len() - 1
            });
        state.raw.get_mut(at).map(|(_, raw)| raw as &mut dyn Field)
    }

    /// Whether a cell holds a dot now.
    pub(crate) fn holds(&self, place: Place, dot: Dot) -> bool {
        self.field(place.shelf)
            .is_some_and(|field| !field.dots(place.cell, &mut |held| held != dot))
    }

    /// The dots that a cell holds now, in `into`.
    pub(crate) fn dots(&self, place: Place, into: &mut Vec<Dot>) {
        if let Some(field) = self.field(place.shelf) {
            field.dots(place.cell, &mut |dot| {
                into.push(dot);
                true
            });
        }
    }

    /// The cell at an address.
    pub(crate) fn at(&self, state: &str, field: u16, key: &[u8]) -> Option<Place> {
        let shelves = self.shelves_of(self.find(state)?).iter().copied();
        let mut shelves =
            shelves.filter(|&shelf| self.shelf_at(shelf).is_some_and(|at| at.field == field));
        shelves.find_map(|shelf| {
            let cell = self.field(shelf)?.find(key)?;
            Some(Place { shelf, cell })
        })
    }

    /// Name of the state, number of the field, key of the cell in `key`.
    pub(crate) fn address<'a>(&'a self, place: Place, key: &mut Vec<u8>) -> Option<(&'a str, u16)> {
        let shelf = self.shelf_at(place.shelf)?;
        key.clear();
        self.field(place.shelf)?.key(place.cell, key);
        Some((self.name(shelf.state), shelf.field))
    }
}
