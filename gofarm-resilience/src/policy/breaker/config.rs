//! [`Config`]: when a breaker opens, how it tries again, and how it comes back.

mod preset;
mod slo;
mod validate;

pub use crate::policy::ConfigError;
pub use slo::Slo;

use core::time::Duration;

use gofarm_core::time::secs;

use super::half_open::Verdict;
use super::share::Share;
use super::{Breaker, WINDOW_WORDS};
use crate::memory::Owned;
#[cfg(target_has_atomic = "64")]
use crate::memory::Shared;
use crate::policy::Outcome;
use crate::policy::sliding_window::Window;

/// The figures of a breaker; a plain value that is checked when something is [built](Self::build) from it.
///
/// `W` is the room for a window, in words of eight bytes: 0 for a breaker that only counts failures in a row,
/// [`WINDOW_WORDS`] for one that looks at rates or latencies. It begins with one of the constructors of
/// [`Breaker`], or without a rule with [`Config::new`].
///
/// ```
/// use gofarm_core::time::{Instant, millis, secs};
/// use gofarm_resilience::policy::breaker::Breaker;
/// use gofarm_resilience::policy::sliding_window::Window;
///
/// let breaker = Breaker::failure_rate(0.5)
///     .window(Window::calls(20))
///     .minimum_calls(10)
///     .slow_rate(0.8, millis(500))
///     .open_for(secs(5))
///     .back_off(2.0, secs(60))
///     .half_open(2)
///     .build()?;
/// assert!(breaker.try_acquire(Instant::ZERO).is_ok());
///
/// let error = Breaker::failure_rate(1.5).build().unwrap_err();
/// assert_eq!(error.to_string(), "failure_rate must be above 0.0 and at most 1.0");
/// # Ok::<(), gofarm_resilience::policy::breaker::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[must_use = "a configuration does nothing until a breaker is built from it"]
pub struct Config<const W: usize = 0> {
    /// Failures in a row that open it, 0 for never.
    pub(super) consecutive: u16,
    pub(super) failure_rate: Share,
    pub(super) slow_rate: Share,
    pub(super) slow_after: Duration,
    /// The percentile that is watched, none if nothing.
    pub(super) percentile: Share,
    pub(super) percentile_limit: Duration,
    /// Zero for no limit.
    pub(super) average_limit: Duration,
    /// None for 10, or fewer in a smaller count window.
    pub(super) minimum_calls: Option<u16>,
    pub(super) window: Window,
    pub(super) open_for: Duration,
    pub(super) growth: Growth,
    pub(super) longest_open: Duration,
    pub(super) jitter: Share,
    pub(super) permits: u8,
    pub(super) verdict: Option<Verdict>,
    pub(super) half_open_for: Option<Duration>,
    pub(super) ramp_for: Duration,
    pub(super) ramp_from: Share,
    /// Calls a second, 0 for any.
    pub(super) rate: u32,
    /// Zero for a tenth of the rate.
    pub(super) burst: u32,
    pub(super) cancelled: Outcome,
    pub(super) seed: u32,
}

const DEFAULT_MINIMUM_CALLS: u16 = 10;

/// By what the open time grows with each opening in a row, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Growth(u16);

impl Growth {
    const NONE: Self = Self(100);

    /// 0, which is refused when built, for what is not from 1 to 100.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range has been checked"
    )]
    const fn of(factor: f64) -> Self {
        if factor >= 1.0 && factor <= 100.0 {
            Self((factor * 100.0 + 0.5) as u16)
        } else {
            Self(0)
        }
    }

    pub(super) const fn percent(self) -> u16 {
        self.0
    }
}

impl<const W: usize> Config<W> {
    /// No rule yet, which is refused when built; 30 s open, one trial, which has to succeed.
    pub const fn new() -> Self {
        Self::BASE
    }

    const BASE: Self = Self {
        consecutive: 0,
        failure_rate: Share::NONE,
        slow_rate: Share::NONE,
        slow_after: Duration::ZERO,
        percentile: Share::NONE,
        percentile_limit: Duration::ZERO,
        average_limit: Duration::ZERO,
        minimum_calls: None,
        window: Window::time(secs(10), 10),
        open_for: secs(30),
        growth: Growth::NONE,
        longest_open: Duration::ZERO,
        jitter: Share::NONE,
        permits: 1,
        verdict: None,
        half_open_for: None,
        ramp_for: Duration::ZERO,
        ramp_from: Share::NONE,
        rate: 0,
        burst: 0,
        cancelled: Outcome::Neutral,
        seed: 0,
    };

