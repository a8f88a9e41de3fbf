//! A policy without its state: [`Blueprint`], and what it answers: [`Admission`].

use gofarm_core::time::Instant;

use super::{Outcome, Rejected, TimeUse};

/// What the policies of many keys have in common, so that each key costs its state and no more.
///
/// Keyed tables are written for it; [`breaker::Settings`](super::breaker::Settings) is one.
pub trait Blueprint {
    /// What is kept for a key.
    type State;
    /// What an admitted call holds until it is settled.
    type Permit;
    /// What a call may cause that an observer wants to know.
    type Event;

    /// When it looks at the time. Where it does not, it must take any instant for `now`.
    const TIME: TimeUse = TimeUse::Always;

    /// The state of a key that has just been met; `seed` differs between keys.
    fn start(&self, seed: u64) -> Self::State;

    /// Asks for leave to make one call; see [`Policy::try_acquire`](super::Policy::try_acquire).
    fn admit(&self, state: &Self::State, now: Instant) -> Admission<Self::Permit, Self::Event>;

    /// Settles a call that ended.
    fn record(
        &self,
        state: &Self::State,
        permit: Self::Permit,
        now: Instant,
        outcome: Outcome,
    ) -> Option<Self::Event>;

    /// Settles a call that was given up before it ended.
    fn cancel(
        &self,
        state: &Self::State,
        permit: Self::Permit,
        now: Instant,
    ) -> Option<Self::Event>;

    /// Whether a key without calls under way can be forgotten: nothing that is rejected now would be admitted
    /// after that.
    fn may_forget(&self, state: &Self::State, now: Instant) -> bool;
}

/// The answer to a call that asks for leave, with what that has caused.
#[derive(Debug)]
#[must_use = "it may hold a permit that must be settled"]
pub struct Admission<P, E> {
    /// Leave, or the reason why not.
    pub result: Result<P, Rejected>,
    /// What it has caused, such as the move of a breaker.
    pub event: Option<E>,
}

impl<P, E> Admission<P, E> {
    /// The same answer with another permit.
    pub fn map<Q>(self, change: impl FnOnce(P) -> Q) -> Admission<Q, E> {
        Admission {
            result: self.result.map(change),
            event: self.event,
        }
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn rejected(rejected: Rejected) -> Self {
        Self {
            result: Err(rejected),
            event: None,
        }
    }
}
