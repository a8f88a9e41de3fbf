//! What a replica needs of a CRDT to store it, send it and merge into it: [`Field`].
//!
//! A field numbers its cells in the order in which it first saw them. The number is the replica's short name
//! of a cell: it does not cross a link and may be given to another cell after this one was collected.

use crate::cell::{CellKind, CellWriter, Content};
use crate::dot::Dot;
use crate::error::{Full, Malformed};
use crate::value::Sink;

pub(crate) mod forward;
mod pen;

pub use pen::{Edit, Notes, Pen};

/// A CRDT as a bundle of cells; implemented by every type of this crate that a state may have as a field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not replicated by itself",
    label = "not a CRDT",
    note = "put it into a field type of gofarm-crdt that says how two writes are merged, such as a register"
)]
pub trait Field {
    /// The kind of all its cells.
    fn kind(&self) -> CellKind;

    /// One more than the greatest cell number in use.
    fn cells(&self) -> u32;

    /// The cell under an encoded key; a field with only one cell has it under the empty key.
    fn find(&self, key: &[u8]) -> Option<u32>;

    /// Writes the encoded key of a cell; writes nothing for a number that is not in use.
    fn key(&self, cell: u32, out: &mut dyn Sink);

    /// Hands the content of a cell over; does nothing if the cell is empty or the number not in use.
    fn write(&self, cell: u32, out: &mut dyn CellWriter);

    /// Calls `each` with every dot in a cell that a peer may lack: of a register the winner, of marks and
    /// tallies the last of each actor. Returns whether `each` always returned true, and stops at the first
    /// that does not.
    fn dots(&self, cell: u32, each: &mut dyn FnMut(Dot) -> bool) -> bool;

    /// Whether a reader sees something in this cell: a value, an element, a count.
    fn is_present(&self, cell: u32) -> bool;

    /// Whether [`settle`](Self::settle) could make this cell less one day: it holds something that serves only
    /// merging.
    fn has_remains(&self, cell: u32) -> bool;

    /// Merges received content into the cell under a key.
    ///
    /// # Errors
    /// [`JoinError`]; nothing was changed.
    fn join(&mut self, key: &[u8], content: &Content<'_>) -> Result<Joined, JoinError>;

    /// Makes a cell empty, as it was before anything was written; for a transaction that is given up.
    fn erase(&mut self, cell: u32);

    /// Forgets what no replica can lack any more, if all dots of the cell are stable; returns true if
    /// nothing is left of the cell and its number is free.
    fn settle(&mut self, cell: u32, stable: &dyn Fn(Dot) -> bool) -> bool;
}

/// What merging did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The cell.
    pub cell: u32,
    /// What changed.
    pub change: Change,
    /// The two writes that met without knowing of each other, if they did: the one that was here, the one
    /// that came.
    pub conflict: Option<(Dot, Dot)>,
}

/// What merging changed in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "watchers must tell all of them apart"
)]
pub enum Change {
    /// Nothing at all.
    None,
    /// Only what is kept for merging; a reader sees no difference.
    Hidden,
    /// The value came to be: it was absent before.
    Created,
    /// The value is another.
    Updated,
    /// The value is absent now.
    Deleted,
}

impl Change {
    /// Whether a reader sees a difference.
    #[must_use]
    pub const fn is_visible(self) -> bool {
        !matches!(self, Self::None | Self::Hidden)
    }
}

/// Why received content was not merged; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The cell is of another kind here.
    #[error("the cell is of kind {found:?}, this field holds {expected:?}")]
    Kind {
        /// What this field holds.
        expected: CellKind,
        /// What came.
        found: CellKind,
    },
    /// The key or a value is not one of this field's type, perhaps of a newer one.
    #[error("not a value of this field's type: {0}")]
    Unreadable(#[from] Malformed),
    /// No room for another element or writer.
    #[error(transparent)]
    Full(#[from] Full),
}
