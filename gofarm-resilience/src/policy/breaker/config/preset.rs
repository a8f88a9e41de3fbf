//! Figures with a name: the rules that farms have run with.

use gofarm_core::time::{millis, secs};

use super::{Config, Slo};
use crate::policy::breaker::{Breaker, WINDOW_WORDS};

impl Breaker {
    /// Opens after `failures` in a row, 1 to 65 534; 30 s open, one trial.
    ///
    /// ```
    /// use gofarm_core::time::{Instant, secs};
    /// use gofarm_resilience::Outcome;
    /// use gofarm_resilience::policy::breaker::Breaker;
    ///
    /// let breaker = Breaker::consecutive(3).open_for(secs(30)).half_open(1).build()?;
    /// let now = Instant::ZERO;
    /// for _ in 0..3 {
    ///     let permit = breaker.try_acquire(now)?;
    ///     breaker.record(permit, now, Outcome::Failure);
    /// }
    /// assert_eq!(breaker.try_acquire(now).unwrap_err().retry_after(), secs(30));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub const fn consecutive(failures: u16) -> Config {
        Config::BASE.consecutive(failures)
    }

    /// Opens when `rate` of the calls of the last 10 s failed, or more, of at least 10 calls; 30 s open, one
    /// trial.
    pub const fn failure_rate(rate: f64) -> Config<WINDOW_WORDS> {
        Config::BASE.failure_rate(rate)
    }

    /// The simple breaker: 5 failures in a row, 30 s open, one trial.
    pub const fn simple() -> Config {
        Self::consecutive(5)
    }

    /// The first of three tiers, in front of a network: opens when 5 % of the calls of the last 10 s failed, of
    /// at least 20 (one failure of a few is no rate); tries again each 30 s.
    pub const fn network() -> Config<WINDOW_WORDS> {
        Config::BASE.failure_rate(0.05).minimum_calls(20)
    }

    /// The second of three tiers, in front of the protocol spoken with a gateway: 3 failures in a row; tries
    /// again each 30 s. Meant to stand behind a fallback that serves the cached value.
    pub const fn protocol() -> Config {
        Self::consecutive(3)
    }

    /// The third of three tiers, one for each device: 3 failures in a row; tries again each 30 s, spread by 10 %
    /// so that devices that failed together are not tried together.
    pub const fn device() -> Config {
        Self::consecutive(3).jitter(0.1)
    }

    /// Opens when an objective is missed over the last 10 s, of at least 10 calls; 10 s open; any trial that
    /// fails or is slow opens it again, 3 healthy ones close it.
    ///
    /// It looks at latency alone: calls that fail fast do not open it. Add
    /// [`consecutive`](Config::consecutive) or [`failure_rate`](Config::failure_rate) where that matters.
    pub const fn slo(objective: Slo) -> Config<WINDOW_WORDS> {
        let mut config = Config::BASE
            .percentile(0.99, objective.p99)
            .open_for(secs(10))
            .half_open(3);
        if let Some(limit) = objective.average {
            config = config.average(limit);
        }
        if let Some(rate) = objective.qps {
            config = config.qps(rate);
        }
        config
    }

    /// The objective of a field gateway: 99th percentile 200 ms, or 180 ms on average; 1000 calls a second.
    pub const fn gateway_slo() -> Config<WINDOW_WORDS> {
        Self::slo(Slo::new(millis(200)).average(millis(180)).qps(1000))
    }
}
