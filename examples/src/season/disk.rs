//! [`Disk`]: where a gateway's or the cloud's replica lies, with the troubles a real disk has.
//!
//! A season must show what happens when a disk is full or slow, and how many bytes reach the flash. The stores of
//! gofarm-crdt either work or fail for good, so this is one more, in memory, as a season commits far more often than the
//! 210 times a second that a real disk bears. Its troubles are set from outside through `&self`, because a replica lends
//! its store and does not give it away.
//!
//! - *Full*: a commit is refused whole, before anything is written; reads work. The replica keeps the writes and the
//!   next commit takes them along.
//! - *Slow*: commits succeed; [`Disk::commit_time`] says how long one takes, for whoever moves the simulated time.
//! - *Power cut*: [`Disk::restored`] is the same disk at the next start; the old value is off from then on. A power cut
//!   mends no disk: full stays full.
//! - *Kept in a file*: [`Disk::records`] is what a file has to keep, and [`Disk::replace`] what the next start finds; see
//!   `saved`.
//!
//! What it does not do: it loses nothing that was committed, and tears nothing; for that there is
//! `gofarm_crdt::store::fault`. How full a disk is follows from nothing; it is full when it is told to be.

mod pages;

use core::cell::{Cell, RefCell};
use core::fmt;
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::millis;
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::store::{MemoryStore, Record, Store, Table};

use pages::Pages;

/// A store in memory that may be full or slow, and counts.
///
/// It is `Send` and not `Sync`, as it is one replica's.
pub(super) struct Disk {
    replica: ReplicaId,
    /// Nothing when the power has gone.
    store: RefCell<Option<MemoryStore>>,
    /// What the next start finds instead.
    next: RefCell<Option<MemoryStore>>,
    pages: Pages,
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
    /// Bytes written; what a file would have cost, see [`Disk::memory`].
    pub(super) bytes: u64,
}

impl Disk {
    /// What a commit takes on a disk without trouble: 5 ms, as `benches/fsync.rs` of gofarm-crdt measured (210 commits a
    /// second, one after the other).
    pub(super) const COMMIT_TIME: Duration = millis(5);

    /// An empty disk, whose incarnation follows from `seed`.
    ///
    /// The bytes written are an estimate of what a file would have cost, from the pages that `redb` writes: it is within
    /// a fifth for commits of a season, as a test compares.
    pub(super) fn memory(replica: ReplicaId, seed: u64) -> Self {
        Self {
            replica,
            store: RefCell::new(Some(MemoryStore::new(replica, seed))),
            next: RefCell::new(None),
            pages: Pages::default(),
            is_full: Cell::new(false),
            commit_time: Cell::new(Self::COMMIT_TIME),
            usage: Usage::default(),
            before: 0,
        }
    }

    /// The power goes and comes back: what was committed, with the same troubles and counts, and the incarnation that
    /// follows from `seed`. The disk it was before is off: it reads nothing and refuses everything.
    ///
    /// # Errors
    /// [`DiskError::Off`] if it was off already.
    pub(super) fn restored(&self, seed: u64) -> Result<Self, DiskError> {
        let before = self.usage().bytes;
        let store = self.store.take().ok_or(DiskError::Off)?;
        let store = self.next.take().unwrap_or(store).restored(seed);
        Ok(Self {
            replica: self.replica,
            store: RefCell::new(Some(store)),
            next: RefCell::new(None),
            pages: self.pages.reopened(),
            is_full: self.is_full.clone(),
            commit_time: self.commit_time.clone(),
            usage: self.usage,
            before,
        })
    }

    /// Calls `each` with every record that is durable, ordered by table and key.
    pub(super) fn records(&self, each: &mut dyn FnMut(Record<'_>)) {
        if let Some(store) = &mut *self.store.borrow_mut() {
            for table in Table::ALL {
                let mut whole = |key: &[u8], value: &[u8]| {
                    each(Record {
                        table,
                        key,
                        value: Some(value),
                    });
                };
                let Ok(()) = store.scan(table, &mut whole);
            }
        }
    }

    /// At the next start `records` are there, instead of what was committed.
    pub(super) fn replace(&self, records: &mut dyn Iterator<Item = Record<'_>>) {
        let mut store = MemoryStore::new(self.replica, 0);
        let Ok(()) = store.commit(records);
        *self.next.borrow_mut() = Some(store);
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

impl Store for Disk {
    type Error = DiskError;

    fn replica(&self) -> ReplicaId {
        self.replica
    }

    fn incarnation(&mut self) -> u32 {
        let store = self.store.get_mut().as_mut();
        store.map_or(0, Store::incarnation)
    }

    fn scan(
        &mut self,
        table: Table,
        each: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), Self::Error> {
        let store = self.store.get_mut().as_mut().ok_or(DiskError::Off)?;
        let Ok(()) = store.scan(table, each);
        Ok(())
    }

    fn commit(&mut self, records: &mut dyn Iterator<Item = Record<'_>>) -> Result<(), Self::Error> {
        let store = self.store.get_mut().as_mut().ok_or(DiskError::Off)?;
        let mut records = records.peekable();
        if records.peek().is_none() {
            return Ok(()); // touches no disk
        }
        if self.is_full.get() {
            self.usage.refused += 1;
            return Err(DiskError::Full);
        }
        let Ok(()) = store.commit(&mut records.inspect(|record| self.pages.put(record)));
        self.pages.commit(store.len());
        self.usage.commits += 1;
        self.usage.slow += u64::from(self.commit_time.get() > Self::COMMIT_TIME);
        Ok(())
    }

    /// Since it was opened this time; see [`Disk::memory`] for what it means.
    fn bytes_written(&self) -> u64 {
        self.pages.written()
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DiskError {
    /// There is no room; nothing was written.
    #[error("the disk is full: nothing of the commit was written")]
    Full,
    /// The power has gone.
    #[error("the power of the disk has gone")]
    Off,
}

impl Classify for DiskError {
    fn kind(&self) -> Kind {
        match self {
            Self::Full => Kind::Overloaded,
            Self::Off => Kind::Transient,
        }
    }
}

#[cfg(test)]
mod tests;
