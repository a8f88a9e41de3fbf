//! [`EvictionConfig`]: how long a lease is, how fast work is rebuilt, how slowly a node comes back.

use core::time::Duration;

use gofarm_core::time::{millis, minutes, secs};

use crate::ConfigError;

/// How an [`Evictor`](super::Evictor) decides; every field has a default.
///
/// ```
/// use gofarm_core::time::{millis, secs};
/// use gofarm_sched::eviction::EvictionConfig;
///
/// let config = EvictionConfig::new().lease(secs(15))?.pace(millis(50), secs(5))?;
/// assert!(EvictionConfig::new().suspect(1.5, 3).is_err());
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EvictionConfig {
    pub(super) lease: Duration,
    pub(super) pace: Duration,
    pub(super) slow_pace: Duration,
    pub(super) suspect_share: f32,
    pub(super) suspect_least: u32,
    pub(super) answer: Duration,
    pub(super) retry: Duration,
    pub(super) stagger: Duration,
    pub(super) slow_start: Duration,
}

impl EvictionConfig {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            lease: secs(40),
            pace: millis(100),
            slow_pace: secs(10),
            suspect_share: 0.55,
            suspect_least: 3,
            answer: secs(30),
            retry: secs(1),
            stagger: secs(10),
            slow_start: minutes(1),
        }
    }

    /// How long a node is known to live after a heartbeat; 40 s, as Kubernetes' node monitor grace period was.
    ///
    /// # Errors
    /// It is zero.
    pub const fn lease(mut self, lease: Duration) -> Result<Self, ConfigError> {
        if lease.is_zero() {
            return Err(ConfigError::new("lease", "above 0 s"));
        }
        self.lease = lease;
        Ok(self)
    }

    /// The time between two rebuilds of a domain: 100 ms, and 10 s where its link is suspected.
    ///
    /// # Errors
    /// The second is shorter than the first.
    pub fn pace(mut self, pace: Duration, suspected: Duration) -> Result<Self, ConfigError> {
        if suspected < pace {
            return Err(ConfigError::new(
                "pace",
                "no slower than the suspected pace",
            ));
        }
        (self.pace, self.slow_pace) = (pace, suspected);
        Ok(self)
    }

    /// From which share of its nodes, and how many at least, are lost the link of a domain is suspected: 0.55 and
    /// 3, as Kubernetes' `--unhealthy-zone-threshold`.
    ///
    /// # Errors
    /// The share is not above 0 and at most 1.
    pub fn suspect(mut self, share: f32, at_least: u32) -> Result<Self, ConfigError> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(ConfigError::new("suspect", "a share above 0 and at most 1"));
        }
        (self.suspect_share, self.suspect_least) = (share, at_least);
        Ok(self)
    }

    /// How long a rebuild may go unanswered before it is asked for again, 30 s; and the wait after the first
    /// failed one, 1 s, which doubles with each further one, up to 64 times.
    ///
    /// # Errors
    /// One of them is zero.
    pub const fn answers(mut self, within: Duration, retry: Duration) -> Result<Self, ConfigError> {
        if within.is_zero() || retry.is_zero() {
            return Err(ConfigError::new("answers", "above 0 s"));
        }
        self.answer = within;
        self.retry = retry;
        Ok(self)
    }

    /// A node that comes back takes work after a random part of the first time, 10 s, and its share of it grows to
    /// the whole over the second, 1 min.
    #[must_use]
    pub const fn come_back(mut self, stagger: Duration, slow_start: Duration) -> Self {
        self.stagger = stagger;
        self.slow_start = slow_start;
        self
    }
}

impl Default for EvictionConfig {
    fn default() -> Self {
        Self::new()
    }
}
