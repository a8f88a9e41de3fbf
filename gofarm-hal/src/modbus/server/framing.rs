//! How a server finds the requests to its unit: on a serial line with others on it, or on a stream of its own.

use core::ops::Range;
use core::time::Duration;

use gofarm_core::time::{Instant, millis};

use super::{RtuServerConfig, TcpServerConfig};
use crate::modbus::framing::{Frame, sealed};
use crate::modbus::rtu::{self, Length, MAX_RTU_FRAME, reply_length, request_length};
use crate::modbus::tcp::{self, Header, MAX_TCP_FRAME};
use crate::modbus::{MAX_PDU, Unit};

/// The longest gap that a slow adapter makes inside a frame; after it, a frame begins anew.
const LONGEST_GAP: Duration = millis(250);

/// How requests are told apart: [`RtuServerFraming`] on a serial line, [`TcpServerFraming`] on a stream. Sealed: the
/// promises of [`ServerMachine`](super::ServerMachine) rest on it.
pub trait ServerFraming: sealed::Sealed {
    /// Where the data of a frame begin.
    #[doc(hidden)]
    const PDU_AT: usize;
    /// How many bytes can be taken.
    #[doc(hidden)]
    fn room(&self, input: &Frame, answering: bool) -> usize;
    /// Whether nobody listens while sending.
    #[doc(hidden)]
    fn is_half_duplex(&self) -> bool;
    /// Bytes have come, to go behind these.
    #[doc(hidden)]
    fn heard(&mut self, now: Instant, input: &mut Frame);
    /// Whether the line has been silent for long enough.
    #[doc(hidden)]
    fn is_silent(&self, now: Instant) -> bool;
    /// From when on an answer may be sent.
    #[doc(hidden)]
    fn answer_at(&self) -> Instant;
    /// When to look again without new bytes.
    #[doc(hidden)]
    fn search_at(&self, input: &Frame) -> Option<Instant>;
    /// Whether another request may be done.
    #[doc(hidden)]
    fn may_serve(&self, answering: bool) -> bool;
    /// Finds a request of ours: where its data are, and where it ends.
    #[doc(hidden)]
    fn search(&mut self, input: &mut Frame, silence: bool) -> Option<(Range<usize>, usize)>;
    /// The unit that the request found was for, and whether it is for all.
    #[doc(hidden)]
    fn unit(&self) -> (Unit, bool);
    /// Makes a frame of `len` bytes of data.
    #[doc(hidden)]
    fn seal(&mut self, len: usize, output: &mut [u8]) -> usize;
    /// The answer is out.
    #[doc(hidden)]
    fn drained(&mut self, now: Instant, input: &mut Frame);
    /// Whether nothing can be trusted any more.
    #[doc(hidden)]
    fn is_out_of_step(&self) -> bool;
}

/// The framing of a server on a serial line that it shares: it follows the frames of the others as well, so that
/// nothing inside them is taken for a request.
///
/// A request directly after the frame before it, or after silence, is found by its length and CRC. Behind garbage, or
/// behind half a frame, a request must end where the silence begins: bytes inside a broken frame look like a request
/// once in a while, and a valve must not open for that.
#[derive(Clone, Debug)]
pub struct RtuServerFraming {
    config: RtuServerConfig,
    heard: Option<Instant>,
    /// Whether there are bytes that have not been searched since silence began.
    unsearched: bool,
    /// Whether the first byte kept is known to begin a frame.
    in_step: bool,
    /// The unit that the last request was for.
    unit: Unit,
}

impl RtuServerFraming {
    /// The framing of a server with these settings.
    #[must_use]
    pub const fn new(config: RtuServerConfig) -> Self {
        Self {
            config,
            heard: None,
            unsearched: false,
            in_step: true,
            unit: config.unit,
        }
    }

    /// What begins at the front of `rest`.
    fn begins(&self, rest: &[u8], in_step: bool, silence: bool) -> Begins {
        let unit = rest.first().map_or(self.config.unit, |unit| Unit(*unit));
        let ours = unit == self.config.unit || unit.is_broadcast();
        let request = request_length(rest);
        // What comes from our unit comes from us.
        let reply = if ours {
            Length::Impossible
        } else {
            reply_length(rest)
        };
        let mut unfinished = false;
        for length in [reply, request] {
            match length {
                Length::Is(len) => match rest.get(..len) {
                    None => unfinished = true,
                    Some(frame) if rtu::open(frame).is_none() => {}
                    Some(_) if !ours => return Begins::Other(len),
                    Some(_) if in_step || (silence && len == rest.len()) => {
                        return Begins::Ours(len);
                    }
                    Some(_) => unfinished |= len == rest.len(), // silence will tell
                },
                Length::AtLeast(_) => unfinished = true,
                Length::Impossible => {}
            }
        }
        // A function or a length that nobody knows: only silence says where it ends.
        if ours && in_step && !unfinished {
            if !silence {
                unfinished = rest.len() < MAX_RTU_FRAME;
            } else if rtu::open(rest).is_some() {
                return Begins::Ours(rest.len());
            }
        }
        if unfinished {
            Begins::Unfinished
        } else {
            Begins::Nothing
        }
    }
}

enum Begins {
    /// A request to us, of so many bytes.
    Ours(usize),
    /// A frame that is not for us, of so many bytes.
    Other(usize),
    /// A frame, maybe.
    Unfinished,
    Nothing,
}

impl sealed::Sealed for RtuServerFraming {}

impl ServerFraming for RtuServerFraming {
    const PDU_AT: usize = 1;

