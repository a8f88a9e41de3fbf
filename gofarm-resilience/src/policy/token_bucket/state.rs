//! The one word of a bucket: when it will be full, and which shape is in force.

/// Ticks in a microsecond. A token of a million a second still costs 64, so rounding takes less than 2 % off any
/// rate up to that and less than 0.002 % at a thousand a second.
pub(super) const TICKS_PER_MICRO: u64 = 64;

const TICK_BITS: u32 = 56;
const TICK_MAX: u64 = (1 << TICK_BITS) - 1;

/// The latest instant that the ticks can hold, with room for the deepest bucket behind it: 26 years.
const LATEST: u64 = TICK_MAX - (1 << (TICK_BITS - 2));

/// An instant of the clock in ticks.
pub(super) fn ticks(micros: u64) -> u64 {
    micros.saturating_mul(TICKS_PER_MICRO).min(LATEST)
}

/// The deepest bucket: 26 years of clock and 4 years of bucket stay within the word.
pub(super) const DEPTH_MAX: u64 = 1 << (TICK_BITS - 3);

/// What is packed in the word: 8 bits that count the changes of configuration, 56 bits of ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    pub(super) full_at: u64,
    changes: u8,
}

impl Packed {
    pub(super) const START: Self = Self {
        full_at: 0,
        changes: 0,
    };

    pub(super) const fn of(word: u64) -> Self {
        Self {
            full_at: word & TICK_MAX,
            changes: word.to_be_bytes()[0],
        }
    }

    pub(super) fn word(self) -> u64 {
        u64::from(self.changes) << TICK_BITS | self.full_at.min(TICK_MAX)
    }

    /// Which of the two shapes is in force.
    pub(super) const fn index(self) -> usize {
        (self.changes & 1) as usize
    }

    pub(super) const fn moved_to(self, full_at: u64) -> Self {
        Self { full_at, ..self }
    }

    pub(super) const fn next_shape(self, full_at: u64) -> Self {
        Self {
            full_at,
            changes: self.changes.wrapping_add(1),
        }
    }
}
