//! One breaker for each key.

use gofarm_core::time::Instant;

use super::permit::Permit;
use super::phase::{Mode, Phase};
use super::settings::Settings;
use super::state::State;
use super::transition::Transition;
use crate::memory::Memory;
use crate::policy::{Admission, Blueprint, Outcome};

impl<M: Memory, const W: usize> Blueprint for Settings<M, W> {
    type State = State<M, W>;
    type Permit = Permit;
    type Event = Transition;

    fn start(&self, seed: u64) -> State<M, W> {
        State::new(fold(seed))
    }

    fn admit(&self, state: &State<M, W>, now: Instant) -> Admission<Permit, Transition> {
        state.admit(self, now)
    }

    fn record(
        &self,
        state: &State<M, W>,
        permit: Permit,
        now: Instant,
        outcome: Outcome,
    ) -> Option<Transition> {
        state.record(self, permit, now, outcome).transition()
    }

    fn cancel(&self, state: &State<M, W>, permit: Permit, now: Instant) -> Option<Transition> {
        let outcome = self.cancelled();
        state.record(self, permit, now, outcome).transition()
    }

    fn may_forget(&self, state: &State<M, W>, now: Instant) -> bool {
        state.phase(now) == Phase::Closed && state.mode() == Mode::Automatic
    }
}

/// Both halves of a seed in one.
#[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
const fn fold(seed: u64) -> u32 {
    (seed >> 32) as u32 ^ seed as u32
}
