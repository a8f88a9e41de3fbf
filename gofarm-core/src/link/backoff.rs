//! [`Backoff`]: when the next try is due, so that neither one device nor ten thousand flood a server.
//!
//! Two cases are told apart. *A try that failed* (no route, server down while we booted) is repeated after 2 s, then
//! 3, 4.5, 6.75 and 10.1 s. *An established connection that was lost* is a loss that every other device may share,
//! so time after it is cut into slots of 30 s and each slot gets at most one try, at a uniformly random place: N
//! devices that lose the server at one instant make N/30 tries a second on average, for as long as the fast tries
//! last. After the fast tries both cases end in slow probing for ever.

use core::time::Duration;

use super::LinkConfig;
use crate::random::Random;
use crate::time::Instant;

/// The tries since the link was last healthy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    tries: u8,
    /// The end of the slot that holds the current try, while tries are spread.
    slot_end: Option<Instant>,
}

impl Backoff {
    pub(super) const fn new() -> Self {
        Self {
            tries: 0,
            slot_end: None,
        }
    }

    /// Failed tries and short-lived connections since the link was last healthy, at most 255.
    pub(super) const fn tries(&self) -> u8 {
        self.tries
    }

    /// The connection has lived long enough.
    pub(super) const fn reset(&mut self) {
        *self = Self::new();
    }

    /// Whether the fast tries are used up.
    pub(super) const fn is_slow(&self, config: &LinkConfig) -> bool {
        self.tries > config.fast_tries
    }

    /// When to try again after a try that failed.
    pub(super) fn after_failed_try<R: Random + ?Sized>(
        &mut self,
        now: Instant,
        config: &LinkConfig,
        random: &mut R,
    ) -> Instant {
        self.tries = self.tries.saturating_add(1);
        if self.is_slow(config) {
            return now + jittered(config.slow_every, config, random);
        }
        match self.slot_end {
            Some(end) => self.within_slot(next_slot(end, now, config.spread), config, random),
            None => now + jittered(grown(config, self.tries - 1), config, random),
        }
    }

    /// When to try again after an established connection was lost.
    pub(super) fn after_loss<R: Random + ?Sized>(
        &mut self,
        now: Instant,
        was_healthy: bool,
        config: &LinkConfig,
        random: &mut R,
    ) -> Instant {
        if was_healthy {
            self.reset();
        } else {
            self.tries = self.tries.saturating_add(1);
        }
        if self.is_slow(config) {
            return now + config.slow_every + uniform(config.spread, random);
        }
        let start = match self.slot_end {
            Some(end) => next_slot(end, now, config.spread),
            None => now,
        };
        self.within_slot(start, config, random)
    }

    fn within_slot<R: Random + ?Sized>(
        &mut self,
        start: Instant,
        config: &LinkConfig,
        random: &mut R,
    ) -> Instant {
        self.slot_end = Some(start + config.spread);
        start + uniform(config.spread, random)
    }

    /// Moves what is stored back with a clock that was set back.
    pub(super) fn rebase(&mut self, shift: impl Fn(Instant) -> Instant) {
        self.slot_end = self.slot_end.map(shift);
    }
}

/// The start of the first whole slot that is not over or running: the grid continues from `end`.
fn next_slot(end: Instant, now: Instant, spread: Duration) -> Instant {
    let slot = whole_micros(spread).max(1);
    let slots = whole_micros(now.saturating_since(end)).div_ceil(slot);
    end + Duration::from_micros(slots.saturating_mul(slot))
}

/// The first delay grown `times` times, at most the slow interval.
fn grown(config: &LinkConfig, times: u8) -> Duration {
    let mut delay = config.first_delay;
    for _ in 0..times {
        if delay >= config.slow_every {
            break;
        }
        delay = delay.saturating_mul(u32::from(config.growth_percent)) / 100;
    }
    delay.min(config.slow_every)
}

/// `delay` changed by at most the configured jitter, either way.
pub(super) fn jittered<R: Random + ?Sized>(
    delay: Duration,
    config: &LinkConfig,
    random: &mut R,
) -> Duration {
    let width = delay.saturating_mul(u32::from(config.jitter_percent)) / 100;
    (delay - width) + uniform(width * 2, random)
}

/// A uniformly random part of `span`, in microseconds.
pub(super) fn uniform<R: Random + ?Sized>(span: Duration, random: &mut R) -> Duration {
    Duration::from_micros(random.below(whole_micros(span)))
}

fn whole_micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;
    use crate::time::{millis, secs};

    #[test]
    fn failed_tries_wait_as_the_figures_say() {
        let config = LinkConfig::DEFAULT;
        let expected = [2_000, 3_000, 4_500, 6_750, 10_125, 60_000, 60_000];
        for seed in 0..200 {
            let mut backoff = Backoff::new();
            let mut random_of_try = SplitMix64::new(seed);
            for delay in expected {
                let due = backoff.after_failed_try(Instant::ZERO, &config, &mut random_of_try);
                let waited = due.saturating_since(Instant::ZERO);
                assert!(waited >= millis(delay * 8 / 10), "{waited:?} {delay}");
                assert!(waited <= millis(delay * 12 / 10), "{waited:?} {delay}");
            }
        }
    }

    #[test]
    fn tries_after_a_loss_take_one_slot_each() {
        let config = LinkConfig::DEFAULT;
        for seed in 0..200 {
            let mut random = SplitMix64::new(seed);
            let mut backoff = Backoff::new();
            let lost = Instant::from_secs(1_000);
            let mut due = backoff.after_loss(lost, true, &config, &mut random);
            for slot in 0..u64::from(config.fast_tries) {
                let start = lost + secs(30 * slot);
                assert!(
                    due >= start && due < start + secs(30),
                    "slot {slot}: {due:?}"
                );
                due = backoff.after_failed_try(due, &config, &mut random);
            }
        }
    }

    #[test]
    fn a_try_that_outlives_its_slot_skips_the_running_one() {
        let end = Instant::from_secs(30);
        let rows = [(10, 30), (30, 30), (31, 60), (60, 60), (61, 90)];
        for (now, start) in rows {
            let found = next_slot(end, Instant::from_secs(now), secs(30));
            assert_eq!(found, Instant::from_secs(start), "{now}");
        }
    }
}
