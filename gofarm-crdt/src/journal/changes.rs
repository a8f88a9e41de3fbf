//! What changed since the last commit, as records.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::store::{Record, Store, Table};

/// The records of a journal that are not durable yet; the last change of a key counts.
#[derive(Debug, Default)]
pub(crate) struct Changes(BTreeMap<Vec<u8>, Option<Vec<u8>>>);

impl Changes {
    pub(crate) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.insert(key, Some(value));
    }

    pub(crate) fn remove(&mut self, key: Vec<u8>) {
        self.0.insert(key, None);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.0.iter().map(|(key, value)| Record {
            table: Table::Journal,
            key,
            value: value.as_deref(),
        })
    }

    /// They are durable now.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Calls `each` with key and value of each record whose key starts with `prefix`, the prefix cut off, until it fails.
pub(crate) fn scan<S: Store, E>(
    store: &mut S,
    prefix: &[u8],
    mut each: impl FnMut(&[u8], &[u8]) -> Result<(), E>,
) -> Result<Result<(), E>, S::Error> {
    let mut outcome = Ok(());
    store.scan(Table::Journal, &mut |key, value| {
        if let (Ok(()), Some(key)) = (&outcome, key.strip_prefix(prefix)) {
            outcome = each(key, value);
        }
    })?;
    Ok(outcome)
}
