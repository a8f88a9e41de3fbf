//! What became of the items of a stage: [`StageCount`].

use core::sync::atomic::{AtomicU64, Ordering};

/// How many items a stage has taken, and what became of them.
///
/// `taken` is `passed + failed` and those that are in its lanes' hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct StageCount {
    /// The stage's name.
    pub stage: &'static str,
    /// Items taken from its buffer.
    pub taken: u64,
    /// Items that its step answered, and that were handed on.
    pub passed: u64,
    /// Items that went no further, and were reported as [failures](super::Failure).
    pub failed: u64,
}

/// The counters of one stage, shared between its lanes.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) stage: &'static str,
    taken: AtomicU64,
    passed: AtomicU64,
    failed: AtomicU64,
}

impl Account {
    pub(super) const fn new(stage: &'static str) -> Self {
        Self {
            stage,
            taken: AtomicU64::new(0),
            passed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    pub(super) fn taken(&self) {
        self.taken.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn passed(&self) {
        self.passed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> StageCount {
        StageCount {
            stage: self.stage,
            passed: self.passed.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            taken: self.taken.load(Ordering::Relaxed),
        }
    }
}
