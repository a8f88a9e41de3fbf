//! The figures of a breaker as words, so that they can be replaced while calls go on: [`Settings`].
//!
//! Readers never wait and take no copy: they read the figure that they need. A figure that stands alone may be
//! the old or the new one. A decision that takes several is made under [`stable`](Settings::stable), which
//! notices a replacement in between; then the decision is left to the next call.

use core::time::Duration;

use super::config::{Config, ConfigError};
use super::half_open::Verdict;
use super::share::Share;
use crate::memory::{Memory, Word};
use crate::policy::Outcome;
use crate::policy::sliding_window::{Bounds, Window};

/// What all breakers that follow the same [`Config`] share; `W` is their room for a window.
///
/// It is a [`Blueprint`](crate::policy::Blueprint), from which a keyed table makes one breaker for each key.
#[derive(Debug)]
pub struct Settings<M: Memory, const W: usize = 0> {
    /// Odd while they are being replaced.
    epoch: M::Word,
    words: [M::Word; WORDS],
}

const WORDS: usize = 9;

const WATCHES_WINDOW: u64 = 1;
const WATCHES_AVERAGE: u64 = 1 << 1;

impl<M: Memory, const W: usize> Settings<M, W> {
    /// The figures of a configuration.
    ///
    /// # Errors
    /// [`ConfigError`], with the first field that breaks its rule.
    pub fn new(config: Config<W>) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            epoch: M::Word::new(0),
            words: pack(&config).map(M::Word::new),
        })
    }

    /// Replaces all figures; `between` runs when they are written and decisions are still held back.
    ///
    /// # Errors
    /// [`ConfigError`] if `config` breaks a rule, or another replacement is going on: nothing has changed then.
    pub(super) fn replace(
        &self,
        config: Config<W>,
        between: impl FnOnce(),
    ) -> Result<(), ConfigError> {
        config.validate()?;
        self.epoch
            .update(|epoch| (epoch & 1 == 0).then_some(epoch | 1))
            .map_err(|_| ConfigError::new("config", "replaced by one task at a time"))?;
        for (word, value) in self.words.iter().zip(pack(&config)) {
            word.store(value);
        }
        between();
        self.epoch.add(1);
        Ok(())
    }

    /// Follows another configuration, where one owner sees to the states himself.
    #[cfg(feature = "alloc")]
    pub(crate) fn follow(&self, config: Config<W>) -> Result<(), ConfigError> {
        self.replace(config, || {})
    }

    /// What `read` makes of figures that belong together, or nothing while they are being replaced.
    pub(super) fn stable<T>(&self, read: impl Fn(&Self) -> T) -> Option<T> {
        let before = self.epoch.load();
        let value = read(self);
        (before & 1 == 0 && self.epoch.load() == before).then_some(value)
    }

    /// Failures in a row that open, 0 for never.
    pub(super) fn consecutive(&self) -> u16 {
        self.field::<0, 0>()
    }

    pub(super) fn minimum_calls(&self) -> u32 {
        u32::from(self.field::<0, 16>())
    }

    pub(super) fn failure_rate(&self) -> Share {
        Share::from_parts(self.field::<0, 32>())
    }

    pub(super) fn slow_rate(&self) -> Share {
        Share::from_parts(self.field::<0, 48>())
    }

    /// What part of the calls may be above the percentile's limit.
    pub(super) fn percentile_rest(&self) -> Share {
        Share::from_parts(self.field::<2, 32>())
    }

    /// In µs; no limit is `u32::MAX`.
    pub(super) fn bounds(&self) -> Bounds {
        let [slow, percentile] = halves(self.word::<1>());
        Bounds { slow, percentile }
    }

    /// In µs; no limit is `u32::MAX`.
    pub(super) fn average_limit(&self) -> u32 {
        halves(self.word::<2>())[0]
    }

    pub(super) fn permits(&self) -> u16 {
        self.field::<2, 48>() & 0xff
    }

    pub(super) fn verdict(&self) -> Verdict {
        let [trials, _] = (self.field::<2, 48>() >> 8).to_le_bytes();
        match Share::from_parts(self.field::<3, 0>()) {
            Share::NONE => Verdict::InARow(trials),
            rate => Verdict::Rate { trials, rate },
        }
    }

    pub(crate) fn window(&self) -> Window {
        match self.field::<3, 16>() {
            0 => {
                let [buckets, _] = self.field::<3, 32>().to_le_bytes();
                Window::Time {
                    bucket: Duration::from_micros(self.word::<4>()),
                    buckets,
                }
            }
            calls => Window::Calls(calls),
        }
    }

    pub(super) fn cancelled(&self) -> Outcome {
        if self.field::<8, 48>() == 0 {
            Outcome::Neutral
        } else {
            Outcome::Failure
        }
    }

    /// In percent.
    pub(super) fn growth(&self) -> u16 {
        self.field::<3, 48>()
    }

    pub(super) fn open_ms(&self) -> u32 {
        halves(self.word::<5>())[0]
    }

    pub(super) fn longest_open_ms(&self) -> u32 {
        halves(self.word::<5>())[1]
    }

    pub(super) fn half_open_ms(&self) -> u32 {
        halves(self.word::<6>())[0]
    }

    pub(super) fn ramp_ms(&self) -> u32 {
        halves(self.word::<6>())[1]
    }

    pub(super) fn ramp_from(&self) -> u16 {
        self.field::<8, 16>()
    }

    pub(super) fn jitter(&self) -> u16 {
        self.field::<8, 0>()
    }

    /// The time between two calls of the rate and the time that a burst may run ahead, in ns; 0 and 0 for any.
    pub(super) fn rate(&self) -> (u32, u32) {
        let [interval, ahead] = halves(self.word::<7>());
        (interval, ahead)
    }

    pub(super) fn watches_window(&self) -> bool {
        self.word::<8>() >> 32 & WATCHES_WINDOW != 0
    }

    pub(super) fn watches_average(&self) -> bool {
        self.word::<8>() >> 32 & WATCHES_AVERAGE != 0
    }

    fn word<const AT: usize>(&self) -> u64 {
        const { assert!(AT < WORDS, "such a word exists") };
        self.words[AT].load()
    }

    #[expect(clippy::cast_possible_truncation, reason = "16 bits are meant")]
    fn field<const AT: usize, const SHIFT: u32>(&self) -> u16 {
        (self.word::<AT>() >> SHIFT) as u16
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
const fn halves(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}

fn pack<const W: usize>(config: &Config<W>) -> [u64; WORDS] {
    let (trials, rate) = match config.verdict() {
        Verdict::InARow(trials) => (trials, 0),
        Verdict::Rate { trials, rate } => (trials, rate.get()),
    };
    let (calls, bucket, buckets) = match config.window {
        Window::Calls(calls) => (calls, Duration::ZERO, 0),
        Window::Time { bucket, buckets } => (0, bucket, buckets),
    };
    let open = whole_millis(config.open_for);
    let rest = if config.percentile.is_some() {
        config.percentile.rest()
    } else {
        Share::NONE
    };
    let mut watches = 0;
    if config.looks_at_a_window() {
        watches |= WATCHES_WINDOW;
    }
    if !config.average_limit.is_zero() {
        watches |= WATCHES_AVERAGE;
    }
    [
        fields([
            config.consecutive,
            config.minimum_calls_or_default(),
            config.failure_rate.get(),
            config.slow_rate.get(),
        ]),
        join(
            limit(config.slow_after, config.slow_rate.is_some()),
            limit(config.percentile_limit, config.percentile.is_some()),
        ),
        u64::from(limit(config.average_limit, !config.average_limit.is_zero()))
            | u64::from(rest.get()) << 32
            | u64::from(config.permits) << 48
            | u64::from(trials) << 56,
        fields([rate, calls, u16::from(buckets), config.growth.percent()]),
        u64::try_from(bucket.as_micros()).unwrap_or(u64::MAX),
        join(open, whole_millis(config.longest_open).max(open)),
        join(
            config.half_open_for.map_or(open, whole_millis),
            whole_millis(config.ramp_for),
        ),
        rate_word(config.rate, config.burst),
        u64::from(config.jitter.get())
            | u64::from(config.ramp_from.get()) << 16
            | watches << 32
            | u64::from(config.cancelled == Outcome::Failure) << 48,
    ]
}

fn fields([a, b, c, d]: [u16; 4]) -> u64 {
    u64::from(a) | u64::from(b) << 16 | u64::from(c) << 32 | u64::from(d) << 48
}

fn join(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

fn whole_millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
}

fn limit(duration: Duration, is_set: bool) -> u32 {
    if is_set {
        u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
    } else {
        u32::MAX
    }
}

/// The first call of a burst is on time, so a burst of one may run nothing ahead.
fn rate_word(rate: u32, burst: u32) -> u64 {
    if rate == 0 {
        return 0;
    }
    let burst = if burst == 0 {
        (rate / 10).max(1)
    } else {
        burst
    };
    let interval = 1_000_000_000_u32.div_ceil(rate);
    join(interval, interval.saturating_mul(burst - 1))
}
