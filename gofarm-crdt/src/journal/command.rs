//! [`CommandJournal`]: a lease's memory in a store.

use alloc::vec::Vec;

use gofarm_core::command::Journal;

use super::owner;
use crate::store::{Record, Store, Table};

/// Keeps the command ids of a device in a store: the [`Journal`] of a
/// [`Lease`](gofarm_core::command::Lease) on a gateway.
///
/// Each save is a commit of its own, durable before the command has its effect; a power cut inside leaves the
/// snapshot from before. Give it a store of its own, or `&mut` of one that is free at the time.
///
/// ```
/// use gofarm_core::command::{Lease, Loss};
/// use gofarm_core::time::Instant;
/// use gofarm_crdt::dot::ReplicaId;
/// use gofarm_crdt::journal::CommandJournal;
/// use gofarm_crdt::store::MemoryStore;
///
/// let journal = CommandJournal::new(MemoryStore::new(ReplicaId::new(7), 1), 3); // valve 3 of this gateway
/// let mut lease: Lease<_> = Lease::restore(journal, Instant::ZERO);
/// assert_eq!(lease.loss(), Some(Loss::Missing));
/// lease.commission()?;
///
/// let lease: Lease<_> = Lease::restore(lease.into_journal(), Instant::ZERO);
/// assert_eq!(lease.loss(), None);
/// # Ok::<(), core::convert::Infallible>(())
/// ```
#[derive(Debug)]
pub struct CommandJournal<S> {
    store: S,
    key: [u8; 3],
}

impl<S: Store> CommandJournal<S> {
    /// The journal of device number `device` in `store`.
    #[must_use]
    pub fn new(store: S, device: u16) -> Self {
        let [high, low] = device.to_be_bytes();
        Self {
            store,
            key: [owner::COMMAND, high, low],
        }
    }

    /// The store.
    #[must_use]
    pub fn into_store(self) -> S {
        self.store
    }
}

impl<S: Store> Journal for CommandJournal<S> {
    type Error = S::Error;

    fn load(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, S::Error> {
        let mut saved: Option<Vec<u8>> = None;
        self.store.scan(Table::Journal, &mut |key, value| {
            if key == self.key {
                saved = Some(value.to_vec());
            }
        })?;
        let Some(saved) = saved else {
            return Ok(None);
        };
        if let Some(room) = buffer.get_mut(..saved.len()) {
            room.copy_from_slice(&saved);
        }
        Ok(Some(saved.len()))
    }

    fn save(&mut self, snapshot: &[u8]) -> Result<(), S::Error> {
        let record = Record {
            table: Table::Journal,
            key: &self.key,
            value: Some(snapshot),
        };
        self.store.commit(&mut core::iter::once(record))
    }
}
