//! What a board remembers of each cell beside its content.

use crate::dot::Dot;
use crate::error::Full;
use crate::ledger::CellRef;

/// All cells that are not empty, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Cells<const N: usize> {
    entries: heapless::Vec<Entry, N>,
}

/// One cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// A dot by which peers may name the cell: the least that is known.
    pub(super) birth: Dot,
    pub(super) cell: u32,
    pub(super) field: u16,
    flags: u8,
}

/// Changed since the last save.
const DIRTY: u8 = 1;
/// It came since the adoption began.
const CAME: u8 = 2;
/// It came without this board's own mark, which it had.
const DOUBTED: u8 = 4;

impl Entry {
    pub(super) fn place(&self) -> CellRef {
        CellRef {
            state: 0,
            shelf: u32::from(self.field),
            cell: self.cell,
        }
    }

    pub(super) const fn is_dirty(&self) -> bool {
        self.flags & DIRTY != 0
    }

    pub(super) const fn came(&self) -> bool {
        self.flags & CAME != 0
    }

    pub(super) const fn is_doubted(&self) -> bool {
        self.flags & DOUBTED != 0
    }

    pub(super) const fn set_dirty(&mut self) {
        self.flags |= DIRTY;
    }

    pub(super) const fn set_came(&mut self) {
        self.flags |= CAME;
    }

    pub(super) const fn set_doubted(&mut self) {
        self.flags |= DOUBTED;
    }
}

impl<const N: usize> Cells<N> {
    pub(super) fn as_slice(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.is_full()
    }

    pub(super) fn find(&self, field: u16, cell: u32) -> Option<&Entry> {
        self.entries.get(self.index(field, cell)?)
    }

    pub(super) fn find_mut(&mut self, field: u16, cell: u32) -> Option<&mut Entry> {
        let at = self.index(field, cell)?;
        self.entries.get_mut(at)
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn index(&self, field: u16, cell: u32) -> Option<usize> {
        self.entries
            .iter()
            .position(|entry| (entry.field, entry.cell) == (field, cell))
    }

    /// The cell of this reference.
    pub(super) fn at(&self, cell: CellRef) -> Option<&Entry> {
        self.find(u16::try_from(cell.shelf).ok()?, cell.cell)
    }

    /// The entry of a cell, made if there is none; of two births the lesser stays.
    pub(super) fn born(&mut self, field: u16, cell: u32, birth: Dot) -> Result<&mut Entry, Full> {
        let at = match self.index(field, cell) {
            Some(at) => at,
            None => {
                let entry = Entry {
                    birth,
                    cell,
                    field,
                    flags: 0,
                };
                self.entries.push(entry).map_err(|_| Full { limit: N })?;
                self.entries.len() - 1
            }
        };
        let entry = self.entries.get_mut(at).ok_or(Full { limit: N })?;
        entry.birth = entry.birth.min(birth);
        Ok(entry)
    }

    /// Forgets the cell at a position; another takes the position.
    pub(super) fn remove(&mut self, at: usize) {
        if at < self.entries.len() {
            self.entries.swap_remove(at);
        }
    }

    pub(super) fn all_saved(&mut self) {
        for entry in &mut self.entries {
            entry.flags &= !DIRTY;
        }
    }

    /// Nothing has come yet.
    pub(super) fn adoption_begins(&mut self) {
        for entry in &mut self.entries {
            entry.flags &= DIRTY;
        }
    }
}
