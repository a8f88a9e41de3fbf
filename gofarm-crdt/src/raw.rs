//! Cells whose type is not known here: [`RawField`].
//!
//! A gateway of last year gets cells of a field that this year's version has. It cannot read them, but it
//! can keep them, merge them and pass them on, since the join of a cell asks nothing of its values but their
//! bytes.

use alloc::boxed::Box;

use crate::capacity::Growing;
use crate::cell::lattice::{Lattice, Met, Present};
use crate::cell::marks::{AnyLive, Marks};
use crate::cell::register::Register;
use crate::cell::tally::Tally;
use crate::cell::{CellKind, CellWriter, Content};
use crate::dot::Dot;
use crate::error::Malformed;
use crate::field::{Field, JoinError, Joined};
use crate::keyed::Keyed;
use crate::value::{Reader, Sink, Value};

/// A field of one kind of cells with keys and values that are mere bytes.
///
/// It merges as the typed field would, with two differences that heal when a replica that knows the type
/// takes part: a value that the type would refuse is kept, and conflicts between marks are not reported.
///
/// ```
/// use gofarm_crdt::cell::{CellCopy, CellKind};
/// use gofarm_crdt::dot::{Actor, ReplicaId};
/// use gofarm_crdt::field::{Field, Pen};
/// use gofarm_crdt::raw::RawField;
/// use gofarm_crdt::set::LwwSet;
/// use gofarm_crdt::Timestamp;
///
/// let mut blocked = LwwSet::<u64>::new();
/// let pen = Pen::new(Actor::new(ReplicaId::new(7), 1), 0, Timestamp::from_bits(9), &());
/// pen.edit(&mut blocked, 0).insert(41);
///
/// let (mut raw, mut copy) = (RawField::new(CellKind::Register), CellCopy::new());
/// blocked.write(0, &mut copy);
/// copy.read(|content| raw.join(&[41], content)).transpose()?;
/// assert_eq!(raw.find(&[41]), Some(0));
/// # Ok::<(), gofarm_crdt::field::JoinError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RawField {
    kind: CellKind,
    cells: Keyed<Bytes, RawCell, Growing>,
}

/// Bytes that are their own encoding and end where the input ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Bytes(Box<[u8]>);

impl Value for Bytes {
    fn encode(&self, out: &mut dyn Sink) {
        out.put(&self.0);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, Malformed> {
        let all = input.rest();
        input
            .take(all.len(), "bytes")
            .map(|bytes| Self(bytes.into()))
    }
}

#[derive(Clone, Debug, Default)]
enum RawCell {
    #[default]
    Unwritten,
    Register(Register<Bytes, Growing>),
    Marks(Marks<Bytes, Growing, AnyLive>),
    Tally(Tally<Growing>),
}

impl RawCell {
    fn new(kind: CellKind) -> Self {
        match kind {
            CellKind::Register => Self::Register(Register::default()),
            CellKind::Marks => Self::Marks(Marks::default()),
            CellKind::Tally => Self::Tally(Tally::default()),
        }
    }

    fn known(&self) -> Option<&dyn Lattice> {
        match self {
            Self::Unwritten => None,
            Self::Register(cell) => Some(cell),
            Self::Marks(cell) => Some(cell),
            Self::Tally(cell) => Some(cell),
        }
    }

    fn known_mut(&mut self) -> Option<&mut dyn Lattice> {
        match self {
            Self::Unwritten => None,
            Self::Register(cell) => Some(cell),
            Self::Marks(cell) => Some(cell),
            Self::Tally(cell) => Some(cell),
        }
    }
}

impl Present for RawCell {
    fn is_present(&self) -> bool {
        self.known().is_some_and(|cell| cell.is_present())
    }
}

impl Lattice for RawCell {
    fn kind(&self) -> CellKind {
        self.known().map_or(CellKind::Register, Lattice::kind)
    }

    fn is_empty(&self) -> bool {
        self.known().is_none_or(Lattice::is_empty)
    }

    fn write(&self, out: &mut dyn CellWriter) {
        if let Some(cell) = self.known() {
            cell.write(out);
        }
    }

    fn dots(&self, each: &mut dyn FnMut(Dot) -> bool) -> bool {
        self.known().is_none_or(|cell| cell.dots(each))
    }

    fn join(&mut self, content: &Content<'_>) -> Result<Met, JoinError> {
        if let Some(cell) = self.known_mut() {
            return cell.join(content);
        }
        let mut cell = Self::new(content.kind());
        let met = cell
            .known_mut()
            .map(|cell| cell.join(content))
            .transpose()?;
        *self = cell;
        Ok(met.unwrap_or(Met::NOTHING))
    }

    fn has_remains(&self) -> bool {
        self.known().is_some_and(Lattice::has_remains)
    }

    fn settle(&mut self, stable: &dyn Fn(Dot) -> bool) -> bool {
        self.known_mut().is_none_or(|cell| cell.settle(stable))
    }
}

impl RawField {
    /// Empty, for cells of this kind.
    #[must_use]
    pub fn new(kind: CellKind) -> Self {
        Self {
            kind,
            cells: Keyed::default(),
        }
    }

    /// The number of cells with a value, or with anything counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.present()
    }

    /// Whether no cell has a value or anything counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Field for RawField {
    fn kind(&self) -> CellKind {
        self.kind
    }

    fn cells(&self) -> u32 {
        self.cells.cells()
    }

    fn find(&self, key: &[u8]) -> Option<u32> {
        self.cells.find(key)
    }

    fn key(&self, cell: u32, out: &mut dyn Sink) {
        self.cells.key(cell, out);
    }

    fn write(&self, cell: u32, out: &mut dyn CellWriter) {
        self.cells.write(cell, out);
    }

    fn dots(&self, cell: u32, each: &mut dyn FnMut(Dot) -> bool) -> bool {
        self.cells.dots(cell, each)
    }

    fn is_present(&self, cell: u32) -> bool {
        self.cells.is_present(cell)
    }

    fn has_remains(&self, cell: u32) -> bool {
        self.cells.has_remains(cell)
    }

    fn join(&mut self, key: &[u8], content: &Content<'_>) -> Result<Joined, JoinError> {
        if content.kind() != self.kind {
            return Err(JoinError::Kind {
                expected: self.kind,
                found: content.kind(),
            });
        }
        self.cells.join(key, content)
    }

    fn erase(&mut self, cell: u32) {
        self.cells.erase(cell);
    }

    fn settle(&mut self, cell: u32, stable: &dyn Fn(Dot) -> bool) -> bool {
        self.cells.settle(cell, stable)
    }
}
