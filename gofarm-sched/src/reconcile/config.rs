//! [`QueueConfig`]: how many keys, how long a run, how long to wait.

use core::hash::Hash;
use core::time::Duration;

use gofarm_core::random::Random;

use super::WorkQueue;
use crate::ConfigError;

/// The figures of a [`WorkQueue`].
///
/// Defaults: 100 000 keys, a requeue after 30 s, a run is interrupted after 60 s, back-off from 1 s doubled up to 5 min.
///
/// ```
/// use gofarm_core::time::{millis, secs};
/// use gofarm_sched::reconcile::{QueueConfig, WorkQueue};
///
/// let queue: WorkQueue<u32> = QueueConfig::new().backoff(millis(5), secs(1_000)).build()?;
/// # let _ = queue;
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing until it is built"]
pub struct QueueConfig {
    pub(super) most_keys: u32,
    pub(super) requeue_after: Duration,
    pub(super) run_timeout: Duration,
    first_backoff: Duration,
    longest_backoff: Duration,
}

impl QueueConfig {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            most_keys: 100_000,
            requeue_after: Duration::from_secs(30),
            run_timeout: Duration::from_secs(60),
            first_backoff: Duration::from_secs(1),
            longest_backoff: Duration::from_secs(300),
        }
    }

    /// How many keys may be queued, waiting or running at once; from 1.
    pub const fn most_keys(mut self, keys: u32) -> Self {
        self.most_keys = keys;
        self
    }

    /// When [`Outcome::Requeue`](super::Outcome::Requeue) runs again; over 0 s.
    pub const fn requeue_after(mut self, time: Duration) -> Self {
        self.requeue_after = time;
        self
    }

    /// How long a run may take before it is interrupted; over 0 s.
    pub const fn run_timeout(mut self, time: Duration) -> Self {
        self.run_timeout = time;
        self
    }

    /// The wait after the first failure of a key, and the longest; doubled in between. From 1 ms, the longest not below
    /// the first.
    ///
    /// Half of each wait is random (equal jitter: Brooker, "Exponential Backoff And Jitter", 2015), so that what failed
    /// together does not come back together.
    pub const fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.first_backoff = first;
        self.longest_backoff = longest;
        self
    }

    /// Makes an empty queue.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn build<K: Eq + Hash + Clone>(self) -> Result<WorkQueue<K>, ConfigError> {
        if self.most_keys == 0 {
            return Err(ConfigError::new("most_keys", "at least 1"));
        }
        if self.requeue_after.is_zero() {
            return Err(ConfigError::new("requeue_after", "over 0 s"));
        }
        if self.run_timeout.is_zero() {
            return Err(ConfigError::new("run_timeout", "over 0 s"));
        }
        if self.first_backoff < Duration::from_millis(1) {
            return Err(ConfigError::new("first backoff", "at least 1 ms"));
        }
        if self.longest_backoff < self.first_backoff {
            return Err(ConfigError::new("longest backoff", "not below the first"));
        }
        Ok(WorkQueue::new(self))
    }

    /// The wait after a key has failed that often before.
    pub(super) fn wait<R: Random + ?Sized>(&self, failures: u32, random: &mut R) -> Duration {
        let full = 2_u32
            .checked_pow(failures)
            .map_or(self.longest_backoff, |factor| {
                self.first_backoff.saturating_mul(factor)
            })
            .min(self.longest_backoff);
        let half = full / 2;
        let micros = u64::try_from(half.as_micros()).unwrap_or(u64::MAX);
        full - half + Duration::from_micros(random.below(micros.saturating_add(1)))
    }
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::time::{millis, secs};

    #[test]
    fn waits_double_up_to_the_longest_and_half_of_each_is_random() {
        let config = QueueConfig::new().backoff(millis(100), secs(1));
        let rows = [
            (0, 100),
            (1, 200),
            (2, 400),
            (3, 800),
            (4, 1_000),
            (40, 1_000),
        ];
        for (failures, full) in rows {
            assert_eq!(config.wait(failures, &mut || 0), millis(full / 2));
            assert_eq!(config.wait(failures, &mut || u64::MAX), millis(full));
        }
    }
}
