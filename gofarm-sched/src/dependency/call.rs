//! [`Call`] and [`EdgeStats`]: one call, and what many have shown.

use core::time::Duration;

use gofarm_core::time::Instant;

/// One call from one service to another: how long it took by itself, and whether it went well.
///
/// Latencies are added up along a path. So give the time of this hop: the way there and back and the callee's own work,
/// without what the callee waited for others (self time, in the terms of tracing).
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_sched::dependency::Call;
///
/// assert!(Call::failed(millis(30)).is_error());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a call that is not recorded changes nothing"]
pub struct Call {
    latency: Duration,
    error: bool,
}

impl Call {
    /// It went well.
    pub const fn ok(latency: Duration) -> Self {
        Self {
            latency,
            error: false,
        }
    }

    /// It failed.
    pub const fn failed(latency: Duration) -> Self {
        Self {
            latency,
            error: true,
        }
    }

    /// How long it took.
    #[must_use]
    pub const fn latency(&self) -> Duration {
        self.latency
    }

    /// Whether it failed.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        self.error
    }
}

/// What the calls of one edge have shown.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EdgeStats {
    calls: u64,
    errors: u64,
    calls_per_second: f64,
    latency: Duration,
    error_rate: f64,
    last: Instant,
}

impl EdgeStats {
    /// Calls since the edge was first seen.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.calls
    }

    /// Calls that failed since the edge was first seen.
    #[must_use]
    pub const fn errors(&self) -> u64 {
        self.errors
    }

    /// Calls per second, faded with the half-life of the graph.
    #[must_use]
    pub const fn calls_per_second(&self) -> f64 {
        self.calls_per_second
    }

    /// Smoothed latency.
    #[must_use]
    pub const fn latency(&self) -> Duration {
        self.latency
    }

    /// Smoothed part of the calls that fail, 0..=1.
    #[must_use]
    pub const fn error_rate(&self) -> f64 {
        self.error_rate
    }

    /// When it was last called.
    #[must_use]
    pub const fn last(&self) -> Instant {
        self.last
    }
}

/// The running sums of one edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    calls: u64,
    errors: u64,
    /// Calls, each faded by its age, as of `last`.
    warmth: f64,
    latency: f64,
    error_rate: f64,
    last: Instant,
}

impl Sums {
    pub(super) fn first(now: Instant, call: &Call) -> Self {
        Self {
            calls: 1,
            errors: call.error.into(),
            warmth: 1.0,
            latency: call.latency.as_secs_f64(),
            error_rate: f64::from(u8::from(call.error)),
            last: now,
        }
    }

    pub(super) fn add(&mut self, now: Instant, call: &Call, alpha: f64, half_life: Duration) {
        self.calls = self.calls.saturating_add(1);
        self.errors = self.errors.saturating_add(call.error.into());
        self.warmth = self.warmth(now, half_life) + 1.0;
        self.latency += alpha * (call.latency.as_secs_f64() - self.latency);
        self.error_rate += alpha * (f64::from(u8::from(call.error)) - self.error_rate);
        self.last = self.last.max(now);
    }

    /// Calls faded by their age, as of now.
    pub(super) fn warmth(&self, now: Instant, half_life: Duration) -> f64 {
        let age = now.saturating_since(self.last);
        if age.is_zero() {
            return self.warmth;
        }
        self.warmth * libm::exp2(-age.as_secs_f64() / half_life.as_secs_f64())
    }

    pub(super) const fn last(&self) -> Instant {
        self.last
    }

    pub(super) const fn latency(&self) -> f64 {
        self.latency
    }

    pub(super) fn stats(&self, now: Instant, half_life: Duration) -> EdgeStats {
        let per_second = core::f64::consts::LN_2 / half_life.as_secs_f64();
        EdgeStats {
            calls: self.calls,
            errors: self.errors,
            calls_per_second: self.warmth(now, half_life) * per_second,
            latency: seconds(self.latency),
            error_rate: self.error_rate,
            last: self.last,
        }
    }
}

pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}
