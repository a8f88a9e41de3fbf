//! [`Firmware`]: what runs on the node, simulated or real.
//!
//! Simulated, the node's [`Lease`](gofarm_core::command::Lease) decides and its pulses take their time. On a [`Board`] the
//! real firmware decides, and what it does with its pins is what counts; the lease in the node then only counts along.

use core::time::Duration;

use gofarm_core::command::{Command, CommandId, Delivery};
use gofarm_core::time::{Instant, millis};

use crate::season::board::{Answer, Board, Done, Pulse};
use crate::season::contract::{Close, Open};

/// From the begin of the opening pulse to the water.
pub(super) const OPENING: Duration = millis(800);

/// The reasons of a refusal, as `Refusal::as_str` of gofarm-core and of gofarm-hal spells them.
const REASONS: [&str; 23] = [
    "invalid",
    "repeated",
    "no_expiry",
    "time_unknown",
    "expired",
    "too_far_ahead",
    "may_repeat",
    "no_lease",
    "zero_lease",
    "lease_too_long",
    "closing",
    "busy",
    "not_persisted",
    "min_off",
    "too_short",
    "too_long",
    "reserve_low",
    "leaking",
    "by_hand",
    "in_use",
    "supply_taken",
    "retained",
    "silent",
];

/// What runs on the node.
#[derive(Debug)]
pub(super) struct Firmware {
    /// Nothing: it is simulated.
    board: Option<Board>,
    /// When the opening that is under way ends, unless the board tells.
    opening: Option<Instant>,
    /// Of an opening that has ended, its end is still to be told.
    has_opened: bool,
    /// The close that is due is driven: at once, or when the board has driven it.
    drives_close: bool,
}

impl Firmware {
    pub(super) fn simulated() -> Self {
        Self {
            board: None,
            opening: None,
            has_opened: false,
            drives_close: true,
        }
    }

    /// The real one, which has closed its valve.
    pub(super) fn real(board: Board) -> Self {
        Self {
            board: Some(board),
            ..Self::simulated()
        }
    }

    pub(super) fn board(&self) -> Option<&Board> {
        self.board.as_ref()
    }

    /// Why a board does not take an order to open; nothing if it does, or if the lease is to say.
    pub(super) fn refuses(
        &mut self,
        now: Instant,
        knows_time: bool,
        open: &Command<Open>,
    ) -> Option<&'static str> {
        let board = self.board.as_mut()?;
        // What the broker kept does not get as far as the firmware.
        if open.delivery() == Delivery::Retained {
            return Some("retained");
        }
        match board.open(now, knows_time, open) {
            Answer::Accepted => None,
            Answer::Refused(why) => {
                let known = REASONS.into_iter().find(|reason| *reason == why);
                Some(known.unwrap_or("invalid"))
            }
            Answer::Silent => Some("silent"),
        }
    }

    /// Whether an order to close is taken, as far as the lease is not to say.
    pub(super) fn takes_close(&mut self, now: Instant, close: &Command<Close>) -> bool {
        let board = self.board.as_mut();
        board.is_none_or(|board| board.close(now, close) == Answer::Accepted)
    }

    /// An order to open was taken; [`poll`](Self::poll) tells of its pulse. A board tells by itself, but while water runs
    /// it has nothing to open.
    pub(super) fn open(&mut self, now: Instant, is_open: bool) {
        if self.board.is_none() || is_open {
            self.opening = Some(now + OPENING);
        }
    }

    /// Whether the close that is due is driven now: a board drives its own when it does.
    pub(super) fn drives_close(&self) -> bool {
        self.drives_close
    }

    /// A close is driven: no pulse to open goes on.
    pub(super) fn cancel_opening(&mut self) {
        self.opening = None;
    }

    /// The close is accounted for.
    pub(super) fn closed(&mut self) {
        self.drives_close = self.board.is_none();
    }

    /// Whether a pulse may miss the valve, and the flow meter tells. A board has no flow meter: it believes its pulse.
    pub(super) fn has_flow_meter(&self) -> bool {
        self.board.is_none()
    }

    /// When [`poll`](Self::poll) has something to tell.
    pub(super) fn poll_timeout(&self) -> Instant {
        let board = self.board.as_ref().map(Board::poll_timeout);
        let next = self.opening.into_iter().chain(board).min();
        next.unwrap_or(Instant::FAR_FUTURE)
    }

    /// The next pulse up to `now`.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Done> {
        let done = |what| Some(Done { at: now, what });
        if core::mem::take(&mut self.has_opened) {
            return done(Pulse::Opened);
        }
        if self.opening.take_if(|at| now >= *at).is_some() {
            if self.board.is_some() {
                return done(Pulse::Opened);
            }
            self.has_opened = true;
            return done(Pulse::Opening);
        }
        let done = self.board.as_mut()?.poll(now)?;
        match done.what {
            Pulse::Opening => self.drives_close = false,
            Pulse::Closing => self.drives_close = true,
            Pulse::Opened => {}
        }
        Some(done)
    }

    /// The node loses its power; [`poll`](Self::poll) tells what was still done.
    pub(super) fn power_off(&mut self, now: Instant) {
        let opening = self.opening.take();
        match &mut self.board {
            Some(board) => board.power_off(now),
            // The pulse may have reached the valve before the end: here it has.
            None => self.opening = opening.map(|_| now),
        }
    }

    /// The power is back. Gives the commands of which a board does not know whether it carried them out; nothing if the
    /// lease is to say.
    pub(super) fn power_on(&mut self, now: Instant) -> Option<Vec<CommandId>> {
        Some(self.board.as_mut()?.power_on(now))
    }
}
