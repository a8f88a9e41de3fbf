//! The last calls, or the last seconds, in fixed memory: [`SlidingWindow`] counts, [`LatencyWindow`] ranks times.
//!
//! A list of calls grows with their number, and costs as much to read. These windows have a size of their own: to
//! count a call is to touch a few words, and to read a window takes as many steps for ten calls as for ten
//! million. A breaker carries one inside; here they stand alone, for reports and for rules of your own.

pub(crate) mod count;
mod counters;
mod latency;
pub(crate) mod time;
mod totals;

pub use counters::SlidingWindow;
pub use latency::LatencyWindow;
pub use totals::Totals;

use core::time::Duration;

/// Which calls a window looks at.
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_resilience::policy::sliding_window::Window;
///
/// let last_hundred = Window::calls(100);
/// let last_minute = Window::time(secs(60), 12);
/// assert_eq!((last_hundred.words(), last_minute.words()), (10, 36));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Window {
    /// The last calls, 1 to 480; slides by one call.
    Calls(u16),
    /// The last time, in buckets; slides by one bucket.
    Time {
        /// The length of one, from 1 ms to 1 d.
        bucket: Duration,
        /// How many, from 2 to 64.
        buckets: u8,
    },
}

impl Window {
    /// The last `calls`, 1 to 480; each new one takes the place of the oldest.
    #[must_use]
    pub const fn calls(calls: u16) -> Self {
        Self::Calls(calls)
    }

    /// The last `length` of time, cut into `buckets` (2 to 64) of the same length, 1 ms to 1 d each.
    ///
    /// What is counted reaches back by `length` less at most one bucket.
    #[must_use]
    pub const fn time(length: Duration, buckets: u8) -> Self {
        let bucket = match length.checked_div(buckets as u32) {
            Some(bucket) => bucket,
            None => Duration::ZERO,
        };
        Self::Time { bucket, buckets }
    }

    /// The words of memory that it needs: one and one for each 12 calls, or three for each bucket.
    #[must_use]
    pub const fn words(self) -> usize {
        match self {
            Self::Calls(calls) => 1 + (calls as usize).div_ceil(count::CALLS_IN_A_WORD),
            Self::Time { buckets, .. } => time::WORDS_OF_A_BUCKET * buckets as usize,
        }
    }

    /// The rule that it breaks in this many words, if it breaks one.
    pub(crate) const fn fault(self, words: usize) -> Option<&'static str> {
        match self {
            Self::Calls(calls) if calls == 0 || calls > count::MOST_CALLS => {
                Some("of 1 to 480 calls")
            }
            Self::Time { buckets, .. } if buckets < 2 || buckets > 64 => Some("of 2 to 64 buckets"),
            Self::Time { bucket, .. }
                if bucket.as_micros() < 1_000 || bucket.as_micros() > 86_400_000_000 =>
            {
                Some("of buckets from 1 ms to 1 d")
            }
            _ if self.words() > words => Some("small enough for the words it is given"),
            _ => None,
        }
    }
}

/// From which latency on a call counts as slow, or as above the percentile, in µs; `u32::MAX` for never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) slow: u32,
    pub(crate) percentile: u32,
}

/// One call, as windows count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) failed: bool,
    pub(crate) slow: bool,
    /// Above the limit of the percentile.
    pub(crate) over: bool,
}
