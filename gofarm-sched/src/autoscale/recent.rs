//! [`Recent`]: what happened within a window, in a fixed number of slots.

use core::time::Duration;

use gofarm_core::time::Instant;

const SLOTS: usize = 24;

/// Values of the last `window`; those that share a slot are joined and leave with the last of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recent<T> {
    window: Duration,
    slots: [Option<Slot<T>>; SLOTS],
}

#[derive(Clone, Copy, Debug)]
struct Slot<T> {
    number: u64,
    at: Instant,
    value: T,
}

impl<T: Copy> Recent<T> {
    pub(super) const fn new(window: Duration) -> Self {
        Self {
            window,
            slots: [None; SLOTS],
        }
    }

    /// Takes note of a value; `join` puts it together with an earlier one of the same slot.
    pub(super) fn record(&mut self, now: Instant, value: T, join: impl Fn(T, T) -> T) {
        let number = now.as_micros() / self.slot_micros();
        let place = usize::try_from(number % SLOTS as u64).unwrap_or(0);
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        let value = match slot {
            Some(held) if held.number == number => join(held.value, value),
            _ => value,
        };
        *slot = Some(Slot {
            number,
            at: now,
            value,
        });
    }

    /// The values that are younger than the window.
    pub(super) fn live(&self, now: Instant) -> impl Iterator<Item = T> + '_ {
        self.slots
            .iter()
            .flatten()
            .filter(move |slot| now < slot.at + self.window)
            .map(|slot| slot.value)
    }

    /// So wide that a slot is used again only when all that it held is older than the window.
    fn slot_micros(&self) -> u64 {
        let window = u64::try_from(self.window.as_micros()).unwrap_or(u64::MAX);
        window.div_ceil(SLOTS as u64 - 1).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::time::{millis, secs};

    fn sum(recent: &Recent<i64>, now: Instant) -> i64 {
        recent.live(now).sum()
    }

    #[test]
    fn a_value_leaves_when_it_is_as_old_as_the_window() {
        let mut recent = Recent::new(secs(300));
        for step in 0..20 {
            recent.record(Instant::from_secs(15 * step), 1, |a, b| a + b);
        }
        assert_eq!(sum(&recent, Instant::from_secs(299)), 20);
        assert_eq!(sum(&recent, Instant::from_secs(300)), 19);
        assert_eq!(sum(&recent, Instant::from_secs(584)), 1);
        assert_eq!(sum(&recent, Instant::from_secs(585)), 0);
    }

    #[test]
    fn nothing_within_the_window_is_lost_at_any_rate() {
        let window = secs(60);
        let mut recent = Recent::new(window);
        let mut random = 7_u64;
        let (mut now, mut all) = (Instant::ZERO, [(Instant::ZERO, 0); 2_000]);
        for entry in &mut all {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            now += millis((random >> 33) % 900);
            *entry = (now, 1);
            recent.record(now, 1, |a, b| a + b);
        }
        let within = |reach: Duration| -> i64 {
            all.iter()
                .filter(|(at, _)| now < *at + reach)
                .map(|(_, n)| n)
                .sum()
        };
        let held = sum(&recent, now);
        assert!(held >= within(window), "{held}");
        assert!(held <= within(window + window / 20), "{held}");
    }

    #[test]
    fn a_window_of_zero_holds_nothing() {
        let mut recent = Recent::new(Duration::ZERO);
        recent.record(Instant::from_secs(1), 1, |a, b| a + b);
        assert_eq!(sum(&recent, Instant::from_secs(1)), 0);
    }
}
