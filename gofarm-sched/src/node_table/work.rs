//! [`Work`]: how much a table has done.

/// What a table has done since it was made; for tests of cost that do not depend on a clock, and for dashboards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Work {
    pub(super) ranked_alone: u64,
    pub(super) renewals: u64,
    pub(super) resyncs: u64,
}

impl Work {
    /// Nodes that were ranked one by one.
    #[must_use]
    pub const fn ranked_alone(&self) -> u64 {
        self.ranked_alone
    }

    /// How often all nodes were ranked anew.
    #[must_use]
    pub const fn renewals(&self) -> u64 {
        self.renewals
    }

    /// How often the running sums were computed anew from all values.
    #[must_use]
    pub const fn resyncs(&self) -> u64 {
        self.resyncs
    }
}
