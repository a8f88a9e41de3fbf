//! One subscriber's prefix and what it has not heard yet: [`Subscription`].

use core::mem;

use gofarm_core::time::Instant;

use crate::watch::pending::{CellChange, Pending};
use crate::watch::{WatchOptions, What};

/// What a subscriber hears next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Resync,
    Change(CellChange),
}

/// A watch as the replica knows it.
#[derive(Debug)]
pub(crate) struct Subscription {
    options: WatchOptions,
    pending: Pending,
    /// Everything must be read anew; what changes until then is not noted.
    is_lost: bool,
}

impl Subscription {
    /// A watch whose first event is a resync.
    pub(crate) fn new(options: WatchOptions) -> Self {
        Self {
            options,
            pending: Pending::default(),
            is_lost: true,
        }
    }

    /// A watch that goes on with these changes, all of them due.
    pub(crate) fn resume<'a>(
        options: WatchOptions,
        missed: impl Iterator<Item = &'a (u64, CellChange)>,
    ) -> Self {
        let mut subscription = Self {
            options,
            pending: Pending::default(),
            is_lost: false,
        };
        for (revision, change) in missed {
            subscription.put(change, *revision, Instant::ZERO);
        }
        subscription
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        name.starts_with(self.options.prefix())
    }

    /// Takes note of a change that was written at `written` and became durable in commit `revision`.
    pub(crate) fn note(&mut self, change: &CellChange, revision: u64, written: Instant) {
        let is_held = change.what() == What::Updated && self.options.holds_number(change.field);
        let due = if is_held {
            written + self.options.hold()
        } else {
            Instant::ZERO
        };
        self.put(change, revision, due);
    }

    fn put(&mut self, change: &CellChange, revision: u64, due: Instant) {
        if self.is_lost {
            return;
        }
        self.pending.note(change, revision, due);
        if self.pending.len() > self.options.capacity() {
            self.lose();
        }
    }

    /// Gives up what waits for a resync.
    pub(crate) fn lose(&mut self) {
        self.pending = Pending::default();
        self.is_lost = true;
    }

    pub(crate) fn poll(&mut self, now: Instant) -> Option<Due> {
        if mem::take(&mut self.is_lost) {
            return Some(Due::Resync);
        }
        self.pending.pop(now).map(Due::Change)
    }

    pub(crate) fn timeout(&self) -> Option<Instant> {
        if self.is_lost {
            return Some(Instant::ZERO);
        }
        self.pending.timeout()
    }

    /// The last commit of which nothing waits, if `revision` is the last of all.
    pub(crate) fn applied(&self, revision: u64) -> Option<u64> {
        if self.is_lost {
            return None;
        }
        Some(
            self.pending
                .since()
                .map_or(revision, |since| since.saturating_sub(1)),
        )
    }

    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.pending.len()
    }
}
