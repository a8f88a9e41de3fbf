//! A budget for what failed although nobody sampled it: [`LateKeep`].
//!
//! A head sampler at 1 % misses 99 of 100 failures, and a tail sampler holds every trace in memory until it knows.
//! Between the two: a span that was not recorded but ends in a failure can still be written down from what is
//! known at its end, if a token is there for it. Nothing is held for the requests that go well.

use gofarm_core::time::Instant;

/// How many failed, unsampled spans may be kept: a rate and a burst, and a count of what was asked.
///
/// In any time `t` it keeps at most `burst + per_second × t` spans. It starts full. The state is one number, the time
/// at which it will be full again (generic cell rate algorithm, ITU-T I.371).
///
/// ```
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_otel::sampler::LateKeep;
///
/// let mut late = LateKeep::new(1, 2);
/// let now = Instant::ZERO;
/// assert!(late.try_keep(now) && late.try_keep(now) && !late.try_keep(now));
/// assert!(late.try_keep(now + secs(1)));
/// assert_eq!((late.kept(), late.refused()), (3, 1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct LateKeep {
    pub(super) budget: Budget,
    /// Nanoseconds at which the bucket is full.
    full_at: u64,
    kept: u64,
    refused: u64,
}

/// 100 spans a second, 1000 at once: with 300 bytes for a span 30 kB/s of OTLP at the worst.
impl Default for LateKeep {
    fn default() -> Self {
        Self::new(100, 1_000)
    }
}

impl LateKeep {
    /// A full budget of `burst` spans that grows by `per_second`; nothing is kept if one of them is 0.
    #[must_use]
    pub const fn new(per_second: u32, burst: u32) -> Self {
        Self {
            budget: Budget::new(per_second, burst),
            full_at: 0,
            kept: 0,
            refused: 0,
        }
    }

    /// Whether a span that failed at `now` may be kept; takes its token.
    #[must_use = "the token is taken"]
    pub fn try_keep(&mut self, now: Instant) -> bool {
        let now = now.as_micros().saturating_mul(1_000);
        match self.budget.take(self.full_at, now) {
            Some(full_at) => {
                self.full_at = full_at;
                self.kept = self.kept.saturating_add(1);
                true
            }
            None => {
                self.refused = self.refused.saturating_add(1);
                false
            }
        }
    }

    /// How many spans were kept.
    #[must_use]
    pub const fn kept(&self) -> u64 {
        self.kept
    }

    /// How many spans were lost because the budget was used up.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }
}

/// The fixed part of the bucket, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Budget {
    /// The time that one token takes to flow in.
    cost: u64,
    /// The time from empty to full; 0 keeps nothing.
    depth: u64,
}

impl Budget {
    const fn new(per_second: u32, burst: u32) -> Self {
        if per_second == 0 {
            return Self { cost: 0, depth: 0 };
        }
        // Rounded up: rather a little less than was promised.
        let cost = 1_000_000_000_u64.div_ceil(per_second as u64);
        Self {
            cost,
            depth: cost.saturating_mul(burst as u64),
        }
    }

    /// When the bucket is full after one more token, if that is there.
    pub(super) fn take(self, full_at: u64, now: u64) -> Option<u64> {
        let after = full_at.max(now).saturating_add(self.cost);
        (self.depth > 0 && after <= now.saturating_add(self.depth)).then_some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::random::{Random, SplitMix64};
    use gofarm_core::time::secs;

    #[test]
    fn kept_never_exceeds_burst_and_rate() {
        let mut random = SplitMix64::new(5);
        let mut late = LateKeep::new(30, 8);
        let mut now = Instant::ZERO;
        let mut kept = Vec::new();
        for _ in 0..if cfg!(miri) { 50 } else { 3_000 } {
            now = Instant::from_micros(now.as_micros() + random.below(40_000));
            if late.try_keep(now) {
                kept.push(now.as_micros());
            }
        }
        assert!(late.refused() > 0);
        for (i, from) in kept.iter().enumerate() {
            for (n, to) in kept.iter().skip(i).enumerate() {
                let bound = 8.0 + 30.0 * (to - from) as f64 / 1e6;
                assert!((n + 1) as f64 <= bound + 1e-6, "{from} {to}");
            }
        }
    }

    #[test]
    fn a_budget_of_nothing_keeps_nothing() {
        for mut late in [LateKeep::new(0, 5), LateKeep::new(5, 0)] {
            assert!(!late.try_keep(Instant::ZERO + secs(100)));
            assert_eq!(late.refused(), 1);
        }
    }
}
