//! [`StalePolicy`]: what a metric counts for when it has not been renewed in time.

use core::time::Duration;

/// How long a metric is fresh; see [`after`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StaleAfter(Duration);

impl StaleAfter {
    /// For so long, the bound included.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

/// Metrics are stale when they are older than this.
///
/// ```
/// use gofarm_core::time::secs;
/// assert_eq!(gofarm_sched::load::after(secs(2)).duration(), secs(2));
/// ```
#[must_use]
pub const fn after(age: Duration) -> StaleAfter {
    StaleAfter(age)
}

/// What a stale metric counts for; match it fully.
///
/// A metric that was never measured is stale from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StalePolicy {
    /// It is left out: the node counts as average in it.
    Ignore,
    /// Its last value counts; one never measured is left out.
    Hold,
    /// It counts as the worst: the node comes last, and is taken when there is no other.
    Penalise,
    /// The node takes no new work until it reports again.
    Refuse,
}