    /// Opens after `failures` in a row, 1 to 65 534. A success in between starts the count again, a neutral
    /// outcome leaves it.
    pub const fn consecutive(mut self, failures: u16) -> Self {
        // A breaker that shall open after no failure is refused when built.
        self.consecutive = if failures == 0 { u16::MAX } else { failures };
        self
    }

    /// Opens when `rate` of the calls in the window failed, or more: above 0.0 and at most 1.0, in steps of
    /// 0.0001.
    pub const fn failure_rate(mut self, rate: f64) -> Self {
        self.failure_rate = invalid_if_none(Share::of(rate));
        self
    }

    /// Opens when `rate` of the calls in the window took longer than `slow_after`, or more, whether they
    /// succeeded or not. `slow_after` is 1 µs to 1 h.
    pub const fn slow_rate(mut self, rate: f64, slow_after: Duration) -> Self {
        self.slow_rate = invalid_if_none(Share::of(rate));
        self.slow_after = slow_after;
        self
    }

    /// Opens when a percentile of the calls' time in the window is above `limit`: `rank` 0.99 for the 99th, by
    /// the nearest-rank method; 0.5 to 0.9999. `limit` is 1 µs to 1 h.
    ///
    /// The percentile is not estimated: it is above the limit exactly if more than `1 - rank` of the calls took
    /// longer, and these are counted.
    pub const fn percentile(mut self, rank: f64, limit: Duration) -> Self {
        self.percentile = invalid_if_none(Share::of(rank));
        self.percentile_limit = limit;
        self
    }

    /// Opens when the calls of a time window took longer than `limit` on average; 1 µs to 16 s. A call of more
    /// than 16.7 s counts as one of 16.7 s.
    pub const fn average(mut self, limit: Duration) -> Self {
        self.average_limit = limit;
        self
    }

    /// Rates and latencies open the breaker only when this many calls are in the window; 1 to 65 535, at most
    /// the calls of a count window. Default 10, or all calls of a smaller count window.
    pub const fn minimum_calls(mut self, calls: u16) -> Self {
        self.minimum_calls = Some(calls);
        self
    }

