//! The least field that can be: it counts how often it was merged into.

use gofarm_crdt::cell::{CellKind, CellWriter, Content};
use gofarm_crdt::dot::Dot;
use gofarm_crdt::field::{Change, Field, JoinError, Joined};
use gofarm_crdt::value::Sink;

/// A field that holds no value of type `T` but has one beside it.
#[derive(Debug, Default)]
pub(super) struct Flag<T = ()> {
    pub(super) joined: u32,
    pub(super) beside: T,
}

impl<T: 'static> Field for Flag<T> {
    fn kind(&self) -> CellKind {
        CellKind::Register
    }

    fn cells(&self) -> u32 {
        1
    }

    fn find(&self, key: &[u8]) -> Option<u32> {
        key.is_empty().then_some(0)
    }

    fn key(&self, _: u32, _: &mut dyn Sink) {}

    fn write(&self, _: u32, _: &mut dyn CellWriter) {}

    fn dots(&self, _: u32, _: &mut dyn FnMut(Dot) -> bool) -> bool {
        true
    }

    fn is_present(&self, _: u32) -> bool {
        true
    }

    fn join(&mut self, _: &[u8], _: &Content<'_>) -> Result<Joined, JoinError> {
        self.joined += 1;
        Ok(Joined {
            cell: 0,
            change: Change::Hidden,
            conflict: None,
        })
    }

    fn has_remains(&self, _: u32) -> bool {
        false
    }

    fn erase(&mut self, _: u32) {}

    fn settle(&mut self, _: u32, _: &dyn Fn(Dot) -> bool) -> bool {
        false
    }
}
