//! [`QueueConfig`]: the region, and how patient a queue is.

use core::time::Duration;

use gofarm_core::random::Random;

use crate::lorawan::Region;

/// What a queue goes by.
///
/// ```
/// use gofarm_core::time::{minutes, secs};
/// use gofarm_hal::lorawan::{QueueConfig, Region};
///
/// let config = QueueConfig::new(Region::Eu868).alarm_reserve(20).retries(secs(20), minutes(30)).probe_every(8);
/// assert_eq!(config, config.clone());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a configuration does nothing until a queue is made of it"]
pub struct QueueConfig {
    pub(super) region: Region,
    pub(super) alarm_reserve_percent: u8,
    pub(super) max_tries: u8,
    first_retry: Duration,
    slowest_retry: Duration,
    pub(super) down_after: u8,
    pub(super) probe_every: u8,
}

impl QueueConfig {
    /// A fifth of the air time for alarms alone; a confirmed reading is tried 4 times; retries from 10 s to an hour; down
    /// after 3 unanswered tries; every 16th unconfirmed frame is a probe.
    pub const fn new(region: Region) -> Self {
        Self {
            region,
            alarm_reserve_percent: 20,
            max_tries: 4,
            first_retry: Duration::from_secs(10),
            slowest_retry: Duration::from_secs(3_600),
            down_after: 3,
            probe_every: 16,
        }
    }

    /// With another part of each sub-band's budget that only alarms may use, in percent, at most 100.
    pub const fn alarm_reserve(mut self, percent: u8) -> Self {
        self.alarm_reserve_percent = percent;
        self
    }

    /// With another number of tries of a confirmed reading or backlog frame, at least 1; alarms and valve reports are
    /// never given up.
    pub const fn max_tries(mut self, tries: u8) -> Self {
        self.max_tries = tries;
        self
    }

    /// With another delay before the second try, doubled for each further one up to the slowest; jittered by a fifth.
    pub const fn retries(mut self, first: Duration, slowest: Duration) -> Self {
        self.first_retry = first;
        self.slowest_retry = slowest;
        self
    }

    /// With another number of unanswered confirmed frames after which the link counts as down.
    pub const fn down_after(mut self, frames: u8) -> Self {
        self.down_after = frames;
        self
    }

    /// With another number of unconfirmed frames after which one is sent confirmed, to learn whether anybody hears them;
    /// 0 never does, and a node without confirmed frames then sends into the void for ever.
    pub const fn probe_every(mut self, frames: u8) -> Self {
        self.probe_every = frames;
        self
    }

    /// The longest payload that any data rate of the region carries.
    pub(super) fn longest_payload(&self) -> usize {
        let payloads = (0..16).filter_map(|dr| self.region.max_payload(dr));
        payloads.max().unwrap_or(0)
    }

    /// How long to wait after the `tries`th try, from 1.
    pub(super) fn retry_delay<R: Random + ?Sized>(&self, tries: u8, random: &mut R) -> Duration {
        let doublings = u32::from(tries.saturating_sub(1)).min(20);
        let delay = self.first_retry.saturating_mul(1 << doublings);
        let delay = delay.min(self.slowest_retry);
        let width = u64::try_from((delay / 5).as_micros()).unwrap_or(u64::MAX);
        let jitter = random.below(width.saturating_mul(2).saturating_add(1));
        (delay - delay / 5).saturating_add(Duration::from_micros(jitter))
    }
}
