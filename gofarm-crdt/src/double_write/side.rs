//! One side of one double write: what it must do, and when.

use core::time::Duration;

use gofarm_core::random::Random;
use gofarm_core::time::Instant;

use super::record::Stand;
use super::{Action, Config};

#[derive(Clone, Copy, Debug)]
pub(super) struct SideState {
    pub(super) stand: Stand,
    /// When to make the next call.
    pub(super) due: Instant,
    /// How long to wait after the next failure.
    pub(super) delay: Duration,
    /// The call that waits for its answer.
    pub(super) in_flight: Option<Action>,
    /// A call was made, in this opening or perhaps in one before.
    pub(super) was_asked: bool,
}

impl SideState {
    pub(super) fn action(self) -> Option<Action> {
        match self.stand {
            Stand::Waits => Some(Action::Apply),
            Stand::MustUndo => Some(Action::Undo),
            Stand::Applied | Stand::Refused | Stand::Undone => None,
        }
    }

    /// Puts the next try off, longer each time.
    pub(super) fn wait<R: Random + ?Sized>(
        &mut self,
        now: Instant,
        config: &Config,
        random: &mut R,
    ) {
        let spread = self.delay / 5;
        let micros = u64::try_from(spread.as_micros()).unwrap_or(u64::MAX);
        let part = Duration::from_micros(random.below(micros.saturating_mul(2)));
        self.due = now + (self.delay - spread) + part;
        self.delay = (self.delay.saturating_mul(3) / 2).min(config.longest_delay);
    }

    /// The call to make at `due`.
    pub(super) fn next(self) -> Option<Action> {
        self.action().filter(|_| self.in_flight.is_none())
    }
}
