//! A quantile of a stream of latencies in one word.

use core::time::Duration;

use crate::memory::{Memory, Word};

/// The estimate, in 1/65536 µs, moved up by `q × STEP` of itself by a slower call and down by `(1 − q) × STEP` by
/// the others: in balance where a part `q` of the calls is faster.
#[derive(Debug)]
pub(super) struct Quantile<M: Memory> {
    estimate: M::Word,
    permille: u64,
}

const UNIT: u64 = 65_536;
/// The largest step is 1/32 of the estimate: to follow a latency that doubles takes some 25 slower calls.
const STEPS: u64 = 32 * 1_000;

impl<M: Memory> Quantile<M> {
    pub(super) fn new(permille: u16, start: Duration) -> Self {
        Self {
            estimate: M::Word::new(units(start)),
            permille: u64::from(permille),
        }
    }

    pub(super) fn estimate(&self) -> Duration {
        Duration::from_micros(self.estimate.load() / UNIT)
    }

    /// Takes in one latency and keeps the estimate within the bounds.
    pub(super) fn record(&self, latency: Duration, shortest: Duration, longest: Duration) {
        let latency = units(latency);
        let bounds = (units(shortest), units(longest));
        let moved = self.estimate.update(|estimate| {
            let next = if latency > estimate {
                estimate + estimate / STEPS * self.permille
            } else {
                estimate - estimate / STEPS * (1_000 - self.permille)
            };
            Some(next.clamp(bounds.0, bounds.1))
        });
        debug_assert!(moved.is_ok(), "an estimate always moves");
    }
}

fn units(latency: Duration) -> u64 {
    u64::try_from(latency.as_micros())
        .unwrap_or(u64::MAX)
        .saturating_mul(UNIT)
}
