//! The request that is on its way, and where it came from.

use alloc::sync::Arc;

use super::memory::Waiting;
use crate::batch::Batch;
use crate::spool::Entry;

#[derive(Debug)]
pub(super) enum InFlight {
    Live(Waiting),
    Spooled(Entry),
}

impl InFlight {
    pub(super) const fn batch(&self) -> &Arc<Batch> {
        match self {
            Self::Live(waiting) => &waiting.batch,
            Self::Spooled(entry) => entry.batch(),
        }
    }
}
