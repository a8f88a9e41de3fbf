//! [`TableError`]: a slot that cannot be used.

use gofarm_core::error::{Classify, Kind};

/// A slot that cannot be used so; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TableError {
    /// No node is there.
    #[error("no node is in slot {slot}")]
    Absent {
        /// The slot.
        slot: usize,
    },
    /// A node is there already.
    #[error("a node is in slot {slot} already")]
    Occupied {
        /// The slot.
        slot: usize,
    },
    /// The slot is not the next one, or there are too many.
    #[error("slot {slot} is beyond the next one, {next}, or beyond the limit of {limit}")]
    OutOfRange {
        /// The slot.
        slot: usize,
        /// The first slot that was never used.
        next: usize,
        /// How many slots a table may have.
        limit: usize,
    },
}

impl Classify for TableError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
