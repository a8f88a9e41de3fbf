//! What became of everything: [`Tally`].

use crate::batch::{Counts, Kind};

/// Why items are not where they should have gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Memory was full, and there is no spool.
    Memory,
    /// The spool was full: the oldest segment went.
    Oldest,
    /// The bytes that may be written in 24 hours were used up.
    Worn,
    /// The disk did not take them.
    Storage,
    /// They were torn by a crash or damaged on the disk.
    Damaged,
    /// The receiver took the rest of their request, and not these.
    Rejected,
    /// The receiver will never take their request.
    Refused,
    /// They are more than the receiver or the spool takes at once.
    TooLarge,
    /// The exporter ended before they could go.
    Shutdown,
}

impl Reason {
    /// All reasons, in the order of declaration.
    pub const ALL: [Self; 9] = [
        Self::Memory,
        Self::Oldest,
        Self::Worn,
        Self::Storage,
        Self::Damaged,
        Self::Rejected,
        Self::Refused,
        Self::TooLarge,
        Self::Shutdown,
    ];

    /// The reason's name in lower case, for labels: `too_large`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Oldest => "oldest",
            Self::Worn => "worn",
            Self::Storage => "storage",
            Self::Damaged => "damaged",
            Self::Rejected => "rejected",
            Self::Refused => "refused",
            Self::TooLarge => "too_large",
            Self::Shutdown => "shutdown",
        }
    }
}

/// What became of everything that an exporter was given.
///
/// `created + recovered = exported + dropped + held`, for each kind, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub(super) created: Counts,
    pub(super) recovered: Counts,
    pub(super) exported: Counts,
    pub(super) dropped: [Counts; Reason::ALL.len()],
    pub(super) held: Counts,
}

impl Tally {
    /// Items that were handed in.
    #[must_use]
    pub const fn created(&self) -> Counts {
        self.created
    }

    /// Items that an earlier process had left in the spool.
    #[must_use]
    pub const fn recovered(&self) -> Counts {
        self.recovered
    }

    /// Items that the receiver took.
    #[must_use]
    pub const fn exported(&self) -> Counts {
        self.exported
    }

    /// Items that were dropped for that reason.
    #[must_use]
    pub fn dropped_for(&self, reason: Reason) -> Counts {
        self.dropped
            .get(reason as usize)
            .copied()
            .unwrap_or_default()
    }

    /// Items that were dropped for any reason.
    #[must_use]
    pub fn dropped(&self) -> Counts {
        let mut all = Counts::ZERO;
        for counts in &self.dropped {
            all.add_all(counts);
        }
        all
    }

    /// Items that wait in memory, in the spool, or for an answer.
    #[must_use]
    pub const fn held(&self) -> Counts {
        self.held
    }

    pub(super) fn drop_items(&mut self, reason: Reason, kind: Kind, items: u64) {
        if let Some(dropped) = self.dropped.get_mut(reason as usize) {
            dropped.add(kind, items);
        }
    }

    pub(super) fn drop(&mut self, reason: Reason, counts: &Counts) {
        if let Some(dropped) = self.dropped.get_mut(reason as usize) {
            dropped.add_all(counts);
        }
    }
}
