//! What the recorder hears: characters become lines, lines become answers.

use gofarm_core::time::{Instant, secs};

use super::{Cause, Recorder, State};
use crate::sdi12::address::Address;
use crate::sdi12::reply::{Answer, MAX_LINE, ReplyError, place};

/// The characters of a line so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received {
    line: [u8; MAX_LINE],
    len: usize,
    /// The first character that was broken.
    fault: Option<u8>,
}

impl Received {
    pub(super) const NOTHING: Self = Self {
        line: [0; MAX_LINE],
        len: 0,
        fault: None,
    };

    fn as_bytes(&self) -> &[u8] {
        self.line.get(..self.len).unwrap_or_default()
    }

    /// Takes a character; false if the line is too long.
    fn push(&mut self, character: u8) -> bool {
        let Some(place) = self.line.get_mut(self.len) else {
            return false;
        };
        *place = character;
        self.len += 1;
        true
    }

    /// Why a line that goes no further is none.
    pub(super) fn broken_off(&self) -> ReplyError {
        match self.fault {
            Some(at) => ReplyError::Parity { at },
            None => ReplyError::BrokenOff {
                len: place(self.len),
            },
        }
    }
}

impl Recorder {
    /// The line gave a character of wrong parity or framing, or lost one.
    pub fn handle_fault(&mut self, now: Instant) {
        match self.state {
            State::Awaiting { .. } | State::Receiving { .. } | State::Sending { .. } => {
                let at = place(self.received.len);
                self.received.fault.get_or_insert(at);
                self.hear(now, 0x7F); // stands for the character
            }
            State::Settling { .. } | State::Listening { .. } => self.hear(now, 0x7F),
            _ => {}
        }
    }

    pub(super) fn hear(&mut self, now: Instant, character: u8) {
        match self.state {
            State::Sending { .. } | State::Awaiting { .. } | State::Receiving { .. } => {
                self.hear_reply(now, character);
            }
            State::Settling { limit, cause, .. } => {
                let until = self.silent(now, cause);
                self.state = State::Settling {
                    until,
                    limit,
                    cause,
                };
            }
            State::Listening { address, .. } => self.hear_service(now, address, character),
            _ => {}
        }
    }

    fn hear_reply(&mut self, now: Instant, character: u8) {
        if self.received.len == 0 && character == 0 {
            return; // what is left of the break, or of a line that changes hands
        }
        if !self.received.push(character) {
            let limit = place(MAX_LINE);
            self.settle(now, ReplyError::TooLong { limit });
            return;
        }
        if self.received.as_bytes() == self.request.as_bytes() {
            self.received = Received::NOTHING; // our own echo
            if let State::Receiving { .. } = self.state {
                let until = self.timing.first_character(now);
                self.state = State::Awaiting { until };
            }
            return;
        }
        if character != b'\n' {
            if !matches!(self.state, State::Sending { .. }) {
                let until = self.timing.broken_off(now);
                self.state = State::Receiving { until };
            }
            return;
        }
        if let Some(at) = self.received.fault {
            self.settle(now, ReplyError::Parity { at });
            return;
        }
        match self.request.answer(self.received.as_bytes()) {
            Ok(answer) => self.answered(now, answer),
            Err(error) => self.settle(now, error),
        }
    }

    /// A service request is an address and a line end, and nothing else counts.
    fn hear_service(&mut self, now: Instant, address: Address, character: u8) {
        let fits = match self.received.len {
            0 => character == address.as_byte(),
            1 => character == b'\r',
            _ => character == b'\n',
        };
        if !fits {
            self.received = Received::NOTHING;
            if character == address.as_byte() {
                self.received.push(character);
            }
            return;
        }
        self.received.push(character);
        if character == b'\n' {
            self.awake = Some((address, now));
            self.over(Ok(Answer::Acknowledged(address)));
        }
    }

    /// Waits until the line is silent, at most two seconds, and repeats the command then.
    fn settle(&mut self, now: Instant, error: ReplyError) {
        let cause = Cause::Reply(error);
        self.state = State::Settling {
            until: self.silent(now, cause),
            limit: now + secs(2),
            cause,
        };
    }

    /// When a wrong reply is over that was heard last at `now`.
    fn silent(&self, now: Instant, cause: Cause) -> Instant {
        match cause {
            Cause::Reply(ReplyError::SeveralLines) => self.timing.no_more_lines(now),
            _ => self.timing.broken_off(now),
        }
    }
}
