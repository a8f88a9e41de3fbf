//! A piece of memory with records in it, one behind the other.

use alloc::vec::Vec;

use super::Scope;
use crate::protobuf::{Message, delimited, field_len};

/// Bytes of a block; a longer record gets a block of its own.
pub(super) const SIZE: usize = 16 << 10;

/// Changes of scope that a block may hold.
const RUNS: usize = 64;

/// The number of the field that holds the records, in `ScopeSpans` and in `ScopeLogs`.
const RECORDS: u32 = 2;

/// Records as fields, ready to be copied into a request.
#[derive(Debug)]
pub(super) struct Block {
    bytes: Vec<u8>,
    runs: Vec<Run>,
}

/// Records of one scope that stand together.
#[derive(Clone, Copy, Debug)]
struct Run {
    scope: Scope,
    records: u32,
    /// Where its last byte was, plus one.
    end: usize,
}

/// Records of one scope, borrowed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Records<'a> {
    pub(super) scope: Scope,
    pub(super) count: u32,
    pub(super) bytes: &'a [u8],
}

impl Block {
    /// An empty block with room for a record of `len` bytes.
    pub(super) fn for_record(len: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(SIZE.max(field_len(len))),
            runs: Vec::with_capacity(RUNS),
        }
    }

    /// The memory that a block for a record of `len` bytes takes.
    pub(super) fn cost_for(len: usize) -> usize {
        SIZE.max(field_len(len)) + RUNS * size_of::<Run>()
    }

    /// The memory that this block takes.
    pub(super) fn cost(&self) -> usize {
        self.bytes.capacity() + self.runs.capacity() * size_of::<Run>()
    }

    /// Whether it is of the usual size.
    pub(super) fn is_regular(&self) -> bool {
        self.bytes.capacity() == SIZE
    }

    /// Bytes of records in it.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Empties it.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.runs.clear();
    }

    /// Appends a record if it fits.
    pub(super) fn push(&mut self, scope: Scope, record: &[u8]) -> bool {
        let end = self.bytes.len() + field_len(record.len());
        if end > self.bytes.capacity() {
            return false;
        }
        let is_full = self.runs.len() == RUNS;
        match self.runs.last_mut() {
            Some(run) if run.scope == scope => {
                run.records += 1;
                run.end = end;
            }
            _ if is_full => return false,
            _ => self.runs.push(Run {
                scope,
                records: 1,
                end,
            }),
        }
        Message::new(&mut self.bytes).bytes(RECORDS, record);
        true
    }

    /// The records, in the order in which they came.
    pub(super) fn records(&self) -> impl Iterator<Item = Records<'_>> {
        let mut start = 0;
        self.runs.iter().map(move |run| {
            let bytes = self.bytes.get(start..run.end).unwrap_or_default();
            start = run.end;
            Records {
                scope: run.scope,
                count: run.records,
                bytes,
            }
        })
    }

    /// Moves the first records to a block of their own: as many as `max_bytes` hold, and one at least.
    pub(super) fn split(&mut self, max_bytes: usize) -> Self {
        let mut front = Self::for_record(0);
        'records: for records in self.records() {
            for record in delimited::fields(records.bytes) {
                if front.len() > 0 && front.len() + record.range.len() > max_bytes {
                    break 'records;
                }
                front.push(records.scope, record.body);
            }
        }
        let moved = front.len();
        self.bytes.drain(..moved);
        let mut gone: u32 = front.runs.iter().map(|run| run.records).sum();
        self.runs.retain_mut(|run| {
            let of_run = gone.min(run.records);
            gone -= of_run;
            run.records -= of_run;
            run.end = run.end.saturating_sub(moved);
            run.records > 0
        });
        front
    }
}
