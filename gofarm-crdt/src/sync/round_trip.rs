//! When a frame counts as lost: the time-out of RFC 6298.

use gofarm_core::time::Instant;

use super::Limits;

/// The longest round trip that is believed, in microseconds: 13 days, so that nothing below overflows.
const LONGEST: u64 = 1 << 40;

/// The estimate of the round trip, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct RoundTrip {
    smoothed: Option<u64>,
    variation: u64,
    backoff: u32,
}

impl RoundTrip {
    pub(super) const fn new() -> Self {
        Self {
            smoothed: None,
            variation: 0,
            backoff: 0,
        }
    }

    /// Learns a round trip; every frame has a number of its own, so none is ambiguous (Karn's rule).
    pub(super) fn sample(&mut self, sent: Instant, now: Instant) {
        self.backoff = 0;
        let took = passed(sent, now).min(LONGEST);
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

    pub(super) fn timeout(&self, limits: &Limits) -> u64 {
        limits.bounded(doubled(self.patience(limits), self.backoff))
    }

    /// The time-out before any doubling.
    pub(super) fn patience(&self, limits: &Limits) -> u64 {
        limits.bounded(match self.smoothed {
            None => limits.rto_initial(),
            Some(smoothed) => smoothed + self.variation * 4,
        })
    }
}

/// A time doubled so many times, saturating.
pub(super) fn doubled(micros: u64, times: u32) -> u64 {
    if micros.leading_zeros() < times {
        u64::MAX
    } else {
        micros << times
    }
}

/// `at` and so many microseconds, saturating.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) const fn after(at: Instant, micros: u64) -> Instant {
    Instant::from_micros(at.as_micros().saturating_add(micros))
}

/// The microseconds between two moments; 0 if they are in the wrong order.
#[cfg_attr(target_os = "none", inline(never))]
pub(super) const fn passed(from: Instant, to: Instant) -> u64 {
    to.as_micros().saturating_sub(from.as_micros())
}

#[cfg(test)]
mod tests {
    use gofarm_core::time::{millis, secs};

    use super::*;

    #[test]
    fn time_out_follows_the_round_trip_and_doubles_within_its_bounds() {
        let limits = Limits::lan().with_rto(secs(1), millis(100), secs(8));
        let mut trip = RoundTrip::new();
        assert_eq!(trip.timeout(&limits), 1_000_000);
        let (sent, now) = (Instant::from_secs(9), Instant::from_millis(9_200));
        trip.sample(sent, now);
        assert_eq!(trip.timeout(&limits), 600_000);
        for _ in 0..50 {
            trip.sample(sent, now);
        }
        assert!(trip.timeout(&limits) < 210_000);
        trip.back_off();
        assert!(trip.timeout(&limits) >= 400_000);
        for _ in 0..99 {
            trip.back_off();
        }
        assert_eq!(trip.timeout(&limits), 8_000_000);
    }

    #[test]
    fn a_round_trip_of_ages_overflows_nothing() {
        let limits = Limits::lan();
        let mut trip = RoundTrip::new();
        for sent in [Instant::ZERO, Instant::FAR_FUTURE, Instant::ZERO] {
            trip.sample(sent, Instant::FAR_FUTURE);
            for _ in 0..20 {
                trip.back_off();
            }
            assert_eq!(trip.timeout(&limits), 10_000_000);
        }
        assert_eq!(
            (doubled(1, 63), doubled(2, 63), doubled(0, 16)),
            (1 << 63, u64::MAX, 0)
        );
    }
}
