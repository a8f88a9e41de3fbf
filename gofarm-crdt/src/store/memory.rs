//! [`MemoryStore`]: records that last as long as the program.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::convert::Infallible;

use gofarm_core::random::{Random, SplitMix64};

use super::{Record, Store, Table};
use crate::dot::ReplicaId;

/// Keeps its records in memory: for tests, simulations, and nodes whose peers hold the state anyway.
///
/// It is not `Clone`, as a copy would open with the same incarnation and number its writes the same;
/// [`restored`](Self::restored) is a copy that does not.
///
/// ```
/// use gofarm_crdt::dot::ReplicaId;
/// use gofarm_crdt::store::{MemoryStore, Record, Store, Table};
///
/// let mut store = MemoryStore::new(ReplicaId::new(7), 42);
/// let record = Record { table: Table::Cells, key: b"open", value: Some(b"\x01") };
/// store.commit(&mut [record].into_iter())?;
///
/// let mut found = Vec::new();
/// store.scan(Table::Cells, &mut |key, value| found.push((key.to_vec(), value.to_vec())))?;
/// assert_eq!(found, [(b"open".to_vec(), vec![1])]);
/// # Ok::<(), core::convert::Infallible>(())
/// ```
#[derive(Debug)]
pub struct MemoryStore {
    replica: ReplicaId,
    incarnation: u32,
    records: BTreeMap<(Table, Vec<u8>), Vec<u8>>,
    written: u64,
}

impl MemoryStore {
    /// An empty store of `replica` whose incarnation follows from `seed`.
    ///
    /// Outside of tests the seed must be random: two openings with the same seed number their writes the same.
    #[must_use]
    pub fn new(replica: ReplicaId, seed: u64) -> Self {
        Self {
            replica,
            incarnation: incarnation(seed),
            records: BTreeMap::new(),
            written: 0,
        }
    }

    /// What another opening of this store, or of a backup of it, would see.
    #[must_use]
    pub fn restored(&self, seed: u64) -> Self {
        Self {
            replica: self.replica,
            incarnation: incarnation(seed),
            records: self.records.clone(),
            written: 0,
        }
    }

    /// How many records it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it holds no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

fn incarnation(seed: u64) -> u32 {
    let [a, b, c, d, ..] = SplitMix64::new(seed).next_u64().to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

impl Store for MemoryStore {
    type Error = Infallible;

    fn replica(&self) -> ReplicaId {
        self.replica
    }

    fn incarnation(&mut self) -> u32 {
        self.incarnation
    }

    fn scan(&mut self, table: Table, each: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), Infallible> {
        let from = (table, Vec::new());
        for ((of, key), value) in self.records.range(from..) {
            if *of != table {
                break;
            }
            each(key, value);
        }
        Ok(())
    }

    fn commit(&mut self, records: &mut dyn Iterator<Item = Record<'_>>) -> Result<(), Infallible> {
        for Record { table, key, value } in records {
            let len = key.len() + value.map_or(0, <[u8]>::len);
            self.written = self.written.saturating_add(len as u64);
            match value {
                Some(value) => self.records.insert((table, key.to_vec()), value.to_vec()),
                None => self.records.remove(&(table, key.to_vec())),
            };
        }
        Ok(())
    }

    /// The keys and values committed; there is no disk.
    fn bytes_written(&self) -> u64 {
        self.written
    }
}
