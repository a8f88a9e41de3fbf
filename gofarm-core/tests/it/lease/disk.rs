//! A journal that can fail in every way.

#![expect(
    clippy::unwrap_used,
    clippy::std_instead_of_alloc,
    reason = "a test has std and fails by panicking, in its helper functions too"
)]

use core::cell::Cell;
use std::rc::Rc;

use gofarm_core::command::{Journal, RamJournal, snapshot_len};
use gofarm_core::error::Kind;

/// What the journal does with the next save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    Works,
    /// Says that it failed, and did.
    Fails,
    /// Says that it failed, and the bytes are there.
    FailsLate,
    /// The power goes before the bytes are there.
    CutBefore,
    /// The power goes when the bytes are there.
    CutAfter,
}

#[derive(Clone, Debug)]
pub(crate) struct Disk {
    pub(super) kept: RamJournal<{ snapshot_len(4) }>,
    pub(super) storage: Rc<Cell<Storage>>,
}

#[derive(Debug)]
pub(crate) struct DiskError;

impl gofarm_core::error::Classify for DiskError {
    fn kind(&self) -> Kind {
        Kind::Transient
    }
}

impl Journal for Disk {
    type Error = DiskError;

    fn load(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, DiskError> {
        self.kept.load(buffer).map_err(|_| DiskError)
    }

    fn save(&mut self, snapshot: &[u8]) -> Result<(), DiskError> {
        let storage = self.storage.get();
        if !matches!(storage, Storage::Fails | Storage::CutBefore) {
            self.kept.save(snapshot).unwrap();
        }
        if storage == Storage::Works {
            Ok(())
        } else {
            Err(DiskError)
        }
    }
}
