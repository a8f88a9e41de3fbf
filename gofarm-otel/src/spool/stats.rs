//! [`Stats`]: what a spool holds and what became of the rest.

use super::segment::Scan;
use crate::batch::Counts;

/// What a spool holds and what became of the rest, since it was opened.
///
/// `recovered + appended = acknowledged + oldest + damaged + held`, and [`held`](Self::held) includes the
/// entry that is out unless its segment was dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub(super) held: Counts,
    pub(super) recovered: Counts,
    pub(super) appended: Counts,
    pub(super) acknowledged: Counts,
    pub(super) oldest: Counts,
    pub(super) damaged: Counts,
    pub(super) unread_bytes: u64,
    pub(super) bytes: u64,
    pub(super) segments: usize,
    pub(super) written: u64,
    pub(super) failures: u64,
}

impl Stats {
    pub(super) fn found(&mut self, scan: &Scan) {
        self.recovered.add_all(&scan.segment.held);
        self.recovered.add_all(&scan.torn);
        self.damaged.add_all(&scan.torn);
        self.unread(scan.unread);
    }

    pub(super) fn unread(&mut self, bytes: u64) {
        self.unread_bytes = self.unread_bytes.saturating_add(bytes);
    }

    /// Items that wait.
    #[must_use]
    pub const fn held(&self) -> Counts {
        self.held
    }

    /// Items that an earlier process had left, as far as their headers are whole.
    #[must_use]
    pub const fn recovered(&self) -> Counts {
        self.recovered
    }

    /// Items that were written.
    #[must_use]
    pub const fn appended(&self) -> Counts {
        self.appended
    }

    /// Items that were taken out.
    #[must_use]
    pub const fn acknowledged(&self) -> Counts {
        self.acknowledged
    }

    /// Items that were dropped with the oldest segment to make room.
    #[must_use]
    pub const fn oldest(&self) -> Counts {
        self.oldest
    }

    /// Items that were torn by a crash or damaged on the disk.
    #[must_use]
    pub const fn damaged(&self) -> Counts {
        self.damaged
    }

    /// Bytes that were found without a whole record around them.
    ///
    /// What was in them is not known, unless it was one torn body.
    #[must_use]
    pub const fn unread_bytes(&self) -> u64 {
        self.unread_bytes
    }

    /// Bytes on the disk.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Segments on the disk.
    #[must_use]
    pub const fn segments(&self) -> usize {
        self.segments
    }

    /// Bytes written by this process.
    #[must_use]
    pub const fn written(&self) -> u64 {
        self.written
    }

    /// How often the storage did not write or synchronise.
    #[must_use]
    pub const fn failures(&self) -> u64 {
        self.failures
    }
}
