//! The word that counts within one generation: trials, failures in a row, what a ramp holds back.
//!
//! It carries the generation that it counts for. A word of another generation counts as empty, so a transition
//! does not have to clear it, and "no more trials than allowed" is a property of one compare-and-swap.

/// Trials of a half-open breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trials {
    pub(super) under_way: u16,
    pub(super) healthy: u16,
    pub(super) failed: u16,
    /// Succeeded, but slowly.
    pub(super) slow: u16,
}

const FIELD: u64 = 0xfff;

impl Trials {
    pub(super) const fn settled(self) -> u16 {
        self.healthy + self.failed + self.slow
    }

    /// What follows if none of those under way answers any more.
    pub(super) const fn unanswered(mut self) -> Self {
        self.failed += self.under_way;
        self.under_way = 0;
        self
    }

    /// What the word counts for `generation`.
    pub(super) const fn unpack(word: u64, generation: u16) -> Self {
        let word = of_generation(word, generation);
        Self {
            under_way: ((word >> 16) & FIELD) as u16,
            healthy: ((word >> 28) & FIELD) as u16,
            failed: ((word >> 40) & FIELD) as u16,
            slow: ((word >> 52) & FIELD) as u16,
        }
    }

    pub(super) const fn pack(self, generation: u16) -> u64 {
        generation as u64
            | (self.under_way as u64 & FIELD) << 16
            | (self.healthy as u64 & FIELD) << 28
            | (self.failed as u64 & FIELD) << 40
            | (self.slow as u64 & FIELD) << 52
    }
}

/// Counts of a breaker that lets calls through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// Failures in a row.
    pub(super) failures: u16,
    /// What a ramp still has to hold back before the next call goes out, in 1/10 000 of a call.
    pub(super) owed: u16,
}

impl Run {
    pub(super) const fn unpack(word: u64, generation: u16) -> Self {
        let word = of_generation(word, generation);
        Self {
            failures: ((word >> 16) & 0xffff) as u16,
            owed: ((word >> 32) & 0xffff) as u16,
        }
    }

    pub(super) const fn pack(self, generation: u16) -> u64 {
        generation as u64 | (self.failures as u64) << 16 | (self.owed as u64) << 32
    }
}

/// The word if it counts for `generation`, an empty one if not.
const fn of_generation(word: u64, generation: u16) -> u64 {
    if is_of(word, generation) { word } else { 0 }
}

/// Whether the word counts for `generation`.
pub(super) const fn is_of(word: u64, generation: u16) -> bool {
    word & 0xffff == generation as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_survive_packing_and_are_empty_in_another_generation() {
        let trials = Trials {
            under_way: 255,
            healthy: 254,
            failed: 1,
            slow: 200,
        };
        assert_eq!(Trials::unpack(trials.pack(7), 7), trials);
        assert_eq!(Trials::unpack(trials.pack(7), 8), Trials::default());
        let run = Run {
            failures: 65_535,
            owed: 9_999,
        };
        assert_eq!(Run::unpack(run.pack(65_535), 65_535), run);
        assert_eq!(Run::unpack(run.pack(65_535), 0), Run::default());
    }
}
