//! What a sync session needs of a replica: [`Ledger`].
//!
//! A gateway's replica has a registry, a heap and an index; a valve controller's is an array. Both are
//! ledgers: they know which writes they hold, show the cells that hold a write, and merge a cell that came.
//! One session machine serves both.
//!
//! Only what is durable is shown: a write that was not committed has no dot in [`Ledger::context`] and its
//! cell is passed over by [`Ledger::next_live`], so a session cannot acknowledge or send it by mistake.

use gofarm_core::error::{Classify, Kind};

use crate::capacity::Capacity;
use crate::causal_context::CausalContext;
use crate::cell::{CellWriter, Content};
use crate::clock::{AheadOfClock, Now};
use crate::dot::{Actor, Dot};
use crate::error::Full;
use crate::field::JoinError;
use crate::value::Sink;

/// A ledger's own short name of a cell; worth nothing to others, and given again after a cell was collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellRef {
    /// The number of the state in this ledger.
    pub state: u32,
    /// The number of the field, among all fields of all states in this ledger.
    pub shelf: u32,
    /// The number of the cell in the field.
    pub cell: u32,
}

/// The name of a cell that every replica knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address<'a> {
    /// The name that the state was registered with.
    pub state: &'a str,
    /// The number of the field; see [`FieldName`](crate::FieldName).
    pub field: u16,
    /// The encoded key in the field; empty for a field of one cell.
    pub key: &'a [u8],
}

/// How a received cell is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a ledger must handle both")]
pub enum Named<'a> {
    /// In full, with its birth dot, by which it may be named later.
    Full(Dot, Address<'a>),
    /// By the dot with which it was first written somewhere; 3 bytes instead of 20 on the wire.
    Birth(Dot),
}

/// The part of a replica that a session talks to.
pub trait Ledger {
    /// Where this ledger keeps its context.
    type Capacity: Capacity;

    /// Who writes here.
    fn actor(&self) -> Actor;

    /// All writes that are durable here: also what may be acknowledged.
    fn context(&self) -> &CausalContext<Self::Capacity>;

    /// Changes whenever something became durable: a reason to look for new cells.
    fn revision(&self) -> u64;

    /// Whether everything that was merged or written so far is durable.
    fn is_durable(&self) -> bool;

    /// The first durable dot at or after `from`, in the order of actors and counters, that a cell holds
    /// now: of this actor or a later one; cells with a write that is not yet durable are passed over.
    fn next_live(&self, from: Dot) -> Option<(Dot, CellRef)>;

    /// The first actor after `actor` that has live dots; `None` starts with the first.
    fn next_actor(&self, after: Option<Actor>) -> Option<Actor>;

    /// The dot with which this cell was first written, as far as this ledger knows.
    fn birth(&self, cell: CellRef) -> Option<Dot>;

    /// Hands out the address of a cell.
    fn address(&self, cell: CellRef, out: &mut dyn FnMut(&Address<'_>));

    /// Writes the key alone: for a codec that streams.
    fn key(&self, cell: CellRef, out: &mut dyn Sink);

    /// Hands out the content of a cell.
    fn write(&self, cell: CellRef, out: &mut dyn CellWriter);

    /// Whether a cell holds a dot now; false after another write replaced it.
    fn holds(&self, cell: CellRef, dot: Dot) -> bool;

    /// Merges one cell that came. What came is acknowledged only once it [is durable](Self::is_durable).
    ///
    /// # Errors
    /// [`Refusal`]; nothing was changed.
    fn merge(&mut self, now: Now, name: &Named<'_>, content: &Content<'_>) -> Result<(), Refusal>;

    /// Learns that all writes of the dot's actor up to it are a part of what is here: the peer has sent all
    /// that it had, and all of it was merged.
    ///
    /// # Errors
    /// [`Full`] if another actor does not fit; nothing was changed.
    fn cover(&mut self, dot: Dot) -> Result<(), Full>;

    /// Whether a replica that knows only this must adopt the full state: it lacks writes whose tombstones
    /// were collected here.
    fn is_behind_horizon(&self, context: &CausalContext<Self::Capacity>) -> bool;

    /// Starts to adopt the full state of a peer: what comes from now on is kept beside what is here. Does
    /// nothing if an adoption is under way.
    fn begin_adoption(&mut self);

    /// Whether an adoption was begun and not ended, also by an earlier session. As long as it is true,
    /// sessions send nothing of what is here and ask their peer for the full state. A ledger that forgets it
    /// in a restart must have kept its old state and context, so that a peer finds it behind the horizon again.
    fn is_adopting(&self) -> bool {
        self.adoption().is_some()
    }

    /// The number of the adoption that is under way; each that is begun has another since the start of the
    /// program. What a peer claims counts for the adoption in which it sent its state.
    fn adoption(&self) -> Option<u32>;

    /// Ends it: what either side knew and no longer holds is dropped, what the other side never saw is kept,
    /// whoever wrote it. A register of which the other side holds nothing may have lost against a removal that
    /// is forgotten: a ledger that can write such a one anew does so, as its own write at `now`.
    fn end_adoption(&mut self, now: Now);

    /// Gives it up: what came is kept as if it had come without an adoption, and nothing is dropped.
    fn give_up_adoption(&mut self);
}

/// Why a received cell was not merged; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The cell was named by a dot that is not known here; the peer must name it in full.
    #[error("no cell is known by its birth at {0}")]
    UnknownBirth(Dot),
    /// The time-stamp is too far ahead of this clock; it may be sent again later, or be written anew.
    #[error(transparent)]
    AheadOfClock(#[from] AheadOfClock),
    /// A dot of this very replica that it never wrote: a copy of its store is running or was restored.
    #[error("{0} carries this replica's name, but was not written here")]
    Impostor(Dot),
    /// The name of the state is empty or too long.
    #[error("the name of a state has {len} bytes")]
    Name {
        /// Its length in bytes.
        len: usize,
    },
    /// This replica keeps only its own state, and this cell is of another.
    #[error("a state that is not kept here")]
    UnknownState,
    /// This replica keeps only the fields that it knows, and this is none of them.
    #[error("field number {0} is not kept here")]
    UnknownField(u16),
    /// The content does not fit the field.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// No room for another state, cell or writer.
    #[error(transparent)]
    Full(#[from] Full),
}

impl Classify for Refusal {
    fn kind(&self) -> Kind {
        match self {
            Self::UnknownBirth(_) | Self::AheadOfClock(_) => Kind::Transient,
            Self::Full(_) | Self::Join(JoinError::Full(_)) => Kind::Overloaded,
            Self::Impostor(_)
            | Self::Name { .. }
            | Self::UnknownState
            | Self::UnknownField(_)
            | Self::Join(_) => Kind::Permanent,
        }
    }
}
