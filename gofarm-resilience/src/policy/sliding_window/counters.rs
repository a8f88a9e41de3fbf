//! Counters over a window: [`SlidingWindow`].

use core::time::Duration;

use gofarm_core::time::Instant;

use super::{Mark, Totals, Window, count, time};
use crate::memory::{Memory, Owned, Word};
use crate::policy::{ConfigError, Outcome};

/// Calls, failures, slow calls and the average time over a [`Window`], in `W` words of memory.
///
/// ```
/// use gofarm_core::time::{Instant, millis, secs};
/// use gofarm_resilience::Outcome;
/// use gofarm_resilience::policy::sliding_window::{SlidingWindow, Window};
///
/// let last_minute: SlidingWindow = SlidingWindow::new(Window::time(secs(60), 12), millis(500))?;
/// let now = Instant::from_secs(7);
/// last_minute.record(now, Outcome::Success, millis(20));
/// last_minute.record(now, Outcome::Failure, millis(700));
///
/// let totals = last_minute.totals(now);
/// assert_eq!((totals.calls(), totals.failures(), totals.slow()), (2, 1, 1));
/// assert_eq!(totals.average(), Some(millis(360)));
/// assert_eq!(last_minute.totals(now + secs(60)).calls(), 0);
/// # Ok::<(), gofarm_resilience::policy::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct SlidingWindow<M: Memory = Owned, const W: usize = 40> {
    window: Window,
    slow_after: Duration,
    words: [M::Word; W],
}

/// There is one run; it is not 0, the tag of words that were never written.
const TAG: u16 = 1;

impl<M: Memory, const W: usize> SlidingWindow<M, W> {
    /// An empty window; a call is slow if it takes longer than `slow_after`.
    ///
    /// # Errors
    /// [`ConfigError`] if the window is out of range, or [needs](Window::words) more than `W` words.
    pub fn new(window: Window, slow_after: Duration) -> Result<Self, ConfigError> {
        match window.fault(W) {
            Some(rule) => Err(ConfigError::new("window", rule)),
            None => Ok(Self {
                window,
                slow_after,
                words: core::array::from_fn(|_| M::Word::new(0)),
            }),
        }
    }

    /// Counts a call that ended `now` and took `time`; a neutral one is not counted.
    pub fn record(&self, now: Instant, outcome: Outcome, time: Duration) {
        if outcome == Outcome::Neutral {
            return;
        }
        let mark = Mark {
            failed: outcome == Outcome::Failure,
            slow: time > self.slow_after,
            over: false,
        };
        match self.window {
            Window::Calls(calls) => count::record(&self.words, calls, TAG, mark, || true),
            Window::Time { bucket, buckets } => {
                let ring = time::Ring::new(bucket, buckets);
                let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
                time::record(&self.words, ring, TAG, now, mark, Some(micros));
            }
        }
    }

    /// What is in the window that ends `now`. A count window keeps no average.
    #[must_use]
    pub fn totals(&self, now: Instant) -> Totals {
        match self.window {
            Window::Calls(_) => count::totals(&self.words, TAG),
            Window::Time { bucket, buckets } => {
                time::totals(&self.words, time::Ring::new(bucket, buckets), TAG, now)
            }
        }
    }
}
