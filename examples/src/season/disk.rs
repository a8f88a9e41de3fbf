//! [`Disk`]: where a gateway's or the cloud's replica lies, with the troubles a real disk has.
//!
//! A season must show what happens when a disk is full or slow, and how many bytes reach the flash. The stores of
//! gofarm-crdt either work or fail for good, so this is one more around them: in memory (the default, tens of thousands
//! of commits a second) or in a file (`--store`), with the same troubles on both, set from outside through `&self`,
//! because a replica lends its store and does not give it away.
//!
//! - *Full*: a commit is refused whole, before anything is written; reads work. The replica keeps the writes and the
//!   next commit takes them along.
//! - *Slow*: commits succeed; [`Disk::commit_time`] says how long one takes, for whoever moves the simulated time.
//! - *Power cut*: [`Disk::restored`] is the same disk at the next start; the old value is off from then on. A power cut
//!   mends no disk: full stays full.
//!
//! What it does not do: it loses nothing that was committed, and tears nothing; for that there is
//! `gofarm_crdt::store::fault`. How full a disk is follows from nothing; it is full when it is told to be.

mod pages;

use core::cell::{Cell, RefCell};
use core::fmt;
use core::time::Duration;
use std::path::{Path, PathBuf};

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::millis;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::store::{MemoryStore, Record, RedbError, RedbStore, Store, Table};

use pages::Pages;

/// A store in memory or in a file that may be full or slow, and counts.
///
/// It is `Send` and not `Sync`, as it is one replica's.
pub(super) struct Disk {
    replica: ReplicaId,
    place: RefCell<Place>,
    is_full: Cell<bool>,
    commit_time: Cell<Duration>,
    usage: Usage,
    /// What was written before it was opened this time, in bytes.
    before: u64,
}

/// What a disk did since it was made, over all power cuts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Commits that are durable.
    pub(super) commits: u64,
    /// Those of them that took longer than [`Disk::COMMIT_TIME`].
    pub(super) slow: u64,
    /// Commits that were refused because the disk was full.
    pub(super) refused: u64,
    /// Bytes written; in memory this is what a file would have cost, see [`Disk::memory`].
    pub(super) bytes: u64,
}

enum Place {
    Memory(MemoryStore, Pages),
    File(RedbStore, PathBuf),
    /// The power has gone.
    Off,
}

impl Disk {
    /// What a commit takes on a disk without trouble: 5 ms, as `benches/fsync.rs` of gofarm-crdt measured (210 commits a
    /// second, one after the other).
    pub(super) const COMMIT_TIME: Duration = millis(5);

    /// An empty disk in memory, whose incarnation follows from `seed`.
    ///
    /// The bytes written are an estimate of what a file would have cost, from the pages that `redb` writes: it is within
    /// a fifth for commits of a season, as a test compares.
    pub(super) fn memory(replica: ReplicaId, seed: u64) -> Self {
        let store = MemoryStore::new(replica, seed);
        Self::new(replica, Place::Memory(store, Pages::default()))
    }

    /// The disk in the file at `path`, which is made if there is none. Its incarnation is random at each opening.
    ///
    /// # Errors
    /// [`DiskError::File`] when it cannot be opened or made, is damaged, in use, or of another replica.
    pub(super) fn file(path: &Path, replica: ReplicaId) -> Result<Self, DiskError> {
        Ok(Self::new(replica, Place::open(path, replica)?))
    }

    fn new(replica: ReplicaId, place: Place) -> Self {
        Self {
            replica,
            place: RefCell::new(place),
            is_full: Cell::new(false),
            commit_time: Cell::new(Self::COMMIT_TIME),
            usage: Usage::default(),
            before: 0,
        }
    }

    /// The power goes and comes back: what was committed, with the same troubles and counts, and in memory with the
    /// incarnation that follows from `seed`. The disk it was before is off: it reads nothing and refuses everything.
    ///
    /// # Errors
    /// [`DiskError::File`] when the file cannot be opened again; [`DiskError::Off`] if it was off already.
    pub(super) fn restored(&self, seed: u64) -> Result<Self, DiskError> {
        let before = self.usage().bytes;
        // A file is closed here, or it could not be opened again.
        let place = match self.place.replace(Place::Off) {
            Place::Memory(store, pages) => Place::Memory(store.restored(seed), pages.reopened()),
            Place::File(store, path) => {
                drop(store);
                Place::open(&path, self.replica)?
            }
            Place::Off => return Err(DiskError::Off),
        };
        Ok(Self {
            replica: self.replica,
            place: RefCell::new(place),
            is_full: self.is_full.clone(),
            commit_time: self.commit_time.clone(),
            usage: self.usage,
            before,
        })
    }

