//! What a breaker has counted in its life: [`Stats`].

use super::state::State;
use crate::memory::{Memory, Word};

/// Counters of one breaker since it was made; each wraps after 4 294 967 295.
///
/// Admitted calls are not counted: that would be a write to shared memory for each healthy call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stats {
    rejected: u32,
    late: u32,
    opened: u32,
}

impl Stats {
    /// Calls that were not admitted, for any reason.
    #[must_use]
    pub const fn rejected(&self) -> u32 {
        self.rejected
    }

    /// Results that came after their generation had ended.
    #[must_use]
    pub const fn late(&self) -> u32 {
        self.late
    }

    /// Times that it has opened.
    #[must_use]
    pub const fn opened(&self) -> u32 {
        self.opened
    }
}

impl<M: Memory, const W: usize> State<M, W> {
    /// What it has counted in its life.
    #[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
    #[must_use]
    pub fn stats(&self) -> Stats {
        let tally = self.tally.load();
        Stats {
            rejected: (tally >> 32) as u32,
            late: tally as u32,
            opened: self.times_opened(),
        }
    }
}
