//! Percentiles of times over a window: [`LatencyWindow`].
//!
//! Each bucket of time has a histogram whose bins are an eighth of a power of two wide (log-linear, as HdrHistogram
//! and OpenTelemetry's exponential histograms), so one relative error holds from 64 µs to 16.7 s. Two bins share a
//! word with the stamp of the lap that they count for; bins of another lap count as empty.

use core::time::Duration;

use gofarm_core::time::Instant;

use crate::memory::{Memory, Owned, Word};
use crate::policy::ConfigError;

/// Words of a bucket's histogram.
const WORDS: usize = 73;
const BINS: usize = WORDS * 2;
/// Times below 2^6 µs share the first bin, from 2^24 µs on the last.
const LEAST_POWER: u32 = 6;
const MOST_POWER: u32 = 24;
const STAMP: u64 = 0xff_ffff;
const COUNT: u64 = 0xf_ffff;

/// Percentiles of the times of the last calls, over `B` buckets of time; 584 bytes each.
///
/// ```
/// use gofarm_core::time::{Instant, millis, secs};
/// use gofarm_resilience::policy::sliding_window::LatencyWindow;
///
/// let last_ten_seconds: LatencyWindow = LatencyWindow::new(secs(10))?;
/// let now = Instant::from_secs(3);
/// for time in 1..=100 {
///     last_ten_seconds.record(now, millis(time));
/// }
/// let p99 = last_ten_seconds.percentile(0.99, now).expect("a hundred times");
/// assert!(millis(99) <= p99 && p99 <= millis(99) * 9 / 8);
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct LatencyWindow<M: Memory = Owned, const B: usize = 10> {
    bucket_micros: u64,
    buckets: [[M::Word; WORDS]; B],
}

impl<M: Memory, const B: usize> LatencyWindow<M, B> {
    /// An empty window of the last `length`, which is cut into `B` buckets of 1 ms to 1 d.
    ///
    /// # Errors
    /// [`ConfigError`] if there are less than two buckets, or they are too short or too long.
    pub fn new(length: Duration) -> Result<Self, ConfigError> {
        let micros = u64::try_from(length.as_micros()).unwrap_or(u64::MAX);
        let bucket_micros = micros.checked_div(B as u64).unwrap_or(0);
        if B < 2 || !(1_000..=86_400_000_000).contains(&bucket_micros) {
            let rule = "of at least 2 buckets, from 1 ms to 1 d each";
            return Err(ConfigError::new("length", rule));
        }
        Ok(Self {
            bucket_micros,
            buckets: core::array::from_fn(|_| core::array::from_fn(|_| M::Word::new(0))),
        })
    }