    /// Which calls rates and latencies look at. Default: the last 10 s, in 10 buckets.
    pub const fn window(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// How long it stays open before it tries again; 1 ms to 49 days, rounded up to whole milliseconds. Default
    /// 30 s.
    pub const fn open_for(mut self, wait: Duration) -> Self {
        self.open_for = wait;
        self
    }

    /// Multiplies the open time by `factor` (1.0 to 100.0) with each opening in a row, up to `longest`. The
    /// sequence starts again when the breaker has closed, and ramped up. Default: no growth.
    pub const fn back_off(mut self, factor: f64, longest: Duration) -> Self {
        self.growth = Growth::of(factor);
        self.longest_open = longest;
        self
    }

    /// Spreads the open time by up to this part of it, in both directions; 0.0 to 0.9. Default 0.
    ///
    /// The spread follows from the [`seed`](Self::seed) and how often this breaker has opened, so a run can be
    /// repeated.
    pub const fn jitter(mut self, part: f64) -> Self {
        self.jitter = Share::of(part);
        self
    }

    /// What tells the jitter of this breaker from that of others: a device's number, or a random one. A keyed
    /// table gives each key its own.
    pub const fn seed(mut self, seed: u32) -> Self {
        self.seed = seed;
        self
    }

    /// How many trials may be under way at once while it is half-open; 1 to 255. Default 1.
    ///
    /// Unless a verdict is chosen, as many successes close it, and a failed or slow trial opens it again.
    pub const fn half_open(mut self, trials: u8) -> Self {
        self.permits = trials;
        self
    }

    /// Half-open, it closes after this many healthy trials, 1 to 255; any that fails or is slow opens it again.
    pub const fn close_after(mut self, successes: u8) -> Self {
        self.verdict = Some(Verdict::InARow(successes));
        self
    }

    /// Half-open, it is judged by `trials` calls, 1 to 255: it opens again when `rate` of them failed, or more,
    /// or as many were slow, and closes otherwise. It opens as soon as enough have failed.
    pub const fn close_by_rate(mut self, trials: u8, rate: f64) -> Self {
        self.verdict = Some(Verdict::Rate {
            trials,
            rate: invalid_if_none(Share::of(rate)),
        });
        self
    }

    /// How long a trial may take to answer; after that it counts as failed. 1 ms to 49 days. Default: the open
    /// time.
    pub const fn half_open_for(mut self, limit: Duration) -> Self {
        self.half_open_for = Some(limit);
        self
    }

    /// After closing, lets a part of the calls through that grows from `from` (above 0.0, at most 1.0) to all of
    /// them over `length`, at most 49 days. Default: all at once.
    pub const fn ramp(mut self, length: Duration, from: f64) -> Self {
        self.ramp_for = length;
        self.ramp_from = invalid_if_none(Share::of(from));
        self
    }

    /// Rejects what exceeds `rate` calls a second, 1 to 1 000 000, without opening. Up to [`burst`](Self::burst)
    /// calls may come at once.
    pub const fn qps(mut self, rate: u32) -> Self {
        self.rate = if rate == 0 { u32::MAX } else { rate };
        self
    }

    /// How many calls may come at once under a rate: 1 to four seconds' worth. Default: a tenth of the rate.
    pub const fn burst(mut self, calls: u32) -> Self {
        self.burst = if calls == 0 { u32::MAX } else { calls };
        self
    }

    /// What a cancelled call counts as. Default [`Outcome::Neutral`]; [`Outcome::Failure`] where callers give up
    /// because the device is slow.
    pub const fn cancelled_as(mut self, outcome: Outcome) -> Self {
        self.cancelled = outcome;
        self
    }

    /// The same figures with room for a window of `N` words, see [`Window`] for how many it needs.
    pub const fn with_words<const N: usize>(self) -> Config<N> {
        Config {
            consecutive: self.consecutive,
            failure_rate: self.failure_rate,
            slow_rate: self.slow_rate,
            slow_after: self.slow_after,
            percentile: self.percentile,
            percentile_limit: self.percentile_limit,
            average_limit: self.average_limit,
            minimum_calls: self.minimum_calls,
            window: self.window,
            open_for: self.open_for,
            growth: self.growth,
            longest_open: self.longest_open,
            jitter: self.jitter,
            permits: self.permits,
            verdict: self.verdict,
            half_open_for: self.half_open_for,
            ramp_for: self.ramp_for,
            ramp_from: self.ramp_from,
            rate: self.rate,
            burst: self.burst,
            cancelled: self.cancelled,
            seed: self.seed,
        }
    }

    /// The same figures with room for the windows of the presets.
    pub const fn windowed(self) -> Config<WINDOW_WORDS> {
        self.with_words()
    }

    /// A closed breaker for one owner.
    ///
    /// # Errors
    /// [`ConfigError`], with the first field that breaks its rule.
    pub fn build(self) -> Result<Breaker<Owned, W>, ConfigError> {
        Breaker::new(self)
    }

    /// A closed breaker that tasks can share by reference.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    #[cfg(target_has_atomic = "64")]
    pub fn build_shared(self) -> Result<Breaker<Shared, W>, ConfigError> {
        Breaker::new(self)
    }

    pub(super) const fn verdict(&self) -> Verdict {
        match self.verdict {
            Some(verdict) => verdict,
            None => Verdict::InARow(self.permits),
        }
    }

    pub(super) const fn minimum_calls_or_default(&self) -> u16 {
        match (self.minimum_calls, self.window) {
            (Some(calls), _) => calls,
            (None, Window::Calls(calls)) if calls < DEFAULT_MINIMUM_CALLS => calls,
            (None, _) => DEFAULT_MINIMUM_CALLS,
        }
    }

    pub(super) const fn looks_at_a_window(&self) -> bool {
        self.failure_rate.get() > 0
            || self.slow_rate.get() > 0
            || self.percentile.get() > 0
            || !self.average_limit.is_zero()
    }
}

impl<const W: usize> Default for Config<W> {
    fn default() -> Self {
        Self::new()
    }
}

/// A rate of nothing would open at once: it is refused when built, not taken for an absent rule.
const fn invalid_if_none(share: Share) -> Share {
    if share.is_some() {
        share
    } else {
        Share::from_parts(u16::MAX)
    }
}
