//! The real firmware in the place of the node's own decisions: what it says and does is what counts.

use gofarm_core::command::{Command, Delivery};
use gofarm_core::time::Instant;

use super::{OPENING, ValveNode};
use crate::season::board::{Answer, Board, Pulse};
use crate::season::contract::Open;
use crate::season::referee::Referee;

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

impl ValveNode {
    /// From now on the firmware decides; it has closed its valve.
    pub(in crate::season) fn set_board(&mut self, board: Board) {
        self.board = Some(board);
        self.board_closes = true;
    }

    pub(in crate::season) fn board(&self) -> Option<&Board> {
        self.board.as_ref()
    }

    /// Has the firmware take an order to open, if there is one; nothing if it does, or is not asked.
    pub(super) fn board_refuses(
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

    /// When an opening that begins now has ended; a board tells. While water runs there is nothing to open.
    pub(super) fn opening_ends(&self, now: Instant) -> Instant {
        if self.board.is_some() && self.water.is_none() {
            Instant::FAR_FUTURE
        } else {
            now + OPENING
        }
    }

    /// Takes what the firmware has done with its pins.
    pub(super) fn watch_board(&mut self, now: Instant, referee: &mut Referee) {
        while let Some(done) = self.board.as_mut().and_then(|board| board.poll(now)) {
            match (done.what, &mut self.opening) {
                (Pulse::Opening, Some((id, _))) => {
                    self.water = Some(done.at);
                    self.board_closes = false;
                    referee.opened(*id);
                }
                (Pulse::Opened, Some((_, ends))) => *ends = now,
                (Pulse::Closing, _) => self.board_closes = true,
                (Pulse::Opening | Pulse::Opened, None) => {}
            }
        }
    }
}
