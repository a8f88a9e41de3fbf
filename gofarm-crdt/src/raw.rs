//! Cells whose type this program does not know: [`RawField`].
//!
//! A newer version of a struct has a field that this one has not. Its cells are kept, merged by the rules of
//! their kind and passed on; what their keys and values mean does not matter for that.

use alloc::boxed::Box;

use crate::capacity::Growing;
use crate::cell::marks::{AllLive, Marks};
use crate::cell::register::Register;
use crate::cell::tally::Tally;
use crate::cell::{CellKind, CellWriter, Content};
use crate::dot::Dot;
use crate::error::Malformed;
use crate::field::{Field, JoinError, Joined};
use crate::keyed::Keyed;
use crate::value::{Reader, Sink, Value};

/// Bytes of any kind, taken whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Opaque(Box<[u8]>);

impl Value for Opaque {
    fn encode(&self, out: &mut dyn Sink) {
        out.put(&self.0);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let len = input.rest().len();
        input.take(len, "bytes").map(|bytes| Self(bytes.into()))
    }
}

/// Cells of one kind under encoded keys, with encoded values.
#[derive(Debug)]
pub(crate) enum RawField {
    Register(Keyed<Opaque, Register<Opaque, Growing>, Growing>),
    Marks(Keyed<Opaque, Marks<Opaque, Growing, AllLive>, Growing>),
    Tally(Keyed<Opaque, Tally<Growing>, Growing>),
}

impl RawField {
    /// No cell yet, of this kind.
    pub(crate) fn new(kind: CellKind) -> Self {
        match kind {
            CellKind::Register => Self::Register(Keyed::default()),
            CellKind::Marks => Self::Marks(Keyed::default()),
            CellKind::Tally => Self::Tally(Keyed::default()),
        }
    }

    fn cells_of(&self) -> &dyn Field {
        match self {
            Self::Register(cells) => cells,
            Self::Marks(cells) => cells,
            Self::Tally(cells) => cells,
        }
    }

    fn cells_of_mut(&mut self) -> &mut dyn Field {
        match self {
            Self::Register(cells) => cells,
            Self::Marks(cells) => cells,
            Self::Tally(cells) => cells,
        }
    }
}

impl Field for RawField {
    fn kind(&self) -> CellKind {
        self.cells_of().kind()
    }

    fn cells(&self) -> u32 {
        self.cells_of().cells()
    }

    fn find(&self, key: &[u8]) -> Option<u32> {
        self.cells_of().find(key)
    }

    fn key(&self, cell: u32, out: &mut dyn Sink) {
        self.cells_of().key(cell, out);
    }

    fn write(&self, cell: u32, out: &mut dyn CellWriter) {
        self.cells_of().write(cell, out);
    }

    fn dots(&self, cell: u32, each: &mut dyn FnMut(Dot) -> bool) -> bool {
        self.cells_of().dots(cell, each)
    }

    fn is_present(&self, cell: u32) -> bool {
        self.cells_of().is_present(cell)
    }

    fn join(&mut self, key: &[u8], content: &Content<'_>) -> Result<Joined, JoinError> {
        self.cells_of_mut().join(key, content)
    }

    fn erase(&mut self, cell: u32) {
        self.cells_of_mut().erase(cell);
    }

    fn settle(&mut self, cell: u32, stable: &dyn Fn(Dot) -> bool) -> bool {
        self.cells_of_mut().settle(cell, stable)
    }
}
