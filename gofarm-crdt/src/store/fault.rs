//! Stores and disks that fail on purpose, so that a test meets a power cut at every write.
//!
//! [`FaultyStore`] fails as any [`Store`] may: at a commit the power goes, and the commit either is
//! durable and nobody was told, or never happened. `FaultyDisk` (feature `std`) fails one level below, as disks do: whatever
//! was not synchronised is lost or torn.
//!
//! ```
//! use gofarm_crdt::dot::ReplicaId;
//! use gofarm_crdt::store::fault::{Cut, FaultyStore};
//! use gofarm_crdt::store::{MemoryStore, Record, Store, Table};
//!
//! let put = |value| Record { table: Table::Cells, key: b"open", value: Some(value) };
//! let mut store = FaultyStore::new(MemoryStore::new(ReplicaId::new(7), 1));
//! store.cut_at(2, Cut::Before);
//! assert!(store.commit(&mut [put(b"1")].into_iter()).is_ok());
//! assert!(store.commit(&mut [put(b"2")].into_iter()).is_err());
//!
//! let mut store = store.into_inner().restored(2); // the next start
//! let mut found = Vec::new();
//! store.scan(Table::Cells, &mut |_, value| found.push(value.to_vec()))?;
//! assert_eq!(found, [b"1"]);
//! # Ok::<(), core::convert::Infallible>(())
//! ```

#[cfg(feature = "std")]
mod disk;

#[cfg(feature = "std")]
pub use disk::{FaultyDisk, Loss};

use gofarm_core::error::{Classify, Kind};

use super::{Record, Store, Table};
use crate::dot::ReplicaId;

/// On which side of a commit the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is no third side")]
pub enum Cut {
    /// The commit never happened.
    Before,
    /// The commit is durable, and the caller was not told.
    After,
}

/// A store whose power goes at a given commit.
///
/// See the [module](self) for an example.
#[derive(Debug)]
pub struct FaultyStore<S> {
    store: S,
    commits: u64,
    cut: Option<(u64, Cut)>,
    is_off: bool,
}

impl<S> FaultyStore<S> {
    /// A store that works, for now.
    #[must_use]
    pub const fn new(store: S) -> Self {
        Self {
            store,
            commits: 0,
            cut: None,
            is_off: false,
        }
    }

    /// Lets the power go at commit number `commit`, counted from 1 since this was made.
    pub const fn cut_at(&mut self, commit: u64, cut: Cut) {
        self.cut = Some((commit, cut));
    }

    /// How many commits were asked for.
    #[must_use]
    pub const fn commits(&self) -> u64 {
        self.commits
    }

    /// Whether the power has gone: everything fails.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.is_off
    }

    /// What is durable.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.store
    }
}

impl<S: Store> Store for FaultyStore<S> {
    type Error = FaultError<S::Error>;

    fn replica(&self) -> ReplicaId {
        self.store.replica()
    }

    fn incarnation(&mut self) -> u32 {
        self.store.incarnation()
    }

    fn scan(
        &mut self,
        table: Table,
        each: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), Self::Error> {
        if self.is_off {
            return Err(FaultError::Off);
        }
        self.store.scan(table, each).map_err(FaultError::Store)
    }

    fn commit(&mut self, records: &mut dyn Iterator<Item = Record<'_>>) -> Result<(), Self::Error> {
        if self.is_off {
            return Err(FaultError::Off);
        }
        self.commits += 1;
        let cut = self
            .cut
            .filter(|(commit, _)| *commit == self.commits)
            .map(|(_, cut)| cut);
        self.is_off = cut.is_some();
        if cut != Some(Cut::Before) {
            self.store.commit(records).map_err(FaultError::Store)?;
        }
        match cut {
            Some(_) => Err(FaultError::Off),
            None => Ok(()),
        }
    }

    fn bytes_written(&self) -> u64 {
        self.store.bytes_written()
    }
}

/// Why a [`FaultyStore`] failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError<E> {
    /// The power has gone.
    #[error("the power has gone")]
    Off,
    /// The store within failed.
    #[error(transparent)]
    Store(E),
}

impl<E: Classify> Classify for FaultError<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::Off => Kind::Transient,
            Self::Store(error) => error.kind(),
        }
    }
}
