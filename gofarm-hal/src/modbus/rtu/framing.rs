//! [`RtuFraming`]: answers found on a serial line by length and CRC.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::quarantine::Quarantine;
use super::{Length, MAX_RTU_FRAME, RtuConfig, encode_request, open, reply_length};
use crate::modbus::framing::{Arrival, Frame, Framing, Wanted, sealed};
use crate::modbus::{ReplyError, Request, RequestError, Unit};

/// The framing of a serial line: by length and CRC; silence only helps to find a frame behind garbage.
///
/// See [`ClientMachine`](crate::modbus::ClientMachine) for an example.
#[derive(Clone, Debug)]
pub struct RtuFraming {
    config: RtuConfig,
    /// When the last bit was on the line, as far as is known.
    active: Option<Instant>,
    /// Whether there are bytes that have not been searched since.
    unsearched: bool,
    quarantine: Quarantine,
}

impl RtuFraming {
    /// The framing of a line with these times.
    #[must_use]
    pub const fn new(config: RtuConfig) -> Self {
        Self {
            config,
            active: None,
            unsearched: false,
            quarantine: Quarantine::new(),
        }
    }

    fn is_silent(&self, now: Instant) -> bool {
        now >= self.silent_at()
    }
}

impl sealed::Sealed for RtuFraming {}

impl Framing for RtuFraming {
    fn free_at(&self, unit: Unit) -> Instant {
        self.quarantine.ends(unit)
    }

    fn silent_at(&self) -> Instant {
        self.active
            .map_or(Instant::ZERO, |active| active + self.config.silence)
    }

    fn encode(
        &mut self,
        unit: Unit,
        request: &Request<'_>,
        frame: &mut Frame,
    ) -> Result<(), RequestError> {
        frame.len = encode_request(unit, request, &mut frame.bytes)?;
        Ok(())
    }

    fn receive(
        &mut self,
        now: Instant,
        bytes: &[u8],
        exchange: Option<(&mut Frame, &Wanted)>,
    ) -> Arrival {
        if bytes.is_empty() {
            return Arrival::Nothing;
        }
        self.active = Some(now);
        let Some((frame, wanted)) = exchange else {
            return Arrival::Nothing; // nobody asked: noise, or an answer that comes too late
        };
        self.unsearched = true;
        let mut last = Arrival::Nothing;
        let mut bytes = bytes;
        loop {
            let taken = frame.push(bytes, MAX_RTU_FRAME);
            bytes = bytes.get(taken..).unwrap_or_default();
            match search(frame, wanted, false) {
                Arrival::Nothing => {}
                Arrival::Mismatch(mismatch) => last = Arrival::Mismatch(mismatch),
                found => return found,
            }
            if bytes.is_empty() {
                return last;
            }
        }
    }

    fn pause(&mut self, now: Instant, frame: &mut Frame, wanted: &Wanted) -> Arrival {
        if !self.unsearched || !self.is_silent(now) {
            return Arrival::Nothing;
        }
        self.unsearched = false;
        search(frame, wanted, true)
    }

    fn pause_at(&self) -> Option<Instant> {
        self.unsearched.then(|| self.silent_at())
    }

    fn sent(&mut self, now: Instant) {
        self.active = Some(now);
        self.unsearched = false;
    }

    fn listen(&mut self, now: Instant) {
        self.active = Some(now);
    }

    fn given_up(&mut self, unit: Unit, until: Instant, _in_frame: bool) {
        if !unit.is_broadcast() {
            self.quarantine.add(unit, until);
        }
    }

    fn wire_time(&self, bytes: usize) -> Duration {
        self.config.character * u32::try_from(bytes).unwrap_or(u32::MAX)
    }

    fn pace(&self) -> Duration {
        self.config.character
    }

    fn worth_polling(&self, now: Instant, frame: &Frame) -> Instant {
        let missing = match reply_length(frame.filled()) {
            // The shortest answer is an exception: its function comes with the second byte.
            Length::Is(len) | Length::AtLeast(len) => len.saturating_sub(frame.len),
            Length::Impossible => 1,
        };
        now + self.wire_time(missing.max(1))
    }

    fn response_timeout(&self) -> Duration {
        self.config.response_timeout
    }

    fn turnaround(&self, unit: Unit) -> Option<Duration> {
        unit.is_broadcast().then_some(self.config.turnaround)
    }

    fn quarantine(&self) -> Duration {
        self.config.quarantine
    }

    fn must_finish(&self) -> bool {
        false // half a frame and silence: every unit drops it
    }

    fn reset(&mut self) {}

    fn is_out_of_step(&self) -> bool {
        false
    }
}

/// Looks for the answer, frame by frame, and drops what cannot be a part of it.
///
/// A frame of another unit, or of another function, is passed over as a whole: its data may look like an answer. Where
/// a frame may have begun that is not complete, the search ends and waits for the rest; if there is silence instead,
/// it goes on behind, and what may have begun is kept all the same, in case the silence was only a slow adapter.
fn search(frame: &mut Frame, wanted: &Wanted, silence: bool) -> Arrival {
    let mut last = Arrival::Nothing;
    let mut at = 0;
    let mut begun = None;
    while let Some(rest) = frame.filled().get(at..).filter(|rest| !rest.is_empty()) {
        let found = match reply_length(rest) {
            Length::Is(len) => match rest.get(..len) {
                Some(whole) => open(whole).map(|opened| (opened, len)),
                None if silence => {
                    begun.get_or_insert(at);
                    None
                }
                None => break,
            },
            Length::AtLeast(_) if !silence => break,
            Length::AtLeast(_) => {
                begun.get_or_insert(at);
                None
            }
            Length::Impossible => None,
        };
        let Some(((unit, pdu), len)) = found else {
            at += 1;
            continue;
        };
        if unit == wanted.unit {
            match wanted.reply.check(pdu) {
                Ok(_) => return Arrival::Reply(at + 1..at + len - 2),
                Err(ReplyError::Exception(code)) => return Arrival::Exception(code),
                Err(ReplyError::Mismatch(mismatch)) => last = Arrival::Mismatch(mismatch),
            }
        }
        at += len;
    }
    frame.discard(begun.unwrap_or(at));
    last
}
