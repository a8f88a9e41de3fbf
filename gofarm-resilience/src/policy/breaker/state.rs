//! What one breaker knows: [`State`], five words and its window.

use core::time::Duration;

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::Instant;

use super::counts::{self, Run, Trials};
use super::open_time;
use super::phase::{self, Deadline, Mode, Phase, Stand};
use super::rate::Rate;
use super::settings::Settings;
use super::transition::{Cause, Transition};
use crate::memory::{Memory, Word};
use crate::policy::sliding_window::{Totals, Window, count, time};

/// What one breaker knows, without its [`Settings`]: 40 bytes and a window of `W` words.
#[derive(Debug)]
pub struct State<M: Memory, const W: usize = 0> {
    pub(super) stand: M::Word,
    pub(super) counts: M::Word,
    pub(super) rate: Rate<M>,
    /// Rejections in the upper half, late results in the lower.
    pub(super) tally: M::Word,
    /// Openings in the upper half, the seed in the lower.
    pub(super) openings: M::Word,
    pub(super) window: [M::Word; W],
}

pub(super) const ONE_REJECTION: u64 = 1 << 32;
pub(super) const ONE_LATE: u64 = 1;
const ONE_OPENING: u64 = 1 << 32;

impl<M: Memory, const W: usize> State<M, W> {
    /// Closed, with nothing counted.
    pub(super) fn new(seed: u32) -> Self {
        Self {
            stand: M::Word::new(Stand::CLOSED.pack()),
            counts: M::Word::new(0),
            rate: Rate::new(),
            tally: M::Word::new(0),
            openings: M::Word::new(u64::from(seed)),
            window: core::array::from_fn(|_| M::Word::new(0)),
        }
    }

    pub(super) fn stand(&self) -> Stand {
        Stand::unpack(self.stand.load())
    }

    /// Where it stands. An open breaker stays open until a call comes; a ramp ends by itself.
    #[must_use]
    pub fn phase(&self, now: Instant) -> Phase {
        let stand = self.stand();
        if stand.phase == Phase::Ramping && stand.deadline.has_passed(now) {
            Phase::Closed
        } else {
            stand.phase
        }
    }

    /// Who decides.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.stand().mode
    }

    /// How long until it may try again; nothing if it is not open.
    #[must_use]
    pub fn open_remaining(&self, now: Instant) -> Option<Duration> {
        let stand = self.stand();
        (stand.phase == Phase::Open).then(|| stand.deadline.remaining(now))
    }

    /// Moves from exactly the word `from`, and says whether it did.
    pub(super) fn step(&self, from: u64, to: Stand) -> bool {
        let moved = self
            .stand
            .update(|word| (word == from).then_some(to.pack()))
            .is_ok();
        if moved && to.phase == Phase::Open && Stand::unpack(from).generation != to.generation {
            self.openings.add(ONE_OPENING);
        }
        moved
    }

    /// The open phase that follows `stand`, from an instant on.
    pub(super) fn opened(
        &self,
        settings: &Settings<M, W>,
        stand: Stand,
        begin: impl FnOnce(u64) -> Deadline,
    ) -> Stand {
        let openings = stand.openings.saturating_add(1).min(phase::MOST_OPENINGS);
        let wait = open_time::wait_ms(settings, openings, self.dice());
        Stand {
            phase: Phase::Open,
            openings,
            deadline: begin(wait),
            ..stand
        }
        .renewed()
    }

    /// The phase that follows when trials have shown that calls succeed again.
    pub(super) fn recovered(
        settings: &Settings<M, W>,
        stand: Stand,
        begin: impl FnOnce(u64) -> Deadline,
    ) -> Stand {
        match settings.ramp_ms() {
            0 => Self::closed(stand),
            length => Stand {
                phase: Phase::Ramping,
                deadline: begin(u64::from(length)),
                ..stand
            },
        }
        .renewed()
    }

    /// The same generation, closed.
    pub(super) const fn closed(stand: Stand) -> Stand {
        Stand {
            phase: Phase::Closed,
            openings: 0,
            deadline: Deadline::NONE,
            ..stand
        }
    }

    /// If the ramp is over, it is closed; the packed word and what it says after that.
    pub(super) fn after_ramp(
        &self,
        word: u64,
        now: Instant,
        moved: &mut Option<Transition>,
    ) -> (u64, Stand) {
        let stand = Stand::unpack(word);
        if stand.phase != Phase::Ramping || !stand.deadline.has_passed(now) {
            return (word, stand);
        }
        let closed = Self::closed(stand);
        if self.step(word, closed) {
            Transition::note(moved, stand, closed, Cause::RampEnded);
            return (closed.pack(), closed);
        }
        let word = self.stand.load();
        (word, Stand::unpack(word))
    }

    /// Whether the generation goes on.
    pub(super) fn is_current(&self, generation: u16) -> bool {
        phase::generation(self.stand.load()) == generation
    }

    /// Changes the word of counts in this generation; nothing if the generation is over or `change` returns
    /// nothing. A word of an earlier generation is replaced by an empty one first; `empty` is that.
    fn change_counts(
        &self,
        generation: u16,
        empty: u64,
        mut change: impl FnMut(u64) -> Option<u64>,
    ) -> Option<u64> {
        let mut after = None;
        self.counts
            .update(|word| {
                // Whoever has counted for a later generation has seen that one begin, so it is seen here, too.
                let word = if counts::is_of(word, generation) && word >> 16 != 0 {
                    word
                } else if self.is_current(generation) {
                    empty
                } else {
                    return None;
                };
                after = change(word);
                after
            })
            .ok()?;
        after
    }

    pub(super) fn change_trials(
        &self,
        generation: u16,
        mut change: impl FnMut(Trials) -> Option<Trials>,
    ) -> Option<Trials> {
        let empty = Trials::default().pack(generation);
        self.change_counts(generation, empty, |word| {
            change(Trials::unpack(word, generation)).map(|trials| trials.pack(generation))
        })
        .map(|word| Trials::unpack(word, generation))
    }

    pub(super) fn trials(&self, generation: u16) -> Trials {
        Trials::unpack(self.counts.load(), generation)
    }

    /// Failures in a row, as far as they are counted.
    pub(super) fn failures(&self, generation: u16) -> u16 {
        Run::unpack(self.counts.load(), generation).failures
    }

    pub(super) fn change_run(
        &self,
        generation: u16,
        mut change: impl FnMut(Run) -> Option<Run>,
    ) -> Option<Run> {
        let empty = Run::default().pack(generation);
        self.change_counts(generation, empty, |word| {
            change(Run::unpack(word, generation)).map(|run| run.pack(generation))
        })
        .map(|word| Run::unpack(word, generation))
    }

    /// What the window has counted in this generation.
    pub(super) fn totals(
        &self,
        settings: &Settings<M, W>,
        generation: u16,
        now: Instant,
    ) -> Totals {
        if !settings.watches_window() {
            return Totals::default();
        }
        match settings.window() {
            Window::Calls(_) => count::totals(&self.window, generation),
            Window::Time { bucket, buckets } => {
                let ring = time::Ring::new(bucket, buckets);
                time::totals(&self.window, ring, generation, now)
            }
        }
    }

    /// How often it has opened; wraps.
    pub(super) fn times_opened(&self) -> u32 {
        (self.openings.load() >> 32) as u32
    }

    /// 64 bits that differ between breakers of different seeds and between the openings of one.
    fn dice(&self) -> u64 {
        SplitMix64::new(self.openings.load()).next_u64()
    }
}
