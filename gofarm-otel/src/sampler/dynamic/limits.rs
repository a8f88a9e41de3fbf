//! When a [`Dynamic`](super::Dynamic) does what: [`Limits`].

use core::time::Duration;

use super::{Phase, Tally};
use crate::sampler::Ratio;

/// The limits of a [`Dynamic`](super::Dynamic) sampler; every combination is valid.
///
/// ```
/// use core::time::Duration;
/// use gofarm_otel::sampler::{Limits, Percent};
///
/// let limits = Limits::new().sla(Duration::from_millis(500)).traces_per_second(20);
/// assert_eq!(limits.failing, 1.percent());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Limits {
    /// The share of failed or slow requests at which it escalates; default 1 %.
    pub escalate_at: Ratio,
    /// The ratio while it is escalated, or the base if that is greater; default 50 %.
    pub escalated: Ratio,
    /// The share of failed requests at which a chain counts as failing; default 10 %.
    pub fail_at: Ratio,
    /// The ratio while the chain fails, or the base if that is smaller; default 1 %.
    pub failing: Ratio,
    /// A request that takes longer is slow; default: none is.
    pub sla: Duration,
    /// The most traces that the ratio keeps in a second, at the load of the last tenth of a window; default 200.
    pub traces_per_second: u32,
    /// The time over which shares are taken; default 10 s. It moves in tenths, of at least 1 ms.
    pub window: Duration,
    /// How long a phase outlasts what brought it about; default 30 s.
    pub hold: Duration,
    /// The least number of requests in a window that says anything; default 20. With fewer it stays steady, and what
    /// fails is left to [`LateKeep`](crate::sampler::LateKeep).
    pub least_requests: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

impl Limits {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            escalate_at: Ratio::of(1, 100),
            escalated: Ratio::of(50, 100),
            fail_at: Ratio::of(10, 100),
            failing: Ratio::of(1, 100),
            sla: Duration::MAX,
            traces_per_second: 200,
            window: Duration::from_secs(10),
            hold: Duration::from_secs(30),
            least_requests: 20,
        }
    }

    /// These limits with another share at which to escalate, and the ratio to escalate to.
    #[must_use]
    pub const fn escalate(mut self, at: Ratio, to: Ratio) -> Self {
        self.escalate_at = at;
        self.escalated = to;
        self
    }

    /// These limits with another share at which a chain fails, and the ratio while it does.
    #[must_use]
    pub const fn fail(mut self, at: Ratio, to: Ratio) -> Self {
        self.fail_at = at;
        self.failing = to;
        self
    }

    /// These limits with that time for a request.
    #[must_use]
    pub const fn sla(mut self, sla: Duration) -> Self {
        self.sla = sla;
        self
    }

    /// These limits with that many traces in a second.
    #[must_use]
    pub const fn traces_per_second(mut self, traces: u32) -> Self {
        self.traces_per_second = traces;
        self
    }

    /// These limits with shares taken over that time, of at least that many requests.
    #[must_use]
    pub const fn window(mut self, window: Duration, least_requests: u32) -> Self {
        self.window = window;
        self.least_requests = least_requests;
        self
    }

    /// These limits with phases that outlast their cause by that.
    #[must_use]
    pub const fn hold(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }

    /// A tenth of the window.
    pub(super) fn slot(&self) -> Duration {
        (self.window / 10).max(Duration::from_millis(1))
    }

    /// What these requests speak for.
    pub(super) fn phase(&self, tally: &Tally) -> Phase {
        if tally.requests < self.least_requests.max(1) {
            return Phase::Steady;
        }
        let bad = tally.failed.saturating_add(tally.slow);
        if Ratio::of(tally.failed, tally.requests) >= self.fail_at {
            Phase::Failing
        } else if Ratio::of(bad, tally.requests) >= self.escalate_at {
            Phase::Escalated
        } else {
            Phase::Steady
        }
    }

    /// The ratio that keeps no more than the limit of so many requests in a window of so many slots.
    pub(super) fn under_load(&self, requests: u32, slots: usize) -> Ratio {
        let millis = self.slot().as_millis().saturating_mul(slots as u128);
        let kept = u128::from(self.traces_per_second).saturating_mul(millis) / 1_000;
        Ratio::of(u32::try_from(kept).unwrap_or(u32::MAX), requests.max(1))
    }
}
