//! [`Entry`]: a batch that was read from the spool.

use alloc::sync::Arc;

use crate::batch::Batch;

/// A batch of the spool, and where it stands there.
///
/// See [`Spool::peek`](super::Spool::peek).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    position: Position,
    batch: Arc<Batch>,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) segment: u64,
    pub(super) offset: u64,
}

impl Entry {
    pub(super) const fn new(position: Position, batch: Arc<Batch>) -> Self {
        Self { position, batch }
    }

    /// The batch.
    #[must_use]
    pub const fn batch(&self) -> &Arc<Batch> {
        &self.batch
    }

    pub(super) const fn position(&self) -> Position {
        self.position
    }
}
