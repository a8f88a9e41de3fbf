//! The batches that wait in memory, and how many bytes they are.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use crate::batch::{Batch, Counts};
use crate::clock::Moment;

/// A queue that knows its bytes.
#[derive(Debug, Default)]
pub(super) struct Memory {
    waiting: VecDeque<Waiting>,
    bytes: usize,
}

/// A batch, and since when it waits.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) since: Moment,
    pub(super) batch: Arc<Batch>,
}

impl Waiting {
    pub(super) fn new(since: Moment, batch: Batch) -> Self {
        Self {
            since,
            batch: Arc::new(batch),
        }
    }
}

impl Memory {
    pub(super) fn push_back(&mut self, waiting: Waiting) {
        self.bytes += waiting.batch.body.len();
        self.waiting.push_back(waiting);
    }

    pub(super) fn push_front(&mut self, waiting: Waiting) {
        self.bytes += waiting.batch.body.len();
        self.waiting.push_front(waiting);
    }

    pub(super) fn pop_front(&mut self) -> Option<Waiting> {
        let waiting = self.waiting.pop_front()?;
        self.bytes -= waiting.batch.body.len();
        Some(waiting)
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Since when the oldest waits.
    pub(super) fn oldest(&self) -> Option<Moment> {
        self.waiting.front().map(|waiting| waiting.since)
    }

    pub(super) fn items(&self) -> Counts {
        let mut items = Counts::ZERO;
        for Waiting { batch, .. } in &self.waiting {
            items.add(batch.kind, u64::from(batch.items));
        }
        items
    }
}
