//! A field of one cell, under the empty key.

use crate::cell::lattice::Lattice;
use crate::cell::{CellKind, CellWriter, Content};
use crate::dot::Dot;
use crate::error::Malformed;
use crate::field::{Field, JoinError, Joined};
use crate::value::Sink;

/// Cell number 0, and no other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lone<S> {
    pub(crate) cell: S,
}

impl<S: Lattice + Default> Field for Lone<S> {
    fn kind(&self) -> CellKind {
        self.cell.kind()
    }

    fn cells(&self) -> u32 {
        u32::from(!self.cell.is_empty())
    }

    fn find(&self, key: &[u8]) -> Option<u32> {
        (key.is_empty() && !self.cell.is_empty()).then_some(0)
    }

    fn key(&self, _: u32, _: &mut dyn Sink) {}

    fn write(&self, cell: u32, out: &mut dyn CellWriter) {
        if cell == 0 {
            self.cell.write(out);
        }
    }

    fn dots(&self, cell: u32, each: &mut dyn FnMut(Dot) -> bool) -> bool {
        cell != 0 || self.cell.dots(each)
    }

    fn is_present(&self, cell: u32) -> bool {
        cell == 0 && self.cell.is_present()
    }

    fn has_remains(&self, cell: u32) -> bool {
        cell == 0 && self.cell.has_remains()
    }

    fn join(&mut self, key: &[u8], content: &Content<'_>) -> Result<Joined, JoinError> {
        if !key.is_empty() {
            return Err(Malformed::Trailing(key.len()).into());
        }
        let met = self.cell.join(content)?;
        Ok(Joined {
            cell: 0,
            change: met.change,
            conflict: met.conflict,
        })
    }

    fn erase(&mut self, cell: u32) {
        if cell == 0 {
            self.cell = S::default();
        }
    }

    fn settle(&mut self, cell: u32, stable: &dyn Fn(Dot) -> bool) -> bool {
        if cell != 0 || !self.cell.settle(stable) {
            return false;
        }
        self.cell = S::default();
        true
    }
}
