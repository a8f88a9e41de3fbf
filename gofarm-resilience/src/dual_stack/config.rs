//! [`SelectorConfig`]: when a path is given up and when it is taken again, checked when built.

use core::time::Duration;

use gofarm_core::time::{millis, minutes, secs};

use crate::policy::ConfigError;

/// The figures of a [`PathSelector`](super::PathSelector); made by [`SelectorConfig::builder`], which checks them.
///
/// ```
/// use gofarm_core::time::{millis, secs};
/// use gofarm_resilience::dual_stack::SelectorConfig;
///
/// const SATELLITE: SelectorConfig = match SelectorConfig::builder()
///     .check_every(secs(10))
///     .check_timeout(secs(4))
///     .down_for(secs(30))
///     .build()
/// {
///     Ok(config) => config,
///     Err(_) => panic!("a figure is out of range"),
/// };
/// let error = SelectorConfig::builder().check_timeout(secs(2)).build().unwrap_err();
/// assert_eq!(error.to_string(), "check_timeout must be over 0 and at most check_every");
/// # let _ = SATELLITE;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SelectorConfig {
    pub(super) check_every: Duration,
    pub(super) check_timeout: Duration,
    pub(super) standby_every: Duration,
    pub(super) failed_checks: u8,
    pub(super) down_for: Duration,
    pub(super) return_checks: u8,
    pub(super) return_after: Duration,
    pub(super) return_limit: Duration,
    pub(super) switch_limit: Duration,
}

impl SelectorConfig {
    /// 2 failed checks or 3 s down; a check each second, given up after 500 ms; back after 3 passed checks and 10 s.
    pub const DEFAULT: Self = Self {
        check_every: secs(1),
        check_timeout: millis(500),
        standby_every: secs(10),
        failed_checks: 2,
        down_for: secs(3),
        return_checks: 3,
        return_after: secs(10),
        return_limit: minutes(5),
        switch_limit: millis(300),
    };

    /// Starts from [`SelectorConfig::DEFAULT`].
    pub const fn builder() -> SelectorConfigBuilder {
        SelectorConfigBuilder(Self::DEFAULT)
    }
}

impl Default for SelectorConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Collects the figures of a [`SelectorConfig`]; see there.
#[derive(Clone, Copy, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct SelectorConfigBuilder(SelectorConfig);

impl SelectorConfigBuilder {
    /// The time between two checks of a path that is in use or was given up; 1 s. The first failed call of a row brings
    /// the next check forward, but leaves `check_timeout` between the two.
    pub const fn check_every(mut self, every: Duration) -> Self {
        self.0.check_every = every;
        self
    }

    /// After how long without an answer a check has failed; 500 ms, what `grpc.health.v1` is given to answer in.
    /// At most `check_every`, so that never two checks of one path are under way.
    pub const fn check_timeout(mut self, timeout: Duration) -> Self {
        self.0.check_timeout = timeout;
        self
    }

    /// The time between two checks of the second path while the first one is well; 10 s, often enough to keep its
    /// connection through most carriers' address translation, so that a switch does not begin with a handshake.
    pub const fn standby_every(mut self, every: Duration) -> Self {
        self.0.standby_every = every;
        self
    }

    /// How many failed checks in a row make a path down, 1 to 255; 2.
    pub const fn failed_checks(mut self, count: u8) -> Self {
        self.0.failed_checks = count;
        self
    }

    /// How long a path may answer nothing, from its first failure, until it is down; 3 s.
    pub const fn down_for(mut self, time: Duration) -> Self {
        self.0.down_for = time;
        self
    }

    /// How many passed checks in a row the first path needs before it is taken again, 1 to 255; 3.
    pub const fn return_checks(mut self, count: u8) -> Self {
        self.0.return_checks = count;
        self
    }

    /// How long the first path must have passed all checks before it is taken again; 10 s. It doubles each time the
    /// first path is lost again sooner than `return_limit` after it was taken.
    pub const fn return_after(mut self, time: Duration) -> Self {
        self.0.return_after = time;
        self
    }

    /// What the doubled `return_after` never exceeds; 5 min.
    pub const fn return_limit(mut self, time: Duration) -> Self {
        self.0.return_limit = time;
        self
    }

    /// In what time after the decision the new path must have answered; 300 ms. A switch that takes longer happens all
    /// the same and is counted as [late](super::PathSelector::late_switches).
    pub const fn switch_limit(mut self, time: Duration) -> Self {
        self.0.switch_limit = time;
        self
    }

    /// Checks the figures.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub const fn build(self) -> Result<SelectorConfig, ConfigError> {
        let config = self.0;
        if config.check_every.is_zero() {
            return Err(ConfigError::new("check_every", "over 0"));
        }
        if config.check_timeout.is_zero() || longer(config.check_timeout, config.check_every) {
            return Err(ConfigError::new(
                "check_timeout",
                "over 0 and at most check_every",
            ));
        }
        if longer(config.check_every, config.standby_every) {
            return Err(ConfigError::new("standby_every", "at least check_every"));
        }
        if config.failed_checks == 0 {
            return Err(ConfigError::new("failed_checks", "from 1 to 255"));
        }
        if config.down_for.is_zero() {
            return Err(ConfigError::new("down_for", "over 0"));
        }
        if config.return_checks == 0 {
            return Err(ConfigError::new("return_checks", "from 1 to 255"));
        }
        if longer(config.return_after, config.return_limit) {
            return Err(ConfigError::new("return_limit", "at least return_after"));
        }
        Ok(config)
    }
}

/// Whether `a` is longer than `b`; comparison of durations is not yet constant.
const fn longer(a: Duration, b: Duration) -> bool {
    a.as_nanos() > b.as_nanos()
}
