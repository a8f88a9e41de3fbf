//! Cells that changed since the last commit, and what they held before: [`Dirty`].

use alloc::vec::Vec;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use rustc_hash::FxBuildHasher;

use crate::dot::Dot;
use crate::field::Field;
use crate::replica::book::Place;

/// The cells that the next commit writes, in the order in which they were first touched.
#[derive(Debug, Default)]
pub(crate) struct Dirty {
    known: HashMap<Place, usize, FxBuildHasher>,
    cells: Vec<DirtyCell>,
    dots: Vec<Dot>,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DirtyCell {
    pub(crate) place: Place,
    /// Whether a reader saw something in it before.
    pub(crate) was_present: bool,
    /// Whether a reader may see something else in it now.
    pub(crate) is_shown: bool,
    first: usize,
    count: usize,
}

impl Dirty {
    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    pub(crate) fn holds(&self, place: Place) -> bool {
        !self.known.is_empty() && self.known.contains_key(&place)
    }

    /// Notes that a cell is about to change; `field` still has it as it was. Returns its place in the list.
    pub(crate) fn note(&mut self, place: Place, field: &dyn Field) -> usize {
        let slot = match self.known.entry(place) {
            Entry::Occupied(known) => return *known.get(),
            Entry::Vacant(new) => *new.insert(self.cells.len()),
        };
        let first = self.dots.len();
        field.dots(place.cell, &mut |dot| {
            self.dots.push(dot);
            true
        });
        self.cells.push(DirtyCell {
            place,
            was_present: field.is_present(place.cell),
            is_shown: false,
            first,
            count: self.dots.len() - first,
        });
        slot
    }

    /// Notes a cell that is new and held nothing. Returns its place in the list.
    pub(crate) fn note_new(&mut self, place: Place) -> usize {
        let slot = *self.known.entry(place).or_insert(self.cells.len());
        if slot == self.cells.len() {
            self.cells.push(DirtyCell {
                place,
                was_present: false,
                is_shown: false,
                first: 0,
                count: 0,
            });
        }
        slot
    }

    /// Notes that a reader may see a difference in a cell that was noted.
    pub(crate) fn show(&mut self, slot: usize) {
        if let Some(cell) = self.cells.get_mut(slot) {
            cell.is_shown = true;
        }
    }

    /// Learns that a cell has another number now, which no other cell in the list has.
    pub(crate) fn moved(&mut self, from: Place, to: Place) {
        if let Some(slot) = self.known.remove(&from) {
            self.known.insert(to, slot);
            if let Some(cell) = self.cells.get_mut(slot) {
                cell.place = to;
            }
        }
    }

    pub(crate) fn cells(&self) -> &[DirtyCell] {
        &self.cells
    }

    /// The dots that a cell held at the last commit.
    pub(crate) fn before(&self, cell: &DirtyCell) -> &[Dot] {
        self.dots
            .get(cell.first..cell.first + cell.count)
            .unwrap_or_default()
    }

    /// How many cells there are; a mark to go back to.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Forgets the cells noted since `len` was taken: they are again as they were.
    pub(crate) fn truncate(&mut self, len: usize) {
        for cell in self.cells.drain(len..) {
            self.known.remove(&cell.place);
        }
        if self.cells.is_empty() {
            self.dots.clear();
        }
    }

    /// Takes over what was noted later elsewhere.
    pub(crate) fn absorb(&mut self, later: &Self) {
        for cell in &later.cells {
            match self.known.entry(cell.place) {
                Entry::Occupied(known) => {
                    if let Some(earlier) = self.cells.get_mut(*known.get()) {
                        earlier.is_shown |= cell.is_shown;
                    }
                }
                Entry::Vacant(new) => {
                    new.insert(self.cells.len());
                    let first = self.dots.len();
                    self.dots.extend_from_slice(later.before(cell));
                    self.cells.push(DirtyCell { first, ..*cell });
                }
            }
        }
    }

    /// Forgets all; memory for more than a usual batch is given back.
    pub(crate) fn clear(&mut self) {
        const USUAL: usize = 1_024;
        self.known.clear();
        self.known.shrink_to(USUAL);
        self.cells.clear();
        self.cells.shrink_to(USUAL);
        self.dots.clear();
        self.dots.shrink_to(USUAL);
    }
}
