//! When a frame counts as lost: the time-out of RFC 6298.

use core::time::Duration;

use super::Limits;

/// The estimate of the round trip.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoundTrip {
    smoothed: Option<Duration>,
    variation: Duration,
    backoff: u32,
}

impl RoundTrip {
    pub(super) const fn new() -> Self {
        Self {
            smoothed: None,
            variation: Duration::ZERO,
            backoff: 0,
        }
    }

    /// Learns a round trip; every frame has a number of its own, so none is ambiguous (Karn's rule).
    pub(super) fn sample(&mut self, took: Duration) {
        self.backoff = 0;
        match self.smoothed {
            None => {
                self.smoothed = Some(took);
                self.variation = took / 2;
            }
            Some(smoothed) => {
                self.variation = (self.variation * 3 + smoothed.abs_diff(took)) / 4;
                self.smoothed = Some((smoothed * 7 + took) / 8);
            }
        }
    }

    /// A time-out: the next one waits twice as long.
    pub(super) fn back_off(&mut self) {
        self.backoff = self.backoff.saturating_add(1).min(16);
    }

    /// How often the time-out was doubled since the last answer.
    pub(super) const fn backoff(&self) -> u32 {
        self.backoff
    }

    /// The link was away, which says nothing of its round trips.
    pub(super) const fn forget_back_off(&mut self) {
        self.backoff = 0;
    }

    pub(super) fn timeout(&self, limits: &Limits) -> Duration {
        let (_, min, max) = limits.rto();
        self.patience(limits)
            .saturating_mul(1 << self.backoff)
            .min(max.max(min))
    }

    /// The time-out before any doubling.
    pub(super) fn patience(&self, limits: &Limits) -> Duration {
        let (initial, min, max) = limits.rto();
        let base = self
            .smoothed
            .map_or(initial, |smoothed| smoothed + self.variation * 4);
        base.clamp(min, max.max(min))
    }
}

#[cfg(test)]
mod tests {
    use gofarm_core::time::{millis, secs};

    use super::*;

    #[test]
    fn time_out_follows_the_round_trip_and_doubles_within_its_bounds() {
        let limits = Limits::lan().with_rto(secs(1), millis(100), secs(8));
        let mut trip = RoundTrip::new();
        assert_eq!(trip.timeout(&limits), secs(1));
        trip.sample(millis(200));
        assert_eq!(trip.timeout(&limits), millis(600));
        for _ in 0..50 {
            trip.sample(millis(200));
        }
        assert!(trip.timeout(&limits) < millis(210));
        trip.back_off();
        assert!(trip.timeout(&limits) >= millis(400));
        for _ in 0..99 {
            trip.back_off();
        }
        assert_eq!(trip.timeout(&limits), secs(8));
    }
}
