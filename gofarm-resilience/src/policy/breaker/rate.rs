//! Calls a second: the generic cell rate algorithm (ITU-T I.371), one word.
//!
//! The word is the instant, in ns, from which on the next call is on time. Each call moves it on by the time
//! between two calls; a call that comes too long before it exceeds the rate.

use core::time::Duration;

use gofarm_core::time::Instant;

use crate::memory::{Memory, Word};

#[derive(Debug)]
pub(super) struct Rate<M: Memory>(M::Word);

impl<M: Memory> Rate<M> {
    pub(super) fn new() -> Self {
        Self(M::Word::new(0))
    }

    /// Takes one call of the rate; `interval` is the time between two, `ahead` how early one may be, in ns.
    ///
    /// # Errors
    /// The time to wait.
    pub(super) fn take(&self, now: Instant, interval: u32, ahead: u32) -> Result<(), Duration> {
        let now = now.as_micros().saturating_mul(1_000);
        let latest = now.saturating_add(u64::from(ahead));
        self.0
            .update(|due| (due <= latest).then(|| due.max(now).saturating_add(u64::from(interval))))
            .map(drop)
            .map_err(|due| Duration::from_nanos(due - latest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Owned;

    #[test]
    fn a_burst_passes_and_then_one_call_an_interval() {
        let rate = Rate::<Owned>::new();
        let take = |micros| rate.take(Instant::from_micros(micros), 1_000_000, 2_000_000);
        for _ in 0..3 {
            assert_eq!(take(0), Ok(()));
        }
        assert_eq!(take(0), Err(Duration::from_millis(1)));
        assert_eq!(take(999), Err(Duration::from_micros(1)));
        assert_eq!(take(1_000), Ok(()));
        assert_eq!(take(1_000), Err(Duration::from_millis(1)));
    }
}
