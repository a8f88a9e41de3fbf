//! The word that says where a breaker stands: [`Phase`], [`Mode`] and until when.
//!
//! Phase, override, generation and deadline are one word, so that a transition is one compare-and-swap, and no
//! deadline can be read that belongs to another phase.

use core::time::Duration;

use gofarm_core::time::Instant;

/// Where a breaker stands; every caller may match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Phase {
    /// Calls go out and are counted.
    Closed,
    /// Calls are rejected until the open time is over and the next call comes.
    Open,
    /// A few trials go out and are judged.
    HalfOpen,
    /// It has closed and lets a growing part of the calls through.
    Ramping,
}

impl Phase {
    /// The name in lower case, for labels: `half_open`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
            Self::Ramping => "ramping",
        }
    }
}

/// Who decides: the breaker, or an operator until further notice; every caller may match it fully.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Mode {
    /// The breaker.
    #[default]
    Automatic,
    /// Nothing goes out.
    ForcedOpen,
    /// Everything goes out, nothing is counted.
    Disabled,
    /// Everything goes out and is counted, but nothing opens the breaker.
    MetricsOnly,
}

impl Mode {
    /// The name in lower case, for labels: `forced_open`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::ForcedOpen => "forced_open",
            Self::Disabled => "disabled",
            Self::MetricsOnly => "metrics_only",
        }
    }
}

/// A moment on a clock of milliseconds that wraps after 34 years; two moments are less than 17 years apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deadline(u64);

const DEADLINE_BITS: u32 = 40;
const DEADLINE_MASK: u64 = (1 << DEADLINE_BITS) - 1;

impl Deadline {
    pub(super) const NONE: Self = Self(0);

    /// The first whole millisecond that is `wait_ms` or more after `start`.
    pub(super) const fn after(start: Instant, wait_ms: u64) -> Self {
        let start_ms = start.as_micros().div_ceil(1_000);
        Self(start_ms.wrapping_add(wait_ms) & DEADLINE_MASK)
    }

    /// `wait_ms` later.
    pub(super) const fn later(self, wait_ms: u64) -> Self {
        Self(self.0.wrapping_add(wait_ms) & DEADLINE_MASK)
    }

    /// Whether it is `now`, or was before.
    pub(super) const fn has_passed(self, now: Instant) -> bool {
        let now_ms = now.as_micros() / 1_000;
        now_ms.wrapping_sub(self.0) & DEADLINE_MASK <= DEADLINE_MASK >> 1
    }

    /// The time from `now` until then, zero if it has passed.
    pub(super) const fn remaining(self, now: Instant) -> Duration {
        if self.has_passed(now) {
            return Duration::ZERO;
        }
        let now_ms = now.as_micros() / 1_000;
        let whole_ms = self.0.wrapping_sub(now_ms) & DEADLINE_MASK;
        Duration::from_micros(whole_ms * 1_000 - now.as_micros() % 1_000)
    }
}

/// The word, unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stand {
    /// Which phase in the life of the breaker; wraps.
    pub(super) generation: u16,
    /// Openings since it was last closed, at most 15.
    pub(super) openings: u8,
    pub(super) mode: Mode,
    pub(super) phase: Phase,
    /// Open: when it may try again. Half-open: when trials must have answered. Ramping: the end of the ramp.
    pub(super) deadline: Deadline,
}

const OPENINGS_AT: u32 = 16;
const PHASE_AT: u32 = 20;
const MODE_AT: u32 = 22;
const DEADLINE_AT: u32 = 24;
/// Phase and mode of a closed breaker under nobody's hand are zero.
const PHASE_AND_MODE: u64 = 0b1111 << PHASE_AT;
const OPEN: u64 = 1 << PHASE_AT;

pub(super) const MOST_OPENINGS: u8 = 15;

impl Stand {
    pub(super) const CLOSED: Self = Self {
        generation: 0,
        openings: 0,
        mode: Mode::Automatic,
        phase: Phase::Closed,
        deadline: Deadline::NONE,
    };

    pub(super) const fn unpack(word: u64) -> Self {
        Self {
            generation: generation(word),
            openings: ((word >> OPENINGS_AT) & 0xf) as u8,
            mode: match (word >> MODE_AT) & 0b11 {
                0 => Mode::Automatic,
                1 => Mode::ForcedOpen,
                2 => Mode::Disabled,
                _ => Mode::MetricsOnly,
            },
            phase: match (word >> PHASE_AT) & 0b11 {
                0 => Phase::Closed,
                1 => Phase::Open,
                2 => Phase::HalfOpen,
                _ => Phase::Ramping,
            },
            deadline: Deadline(word >> DEADLINE_AT),
        }
    }

