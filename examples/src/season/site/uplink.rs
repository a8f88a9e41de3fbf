//! The farm's way to the rest of the world: short cuts, and one of 72 hours when it hurts most.

use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, days, hours, minutes};

/// The long cut.
pub(super) const LONG_CUT: Duration = hours(72);
/// It begins so long before the end of the season: in the harvest.
const BEFORE_THE_END: Duration = days(6);

/// A line that is cut now and then.
#[derive(Debug)]
pub(super) struct Uplink {
    random: SplitMix64,
    long_cut: Instant,
    cut: Cut,
    is_up: bool,
    cuts: u32,
    longest: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Cut {
    start: Instant,
    end: Instant,
}

impl Uplink {
    /// A line that is up, for a season that ends at `end`.
    pub(super) fn new(seed: u64, end: Instant) -> Self {
        let mut random = SplitMix64::new(seed);
        // The hour of the day is chance, also in a season of a few days.
        let day = end.saturating_since(Instant::ZERO + BEFORE_THE_END);
        let long_cut = Instant::ZERO + day + minutes(5 + random.below(24 * 60));
        let cut = next_cut(Instant::ZERO, long_cut, &mut random);
        Self {
            random,
            long_cut,
            cut,
            is_up: true,
            cuts: 0,
            longest: Duration::ZERO,
        }
    }

    /// The next change up to `now`: when it was, and whether the line is up since.
    pub(super) fn poll(&mut self, now: Instant) -> Option<(Instant, bool)> {
        let at = if self.is_up {
            self.cut.start
        } else {
            self.cut.end
        };
        if at > now {
            return None;
        }
        self.is_up = !self.is_up;
        if self.is_up {
            let time = self.cut.end.saturating_since(self.cut.start);
            self.cuts += 1;
            self.longest = self.longest.max(time);
            self.cut = next_cut(at, self.long_cut, &mut self.random);
        }
        Some((at, self.is_up))
    }

    /// For how long the line has been cut; zero where it is up.
    pub(super) fn cut_for(&self, now: Instant) -> Duration {
        if self.is_up {
            return Duration::ZERO;
        }
        now.saturating_since(self.cut.start)
    }

    /// Cuts that have ended, and the longest.
    pub(super) fn account(&self) -> (u32, Duration) {
        (self.cuts, self.longest)
    }
}

/// The next cut: within four days, for up to an hour; the long one where that would reach it.
fn next_cut(after: Instant, long_cut: Instant, random: &mut impl Random) -> Cut {
    let start = after + hours(2) + minutes(random.below(4 * 24 * 60));
    let end = start + minutes(2 + random.below(59));
    if after < long_cut && end >= long_cut {
        let end = long_cut + LONG_CUT;
        return Cut {
            start: long_cut,
            end,
        };
    }
    Cut { start, end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_season_of_a_week_has_its_long_cut() {
        for (seed, length) in (0..50).zip([7, 10, 145, 366].into_iter().cycle()) {
            let end = Instant::ZERO + days(length);
            let mut uplink = Uplink::new(seed, end);
            while uplink.poll(end).is_some() {}
            assert_eq!(uplink.account().1, LONG_CUT, "seed {seed}, {length} days");
        }
    }
}
