//! How much is worth keeping at the moment: [`Dynamic`].
//!
//! One fixed ratio is wrong most of the time: too much when ten times the requests come in, too little in the
//! minutes when something begins to go wrong, and again far too much when a whole chain fails and each of its
//! traces says the same. So the ratio follows what happens, in three phases:
//!
//! | phase | when | ratio |
//! |---|---|---|
//! | [`Steady`](Phase::Steady) | else | the base, 10 % say |
//! | [`Escalated`](Phase::Escalated) | a share of requests fails or breaks the SLA | more, to see the good beside the bad |
//! | [`Failing`](Phase::Failing) | a great share fails | less: the failures are kept by [`LateKeep`](super::LateKeep), one by one |
//!
//! and in each of them the traces that are kept in a second stay below a limit; when the load jumps, from the next
//! tenth of the window on. What is measured is all requests,
//! not those that were sampled, so the ratio does not disturb its own measure. A plain value: time comes in,
//! a ratio comes out; the path of a request reads that ratio and nothing else.
//!
//! It judges everything that is recorded to it as one chain. Chains that must not be judged together need a sampler
//! each.

mod limits;

pub use limits::Limits;

use core::time::Duration;

use gofarm_core::time::Instant;

use super::Ratio;

/// How a request ended, for [`Dynamic::record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "there is no fourth")]
pub enum Outcome {
    /// As it should.
    Succeeded,
    /// It succeeded later than the SLA allows.
    Slow,
    /// It failed.
    Failed,
}

/// What a [`Dynamic`] makes of the last requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a dashboard shows each of them")]
pub enum Phase {
    /// Nothing is wrong.
    #[default]
    Steady,
    /// Something begins to go wrong.
    Escalated,
    /// The chain is down.
    Failing,
}

impl Phase {
    /// The name in lower case, for labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Escalated => "escalated",
            Self::Failing => "failing",
        }
    }
}

/// A sampling ratio that follows load, failures and slowness.
///
/// Contract: [`record`](Self::record) each request once, sampled or not; [`poll`](Self::poll) at or after
/// [`poll_timeout`](Self::poll_timeout) and use the ratio that it returns until the next one.
///
/// ```
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_otel::sampler::{Dynamic, Limits, Outcome, Percent, Phase};
///
/// let mut dynamic = Dynamic::new(10.percent(), Limits::new());
/// let mut now = Instant::ZERO;
/// for request in 0..100 {
///     let outcome = if request % 5 == 0 { Outcome::Failed } else { Outcome::Succeeded };
///     dynamic.record(now, outcome);
/// }
/// now = dynamic.poll_timeout();
/// assert_eq!(dynamic.poll(now), 1.percent());
/// assert_eq!(dynamic.phase(), Phase::Failing);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Dynamic {
    base: Ratio,
    limits: Limits,
    slots: [Tally; SLOTS],
    current: usize,
    /// When the current slot ends.
    ends: Instant,
    phase: Phase,
    /// When the last requests last spoke for the phase.
    confirmed: Instant,
    ratio: Ratio,
}

/// The window is this many slots; it moves by one.
const SLOTS: usize = 10;

/// Requests in one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Tally {
    pub(super) requests: u32,
    pub(super) failed: u32,
    pub(super) slow: u32,
}

impl Tally {
    const fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            failed: self.failed.saturating_add(other.failed),
            slow: self.slow.saturating_add(other.slow),
        }
    }
}

impl Dynamic {
    /// Starts steady, with the ratio `base`, on a clock that shows no less than [`Instant::ZERO`].
    #[must_use]
    pub fn new(base: Ratio, limits: Limits) -> Self {
        let nothing = Tally {
            requests: 0,
            failed: 0,
            slow: 0,
        };
        Self {
            base,
            limits,
            slots: [nothing; SLOTS],
            current: 0,
            ends: Instant::ZERO + limits.slot(),
            phase: Phase::Steady,
            confirmed: Instant::ZERO,
            ratio: base,
        }
    }

    /// What to record about a request that took so long.
    #[must_use]
    pub fn outcome(&self, failed: bool, duration: Duration) -> Outcome {
        if failed {
            Outcome::Failed
        } else if duration > self.limits.sla {
            Outcome::Slow
        } else {
            Outcome::Succeeded
        }
    }

    /// Counts a request that ended at `now`.
    pub fn record(&mut self, now: Instant, outcome: Outcome) {
        self.poll(now);
        self.add(Tally {
            requests: 1,
            failed: u32::from(outcome == Outcome::Failed),
            slow: u32::from(outcome == Outcome::Slow),
        });
    }

    /// Counts requests that ended since the last poll.
    pub(super) fn add(&mut self, tally: Tally) {
        if let Some(slot) = self.slots.get_mut(self.current) {
            *slot = slot.plus(tally);
        }
    }

    /// The ratio for traces that begin from `now` on.
    pub fn poll(&mut self, now: Instant) -> Ratio {
        if now >= self.ends {
            self.judge(now);
            self.advance(now);
        }
        self.ratio
    }

    /// When the ratio may change next.
    #[must_use]
    pub const fn poll_timeout(&self) -> Instant {
        self.ends
    }

    /// The ratio of the last poll.
    #[must_use]
    pub const fn ratio(&self) -> Ratio {
        self.ratio
    }

    /// What the last requests looked like.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The limits in force.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Changes the base at once; what was measured stays.
    pub fn set_base(&mut self, base: Ratio) {
        self.base = base;
        self.ratio = self.wanted();
    }

    /// Changes the limits at once; what was measured stays, phases are judged anew at the next poll.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.ratio = self.wanted();
    }

    /// Draws the conclusion from the window.
    fn judge(&mut self, now: Instant) {
        let seen = self.limits.phase(&self.window());
        let calm = now.saturating_since(self.confirmed) >= self.limits.hold;
        if severity(seen) >= severity(self.phase) || calm {
            self.phase = seen;
            self.confirmed = now;
        }
        self.ratio = self.wanted();
    }

    fn wanted(&self) -> Ratio {
        let ratio = match self.phase {
            Phase::Steady => self.base,
            Phase::Escalated => self.limits.escalated.max(self.base),
            Phase::Failing => self.limits.failing.min(self.base),
        };
        ratio.min(self.limits.under_load(self.load(), SLOTS))
    }

    /// Requests in a window, by the whole of it or by the last slot alone, whichever is more: a jump counts at once.
    fn load(&self) -> u32 {
        let last = self.slots.get(self.current).map_or(0, |slot| slot.requests);
        let slots = u32::try_from(SLOTS).unwrap_or(u32::MAX);
        last.saturating_mul(slots).max(self.window().requests)
    }

    /// Begins the slot that `now` is in.
    fn advance(&mut self, now: Instant) {
        let slot = self.limits.slot();
        for _ in 0..SLOTS {
            if now < self.ends {
                return;
            }
            self.current = (self.current + 1) % SLOTS;
            self.ends += slot;
            if let Some(slot) = self.slots.get_mut(self.current) {
                *slot = Tally::default();
            }
        }
        // Longer than the window: all of it is empty by now.
        if now >= self.ends {
            self.ends = now + slot;
        }
    }

    fn window(&self) -> Tally {
        self.slots
            .iter()
            .fold(Tally::default(), |sum, slot| sum.plus(*slot))
    }
}

const fn severity(phase: Phase) -> u8 {
    match phase {
        Phase::Steady => 0,
        Phase::Escalated => 1,
        Phase::Failing => 2,
    }
}
