//! Windows that stand alone.

use core::time::Duration;

use gofarm_core::time::{Instant, millis, secs};
use gofarm_resilience::Outcome;
use gofarm_resilience::memory::{Owned, Shared};
use gofarm_resilience::policy::sliding_window::{LatencyWindow, SlidingWindow, Window};
use proptest::prelude::*;

proptest! {
    /// Never below the nearest-rank percentile of the sorted times, and at most an eighth above it.
    #[test]
    fn the_percentile_is_within_its_error(
        times in prop::collection::vec(64_u64..16_000_000, 1..300),
        rank in 0_u32..=1_000,
    ) {
        let owned = LatencyWindow::<Owned, 10>::new(secs(10)).unwrap();
        let shared = LatencyWindow::<Shared, 10>::new(secs(10)).unwrap();
        let now = Instant::from_secs(1_000);
        let part = f64::from(rank) / 1_000.0;
        for &time in &times {
            owned.record(now, Duration::from_micros(time));
            shared.record(now, Duration::from_micros(time));
        }
        let mut sorted = times;
        sorted.sort_unstable();
        let at = (rank as usize * sorted.len()).div_ceil(1_000);
        let exact = sorted[at.max(1) - 1];
        let got = owned.percentile(part, now).unwrap();
        let micros = u64::try_from(got.as_micros()).unwrap();
        prop_assert!(exact < micros && micros * 8 <= exact * 9, "{} for {}", micros, exact);
        prop_assert_eq!(shared.percentile(part, now), Some(got));
    }

    #[test]
    fn the_average_equals_that_of_the_calls_in_the_window(
        calls in prop::collection::vec((0_u64..2_000, 0_u64..5_000), 1..100),
    ) {
        let window: SlidingWindow = SlidingWindow::new(Window::time(secs(10), 10), secs(1)).unwrap();
        let mut seen: Vec<(u64, u64)> = Vec::new();
        let mut now = Instant::ZERO;
        for (wait, time) in calls {
            now += millis(wait);
            window.record(now, Outcome::Success, millis(time));
            let second = now.as_micros() / 1_000_000;
            seen.push((second, time * 1_000));
            seen.retain(|(at, _)| at + 10 > second);
            let sum: u64 = seen.iter().map(|(_, time)| time).sum();
            let average = Duration::from_micros(sum / seen.len() as u64);
            prop_assert_eq!(window.totals(now).average().unwrap_or_default(), average);
        }
    }
}

#[test]
fn times_leave_with_their_bucket() {
    let window: LatencyWindow = LatencyWindow::new(secs(10)).unwrap();
    window.record(Instant::ZERO, secs(1));
    window.record(Instant::from_secs(5), millis(1));
    assert_eq!(window.calls(Instant::from_secs(9)), 2);
    assert!(window.percentile(1.0, Instant::from_secs(9)) > Some(secs(1)));
    assert_eq!(window.calls(Instant::from_secs(10)), 1);
    assert!(window.percentile(1.0, Instant::from_secs(14)) < Some(millis(2)));
    assert_eq!(window.percentile(0.5, Instant::from_secs(15)), None);
}

#[test]
fn the_last_calls_are_counted_without_time() {
    let window: SlidingWindow = SlidingWindow::new(Window::calls(3), millis(10)).unwrap();
    for time in [20, 20, 1, 1] {
        window.record(Instant::ZERO, Outcome::Failure, millis(time));
    }
    window.record(Instant::ZERO, Outcome::Neutral, secs(9));
    let totals = window.totals(Instant::ZERO);
    assert_eq!(
        (totals.calls(), totals.failures(), totals.slow()),
        (3, 3, 1)
    );
    assert_eq!(totals.failure_rate(), Some(1.0));
    assert_eq!(totals.average(), None);
}

#[test]
fn a_window_that_does_not_fit_is_refused() {
    let refused = SlidingWindow::<Owned, 3>::new(Window::calls(25), millis(1)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "window must be small enough for the words it is given"
    );
    assert!(SlidingWindow::<Owned, 3>::new(Window::calls(24), millis(1)).is_ok());
    assert!(LatencyWindow::<Owned, 10>::new(millis(9)).is_err());
    assert!(LatencyWindow::<Owned, 1>::new(secs(1)).is_err());
}
