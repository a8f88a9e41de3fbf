//! [`RedbStore`]: the records of a replica in one file, by the database `redb`.
//!
//! `redb` writes copy-on-write pages with checksums and swaps one root, so a power cut leaves the state before or
//! after a commit. What it does not give, and this adds:
//!
//! - *Damage is told.* Each record carries a checksum of table, key and value; one record holds the number of all
//!   records and the sum of their checksums, so that a lost one is noticed. Opening reads everything, checks it,
//!   and writes nothing to the disk before all of it is found right. `redb` alone does not look at its checksums
//!   after a clean end, and panics on some damage; a panic is caught and becomes an error (in a program
//!   built with `panic = "abort"` it cannot be caught).
//! - *A half-made store does not exist*: [`RedbStore::create`] writes beside the name and renames.
//! - *An older format is migrated* when it is opened, in one transaction; a newer one is refused.
//! - *Bytes and syncs are counted.*
//!
//! - *A file grows before its header counts on it*: `redb` 2.6 leaves the order of both to the disk, and cannot open
//!   what a power cut in between may leave.
//!
//! What remains: if power fails and *besides* something of the very last commit is damaged, that looks like a
//! commit that was cut off, and it is rolled back without a word; the one before it is safe. Damage to pages
//! while they are in use may panic. Disks that say they have synchronised and have not are beyond any store.
//!
//! The version is `redb` 2.6 in its file format 3, which `redb` 3 and 4 read too; those need a newer compiler than
//! this crate promises.

mod backend;
mod error;
mod format;
mod seal;

pub use error::{Damage, RedbError};

use alloc::sync::Arc;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Database, TableDefinition};

use self::backend::{Backend, Traffic};
use self::format::Header;
use super::{Disk, Record, Store, Table};
use crate::dot::ReplicaId;

/// All records: the number of the table and the key, then the value and its seal.
const RECORDS: TableDefinition<'static, &'static [u8], &'static [u8]> =
    TableDefinition::new("records");

/// `redb` may hold this many bytes of the file in memory; the replica holds all records anyway.
const CACHE: usize = 4 << 20;

/// Keeps its records in one file.
///
/// [`create`](Self::create) makes a store for a replica, once; [`open`](Self::open) opens it at every start after.
/// They are two functions, because a program that silently makes an empty store where its old one should be (a disk
/// that is not mounted, a path with a slip) has lost its state without a word. Where that is wanted,
/// [`open_or_create`](Self::open_or_create) does both and refuses the store of another replica.
///
/// Only one process at a time can have it open.
///
/// ```
/// use gofarm_crdt::dot::ReplicaId;
/// use gofarm_crdt::store::{Record, RedbStore, Store, Table};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("state.redb");
/// let mut store = RedbStore::create(&path, ReplicaId::new(7))?; // when the device is commissioned
/// store.commit(&mut [Record { table: Table::Cells, key: b"open", value: Some(b"\x01") }].into_iter())?;
/// drop(store);
///
/// let mut store = RedbStore::open(&path)?; // at every start
/// assert_eq!(store.replica(), ReplicaId::new(7));
/// let mut records = 0;
/// store.scan(Table::Cells, &mut |_, _| records += 1)?;
/// assert_eq!(records, 1);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RedbStore {
    database: Database,
    header: Header,
    incarnation: u32,
    traffic: Arc<Traffic>,
    /// A commit failed half-way: what is durable is not known.
    has_failed: bool,
}

