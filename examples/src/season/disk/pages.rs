//! [`Pages`]: what a commit would have cost in a file.
//!
//! A database does not write records but the pages that hold them, and those above: a commit of one number of 4 bytes costs
//! 16 KB. Counted on files of `redb` 2.6 in its format 3, with 10 to 3 000 records of 24 and of 200 bytes and 1 to 30 of
//! them in a commit:
//!
//! - 3 pages of 4 096 B and 320 B of the file's header for any commit (the root of the tables, what is free);
//! - the leaf of the store's own header, which is in each commit;
//! - once there is more than one leaf: the page above them, and a leaf for each record, as keys of one commit lie far apart,
//!   but no more than there are. A leaf holds about 3 000 B.
//!
//! What it does not know: the pages that are written when a file grows, and when it is closed and opened.

use gofarm_crdt::store::Record;

const PAGE: u64 = 4_096;
const FILE_HEADER: u64 = 320;
/// Pages of a commit besides those with records.
const ALWAYS: u64 = 3;
/// What a leaf holds on average, in bytes; it is split in halves when it is full.
const LEAF: u64 = 3_000;
/// What a record takes besides key and value: the number of its table, its seal, and two offsets.
const RECORD: u64 = 17;

/// Counts the bytes that a file would have been written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pages {
    /// Records of this commit.
    count: u64,
    /// All records that were ever put, and their bytes: for the size of one.
    put: u64,
    bytes: u64,
    written: u64,
}

impl Pages {
    /// A record of the commit under way.
    pub(super) fn put(&mut self, record: &Record<'_>) {
        self.count += 1;
        if let Some(value) = record.value {
            self.put += 1;
            self.bytes += (record.key.len() + value.len()) as u64 + RECORD;
        }
    }

    /// The commit is made, and there are `records` now.
    pub(super) fn commit(&mut self, records: usize) {
        let stored = (records as u64).saturating_mul(self.bytes) / self.put.max(1);
        let leaves = stored.div_ceil(LEAF).max(1);
        let above = u64::from(leaves > 1);
        let touched = 1 + self.count.min(leaves - 1);
        self.written += FILE_HEADER + PAGE * (ALWAYS + above + touched);
        self.count = 0;
    }

    /// Bytes since it was opened.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// After a power cut: the same records, and nothing written yet.
    pub(super) fn reopened(self) -> Self {
        Self { written: 0, ..self }
    }
}
