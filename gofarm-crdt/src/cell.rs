//! The atoms of replicated state: a cell is a small lattice, and all state is a bundle of cells.
//!
//! A register is one cell; a set has one for each element that it ever saw; a map has those of its values
//! under each key. Each cell merges by itself, alone and whole: the join of two states of a cell needs
//! nothing but the two. So updates may be lost, repeated, reordered and split at will, a replica may hold
//! and pass on cells whose type it does not know, and the laws of all state follow from the laws of the
//! three [kinds](CellKind). The price is that removing leaves a cell behind until all replicas have seen it.
//!
//! [`Content`] is what crosses a border between codec, store and typed values: borrowed, neutral, one cell.

use crate::capacity::List;
use crate::dot::Dot;
use crate::timestamp::Timestamp;
use crate::value::Value;

mod copy;
pub(crate) mod lattice;
pub(crate) mod lone;
pub(crate) mod marks;
pub(crate) mod register;
pub(crate) mod tally;

#[cfg(feature = "alloc")]
pub use copy::CellCopy;

/// The three lattices that everything else is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum CellKind {
    /// One value; the later time-stamp wins. Register, LWW map, LWW set.
    Register,
    /// At most one mark of each writer, live or dead. Multi-value register, flags, add- and remove-wins sets.
    Marks,
    /// A total of each writer. Counters.
    Tally,
}

/// The content of one cell, borrowed and with encoded values.
///
/// Lists are sorted by actor, and no actor occurs twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a codec must handle every kind")]
pub enum Content<'a> {
    /// See [`CellKind::Register`]. The join takes the greatest (time-stamp, dot) and of `seen` the greatest
    /// of each actor.
    Register {
        /// When the winner was written.
        stamp: Timestamp,
        /// The winner.
        dot: Dot,
        /// Its value; nothing if the write was a removal.
        value: Option<&'a [u8]>,
        /// The last writes of other actors that were replaced here; all of them happened before the winner
        /// or lost against it.
        seen: &'a [Dot],
    },
    /// See [`CellKind::Marks`]. The join takes for each actor the mark with the greater counter; of two equal
    /// ones the dead.
    Marks(&'a [Mark<'a>]),
    /// See [`CellKind::Tally`]. The join takes for each actor the greatest of each number.
    Tally(&'a [Slot]),
}

impl Content<'_> {
    /// Every dot in it, replaced ones too, in no order.
    pub fn dots(&self) -> impl Iterator<Item = Dot> + '_ {
        let (winner, seen, marks, slots): (_, &[Dot], &[Mark<'_>], &[Slot]) = match *self {
            Self::Register { dot, seen, .. } => (Some(dot), seen, &[], &[]),
            Self::Marks(marks) => (None, &[], marks, &[]),
            Self::Tally(slots) => (None, &[], &[], slots),
        };
        winner
            .into_iter()
            .chain(seen.iter().copied())
            .chain(marks.iter().map(|mark| mark.dot))
            .chain(slots.iter().map(|slot| slot.dot))
    }

    /// Whether it `holds` of every dot in it, replaced ones too.
    #[cfg_attr(target_os = "none", inline(never))]
    pub(crate) fn all(&self, holds: &mut dyn FnMut(Dot) -> bool) -> bool {
        match *self {
            Self::Register { dot, seen, .. } => holds(dot) && seen.iter().all(|dot| holds(*dot)),
            Self::Marks(marks) => marks.iter().all(|mark| holds(mark.dot)),
            Self::Tally(slots) => slots.iter().all(|slot| holds(slot.dot)),
        }
    }

    /// Which lattice it belongs to.
    #[must_use]
    pub const fn kind(&self) -> CellKind {
        match self {
            Self::Register { .. } => CellKind::Register,
            Self::Marks(_) => CellKind::Marks,
            Self::Tally(_) => CellKind::Tally,
        }
    }
}

/// What one writer last did to a cell of kind [`CellKind::Marks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark<'a> {
    /// Its last write to this cell.
    pub dot: Dot,
    /// The value it wrote, as long as no later write has seen it.
    pub value: Option<&'a [u8]>,
}

/// What one writer counted in a cell of kind [`CellKind::Tally`]; none of the numbers ever shrinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its last write to this cell.
    pub dot: Dot,
    /// The sum of its increments.
    pub up: u64,
    /// The sum of its decrements.
    pub down: u64,
    /// The part of `up` that a reset has seen.
    pub up_reset: u64,
    /// The part of `down` that a reset has seen.
    pub down_reset: u64,
}

/// Takes the content of one typed cell; exactly one of the methods is called, once.
pub trait CellWriter {
    /// A cell of kind [`CellKind::Register`].
    fn register(&mut self, stamp: Timestamp, dot: Dot, value: Option<&dyn Value>, seen: &[Dot]);

    /// A cell of kind [`CellKind::Marks`], sorted by actor; `marks` gives `len` items.
    fn marks(&mut self, len: usize, marks: &mut dyn Iterator<Item = (Dot, Option<&dyn Value>)>);

    /// A cell of kind [`CellKind::Tally`], sorted by actor.
    fn tally(&mut self, slots: &[Slot]);
}

/// A list with clones of the items of another of the same capacity.
pub(crate) fn clone_list<T: Clone, L: List<T>>(list: &L) -> L {
    let mut copy = L::default();
    for item in list.as_slice() {
        let done = copy.push(item.clone());
        debug_assert!(done.is_ok(), "a list of the same capacity has room");
    }
    copy
}
