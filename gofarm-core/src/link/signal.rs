//! What a link tells about itself: instruments, and counts that wait to be fetched.
//!
//! The machine returns signals instead of taking an observer: it stays a plain value that a test or a microcontroller
//! can copy, and the driver decides when a listener may run. Counts add up until they are fetched, so nothing is lost
//! and nothing can overflow a queue.

use super::LinkState;
use crate::observe::{Instrument, Label, Signal};

static ATTEMPTS: Instrument = Instrument::counter(
    "gofarm.link.attempts",
    "{attempt}",
    "Tries to open a connection",
);
static DROPS: Instrument = Instrument::counter(
    "gofarm.link.drops",
    "{drop}",
    "Established connections that ended without our wish",
);
static STATE: Instrument = Instrument::gauge(
    "gofarm.link.state",
    "{state}",
    "State of the link: 0 disconnected, 1 connecting, 2 authenticating, 3 connected, 4 reconnecting",
);

/// The instruments of this module.
pub static INSTRUMENTS: [&Instrument; 3] = [&ATTEMPTS, &DROPS, &STATE];

/// Why an established connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Drop {
    Closed,
    HeartbeatLost,
    Busy,
    TakenOver,
    Refused,
}

impl Drop {
    const LABELS: [&'static [Label<'static>]; 5] = [
        &[Label::text("reason", "closed")],
        &[Label::text("reason", "heartbeat_lost")],
        &[Label::text("reason", "busy")],
        &[Label::text("reason", "taken_over")],
        &[Label::text("reason", "refused")],
    ];
}

/// What was not yet fetched.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unreported {
    attempts: u32,
    drops: [u32; Drop::LABELS.len()],
    state: Option<LinkState>,
}

impl Unreported {
    pub(super) fn attempt(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
    }

    pub(super) fn drop(&mut self, reason: Drop) {
        if let Some(count) = self.drops.get_mut(reason as usize) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn state(&mut self, state: LinkState) {
        self.state = Some(state);
    }

    pub(super) fn take(&mut self) -> Option<Signal<'static>> {
        let attempts = core::mem::take(&mut self.attempts);
        if attempts > 0 {
            return Some(ATTEMPTS.count(attempts.into()));
        }
        for (count, labels) in self.drops.iter_mut().zip(Drop::LABELS) {
            let count = core::mem::take(count);
            if count > 0 {
                return Some(DROPS.count(count.into()).labelled(labels));
            }
        }
        let state = self.state.take()?;
        let value = LinkState::ALL.iter().position(|s| *s == state)?;
        Some(STATE.count(u64::try_from(value).unwrap_or(0)))
    }
}
