//! When the next try is due.

use core::time::Duration;

use gofarm_core::random::Random;

use super::ExporterConfig;
use crate::clock::Moment;

/// What is known of the receiver.
#[derive(Clone, Copy, Debug)]
pub(super) enum Link {
    /// As far as is known.
    Up,
    /// No request was answered since.
    Away {
        since: Moment,
        /// When to try again.
        due: Moment,
    },
}

/// Failures since the last answer that was none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The receiver answered.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// How long to wait after one more failure.
    ///
    /// What the receiver asked for is waited for, and up to a tenth more: it told the same to everybody.
    pub(super) fn after_failure(
        &mut self,
        config: &ExporterConfig,
        asked: Option<Duration>,
        random: &mut impl Random,
    ) -> Duration {
        let factor = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        self.failures = self.failures.saturating_add(1);
        let delay = config.first_delay().saturating_mul(factor);
        let delay = delay.min(config.longest_delay());
        let drawn = delay / 2 + uniform(delay, random);
        match asked {
            Some(asked) => {
                let asked = asked.min(config.longest_wait());
                asked + uniform(asked / 10, random)
            }
            None => drawn,
        }
    }
}

/// A uniformly random part of `span`.
fn uniform(span: Duration, random: &mut impl Random) -> Duration {
    let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random.below(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::random::SplitMix64;
    use gofarm_core::time::{hours, secs};

    #[test]
    fn delays_double_up_to_the_longest_and_spread_by_a_half() {
        for seed in 0..100 {
            let mut random = SplitMix64::new(seed);
            let mut backoff = Backoff::default();
            for expected in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
                let delay = backoff.after_failure(&ExporterConfig::DEFAULT, None, &mut random);
                assert!(
                    delay >= secs(expected) / 2 && delay <= secs(expected) * 3 / 2,
                    "{delay:?}"
                );
            }
            backoff.failures = u32::MAX;
            let delay = backoff.after_failure(&ExporterConfig::DEFAULT, None, &mut random);
            assert!(delay <= secs(90), "{delay:?}");
        }
    }

    #[test]
    fn a_receiver_is_left_alone_for_as_long_as_it_asked_up_to_an_hour() {
        let mut random = SplitMix64::new(1);
        let mut backoff = Backoff::default();
        for (asked, least) in [(secs(0), secs(0)), (secs(7), secs(7)), (hours(9), hours(1))] {
            let delay = backoff.after_failure(&ExporterConfig::DEFAULT, Some(asked), &mut random);
            assert!(delay >= least && delay <= least * 11 / 10, "{delay:?}");
        }
    }
}
