//! What stands between `redb` and the disk: it counts, and it lets nothing through while a file is checked.

use alloc::sync::Arc;
use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicU64, Ordering};
use std::io;
use std::panic;
use std::sync::{Mutex, PoisonError};

use redb::backends::FileBackend;
use redb::{Database, StorageBackend};

use super::error::{Damage, RedbError};
use super::format::{self, Header, Pages};
use crate::store::Disk;

/// What was asked of the disk since the store was opened.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    bytes: AtomicU64,
    syncs: AtomicU64,
}

impl Traffic {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }
}

/// A change that waits until the file is found right.
#[derive(Debug)]
enum Change {
    Write { offset: u64, bytes: Vec<u8> },
    Length(u64),
    Sync,
}

/// A disk that counts.
#[derive(Clone, Debug)]
pub(super) struct Backend {
    disk: Arc<dyn StorageBackend>,
    traffic: Arc<Traffic>,
    /// While the file is checked: what would have been done to it.
    held: Arc<Mutex<Option<Vec<Change>>>>,
}

impl Backend {
    pub(super) fn new(disk: FileBackend) -> Self {
        Self::over(Arc::new(disk))
    }

    pub(super) fn on(disk: impl Disk) -> Self {
        Self::over(Arc::new(Foreign(disk)))
    }

    fn over(disk: Arc<dyn StorageBackend>) -> Self {
        Self {
            disk,
            traffic: Arc::default(),
            held: Arc::default(),
        }
    }

    pub(super) fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
    }

    /// The part of the file's first page that stays the same.
    pub(super) fn pages(&self) -> Result<Pages, RedbError> {
        let bytes = StorageBackend::read(self, format::PAGES_AT, size_of::<Pages>());
        let bytes = bytes.map_err(redb::StorageError::Io)?;
        Pages::try_from(bytes.as_slice()).map_err(|_| RedbError::Damaged(Damage::Pages))
    }

    /// Does to the disk what was held back, and holds nothing back any more.
    fn release(&self) -> io::Result<()> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        for change in held.take().unwrap_or_default() {
            match change {
                Change::Write { offset, bytes } => self.write_through(offset, &bytes)?,
                Change::Length(len) => self.set_len_through(len)?,
                Change::Sync => self.sync_through()?,
            }
        }
        self.sync_through()
    }

    fn write_through(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.traffic
            .bytes
            .fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.disk.write(offset, bytes)
    }

    /// `redb` writes a header that counts on the new length before it synchronises; a power cut in between that
    /// keeps the header and not the length leaves a file that it cannot open. So the length goes first.
    fn set_len_through(&self, len: u64) -> io::Result<()> {
        self.disk.set_len(len)?;
        self.sync_through()
    }

    fn sync_through(&self) -> io::Result<()> {
        self.traffic.syncs.fetch_add(1, Ordering::Relaxed);
        self.disk.sync_data(false)
    }

    /// Notes a change if changes are held back.
    fn hold(&self, change: impl FnOnce() -> Change) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_mut().map(|held| held.push(change())).is_some()
    }
}

/// Opens the database and checks it; only when all is right does anything reach the disk.
pub(super) fn checked(backend: Backend) -> Result<(Database, Header), RedbError> {
    if backend.disk.len()? == 0 {
        return Err(RedbError::Damaged(Damage::Pages)); // `redb` would make a new database of it
    }
    let pages = backend.pages()?;
    *backend.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
    let held = backend.clone();
    // Nothing that the closure has touched is used after a panic.
    let opened = panic::catch_unwind(AssertUnwindSafe(|| {
        let mut database = super::builder().create_with_backend(held)?;
        let header = format::check(&mut database, pages)?;
        Ok((database, header))
    }))
    .unwrap_or(Err(RedbError::Damaged(Damage::Pages)))?;
    backend.release()?;
    Ok(opened)
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let last = held.iter().flatten().rev().find_map(|change| match change {
            Change::Length(len) => Some(*len),
            Change::Write { .. } | Change::Sync => None,
        });
        last.map_or_else(|| self.disk.len(), Ok)
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let end = offset.checked_add(len as u64);
        if end.is_none_or(|end| self.len().is_ok_and(|len| end > len)) {
            // Before room is made for it: a damaged file asks for any amount.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(held) = held.as_ref() else {
            return self.disk.read(offset, len);
        };
        let stored = self.disk.len()?.saturating_sub(offset);
        let stored = usize::try_from(stored).unwrap_or(len).min(len);
        let mut bytes = self.disk.read(offset, stored)?;
        bytes.resize(len, 0);
        for change in held {
            match change {
                Change::Write {
                    offset: at,
                    bytes: new,
                } => overlay(&mut bytes, offset, new, *at),
                Change::Length(len) => {
                    let kept = usize::try_from(len.saturating_sub(offset)).unwrap_or(usize::MAX);
                    bytes.iter_mut().skip(kept).for_each(|byte| *byte = 0);
                }
                Change::Sync => {}
            }
        }
        Ok(bytes)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if self.hold(|| Change::Length(len)) {
            return Ok(());
        }
        self.set_len_through(len)
    }

    fn sync_data(&self, _: bool) -> io::Result<()> {
        if self.hold(|| Change::Sync) {
            return Ok(());
        }
        self.sync_through()
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let change = || Change::Write {
            offset,
            bytes: bytes.to_vec(),
        };
        if self.hold(change) {
            return Ok(());
        }
        self.write_through(offset, bytes)
    }
}

/// Writes the part of `new`, which begins at `at`, that falls into `bytes`, which begin at `offset`.
fn overlay(bytes: &mut [u8], offset: u64, new: &[u8], at: u64) {
    let skip = |from: u64, to: u64| usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
    let room = bytes.iter_mut().skip(skip(offset, at));
    let fresh = new.iter().skip(skip(at, offset));
    for (old, new) in room.zip(fresh) {
        *old = *new;
    }
}

/// A disk of the integrator's as `redb` wants it.
#[derive(Debug)]
struct Foreign<D>(D);

impl<D: Disk> StorageBackend for Foreign<D> {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.0.read(offset, &mut bytes)?;
        Ok(bytes)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self, _: bool) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write(offset, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_write_covers_what_it_overlaps() {
        let rows: [(u64, &[u8], &[u8; 4]); 5] = [
            (10, b"AB", b"ABcd"),
            (12, b"ABCD", b"abAB"),
            (8, b"ABC", b"Cbcd"),
            (2, b"AB", b"abcd"),
            (14, b"AB", b"abcd"),
        ];
        for (at, new, expected) in rows {
            let mut bytes = *b"abcd";
            overlay(&mut bytes, 10, new, at);
            assert_eq!(&bytes, expected, "{at}");
        }
    }
}
