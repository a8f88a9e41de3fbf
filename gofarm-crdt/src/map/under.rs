//! What listens to a value of a map while it is written.
#![cfg(feature = "alloc")]

use alloc::vec::Vec;
use core::cell::RefCell;

use crate::cell::{CellKind, CellWriter, Content};
use crate::dot::Dot;
use crate::error::Malformed;
use crate::field::{Field, JoinError, Joined, Notes};
use crate::map::numbers::{Inner, Numbers};
use crate::value::{Sink, Value};

/// Translates what a value says about its cells to what the map says about them.
pub(crate) struct Under<'a, K> {
    key: &'a K,
    entry: u32,
    numbers: RefCell<(&'a mut Numbers, &'a mut Inner)>,
    notes: &'a dyn Notes,
}

impl<'a, K> Under<'a, K> {
    /// For writes to the value under `key`, which is entry number `entry`.
    pub(crate) const fn new(
        key: &'a K,
        entry: u32,
        numbers: &'a mut Numbers,
        inner: &'a mut Inner,
        notes: &'a dyn Notes,
    ) -> Self {
        Self {
            key,
            entry,
            numbers: RefCell::new((numbers, inner)),
            notes,
        }
    }

    fn number(&self, cell: u32) -> u32 {
        let (numbers, inner) = &mut *self.numbers.borrow_mut();
        inner.number_or_new(numbers, self.entry, cell)
    }
}

impl<K: Value> Notes for Under<'_, K> {
    fn before(&self, field: u16, cell: u32, state: &dyn Field) {
        let number = self.number(cell);
        let view = View {
            key: self.key,
            number,
            inner: cell,
            value: state,
        };
        self.notes.before(field, number, &view);
    }

    fn written(&self, field: u16, cell: u32, dot: Dot) {
        self.notes.written(field, self.number(cell), dot);
    }
}

/// One cell of the map, while its value is being written: to be read only.
struct View<'a, K> {
    key: &'a K,
    number: u32,
    inner: u32,
    value: &'a dyn Field,
}

impl<K: Value> Field for View<'_, K> {
    fn kind(&self) -> CellKind {
        self.value.kind()
    }

    fn cells(&self) -> u32 {
        self.number.saturating_add(1)
    }

    fn find(&self, key: &[u8]) -> Option<u32> {
        let mut own = Vec::new();
        self.key(self.number, &mut own);
        (own == key).then_some(self.number)
    }

    fn key(&self, cell: u32, out: &mut dyn Sink) {
        if cell == self.number {
            self.key.encode(out);
            self.value.key(self.inner, out);
        }
    }

    fn write(&self, cell: u32, out: &mut dyn CellWriter) {
        if cell == self.number {
            self.value.write(self.inner, out);
        }
    }

    fn dots(&self, cell: u32, each: &mut dyn FnMut(Dot) -> bool) -> bool {
        cell != self.number || self.value.dots(self.inner, each)
    }

    fn is_present(&self, cell: u32) -> bool {
        cell == self.number && self.value.is_present(self.inner)
    }

    fn has_remains(&self, cell: u32) -> bool {
        cell == self.number && self.value.has_remains(self.inner)
    }

    fn join(&mut self, _: &[u8], _: &Content<'_>) -> Result<Joined, JoinError> {
        Err(Malformed::Invalid("a cell that is being written").into())
    }

    fn erase(&mut self, _: u32) {}

    fn settle(&mut self, _: u32, _: &dyn Fn(Dot) -> bool) -> bool {
        false
    }
}
