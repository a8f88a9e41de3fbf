//! The rules that a configuration must keep, each named with its field.

use core::time::Duration;

use gofarm_core::time::{days, hours, millis, secs};

use super::{Config, ConfigError};
use crate::policy::Outcome;
use crate::policy::breaker::half_open::Verdict;
use crate::policy::sliding_window::Window;

const LONGEST_WAIT: Duration = days(49);
const SHORTEST_LATENCY: Duration = Duration::from_micros(1);

impl<const W: usize> Config<W> {
    /// Checks every figure.
    ///
    /// # Errors
    /// [`ConfigError`], with the first field that breaks its rule.
    pub const fn validate(&self) -> Result<(), ConfigError> {
        if let Some(error) = self.trip_fault() {
            return Err(error);
        }
        if let Some(error) = self.window_fault() {
            return Err(error);
        }
        if let Some(error) = self.open_fault() {
            return Err(error);
        }
        if let Some(error) = self.trial_fault() {
            return Err(error);
        }
        if let Some(error) = self.way_back_fault() {
            return Err(error);
        }
        Ok(())
    }

    const fn trip_fault(&self) -> Option<ConfigError> {
        if self.consecutive == 0 && self.rate == 0 && !self.looks_at_a_window() {
            return fault("config", "given at least one rule");
        }
        if self.consecutive == u16::MAX {
            return fault("consecutive", "from 1 to 65 534 failures");
        }
        if !self.failure_rate.is_valid() {
            return fault("failure_rate", "above 0.0 and at most 1.0");
        }
        if !self.slow_rate.is_valid() {
            return fault("slow_rate", "above 0.0 and at most 1.0");
        }
        if self.slow_rate.is_some() && !within(self.slow_after, SHORTEST_LATENCY, hours(1)) {
            return fault("slow_rate", "of calls slower than 1 µs to 1 h");
        }
        if !self.percentile.is_valid()
            || self.percentile.is_some()
                && (self.percentile.get() < 5_000 || self.percentile.get() > 9_999)
        {
            return fault("percentile", "from 0.5 to 0.9999");
        }
        if self.percentile.is_some() && !within(self.percentile_limit, SHORTEST_LATENCY, hours(1)) {
            return fault("percentile", "limited to 1 µs to 1 h");
        }
        if !self.average_limit.is_zero() && !within(self.average_limit, SHORTEST_LATENCY, secs(16))
        {
            return fault("average", "from 1 µs to 16 s");
        }
        None
    }

    const fn window_fault(&self) -> Option<ConfigError> {
        if !self.looks_at_a_window() {
            return None;
        }
        if W == 0 {
            return fault("window", "given room: a rate or latency needs `windowed()`");
        }
        if let Some(rule) = self.window.fault(W) {
            return fault("window", rule);
        }
        if self.minimum_calls_or_default() == 0 {
            return fault("minimum_calls", "from 1 to 65 535");
        }
        if let Window::Calls(calls) = self.window {
            if self.minimum_calls_or_default() > calls {
                return fault("minimum_calls", "at most the calls of the window");
            }
            if !self.average_limit.is_zero() {
                return fault("average", "over a time window");
            }
        }
        None
    }

    const fn open_fault(&self) -> Option<ConfigError> {
        if !within(self.open_for, millis(1), LONGEST_WAIT) {
            return fault("open_for", "from 1 ms to 49 d");
        }
        if self.growth.percent() < 100 {
            return fault("back_off", "from 1.0 to 100.0");
        }
        if self.growth.percent() > 100 && !within(self.longest_open, self.open_for, LONGEST_WAIT) {
            return fault("back_off", "bounded from open_for to 49 d");
        }
        if !self.jitter.is_valid() || self.jitter.get() > 9_000 {
            return fault("jitter", "from 0.0 to 0.9");
        }
        None
    }

    const fn trial_fault(&self) -> Option<ConfigError> {
        if self.permits == 0 {
            return fault("half_open", "from 1 to 255 trials");
        }
        let needed = match self.verdict() {
            Verdict::InARow(0) => return fault("close_after", "from 1 to 255 successes"),
            Verdict::Rate { trials: 0, .. } => {
                return fault("close_by_rate", "from 1 to 255 trials");
            }
            Verdict::Rate { rate, .. } if !rate.is_some() => {
                return fault("close_by_rate", "above 0.0 and at most 1.0");
            }
            Verdict::InARow(successes) => successes,
            Verdict::Rate { trials, .. } => trials,
        };
        if self.permits > needed {
            return fault("half_open", "at most the trials that the verdict needs");
        }
        if let Some(limit) = self.half_open_for
            && !within(limit, millis(1), LONGEST_WAIT)
        {
            return fault("half_open_for", "from 1 ms to 49 d");
        }
        None
    }

    const fn way_back_fault(&self) -> Option<ConfigError> {
        if !self.ramp_for.is_zero() && !within(self.ramp_for, millis(1), LONGEST_WAIT) {
            return fault("ramp", "from 1 ms to 49 d");
        }
        if !self.ramp_from.is_valid() {
            return fault("ramp", "begun above 0.0 and at most at 1.0");
        }
        if self.rate > 1_000_000 {
            return fault("qps", "from 1 to 1 000 000 calls a second");
        }
        if self.burst > 0 && self.rate == 0 {
            return fault("burst", "given together with qps");
        }
        if self.burst > self.rate.saturating_mul(4) {
            return fault("burst", "from 1 call to four seconds of qps");
        }
        if matches!(self.cancelled, Outcome::Success) {
            return fault("cancelled_as", "neutral or a failure");
        }
        None
    }
}

const fn fault(field: &'static str, rule: &'static str) -> Option<ConfigError> {
    Some(ConfigError::new(field, rule))
}

const fn within(value: Duration, least: Duration, most: Duration) -> bool {
    value.as_nanos() >= least.as_nanos() && value.as_nanos() <= most.as_nanos()
}