impl RedbStore {
    /// Opens the store in the file at `path`.
    ///
    /// It reads and checks all of it: about 10 ms per megabyte.
    ///
    /// # Errors
    /// [`RedbError::Missing`] if there is none; else what is wrong with it. Then nothing was written to it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RedbError> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Self::open_backend(Backend::new(FileBackend::new(file)?))
    }

    /// Makes an empty store for `replica` in a new file at `path`.
    ///
    /// The file appears under its name only when it is whole; until then it is beside it, with `.new` after its
    /// name.
    ///
    /// # Errors
    /// [`RedbError::AlreadyExists`] if there is a file; else what failed.
    pub fn create(path: impl AsRef<Path>, replica: ReplicaId) -> Result<Self, RedbError> {
        let path = path.as_ref();
        if path.try_exists()? {
            return Err(RedbError::AlreadyExists);
        }
        let unfinished = unfinished(path);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false) // another process may be at it: the lock comes first
            .open(&unfinished)?;
        let lock = FileBackend::new(file.try_clone()?)?;
        file.set_len(0)?;
        drop(Self::create_backend(Backend::new(lock), replica)?);
        file.sync_all()?;
        drop(file);
        fs::rename(&unfinished, path)?;
        sync_folder_of(path)?;
        Self::open(path)
    }

    /// Opens the store at `path`, or makes an empty one for `replica` if there is no file.
    ///
    /// # Errors
    /// [`RedbError::OtherReplica`] if the store is not that of `replica`; else as [`open`](Self::open) and
    /// [`create`](Self::create).
    pub fn open_or_create(path: impl AsRef<Path>, replica: ReplicaId) -> Result<Self, RedbError> {
        let store = match Self::open(&path) {
            Err(RedbError::Missing) => Self::create(&path, replica)?,
            opened => opened?,
        };
        if store.replica() != replica {
            return Err(RedbError::OtherReplica {
                found: store.replica(),
                expected: replica,
            });
        }
        Ok(store)
    }

    /// Opens the store on a disk that is not a file of this system.
    ///
    /// # Errors
    /// [`RedbError::Missing`] if the disk is empty; else what is wrong with it. Then nothing was written to it.
    pub fn open_on(disk: impl Disk) -> Result<Self, RedbError> {
        if disk.is_empty()? {
            return Err(RedbError::Missing);
        }
        Self::open_backend(Backend::on(disk))
    }

    /// Makes an empty store for `replica` on a disk that is not a file of this system.
    ///
    /// A power cut before it returns may leave a disk on which there is no store and that is not empty.
    ///
    /// # Errors
    /// [`RedbError::AlreadyExists`] if the disk is not empty; else what failed.
    pub fn create_on(disk: impl Disk, replica: ReplicaId) -> Result<Self, RedbError> {
        if !disk.is_empty()? {
            return Err(RedbError::AlreadyExists);
        }
        Self::create_backend(Backend::on(disk), replica)
    }

    /// How often this store has waited for the disk since it was opened: the price of a commit.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.traffic.syncs()
    }

    /// How many records it holds.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.header.records
    }

    /// Whether it holds no record.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn create_backend(backend: Backend, replica: ReplicaId) -> Result<Self, RedbError> {
        let incarnation = random()?;
        let traffic = backend.traffic();
        let database = builder().create_with_backend(backend.clone())?;
        let header = Header::new(replica, backend.pages()?);
        let transaction = database.begin_write()?;
        transaction
            .open_table(RECORDS)?
            .insert(format::HEADER_KEY, header.encode().as_slice())?;
        transaction.commit()?;
        Ok(Self {
            database,
            header,
            incarnation,
            traffic,
            has_failed: false,
        })
    }

    fn open_backend(backend: Backend) -> Result<Self, RedbError> {
        let incarnation = random()?;
        let traffic = backend.traffic();
        let (database, header) = backend::checked(backend)?;
        Ok(Self {
            database,
            header,
            incarnation,
            traffic,
            has_failed: false,
        })
    }

    fn write(
        &self,
        records: &mut dyn Iterator<Item = Record<'_>>,
    ) -> Result<Option<Header>, RedbError> {
        let mut header = self.header;
        let transaction = self.database.begin_write()?;
        let mut table = transaction.open_table(RECORDS)?;
        let mut key = Vec::new();
        let mut sealed = Vec::new();
        let mut has_records = false;
        for record in records {
            has_records = true;
            key.clear();
            key.push(format::number(record.table));
            key.extend_from_slice(record.key);
            let old = if let Some(value) = record.value {
                sealed.clear();
                sealed.extend_from_slice(value);
                header.add(seal::seal(&key, &mut sealed));
                table.insert(key.as_slice(), sealed.as_slice())?
            } else {
                table.remove(key.as_slice())?
            };
            if let Some(old) = old {
                header.subtract(seal::of(old.value()));
            }
        }
        if !has_records {
            drop(table);
            transaction.abort()?;
            return Ok(None);
        }
        header.commits += 1;
        table.insert(format::HEADER_KEY, header.encode().as_slice())?;
        drop(table);
        transaction.commit()?;
        Ok(Some(header))
    }
}

impl Store for RedbStore {
    type Error = RedbError;

    fn replica(&self) -> ReplicaId {
        self.header.replica
    }

    fn incarnation(&mut self) -> u32 {
        self.incarnation
    }

    fn scan(&mut self, table: Table, each: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), RedbError> {
        let number = format::number(table);
        let transaction = self.database.begin_read()?;
        let records = transaction.open_table(RECORDS)?;
        for entry in records.range([number].as_slice()..[number + 1].as_slice())? {
            let (key, sealed) = entry?;
            let value = seal::open(key.value(), sealed.value())
                .ok_or(RedbError::Damaged(Damage::Record(table)))?;
            each(key.value().get(1..).unwrap_or_default(), value);
        }
        Ok(())
    }

    fn commit(&mut self, records: &mut dyn Iterator<Item = Record<'_>>) -> Result<(), RedbError> {
        if self.has_failed {
            return Err(RedbError::Failed);
        }
        match self.write(records) {
            Ok(Some(header)) => self.header = header,
            Ok(None) => {}
            Err(error) => {
                self.has_failed = true;
                return Err(error);
            }
        }
        Ok(())
    }

    fn bytes_written(&self) -> u64 {
        self.traffic.bytes()
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder
        .create_with_file_format_v3(true)
        .set_cache_size(CACHE);
    builder
}

/// 32 random bits of the operating system, which waits for them after a cold start; the seeds of
/// `std::hash::RandomState` may repeat then.
fn random() -> Result<u32, RedbError> {
    getrandom::u32().map_err(|_| RedbError::NoRandomness)
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".new");
    PathBuf::from(name)
}

/// Makes a new name durable, where folders can be synchronised.
fn sync_folder_of(path: &Path) -> Result<(), RedbError> {
    if cfg!(unix) {
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
