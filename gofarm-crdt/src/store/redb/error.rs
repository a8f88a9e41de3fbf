//! Why a store could not be opened, read or written: [`RedbError`].

use std::io;

use gofarm_core::error::{Classify, Kind};

use super::format::FORMAT;
use crate::dot::ReplicaId;
use crate::store::Table;

/// Why a [`RedbStore`](super::RedbStore) could not be opened, read or written, and what to do.
///
/// ```
/// use gofarm_crdt::store::{RedbError, RedbStore};
///
/// let folder = tempfile::tempdir()?;
/// let error = RedbStore::open(folder.path().join("state.redb")).err();
/// assert_eq!(error, Some(RedbError::Missing));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedbError {
    /// There is nothing at the path.
    #[error(
        "there is no store: check the path and that its disk is mounted; a new device creates one"
    )]
    Missing,
    /// There is something at the path already.
    #[error("there is a file already: open it, or move it away")]
    AlreadyExists,
    /// Another process has it open.
    #[error("another process has the store open: only one may")]
    InUse,
    /// It is the store of another replica.
    #[error(
        "the store belongs to replica {found}, not {expected}: two replicas must not share one store or a copy of it; check the path or the device's name"
    )]
    OtherReplica {
        /// The replica whose store it is.
        found: ReplicaId,
        /// The replica that was asked for.
        expected: ReplicaId,
    },
    /// It was written by a newer version of this crate.
    #[error(
        "the store has format {found}, this program knows formats up to {FORMAT}: install the newer program again, or restore a backup of before"
    )]
    NewerFormat {
        /// The format of the store.
        found: u32,
    },
    /// The file holds something else.
    #[error("the file is not a store of this crate: check the path")]
    NotAStore,
    /// It does not hold what was written.
    #[error(
        "the store is damaged, {0}: keep a copy of the file, restore a backup or create a new store, and let the peers bring back what they hold"
    )]
    Damaged(Damage),
    /// The disk failed.
    #[error("the disk failed: {0}")]
    Io(io::ErrorKind),
    /// An earlier write failed, so what is durable is not known.
    #[error("an earlier write failed: open the store again")]
    Failed,
    /// The operating system gave no random number.
    #[error("the operating system gave no random number")]
    NoRandomness,
}

/// What is damaged in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The database cannot be read.
    #[error("its pages do not fit together")]
    Pages,
    /// The record that describes the store is not right.
    #[error("its header does not match its checksum")]
    Header,
    /// A record is not what was written.
    #[error("a record of table {0:?} does not match its checksum")]
    Record(Table),
    /// A record belongs to no table.
    #[error("a record belongs to no table")]
    UnknownTable,
    /// There are not as many records as were written.
    #[error("it holds {found} records and should hold {expected}")]
    Count {
        /// The records that are there.
        found: u64,
        /// The records that should be.
        expected: u64,
    },
    /// There are as many records as were written, but not the same.
    #[error("it does not hold the records that were written last")]
    Sum,
    /// Commits that were made are not there any more.
    #[error("it holds {found} commits and should hold {expected}")]
    RolledBack {
        /// The commits that are there.
        found: u64,
        /// The commits that should be.
        expected: u64,
    },
}

impl Classify for RedbError {
    fn kind(&self) -> Kind {
        match self {
            Self::InUse | Self::NoRandomness => Kind::Transient,
            Self::Io(kind) => Classify::kind(&io::Error::from(*kind)),
            _ => Kind::Permanent,
        }
    }
}

impl From<io::Error> for RedbError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            kind => Self::Io(kind),
        }
    }
}

impl From<redb::StorageError> for RedbError {
    fn from(error: redb::StorageError) -> Self {
        match error {
            // Nothing else reads beyond the end of a file than a page that is not there.
            redb::StorageError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Self::Damaged(Damage::Pages)
            }
            redb::StorageError::Io(error) => Self::Io(error.kind()),
            redb::StorageError::ValueTooLarge(_) => Self::Io(io::ErrorKind::InvalidInput),
            redb::StorageError::PreviousIo | redb::StorageError::LockPoisoned(_) => Self::Failed,
            _ => Self::Damaged(Damage::Pages),
        }
    }
}

impl From<redb::DatabaseError> for RedbError {
    fn from(error: redb::DatabaseError) -> Self {
        match error {
            redb::DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            redb::DatabaseError::Storage(error) => match error {
                // What `redb` says of a file without its magic number.
                redb::StorageError::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                    Self::NotAStore
                }
                error => error.into(),
            },
            _ => Self::Damaged(Damage::Pages),
        }
    }
}

impl From<redb::TransactionError> for RedbError {
    fn from(error: redb::TransactionError) -> Self {
        match error {
            redb::TransactionError::Storage(error) => error.into(),
            _ => Self::Failed,
        }
    }
}

impl From<redb::TableError> for RedbError {
    fn from(error: redb::TableError) -> Self {
        match error {
            redb::TableError::Storage(error) => error.into(),
            redb::TableError::TableDoesNotExist(_) => Self::NotAStore,
            _ => Self::Damaged(Damage::Pages),
        }
    }
}

impl From<redb::CommitError> for RedbError {
    fn from(error: redb::CommitError) -> Self {
        match error {
            redb::CommitError::Storage(error) => error.into(),
            _ => Self::Failed,
        }
    }
}
