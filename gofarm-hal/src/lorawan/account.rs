//! [`Account`]: where every frame went.

use super::Priority;

/// Where every frame went since the queue was made; sums do not overflow, they stay at their greatest.
///
/// What was accepted is exactly what was acknowledged, sent, superseded, displaced or given up, and what waits.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_hal::lorawan::{Priority, Queue, QueueConfig, Region, SubBand, Uplink};
///
/// let mut queue: Queue<1, 51, 1> = Queue::new(QueueConfig::new(Region::Eu868), [SubBand::M]);
/// for payload in [[1], [2]] {
///     queue.push(Instant::ZERO, Uplink::new(2, Priority::Backlog, &payload))?;
/// }
/// let account = queue.account();
/// assert_eq!((account.accepted(), account.displaced(Priority::Backlog), account.waiting()), (2, 1, 1));
/// assert!(account.is_balanced());
/// # Ok::<(), gofarm_hal::lorawan::PushError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Account {
    pub(super) accepted: u32,
    pub(super) acknowledged: u32,
    pub(super) sent: u32,
    pub(super) superseded: u32,
    pub(super) displaced: [u32; 4],
    pub(super) given_up: u32,
    pub(super) refused: u32,
    pub(super) waiting: u32,
}

impl Account {
    /// Frames that the queue took.
    #[must_use]
    pub const fn accepted(&self) -> u32 {
        self.accepted
    }

    /// Frames that the network answered.
    #[must_use]
    pub const fn acknowledged(&self) -> u32 {
        self.acknowledged
    }

    /// Frames that went out and asked for no answer: nobody knows whether they arrived.
    #[must_use]
    pub const fn sent(&self) -> u32 {
        self.sent
    }

    /// Frames whose place a newer one with the same key took.
    #[must_use]
    pub const fn superseded(&self) -> u32 {
        self.superseded
    }

    /// Frames of this priority that gave way because memory was full.
    #[must_use]
    pub const fn displaced(&self, priority: Priority) -> u32 {
        self.displaced[priority as usize]
    }

    /// Confirmed frames that were given up after their last try.
    #[must_use]
    pub const fn given_up(&self) -> u32 {
        self.given_up
    }

    /// Frames that the queue did not take; the caller knows.
    #[must_use]
    pub const fn refused(&self) -> u32 {
        self.refused
    }

    /// Frames in the queue, the one in flight included.
    #[must_use]
    pub const fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Whether every accepted frame is accounted for, as it is as long as no sum is at its greatest.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let ends = [
            self.acknowledged,
            self.sent,
            self.superseded,
            self.given_up,
            self.waiting,
        ];
        let ends = ends.iter().chain(&self.displaced).map(|n| u64::from(*n));
        ends.sum::<u64>() == u64::from(self.accepted)
    }
}
