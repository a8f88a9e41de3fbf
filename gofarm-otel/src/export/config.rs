//! How patient an exporter is: [`ExporterConfig`].

use core::time::Duration;

/// How patient an exporter is, and how much memory it takes.
///
/// ```
/// use gofarm_otel::export::ExporterConfig;
///
/// let config = ExporterConfig::DEFAULT.with_memory_bytes(256 << 10);
/// assert_eq!(config.memory_bytes(), 256 << 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct ExporterConfig {
    memory_bytes: usize,
    spool_after: Duration,
    first_delay: Duration,
    longest_delay: Duration,
    longest_wait: Duration,
}

impl ExporterConfig {
    /// 4 MiB of memory; to the spool after 10 s without an answer; tries after 1 s, 2 s, 4 s.. up to 60 s.
    pub const DEFAULT: Self = Self {
        memory_bytes: 4 << 20,
        spool_after: Duration::from_secs(10),
        first_delay: Duration::from_secs(1),
        longest_delay: Duration::from_secs(60),
        longest_wait: Duration::from_secs(3_600),
    };

    /// At most that many bytes of batches in memory, beside the one that is being sent.
    pub const fn with_memory_bytes(mut self, bytes: usize) -> Self {
        self.memory_bytes = bytes;
        self
    }

    /// While the receiver is away, a batch waits in memory for that long before it is written to the spool.
    ///
    /// So much is lost when the power goes. Shorter means more and smaller writes.
    pub const fn with_spool_after(mut self, after: Duration) -> Self {
        self.spool_after = after;
        self
    }

    /// The time to the first new try, and the longest between two.
    ///
    /// Each failure doubles it; each delay is taken at random between a half and one and a half of that.
    pub const fn with_delays(mut self, first: Duration, longest: Duration) -> Self {
        self.first_delay = first;
        self.longest_delay = longest;
        self
    }

    /// The longest that a receiver may tell us to wait; what it says beyond that is not followed.
    pub const fn with_longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = wait;
        self
    }

    /// Bytes of batches in memory, at most.
    #[must_use]
    pub const fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// How long a batch waits in memory while the receiver is away.
    #[must_use]
    pub const fn spool_after(&self) -> Duration {
        self.spool_after
    }

    /// The time to the first new try.
    #[must_use]
    pub const fn first_delay(&self) -> Duration {
        self.first_delay
    }

    /// The longest time between two tries that nobody asked for.
    #[must_use]
    pub const fn longest_delay(&self) -> Duration {
        self.longest_delay
    }

    /// The longest that a receiver may tell us to wait.
    #[must_use]
    pub const fn longest_wait(&self) -> Duration {
        self.longest_wait
    }
}

impl Default for ExporterConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}
