//! [`Framing`]: what differs between a serial line and TCP, for the one client machine that is under both.

#![expect(unnameable_types, reason = "what only a sealed trait says")]

use core::ops::Range;
use core::time::Duration;

use gofarm_core::time::Instant;

use super::{ExceptionCode, ExpectedReply, ReplyMismatch, Request, RequestError, Unit};

/// The most bytes of a frame: over TCP, seven of header and 253 of data.
pub(crate) const MAX_FRAME: usize = 260;

/// Whom a request went to and what must come back.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub(crate) unit: Unit,
    pub(crate) reply: ExpectedReply,
}

/// What the bytes so far mean to the request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Nothing yet.
    Nothing,
    /// Its answer; this is where its data lie.
    Reply(Range<usize>),
    /// The unit refused.
    Exception(ExceptionCode),
    /// The unit answered something else; its answer may still come.
    Mismatch(ReplyMismatch),
    /// A stream is out of step.
    OutOfStep,
}

/// The bytes of a frame, and how many there are.
#[derive(Clone, Debug)]
pub struct Frame {
    pub(crate) bytes: [u8; MAX_FRAME],
    pub(crate) len: usize,
}

impl Frame {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; MAX_FRAME],
            len: 0,
        }
    }

    pub(crate) fn filled(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Takes as many bytes as it has room for below `limit`, and says how many.
    pub(crate) fn push(&mut self, bytes: &[u8], limit: usize) -> usize {
        let limit = limit.min(MAX_FRAME);
        let taken = bytes.len().min(limit.saturating_sub(self.len));
        let place = self.bytes.get_mut(self.len..self.len + taken);
        if let (Some(place), Some(bytes)) = (place, bytes.get(..taken)) {
            place.copy_from_slice(bytes);
            self.len += taken;
        }
        taken
    }

    /// Drops the first `count` bytes.
    pub(crate) fn discard(&mut self, count: usize) {
        let count = count.min(self.len);
        if count > 0 {
            self.bytes.copy_within(count..self.len, 0);
            self.len -= count;
        }
    }
}

/// How frames are told apart: [`RtuFraming`](super::RtuFraming) on a serial line, [`TcpFraming`](super::TcpFraming)
/// on a stream. Sealed: the promises of [`ClientMachine`](super::ClientMachine) rest on it.
pub trait Framing: sealed::Sealed {
    /// When a request to `unit` may start, and when any may.
    #[doc(hidden)]
    fn free_at(&self, unit: Unit) -> Instant;
    /// When the line will have been silent for long enough to send.
    #[doc(hidden)]
    fn silent_at(&self) -> Instant;
    /// Writes a frame.
    #[doc(hidden)]
    fn encode(
        &mut self,
        unit: Unit,
        request: &Request<'_>,
        frame: &mut Frame,
    ) -> Result<(), RequestError>;
    /// Takes in bytes.
    #[doc(hidden)]
    fn receive(
        &mut self,
        now: Instant,
        bytes: &[u8],
        exchange: Option<(&mut Frame, &Wanted)>,
    ) -> Arrival;
    /// Looks again after a time without bytes.
    #[doc(hidden)]
    fn pause(&mut self, now: Instant, frame: &mut Frame, wanted: &Wanted) -> Arrival;
    /// When to look again, if nothing comes before.
    #[doc(hidden)]
    fn pause_at(&self) -> Option<Instant>;
    /// The last bit has left.
    #[doc(hidden)]
    fn sent(&mut self, now: Instant);
    /// A request to `unit` was given up, maybe in mid-frame; its answer may still come until `until`.
    #[doc(hidden)]
    fn given_up(&mut self, unit: Unit, until: Instant, in_frame: bool);
    /// Listens for silence from `now` on, whatever was heard before.
    #[doc(hidden)]
    fn listen(&mut self, now: Instant);
    /// How long `bytes` take on the line.
    #[doc(hidden)]
    fn wire_time(&self, bytes: usize) -> Duration;
    /// How long a port that is full needs to have room.
    #[doc(hidden)]
    fn pace(&self) -> Duration;
    /// The earliest instant at which more can be there, given what is there.
    #[doc(hidden)]
    fn worth_polling(&self, now: Instant, frame: &Frame) -> Instant;
    /// How long an answer may take to begin.
    #[doc(hidden)]
    fn response_timeout(&self) -> Duration;
    /// How long units have to do what was broadcast, if the unit is all of them.
    #[doc(hidden)]
    fn turnaround(&self, unit: Unit) -> Option<Duration>;
    /// How long to listen for a late answer.
    #[doc(hidden)]
    fn quarantine(&self) -> Duration;
    /// Whether a frame that was begun must be finished, even if nobody wants its answer any more.
    #[doc(hidden)]
    fn must_finish(&self) -> bool;
    /// The stream is a new one.
    #[doc(hidden)]
    fn reset(&mut self);
    /// Whether nothing can be trusted any more.
    #[doc(hidden)]
    fn is_out_of_step(&self) -> bool;
}

pub(crate) mod sealed {
    pub trait Sealed {}
}
