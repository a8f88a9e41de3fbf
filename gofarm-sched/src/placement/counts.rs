//! [`Counts`]: what a scheduler did.

/// What a scheduler did since it was built.
///
/// `reserved` is the sum of `committed`, `abandoned`, `lapsed`, `refused_late`, `lost` and those still reserved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Counts {
    /// Requests that got a reservation.
    pub reserved: u64,
    /// Requests that got none.
    pub unplaced: u64,
    /// Reservations that became placements.
    pub committed: u64,
    /// Reservations that were abandoned.
    pub abandoned: u64,
    /// Reservations that were forgotten.
    pub lapsed: u64,
    /// Reservations that a permit denied, or that could not be bound.
    pub refused_late: u64,
    /// Reservations whose node was removed.
    pub lost: u64,
    /// Nodes of which plugins of [`Sensitivity::Node`](super::Sensitivity::Node) were asked.
    pub asked_node: u64,
    /// Nodes of which plugins of [`Sensitivity::Group`](super::Sensitivity::Group) were asked.
    pub asked_group: u64,
    /// Nodes of which plugins of [`Sensitivity::Always`](super::Sensitivity::Always) were asked.
    pub asked_always: u64,
}

impl Counts {
    /// Reservations that are neither committed nor given back.
    #[must_use]
    pub const fn held(&self) -> u64 {
        let ended = self.committed + self.abandoned + self.lapsed + self.refused_late + self.lost;
        self.reserved.saturating_sub(ended)
    }
}
