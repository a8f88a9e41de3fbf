//! [`FlowConfig`]: the figures of both ends.

use core::time::Duration;

use crate::policy::{ConfigError, Rate};

/// The figures of flow control; both ends should have the same report interval.
///
/// ```
/// use gofarm_core::time::{millis, secs};
/// use gofarm_resilience::flow::{FlowConfig, FlowReceiver};
///
/// let slow_link = FlowConfig::DEFAULT.report_every(secs(1)).slow_from(millis(500));
/// assert!(FlowReceiver::new(slow_link, 1, 64).is_ok());
/// let error = FlowReceiver::new(slow_link.shares(101, 30), 1, 64).unwrap_err();
/// assert_eq!(error.to_string(), "shares must be from 1 to 100 percent");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing until an end is made with it"]
pub struct FlowConfig {
    pub(super) local_rate: Rate,
    pub(super) refill_every: Duration,
    pub(super) report_every: Duration,
    pub(super) quick_percent: u8,
    pub(super) slow_percent: u8,
    pub(super) slow_from: Duration,
    pub(super) rtt_scale: Duration,
    pub(super) rtt_floor_percent: u8,
}

impl FlowConfig {
    /// The figures of the field, with a local rate of 1000 items a second.
    pub const DEFAULT: Self = Self {
        local_rate: Rate::per_second(1_000),
        refill_every: Duration::from_millis(10),
        report_every: Duration::from_millis(100),
        quick_percent: 80,
        slow_percent: 30,
        slow_from: Duration::from_millis(50),
        rtt_scale: Duration::from_millis(200),
        rtt_floor_percent: 70,
    };

    /// What the sender may send by its own limits; zero stops it. At most 4 million items a second.
    pub const fn local_rate(mut self, local_rate: Rate) -> Self {
        self.local_rate = local_rate;
        self
    }

    /// How often tokens flow in, 1 ms to 1 s. Default 10 ms.
    pub const fn refill_every(mut self, refill_every: Duration) -> Self {
        self.refill_every = refill_every;
        self
    }

    /// How often the receiver reports, from the refill interval to 1 min. Default 100 ms.
    pub const fn report_every(mut self, report_every: Duration) -> Self {
        self.report_every = report_every;
        self
    }

    /// The shares of the free room that are used, in percent: while items wait less than
    /// [`slow_from`](Self::slow_from), and else. From 1 to 100, the second at most the first. Default 80 and 30.
    pub const fn shares(mut self, quick_percent: u8, slow_percent: u8) -> Self {
        self.quick_percent = quick_percent;
        self.slow_percent = slow_percent;
        self
    }

    /// The average delay from which the receiver counts as slow, from 1 ms. Default 50 ms.
    pub const fn slow_from(mut self, slow_from: Duration) -> Self {
        self.slow_from = slow_from;
        self
    }

    /// The round trip at which the rate would be zero, from 1 ms, and the percentage that it never goes below.
    /// Default 200 ms and 70.
    pub const fn rtt_rule(mut self, scale: Duration, floor_percent: u8) -> Self {
        self.rtt_scale = scale;
        self.rtt_floor_percent = floor_percent;
        self
    }

    /// Three reports: silence that is longer means that nothing is known of the receiver.
    pub(super) const fn silence(&self) -> Duration {
        self.report_every.saturating_mul(3)
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let millisecond = Duration::from_millis(1);
        if self.refill_every < millisecond || self.refill_every > Duration::from_secs(1) {
            return Err(ConfigError::new("refill_every", "from 1 ms to 1 s"));
        }
        if self.report_every < self.refill_every || self.report_every > Duration::from_secs(60) {
            return Err(ConfigError::new(
                "report_every",
                "from refill_every to 1 min",
            ));
        }
        if self.slow_percent == 0 || self.quick_percent > 100 {
            return Err(ConfigError::new("shares", "from 1 to 100 percent"));
        }
        if self.slow_percent > self.quick_percent {
            return Err(ConfigError::new("shares", "no larger for a slow receiver"));
        }
        if self.slow_from < millisecond {
            return Err(ConfigError::new("slow_from", "at least 1 ms"));
        }
        if self.rtt_scale < millisecond {
            return Err(ConfigError::new("rtt_rule scale", "at least 1 ms"));
        }
        if self.rtt_floor_percent > 100 {
            return Err(ConfigError::new("rtt_rule floor", "from 0 to 100 percent"));
        }
        Ok(())
    }
}

impl Default for FlowConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}