    /// Counts a time, of a call that ended `now`. A bin counts up to 1 048 575 in one bucket; more are not
    /// counted.
    pub fn record(&self, now: Instant, time: Duration) {
        let index = now.as_micros() / self.bucket_micros;
        let (Some(place), lap) = (index.checked_rem(B as u64), index / B as u64) else {
            return;
        };
        let bin = bin(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        let bucket = usize::try_from(place)
            .ok()
            .and_then(|at| self.buckets.get(at));
        let Some(word) = bucket.and_then(|words| words.get(bin / 2)) else {
            return;
        };
        let shift = shift(bin);
        // A full bin stays as it is.
        let _ = word.update(|old| {
            let old = of_lap(old, lap);
            ((old >> shift) & COUNT < COUNT).then(|| old + (1 << shift))
        });
    }

    /// How many times are in the window that ends `now`.
    #[must_use]
    pub fn calls(&self, now: Instant) -> u64 {
        self.current(now)
            .map(|(words, lap)| count(words, lap))
            .sum()
    }

    /// The time that this part of the calls did not exceed: `rank` 0.99 for the 99th percentile, by nearest rank;
    /// nothing without calls.
    ///
    /// It is the upper end of a bin: never below the true one, and at most an eighth above it. Below 64 µs it is
    /// 64 µs, and from 16.7 s on it is 16.777216 s. `rank` is taken as
    /// 0.0 to 1.0, in millionths. Reads 73 words a bucket.
    #[must_use]
    pub fn percentile(&self, rank: f64, now: Instant) -> Option<Duration> {
        let calls = self.calls(now);
        if calls == 0 {
            return None;
        }
        let wanted = nearest_rank(rank, calls);
        let mut seen = 0;
        for bin in 0..BINS {
            let in_bin = |(words, lap): (&[M::Word; WORDS], u64)| {
                let word = words.get(bin / 2).map_or(0, Word::load);
                (of_lap(word, lap) >> shift(bin)) & COUNT
            };
            seen += self.current(now).map(in_bin).sum::<u64>();
            if seen >= wanted {
                return Some(Duration::from_micros(upper_end(bin)));
            }
        }
        // Calls were forgotten in between.
        Some(Duration::from_micros(upper_end(BINS - 1)))
    }

    /// The buckets of the window that ends `now`, with the laps that they count for.
    fn current(&self, now: Instant) -> impl Iterator<Item = (&[M::Word; WORDS], u64)> {
        let index = now.as_micros() / self.bucket_micros;
        let (place, lap) = (index.checked_rem(B as u64).unwrap_or(0), index / B as u64);
        self.buckets
            .iter()
            .zip(0_u64..)
            .filter_map(move |(words, at)| {
                let lap = if at <= place {
                    lap
                } else {
                    lap.checked_sub(1)?
                };
                Some((words, lap))
            })
    }
}

fn count<W: Word>(words: &[W; WORDS], lap: u64) -> u64 {
    let both = |word: &W| {
        let word = of_lap(word.load(), lap);
        ((word >> 24) & COUNT) + (word >> 44)
    };
    words.iter().map(both).sum()
}

/// The word if it counts for this lap, or an empty one that does.
const fn of_lap(word: u64, lap: u64) -> u64 {
    if word & STAMP == lap & STAMP {
        word
    } else {
        lap & STAMP
    }
}

const fn shift(bin: usize) -> u32 {
    if bin.is_multiple_of(2) { 24 } else { 44 }
}

/// The bin of a time.
fn bin(micros: u64) -> usize {
    let Some(power) = micros.checked_ilog2().filter(|&power| power >= LEAST_POWER) else {
        return 0;
    };
    if power >= MOST_POWER {
        return BINS - 1;
    }
    let eighth = (micros >> (power - 3)) & 7;
    let octave = u64::from(power - LEAST_POWER);
    usize::try_from(1 + octave * 8 + eighth).unwrap_or(0)
}

/// The first time above a bin, in µs; of the last bin its beginning.
fn upper_end(bin: usize) -> u64 {
    let next = u64::try_from(bin).unwrap_or(0).min(BINS as u64 - 2);
    (8 + next % 8) << (next / 8 + u64::from(LEAST_POWER) - 3)
}

/// The rank of the time that is looked for, 1 to `calls`. In millionths, so that 0.07 of 100 is 7 and not a little
/// more.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=1 000 000; NaN becomes 0"
)]
fn nearest_rank(rank: f64, calls: u64) -> u64 {
    let millionths = (rank.clamp(0.0, 1.0) * 1_000_000.0 + 0.5) as u64;
    let wanted = (u128::from(millionths) * u128::from(calls)).div_ceil(1_000_000);
    u64::try_from(wanted).unwrap_or(calls).clamp(1, calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rank_of_whole_calls_is_not_rounded_up() {
        assert_eq!(nearest_rank(0.07, 100), 7);
        assert_eq!(nearest_rank(0.99, 101), 100);
        assert_eq!((nearest_rank(0.0, 9), nearest_rank(f64::NAN, 9)), (1, 1));
        assert_eq!(nearest_rank(1.0, u64::MAX), u64::MAX);
    }

    #[test]
    fn each_time_is_below_the_end_of_its_bin_and_within_an_eighth_of_it() {
        for power in LEAST_POWER..MOST_POWER {
            for eighth in 0..8_u64 {
                let least = (8 + eighth) << (power - 3);
                let most = ((9 + eighth) << (power - 3)) - 1;
                for micros in [least, most] {
                    let end = upper_end(bin(micros));
                    assert!(
                        micros < end && end * 8 <= micros * 9,
                        "{micros} µs, {end} µs"
                    );
                }
            }
        }
        assert_eq!((bin(0), upper_end(0)), (0, 64));
        assert_eq!(
            (bin(u64::MAX), upper_end(BINS - 1)),
            (BINS - 1, 1 << MOST_POWER)
        );
    }
}
