//! The last seconds: a ring of buckets.
//!
//! A bucket is three words: calls and failures; slow calls; the sum of times. Each carries the tag of the run and
//! of the lap of the ring that it counts for; one with another tag counts as empty, so nothing has to be cleared
//! when time moves on, and a word that is not needed is not touched. To read is to add up the buckets, however
//! many calls they hold.
//!
//! A bucket counts up to 65 535 calls; those above are left out of it, with their failures, so that rates stay
//! rates of the calls that were counted. A task that stands still for a whole window between two words may cost
//! the bucket that it meets there its counts.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::{Mark, Totals};
use crate::memory::Word;

pub(crate) const WORDS_OF_A_BUCKET: usize = 3;

/// The longest time that enters the sum, 2^24 µs.
pub(crate) const LONGEST_MICROS: u64 = (1 << 24) - 1;

const MOST: u64 = 0xffff;
const SUM_AT: u32 = 24;

/// The ring's figures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring {
    bucket_micros: u64,
    buckets: u64,
}

impl Ring {
    pub(crate) fn new(bucket: Duration, buckets: u8) -> Self {
        Self {
            bucket_micros: u64::try_from(bucket.as_micros()).unwrap_or(u64::MAX).max(1),
            buckets: u64::from(buckets).max(1),
        }
    }

    /// The bucket of an instant, and how often the ring has gone round before.
    fn place(self, now: Instant) -> (usize, u64) {
        let index = now.as_micros() / self.bucket_micros;
        let (lap, place) = match u32::try_from(index) {
            Ok(index) => {
                let buckets = u32::try_from(self.buckets).unwrap_or(1);
                (u64::from(index / buckets), u64::from(index % buckets))
            }
            Err(_) => (index / self.buckets, index % self.buckets),
        };
        (usize::try_from(place).unwrap_or(0), lap)
    }
}

/// Counts one call; `micros` is its time, if an average is kept.
pub(crate) fn record<W: Word>(
    words: &[W],
    ring: Ring,
    tag: u16,
    now: Instant,
    mark: Mark,
    micros: Option<u64>,
) {
    let (place, lap) = ring.place(now);
    let Some(bucket) = words
        .get(place * WORDS_OF_A_BUCKET..)
        .and_then(|words| words.first_chunk::<WORDS_OF_A_BUCKET>())
    else {
        return;
    };
    let [counts, latencies, sum] = bucket;
    let stamp = stamp(tag, lap);
    let counted = counts.update(|old| {
        let old = of_stamp(old, stamp);
        let is_full = old >> 32 & MOST == MOST;
        (!is_full).then(|| old + (1 << 32) + (u64::from(mark.failed) << 48))
    });
    if counted.is_err() {
        return;
    }
    if mark.slow || mark.over {
        // A bucket that takes calls has room for their marks.
        let _ = latencies.update(|old| {
            let old = of_stamp(old, stamp);
            let more = u64::from(mark.slow && old >> 32 & MOST < MOST) << 32
                | u64::from(mark.over && old >> 48 < MOST) << 48;
            Some(old + more)
        });
    }
    if let Some(micros) = micros {
        let stamp = short_stamp(tag, lap);
        let more = micros.min(LONGEST_MICROS) << SUM_AT;
        let _ = sum.update(|old| Some(of_short_stamp(old, stamp).saturating_add(more)));
    }
}

/// What the run of this tag has counted in the window that ends `now`.
pub(crate) fn totals<W: Word>(words: &[W], ring: Ring, tag: u16, now: Instant) -> Totals {
    let (current, lap) = ring.place(now);
    let mut totals = Totals::default();
    let (buckets, _) = words.as_chunks::<WORDS_OF_A_BUCKET>();
    let buckets = buckets
        .iter()
        .take(usize::try_from(ring.buckets).unwrap_or(0));
    for (place, [counts, latencies, sum]) in buckets.enumerate() {
        let lap = if place <= current {
            lap
        } else {
            match lap.checked_sub(1) {
                Some(lap) => lap,
                None => continue,
            }
        };
        let stamp = stamp(tag, lap);
        let counts = of_stamp(counts.load(), stamp);
        if counts >> 32 == 0 {
            continue;
        }
        totals.calls += field(counts, 32);
        totals.failures += field(counts, 48);
        let latencies = of_stamp(latencies.load(), stamp);
        totals.slow += field(latencies, 32);
        totals.over += field(latencies, 48);
        totals.micros += of_short_stamp(sum.load(), short_stamp(tag, lap)) >> SUM_AT;
    }
    totals
}

fn field(word: u64, at: u32) -> u32 {
    u32::try_from(word >> at & MOST).unwrap_or(0)
}

/// 8 bits of the run, 24 of the lap.
const fn stamp(tag: u16, lap: u64) -> u64 {
    (tag as u64 & 0xff) | (lap & 0xff_ffff) << 8
}

/// 8 bits of the run, 16 of the lap.
const fn short_stamp(tag: u16, lap: u64) -> u64 {
    (tag as u64 & 0xff) | (lap & 0xffff) << 8
}

const fn of_stamp(word: u64, stamp: u64) -> u64 {
    if word & 0xffff_ffff == stamp {
        word
    } else {
        stamp
    }
}

const fn of_short_stamp(word: u64, stamp: u64) -> u64 {
    if word & 0xff_ffff == stamp {
        word
    } else {
        stamp
    }
}
