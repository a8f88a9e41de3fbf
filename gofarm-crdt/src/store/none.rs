//! [`NoStore`]: no records at all.

use core::convert::Infallible;

use gofarm_core::random::{Random, SplitMix64};

use super::{Record, Store, Table};
use crate::dot::ReplicaId;

/// Keeps nothing: for a replica that is a view of what others hold, such as a dashboard's or a cache.
///
/// What was committed here and not yet sent is gone with the program, so a replica that controls anything needs
/// a real store. Nothing is encoded for it either: a commit costs about a third.
///
/// ```
/// use gofarm_crdt::dot::ReplicaId;
/// use gofarm_crdt::store::{NoStore, Store, Table};
///
/// let mut store = NoStore::new(ReplicaId::new(7), 42);
/// assert!(!store.keeps_records());
/// store.scan(Table::Cells, &mut |_, _| unreachable!("there are no records"))?;
/// # Ok::<(), core::convert::Infallible>(())
/// ```
#[derive(Debug)]
pub struct NoStore {
    replica: ReplicaId,
    incarnation: u32,
}

impl NoStore {
    /// A store of `replica` whose incarnation follows from `seed`, which must be random: two openings with the
    /// same seed number their writes the same.
    #[must_use]
    pub fn new(replica: ReplicaId, seed: u64) -> Self {
        let [a, b, c, d, ..] = SplitMix64::new(seed).next_u64().to_be_bytes();
        Self {
            replica,
            incarnation: u32::from_be_bytes([a, b, c, d]),
        }
    }
}

impl Store for NoStore {
    type Error = Infallible;

    fn replica(&self) -> ReplicaId {
        self.replica
    }

    fn incarnation(&mut self) -> u32 {
        self.incarnation
    }

    fn keeps_records(&self) -> bool {
        false
    }

    fn scan(&mut self, _: Table, _: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), Infallible> {
        Ok(())
    }

    fn commit(&mut self, _: &mut dyn Iterator<Item = Record<'_>>) -> Result<(), Infallible> {
        Ok(())
    }
}