    fn room(&self, input: &Frame, _: bool) -> usize {
        MAX_RTU_FRAME.saturating_sub(input.len)
    }

    fn is_half_duplex(&self) -> bool {
        true
    }

    fn heard(&mut self, now: Instant, input: &mut Frame) {
        if self.heard.is_some_and(|heard| now > heard + LONGEST_GAP) {
            input.len = 0;
            self.in_step = true;
        }
        self.heard = Some(now);
        self.unsearched = true;
    }

    fn is_silent(&self, now: Instant) -> bool {
        self.heard
            .is_none_or(|heard| now >= heard + self.config.silence)
    }

    fn answer_at(&self) -> Instant {
        self.heard
            .map_or(Instant::ZERO, |heard| heard + self.config.response_delay)
    }

    fn search_at(&self, _: &Frame) -> Option<Instant> {
        let heard = self.heard.filter(|_| self.unsearched)?;
        Some(heard + self.config.silence)
    }

    fn may_serve(&self, _: bool) -> bool {
        true
    }

    fn search(&mut self, input: &mut Frame, silence: bool) -> Option<(Range<usize>, usize)> {
        if silence {
            self.unsearched = false;
        }
        let mut at = 0;
        let mut in_step = self.in_step;
        // Where a frame may have begun that silence has cut off; kept, in case the silence was only a slow adapter.
        let mut begun = None;
        let mut ours = None;
        while let Some(rest) = input.filled().get(at..).filter(|rest| !rest.is_empty()) {
            match self.begins(rest, in_step, silence) {
                Begins::Ours(len) => {
                    self.unit = rest.first().map_or(self.config.unit, |unit| Unit(*unit));
                    ours = Some((at + 1..at + len - 2, at + len));
                    break;
                }
                Begins::Other(len) => {
                    at += len;
                    in_step = begun.is_none();
                }
                Begins::Unfinished if silence => {
                    begun.get_or_insert((at, in_step));
                    at += 1;
                    in_step = false;
                }
                Begins::Unfinished => break,
                Begins::Nothing => {
                    at += 1;
                    in_step = false;
                }
            }
        }
        if ours.is_some() {
            self.in_step = true;
            return ours;
        }
        let (keep, in_step) = begun.unwrap_or((at, in_step));
        input.discard(keep);
        self.in_step = in_step || (silence && input.len == 0);
        None
    }

    fn unit(&self) -> (Unit, bool) {
        (self.unit, self.unit.is_broadcast())
    }

    fn seal(&mut self, len: usize, output: &mut [u8]) -> usize {
        if let Some(first) = output.first_mut() {
            *first = self.config.unit.0;
        }
        rtu::seal(output, 1 + len).unwrap_or(0)
    }

    fn drained(&mut self, now: Instant, input: &mut Frame) {
        self.heard = Some(now);
        input.len = 0;
        self.in_step = true;
        self.unsearched = false;
    }

    fn is_out_of_step(&self) -> bool {
        false
    }
}

/// The framing of a server on a stream: one request after the other, each answered before the next is done.
#[derive(Clone, Debug)]
pub struct TcpServerFraming {
    config: TcpServerConfig,
    transaction: u16,
    unit: Unit,
    out_of_step: bool,
}

impl TcpServerFraming {
    /// The framing of a server with these settings.
    #[must_use]
    pub const fn new(config: TcpServerConfig) -> Self {
        Self {
            config,
            transaction: 0,
            unit: Unit(255),
            out_of_step: false,
        }
    }
}

impl sealed::Sealed for TcpServerFraming {}

impl ServerFraming for TcpServerFraming {
    const PDU_AT: usize = Header::LEN;

    fn room(&self, input: &Frame, answering: bool) -> usize {
        if answering || self.out_of_step {
            return 0;
        }
        MAX_TCP_FRAME.saturating_sub(input.len)
    }

    fn is_half_duplex(&self) -> bool {
        false
    }

    fn heard(&mut self, _: Instant, _: &mut Frame) {}

    fn is_silent(&self, _: Instant) -> bool {
        false
    }

    fn answer_at(&self) -> Instant {
        Instant::ZERO
    }

    fn search_at(&self, input: &Frame) -> Option<Instant> {
        // Requests that came together wait for the answer to the one before.
        let head = input.filled().first_chunk()?;
        let whole = Header::decode(head)
            .is_some_and(|header| input.len >= Header::LEN + usize::from(header.pdu_len));
        whole.then_some(Instant::ZERO)
    }

    fn may_serve(&self, answering: bool) -> bool {
        !answering
    }

    fn search(&mut self, input: &mut Frame, _: bool) -> Option<(Range<usize>, usize)> {
        loop {
            let head = input.filled().first_chunk()?;
            let Some(header) = Header::decode(head).filter(|_| !self.out_of_step) else {
                self.out_of_step = true;
                return None;
            };
            let end = Header::LEN + usize::from(header.pdu_len);
            if input.len < end {
                return None;
            }
            if self.config.unit.is_some_and(|unit| unit != header.unit) {
                input.discard(end);
                continue;
            }
            self.transaction = header.transaction;
            self.unit = header.unit;
            return Some((Header::LEN..end, end));
        }
    }

    fn unit(&self) -> (Unit, bool) {
        (self.unit, false)
    }

    fn seal(&mut self, len: usize, output: &mut [u8]) -> usize {
        tcp::seal(self.transaction, self.unit, len.min(MAX_PDU), output).unwrap_or(0)
    }

    fn drained(&mut self, _: Instant, _: &mut Frame) {}

    fn is_out_of_step(&self) -> bool {
        self.out_of_step
    }
}
