//! The clock that Layers read unless they are given one: [`RuntimeClock`].

use std::sync::OnceLock;
use std::time::Instant as StdInstant;

use gofarm_core::time::{Clock, Instant, days};

/// The clock of the async runtime: tokio's with feature `tokio`, so that `tokio::time::pause` holds it; else the
/// operating system's.
///
/// All values of this type show the same time, so Layers and operators that share a policy agree about it. Zero
/// on it is a day before the process first read it: instants a little before that (a test's paused clock)
/// are still different from each other.
///
/// ```
/// use gofarm_core::time::Clock;
/// use gofarm_resilience::layer::RuntimeClock;
///
/// let earlier = RuntimeClock.now();
/// assert!(RuntimeClock.now() >= earlier);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuntimeClock;

impl Clock for RuntimeClock {
    fn now(&self) -> Instant {
        static START: OnceLock<StdInstant> = OnceLock::new();
        const AT_START: Instant = Instant::ZERO.saturating_add(days(1));

        let now = read();
        let start = *START.get_or_init(|| now);
        match now.checked_duration_since(start) {
            Some(since) => AT_START + since,
            None => {
                let before = start.saturating_duration_since(now);
                let since_zero = AT_START.saturating_since(Instant::ZERO);
                Instant::ZERO + since_zero.saturating_sub(before)
            }
        }
    }
}

#[cfg(feature = "tokio")]
fn read() -> StdInstant {
    tokio::time::Instant::now().into_std()
}

#[cfg(not(feature = "tokio"))]
fn read() -> StdInstant {
    StdInstant::now()
}

#[cfg(all(test, feature = "tokio"))]
mod tests {
    use super::*;
    use gofarm_core::time::{hours, millis};

    #[tokio::test(start_paused = true)]
    async fn a_paused_runtime_holds_the_clock() {
        let start = RuntimeClock.now();
        assert_eq!(RuntimeClock.now(), start);
        tokio::time::advance(hours(72)).await;
        assert_eq!(RuntimeClock.now(), start + hours(72));
        tokio::time::advance(millis(1)).await;
        assert_eq!(RuntimeClock.now(), start + hours(72) + millis(1));
    }
}
