//! Where a replica's state lies between two starts: [`Store`].
//!
//! A replica knows nothing of files. It hands over small records by table and key, many in one
//! [`commit`](Store::commit) that is durable as a whole or did not happen, and reads all of them back once,
//! when it opens. So a store is a few lines over any database with transactions, and a test can drop or tear
//! everything that was not yet synced.
//!
//! - [`MemoryStore`] keeps them until the program ends: for tests, simulations and nodes without a disk.
//! - [`NoStore`] keeps nothing: for a view of what others hold.
//! - `RedbStore` (feature `std`) keeps them in one file.
//! - [`fault`] holds the stores and disks that fail on purpose.
//!
//! What a store does not do: it does not know what a record means, it keeps no history, and it is no place for
//! telemetry: every commit costs at least one synchronised write (see [`WriteMeter`] for what that does to flash).

#[cfg(feature = "std")]
mod disk;
pub mod fault;
mod memory;
mod none;
#[cfg(feature = "std")]
mod redb;
mod wear;

#[cfg(feature = "std")]
pub use disk::Disk;
pub use memory::MemoryStore;
pub use none::NoStore;
#[cfg(feature = "std")]
pub use redb::{Damage, RedbError, RedbStore};
pub use wear::WriteMeter;

use gofarm_core::error::Classify;

use crate::dot::ReplicaId;

/// The records of a store are told apart by table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Table {
    /// Format, identity, clock, what is known of each writer.
    Meta,
    /// The names of states.
    States,
    /// Cells, by state, field and key.
    Cells,
    /// What is known about peers.
    Peers,
    /// Effects that wait for their turn, and those that came and were done.
    Journal,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 5] = [
        Self::Meta,
        Self::States,
        Self::Cells,
        Self::Peers,
        Self::Journal,
    ];
}

/// One record put or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "stores are written outside too")]
pub struct Record<'a> {
    /// The table.
    pub table: Table,
    /// The key, unique in its table.
    pub key: &'a [u8],
    /// The value; nothing removes the record.
    pub value: Option<&'a [u8]>,
}

/// Durable records with atomic batches.
pub trait Store {
    /// What may go wrong; says what to do about it.
    type Error: core::error::Error + Classify + 'static;

    /// The replica whose state this is, given when the store was created.
    fn replica(&self) -> ReplicaId;

    /// The number of this opening, the same at every call: 32 random bits, so that no other opening of this
    /// store or of a copy of it has the same.
    fn incarnation(&mut self) -> u32;

    /// Calls `each` with key and value of every record of a table, in any order.
    ///
    /// # Errors
    /// When the store cannot be read or does not hold what was written.
    fn scan(&mut self, table: Table, each: &mut dyn FnMut(&[u8], &[u8]))
    -> Result<(), Self::Error>;

    /// Makes all of `records` durable, or none: when it returns, a power cut does not undo it.
    /// Of several records with the same key the last counts.
    ///
    /// # Errors
    /// When nothing was made durable, as far as can be known. Where it cannot (the disk failed while it
    /// synchronised), the store refuses everything from then on, and what was made durable shows when it is
    /// opened again.
    fn commit(&mut self, records: &mut dyn Iterator<Item = Record<'_>>) -> Result<(), Self::Error>;

    /// Whether records are kept at all; for a store that keeps none they are not even encoded.
    fn keeps_records(&self) -> bool {
        true
    }

    /// The bytes written to the disk by this store since it was opened, as far as it can tell.
    fn bytes_written(&self) -> u64 {
        0
    }
}

impl<S: Store + ?Sized> Store for &mut S {
    type Error = S::Error;

    fn replica(&self) -> ReplicaId {
        (**self).replica()
    }

    fn incarnation(&mut self) -> u32 {
        (**self).incarnation()
    }

    fn scan(&mut self, table: Table, each: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), S::Error> {
        (**self).scan(table, each)
    }

    fn commit(&mut self, records: &mut dyn Iterator<Item = Record<'_>>) -> Result<(), S::Error> {
        (**self).commit(records)
    }

    fn keeps_records(&self) -> bool {
        (**self).keeps_records()
    }

    fn bytes_written(&self) -> u64 {
        (**self).bytes_written()
    }
}
