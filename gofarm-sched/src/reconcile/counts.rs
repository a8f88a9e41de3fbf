//! [`QueueCounts`]: what a queue has done since it was made.

/// What a queue has done since it was made.
///
/// See [`WorkQueue::counts`](super::WorkQueue::counts).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct QueueCounts {
    /// Keys that were put into the queue.
    pub added: u64,
    /// Keys that were in the queue already, or were about to be.
    pub coalesced: u64,
    /// Keys that found no room.
    pub refused: u64,
    /// Runs that began.
    pub started: u64,
    /// Runs that ended well, with or without another to come.
    pub succeeded: u64,
    /// Runs that failed and are tried again.
    pub retried: u64,
    /// Runs that failed and are not tried again.
    pub dropped: u64,
    /// Runs that took too long.
    pub timed_out: u64,
    /// Keys that were cancelled.
    pub cancelled: u64,
}
