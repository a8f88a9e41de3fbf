//! When metrics go stale: a queue that is tidied only when its head is due.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use gofarm_core::time::Instant;

/// At most a few entries for each slot: a renewed metric leaves its old entry, which then is looked at once.
#[derive(Clone, Debug, Default)]
pub(super) struct ExpiryQueue {
    due: BinaryHeap<Reverse<(Instant, u32)>>,
    /// The earliest entry of each slot; none at the end of time.
    queued: Vec<Instant>,
}

impl ExpiryQueue {
    pub(super) fn push_slot(&mut self) {
        self.queued.push(Instant::FAR_FUTURE);
    }

    /// Asks for a look at a slot at an instant; an earlier one that is queued is enough.
    pub(super) fn want(&mut self, slot: usize, at: Instant) {
        let (Some(queued), Ok(slot)) = (self.queued.get_mut(slot), u32::try_from(slot)) else {
            return;
        };
        if at < *queued {
            *queued = at;
            self.due.push(Reverse((at, slot)));
        }
    }

    /// The next slot that is due.
    pub(super) fn pop(&mut self, now: Instant) -> Option<usize> {
        let Reverse((at, slot)) = *self.due.peek()?;
        if at > now {
            return None;
        }
        self.due.pop();
        let slot = slot as usize;
        if let Some(queued) = self.queued.get_mut(slot)
            && *queued == at
        {
            *queued = Instant::FAR_FUTURE;
        }
        Some(slot)
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    pub(super) fn clear(&mut self) {
        self.due.clear();
        self.queued.fill(Instant::FAR_FUTURE);
    }
}
