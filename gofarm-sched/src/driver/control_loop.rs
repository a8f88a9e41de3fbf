//! [`every`]: sample, decide and act at a fixed period.

use core::future::Future;
use core::pin::pin;
use core::time::Duration;

use gofarm_core::time::{Clock, Instant};

/// One turn of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    now: Instant,
    skipped: u64,
}

impl Tick {
    /// The time of this turn.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// How many turns were left out since the last one, because it took too long.
    #[must_use]
    pub const fn skipped(&self) -> u64 {
        self.skipped
    }
}

/// Runs `step` at once and at each whole period after that, until `stop` is ready; returns how many turns were left out.
///
/// A turn whose time has passed while the step before was running is left out: a controller that is late samples anew instead
/// of acting twice in a row. The step that runs when `stop` becomes ready is finished, so that it leaves nothing half done. A
/// period below 1 ms is taken as 1 ms.
///
/// ```
/// use gofarm_core::time::{millis, secs};
/// use gofarm_sched::driver::{TokioClock, every};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// let mut samples = Vec::new();
/// let second = tokio::time::sleep(millis(900));
/// let skipped = every(TokioClock::new(), millis(200), second, |tick| {
///     samples.push(tick.now());
///     async { /* act */ }
/// }).await;
/// assert_eq!((samples.len(), skipped), (5, 0));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn every<F>(
    clock: impl Clock,
    period: Duration,
    stop: impl Future<Output = ()>,
    mut step: impl FnMut(Tick) -> F,
) -> u64
where
    F: Future<Output = ()>,
{
    let period = period.max(Duration::from_millis(1));
    let mut stop = pin!(stop);
    let (mut due, mut skipped, mut skipped_in_all) = (clock.now(), 0, 0);
    loop {
        let wait = due.saturating_since(clock.now());
        tokio::select! {
            biased;
            () = &mut stop => return skipped_in_all,
            () = tokio::time::sleep(wait) => {}
        }
        let now = clock.now();
        step(Tick { now, skipped }).await;
        (due, skipped) = after(due, clock.now(), period);
        skipped_in_all += skipped;
    }
}

/// The first whole period after `last` that has not passed, and how many have.
fn after(last: Instant, now: Instant, period: Duration) -> (Instant, u64) {
    let next = last + period;
    if next >= now {
        return (next, 0);
    }
    let late = u64::try_from(now.saturating_since(next).as_micros()).unwrap_or(u64::MAX);
    let period = u64::try_from(period.as_micros()).unwrap_or(u64::MAX);
    let skipped = late.div_ceil(period);
    (
        next + Duration::from_micros(period.saturating_mul(skipped)),
        skipped,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::time::secs;

    #[test]
    fn turns_stay_on_their_grid_and_late_ones_are_left_out() {
        let rows = [
            (0, 20, 0),
            (19, 20, 0),
            (20, 20, 0),
            (21, 30, 1),
            (30, 30, 1),
            (55, 60, 4),
        ];
        for (now, due, skipped) in rows {
            let found = after(Instant::from_secs(10), Instant::from_secs(now), secs(10));
            assert_eq!(found, (Instant::from_secs(due), skipped), "{now}");
        }
    }
}