    /// Makes it full, or frees it.
    pub(super) fn set_full(&self, is_full: bool) {
        self.is_full.set(is_full);
    }

    /// Whether commits are refused.
    pub(super) fn is_full(&self) -> bool {
        self.is_full.get()
    }

    /// Makes each commit take so long from now on; [`Disk::COMMIT_TIME`] is a disk without trouble.
    pub(super) fn set_commit_time(&self, time: Duration) {
        self.commit_time.set(time);
    }

    /// How long a commit takes now, in simulated time.
    pub(super) fn commit_time(&self) -> Duration {
        self.commit_time.get()
    }

    /// What it did since it was made.
    pub(super) fn usage(&self) -> Usage {
        Usage {
            bytes: self.before + self.bytes_written(),
            ..self.usage
        }
    }
}

impl Place {
    fn open(path: &Path, replica: ReplicaId) -> Result<Self, DiskError> {
        match RedbStore::open_or_create(path, replica) {
            Ok(store) => Ok(Self::File(store, path.to_path_buf())),
            Err(error) => Err(DiskError::file(path, error)),
        }
    }
}

impl Store for Disk {
    type Error = DiskError;

    fn replica(&self) -> ReplicaId {
        self.replica
    }

    fn incarnation(&mut self) -> u32 {
        match self.place.get_mut() {
            Place::Memory(store, _) => store.incarnation(),
            Place::File(store, _) => store.incarnation(),
            Place::Off => 0,
        }
    }

    fn scan(
        &mut self,
        table: Table,
        each: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), Self::Error> {
        match self.place.get_mut() {
            Place::Memory(store, _) => {
                let Ok(()) = store.scan(table, each);
                Ok(())
            }
            Place::File(store, path) => store
                .scan(table, each)
                .map_err(|error| DiskError::file(path, error)),
            Place::Off => Err(DiskError::Off),
        }
    }

    fn commit(&mut self, records: &mut dyn Iterator<Item = Record<'_>>) -> Result<(), Self::Error> {
        let mut records = records.peekable();
        if records.peek().is_none() {
            return Ok(()); // touches no disk
        }
        if self.is_full.get() {
            self.usage.refused += 1;
            return Err(DiskError::Full);
        }
        match self.place.get_mut() {
            Place::Memory(store, pages) => {
                let mut counted = records.inspect(|record| pages.put(record));
                let Ok(()) = store.commit(&mut counted);
                pages.commit(store.len());
            }
            Place::File(store, path) => store
                .commit(&mut records)
                .map_err(|error| DiskError::file(path, error))?,
            Place::Off => return Err(DiskError::Off),
        }
        self.usage.commits += 1;
        self.usage.slow += u64::from(self.commit_time.get() > Self::COMMIT_TIME);
        Ok(())
    }

    /// Since it was opened this time; see [`Disk::memory`] for what it means there.
    fn bytes_written(&self) -> u64 {
        match &*self.place.borrow() {
            Place::Memory(_, pages) => pages.written(),
            Place::File(store, _) => store.bytes_written(),
            Place::Off => 0,
        }
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk")
            .field("replica", &self.replica)
            .field("is_full", &self.is_full.get())
            .field("commit_time", &self.commit_time.get())
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

/// Why a [`Disk`] refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DiskError {
    /// There is no room; nothing was written.
    #[error("the disk is full: nothing of the commit was written")]
    Full,
    /// The power has gone.
    #[error("the power of the disk has gone")]
    Off,
    /// The file failed.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// How.
        #[source]
        error: RedbError,
    },
}

impl DiskError {
    fn file(path: &Path, error: RedbError) -> Self {
        Self::File {
            path: path.to_path_buf(),
            error,
        }
    }
}

impl Classify for DiskError {
    fn kind(&self) -> Kind {
        match self {
            Self::Full => Kind::Overloaded,
            Self::Off => Kind::Transient,
            Self::File { error, .. } => error.kind(),
        }
    }
}

#[cfg(test)]
mod tests;
