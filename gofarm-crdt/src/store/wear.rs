//! [`WriteMeter`]: how fast a store wears out its flash.

use core::time::Duration;

use gofarm_core::time::{Instant, hours};

const BUCKETS: usize = 24;
const DAY: Duration = hours(24);

/// Counts the bytes that a store writes per day, from [`Store::bytes_written`](super::Store::bytes_written).
///
/// A commit of a few bytes rewrites whole pages, so the wear of a day follows from how often is committed, not
/// from how much. A commit of one small record into a `RedbStore` of 1 000 writes 24 KB (`benches/fsync.rs` prints it):
/// 2.1 GB a day at one commit a second, 35 MB at one a minute. A card of 8 GB whose cells bear 3 000 rewrites, and
/// which levels the wear perfectly, would last 31 years at the first pace; one of 1 000 rewrites that writes three
/// times what it is given, 3 years.
///
/// It looks back over 24 hours in steps of one hour. It needs 25 numbers of memory and nothing of the store.
///
/// ```
/// use gofarm_core::time::{Instant, hours};
/// use gofarm_crdt::store::WriteMeter;
///
/// let mut meter = WriteMeter::new(Instant::ZERO);
/// meter.record(Instant::ZERO + hours(1), 1_000_000); // what the store says it has written in all
/// meter.record(Instant::ZERO + hours(6), 3_000_000);
/// assert_eq!(meter.bytes_per_day(Instant::ZERO + hours(6)), 12_000_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WriteMeter {
    started: Instant,
    /// Bytes by hour since the start, the hour modulo 24.
    buckets: [u64; BUCKETS],
    /// The hour that was written last.
    hour: u64,
    total: u64,
}

impl WriteMeter {
    /// A meter for a store that is opened `now`.
    #[must_use]
    pub const fn new(now: Instant) -> Self {
        Self {
            started: now,
            buckets: [0; BUCKETS],
            hour: 0,
            total: 0,
        }
    }

    /// Takes down what the store has written since it was opened, in bytes.
    ///
    /// The bytes since the last call count for the hour of `now`, so call it at least once an hour: after each
    /// commit, or when a report is due. A total below the last one counts from zero: the store was opened again.
    pub fn record(&mut self, now: Instant, total: u64) {
        self.forget(now);
        let new = total.checked_sub(self.total).unwrap_or(total);
        self.total = total;
        let bucket = usize::try_from(self.hour % BUCKETS as u64).unwrap_or(0);
        if let Some(bytes) = self.buckets.get_mut(bucket) {
            *bytes = bytes.saturating_add(new);
        }
    }

    /// The bytes per day at the pace of the last 24 hours, or of the time since the start if that is shorter.
    ///
    /// In the first hour it is the pace of one whole hour, so that the writes of opening do not look like a storm.
    #[must_use]
    pub fn bytes_per_day(&self, now: Instant) -> u64 {
        let mut meter = self.clone();
        meter.forget(now);
        let bytes: u64 = meter
            .buckets
            .iter()
            .fold(0, |sum, &bytes| sum.saturating_add(bytes));
        // What the buckets cover: whole hours and the one that runs.
        let running =
            Duration::from_secs(now.saturating_since(self.started).as_secs() % hours(1).as_secs());
        let covered = now
            .saturating_since(self.started)
            .min(hours(BUCKETS as u64 - 1) + running)
            .max(hours(1));
        let per_day = u128::from(bytes) * DAY.as_micros() / covered.as_micros();
        u64::try_from(per_day).unwrap_or(u64::MAX)
    }

    /// The bytes written since the store was opened, as recorded last.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Empties the hours that have passed without a record.
    fn forget(&mut self, now: Instant) {
        let hour = now.saturating_since(self.started).as_secs() / hours(1).as_secs();
        let passed = hour.saturating_sub(self.hour);
        for step in 1..=passed.min(BUCKETS as u64) {
            let bucket = usize::try_from((self.hour + step) % BUCKETS as u64).unwrap_or(0);
            if let Some(bytes) = self.buckets.get_mut(bucket) {
                *bytes = 0;
            }
        }
        self.hour = self.hour.max(hour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::time::minutes;

    #[test]
    fn a_steady_pace_is_shown_as_it_is() {
        let mut meter = WriteMeter::new(Instant::ZERO);
        let mut now = Instant::ZERO;
        for written in 1..=72 * 60 {
            now += minutes(1);
            meter.record(now, written * 1_000);
            if written >= 60 {
                let day = meter.bytes_per_day(now);
                assert!((1_430_000..=1_450_000).contains(&day), "{written}: {day}");
            }
        }
    }

    #[test]
    fn what_is_a_day_old_is_forgotten() {
        let mut meter = WriteMeter::new(Instant::ZERO);
        meter.record(Instant::ZERO, 5_000);
        assert_eq!(meter.bytes_per_day(Instant::ZERO + hours(1)), 120_000);
        assert_eq!(meter.bytes_per_day(Instant::ZERO + hours(25)), 0);
        assert_eq!(meter.bytes_per_day(Instant::FAR_FUTURE), 0);
    }

    #[test]
    fn a_reopened_store_counts_from_zero() {
        let mut meter = WriteMeter::new(Instant::ZERO);
        meter.record(Instant::ZERO, 5_000);
        meter.record(Instant::ZERO, 1_000);
        assert_eq!(meter.bytes_per_day(Instant::ZERO), 6_000 * 24);
        assert_eq!(meter.total(), 1_000);
    }
}