    pub(super) const fn pack(self) -> u64 {
        let openings = if self.openings > MOST_OPENINGS {
            MOST_OPENINGS
        } else {
            self.openings
        };
        self.generation as u64
            | (openings as u64) << OPENINGS_AT
            | (match self.phase {
                Phase::Closed => 0,
                Phase::Open => 1,
                Phase::HalfOpen => 2,
                Phase::Ramping => 3,
            }) << PHASE_AT
            | (match self.mode {
                Mode::Automatic => 0,
                Mode::ForcedOpen => 1,
                Mode::Disabled => 2,
                Mode::MetricsOnly => 3,
            }) << MODE_AT
            | self.deadline.0 << DEADLINE_AT
    }

    /// The same in a new generation: what was admitted before decides nothing any more.
    pub(super) const fn renewed(mut self) -> Self {
        self.generation = self.generation.wrapping_add(1);
        self
    }
}

/// The generation in a packed word.
#[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are meant")]
pub(super) const fn generation(word: u64) -> u16 {
    word as u16
}

/// Whether a packed word says closed, under nobody's hand.
pub(super) const fn is_plainly_closed(word: u64) -> bool {
    word & PHASE_AND_MODE == 0
}

/// If a packed word says open, under nobody's hand, and for how much longer; nothing when the time is over.
pub(super) fn plainly_open(word: u64, now: Instant) -> Option<Duration> {
    if word & PHASE_AND_MODE != OPEN {
        return None;
    }
    let (now_ms, rest) = (now.as_micros() / 1_000, now.as_micros() % 1_000);
    let left_ms = (word >> DEADLINE_AT).wrapping_sub(now_ms) & DEADLINE_MASK;
    (left_ms != 0 && left_ms <= DEADLINE_MASK >> 1)
        .then(|| Duration::from_micros(left_ms * 1_000 - rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::time::millis;

    #[test]
    fn a_stand_survives_packing() {
        for phase in [Phase::Closed, Phase::Open, Phase::HalfOpen, Phase::Ramping] {
            for mode in [
                Mode::Automatic,
                Mode::ForcedOpen,
                Mode::Disabled,
                Mode::MetricsOnly,
            ] {
                let stand = Stand {
                    generation: 0xfedc,
                    openings: 9,
                    mode,
                    phase,
                    deadline: Deadline(DEADLINE_MASK - 5),
                };
                assert_eq!(Stand::unpack(stand.pack()), stand);
                let plain = phase == Phase::Closed && mode == Mode::Automatic;
                assert_eq!(is_plainly_closed(stand.pack()), plain);
                let before = Instant::from_micros((DEADLINE_MASK - 6) * 1_000 + 1);
                let open = phase == Phase::Open && mode == Mode::Automatic;
                let left = plainly_open(stand.pack(), before);
                assert_eq!(left, open.then_some(stand.deadline.remaining(before)));
                assert_eq!(plainly_open(stand.pack(), before + millis(1)), None);
            }
        }
    }

    #[test]
    fn a_deadline_passes_at_its_own_instant_also_where_the_clock_of_milliseconds_wraps() {
        let wrap = Instant::from_micros((1 << DEADLINE_BITS) * 1_000);
        for start in [
            Instant::ZERO,
            Instant::from_micros(wrap.as_micros() - 7_000),
            wrap,
        ] {
            let deadline = Deadline::after(start, 30);
            let before = Instant::from_micros(start.as_micros() + 29_999);
            assert!(!deadline.has_passed(before));
            assert_eq!(deadline.remaining(before), Duration::from_micros(1));
            assert!(deadline.has_passed(start + millis(30)));
            assert_eq!(deadline.remaining(start + millis(31)), Duration::ZERO);
        }
    }

    #[test]
    fn a_deadline_is_never_early() {
        let start = Instant::from_micros(1_001);
        let deadline = Deadline::after(start, 30);
        assert!(!deadline.has_passed(start + millis(30)));
        assert!(deadline.has_passed(Instant::from_millis(32)));
    }
}
