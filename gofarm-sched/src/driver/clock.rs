//! [`TokioClock`]: the time of a tokio runtime.

use gofarm_core::time::{Clock, Instant};

/// The time since it was made, as tokio sees it: it stands still where tokio's clock is paused.
///
/// ```
/// use gofarm_core::time::{Clock, Instant, secs};
/// use gofarm_sched::driver::TokioClock;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let clock = TokioClock::new();
/// tokio::time::sleep(secs(72 * 3_600)).await;
/// assert_eq!(clock.now(), Instant::from_secs(259_200));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: tokio::time::Instant,
}

impl TokioClock {
    /// A clock that starts now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: tokio::time::Instant::now(),
        }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        Instant::ZERO + self.start.elapsed()
    }
}
