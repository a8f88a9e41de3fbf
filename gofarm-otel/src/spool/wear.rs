//! How much was written in the last 24 hours, so that flash lasts.
//!
//! A bucket for each hour, 25 of them: any 24 hours lie within the 25 that are counted. A process that starts
//! does not know when its predecessor wrote, so it spreads what that one had counted over the last 24 hours;
//! and it may write a 96th of a day's bytes in any case, or a quota that was used up before
//! a restart would stay used up for as long as restarts come often.

use crate::clock::Moment;

const HOURS: usize = 25;
/// An hour in nanoseconds.
const HOUR: u64 = 3_600_000_000_000;

#[derive(Clone, Debug)]
pub(super) struct Wear {
    per_day: u64,
    /// Bytes written in the hour that has this remainder modulo 25.
    hours: [u64; HOURS],
    /// The hour of the last change.
    hour: u64,
    /// Of this process.
    written: u64,
}

impl Wear {
    pub(super) const fn new(per_day: u64) -> Self {
        Self {
            per_day,
            hours: [0; HOURS],
            hour: 0,
            written: 0,
        }
    }

    /// Takes over what the process before had written in its last 24 hours.
    pub(super) fn inherit(&mut self, bytes: u64) {
        let most = self.per_day - self.per_day / 96;
        let each = bytes.min(most) / (HOURS as u64 - 1);
        self.hours = [each; HOURS];
        // The bucket of the hour that runs is the one that stays longest.
        if let Some(running) = self.hours.first_mut() {
            *running = 0;
        }
    }

    /// Whether `bytes` more may be written.
    pub(super) fn allows(&mut self, now: Moment, bytes: u64) -> bool {
        self.used(now).saturating_add(bytes) <= self.per_day
    }

    /// Counts `bytes` as written, allowed or not.
    pub(super) fn record(&mut self, now: Moment, bytes: u64) {
        self.roll(now);
        self.written = self.written.saturating_add(bytes);
        if let Some(hour) = self.hours.get_mut(slot(self.hour)) {
            *hour = hour.saturating_add(bytes);
        }
    }

    /// Bytes written in the last 24 hours, and in up to one hour before.
    pub(super) fn used(&mut self, now: Moment) -> u64 {
        self.roll(now);
        self.hours
            .iter()
            .fold(0, |sum, hour| sum.saturating_add(*hour))
    }

    /// Bytes written by this process.
    pub(super) const fn written(&self) -> u64 {
        self.written
    }

    fn roll(&mut self, now: Moment) {
        let hour = now.as_nanos() / HOUR;
        let passed = hour.saturating_sub(self.hour).min(HOURS as u64);
        for past in 0..passed {
            if let Some(bytes) = self.hours.get_mut(slot(hour - past)) {
                *bytes = 0;
            }
        }
        self.hour = self.hour.max(hour);
    }
}

fn slot(hour: u64) -> usize {
    usize::try_from(hour % HOURS as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn at(minutes: u64) -> Moment {
        Moment::from_nanos(minutes * (HOUR / 60))
    }

    proptest! {
        #[test]
        fn no_24_hours_take_more_than_a_day_s_bytes(steps in prop::collection::vec((0_u64..200, 1_u64..400), 1..200)) {
            let mut wear = Wear::new(1_000);
            let (mut now, mut writes) = (0, Vec::new());
            for (minutes, bytes) in steps {
                now += minutes;
                if wear.allows(at(now), bytes) {
                    wear.record(at(now), bytes);
                    writes.push((now, bytes));
                }
                let day: u64 = writes.iter().filter(|(when, _)| when + 24 * 60 > now).map(|(_, bytes)| bytes).sum();
                prop_assert!(day <= 1_000);
            }
        }
    }

    #[test]
    fn bytes_are_free_again_after_25_hours_at_most() {
        let mut wear = Wear::new(1_000);
        wear.record(at(59), 1_000);
        assert!(!wear.allows(at(24 * 60 + 59), 1));
        assert!(wear.allows(at(25 * 60), 1_000));
    }

    #[test]
    fn a_new_process_inherits_what_was_written_and_a_quarter_of_an_hour_s_worth_is_free() {
        let mut wear = Wear::new(96_000);
        wear.inherit(u64::MAX);
        assert!(wear.allows(at(0), 1_000) && !wear.allows(at(0), 1_100));
        assert!(wear.allows(at(60), 4_900) && !wear.allows(at(60), 5_100));
        assert!(wear.allows(at(24 * 60), 96_000));
        assert_eq!(wear.written(), 0);
    }
}
