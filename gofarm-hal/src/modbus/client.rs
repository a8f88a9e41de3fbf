//! [`ClientMachine`]: one request at a time, to its answer or its error, without I/O.

use core::convert::Infallible;

use gofarm_core::device::Progress;
use gofarm_core::time::Instant;

use super::framing::{Arrival, Frame, Wanted};
use super::{Error, ExpectedReply, Framing, ReplyMismatch, Request, RequestError, Response, Unit};

/// The client's side of a line, without I/O: it sends one request, once, and ends in its answer or an error.
///
/// The caller's contract, for each wake-up: [`handle_input`](Self::handle_input) what has come,
/// [`handle_timeout`](Self::handle_timeout), write what [`poll_transmit`](Self::poll_transmit) has and say so with
/// [`handle_sent`](Self::handle_sent), call [`handle_drained`](Self::handle_drained) once
/// [`is_draining`](Self::is_draining) and the last bit has left, then [`poll_reply`](Self::poll_reply); sleep until
/// [`poll_timeout`](Self::poll_timeout) or until bytes come.
///
/// ```
/// use gofarm_core::device::Progress;
/// use gofarm_core::time::Instant;
/// use gofarm_hal::modbus::{ClientMachine, Request, RtuConfig, RtuFraming, Unit};
///
/// let mut machine = ClientMachine::new(RtuFraming::new(RtuConfig::new(9_600)));
/// let now = Instant::from_secs(1);
/// let request = Request::ReadHoldingRegisters { address: 0, quantity: 1 };
/// assert_eq!(machine.start(now, Unit(1), &request), Progress::Ready(Ok(())));
///
/// assert_eq!(machine.poll_transmit(now), Some(&[1, 3, 0, 0, 0, 1, 0x84, 0x0A][..]));
/// machine.handle_sent(now, 8);
/// machine.handle_drained(now);
///
/// machine.handle_input(now, &[1, 3, 2, 0x02, 0x2B, 0xF9, 0x3B]);
/// let response = machine.poll_reply().unwrap()?;
/// assert_eq!(response.registers().get(0), Some(555));
/// # Ok::<(), gofarm_hal::modbus::Error<core::convert::Infallible>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientMachine<F> {
    framing: F,
    /// The request until it is sent, then what comes back: a line is half-duplex.
    frame: Frame,
    sent: usize,
    state: State,
    wanted: Wanted,
    mismatch: Option<ReplyMismatch>,
}

#[derive(Clone, Debug)]
enum State {
    Idle,
    /// For silence, until the instant at which that is given up.
    Waiting(Instant),
    /// Until the instant at which a port that takes nothing is given up.
    Sending(Instant),
    Awaiting(Instant),
    Turnaround(Instant),
    Answered(core::ops::Range<usize>),
    Broadcast,
    Failed(Error<Infallible>),
    /// A frame that nobody wants any more and that must be finished.
    Finishing(Instant),
}

impl<F: Framing> ClientMachine<F> {
    /// A machine with nothing to do.
    pub fn new(framing: F) -> Self {
        let nothing = Request::ReadCoils {
            address: 0,
            quantity: 0,
        };
        Self {
            framing,
            frame: Frame::new(),
            sent: 0,
            state: State::Idle,
            wanted: Wanted {
                unit: Unit::BROADCAST,
                reply: ExpectedReply::of(&nothing),
            },
            mismatch: None,
        }
    }

    /// Begins a request, or says when it is worth trying again: another is on its way, or the unit has let an
    /// earlier one time out and may still answer that.
    ///
    /// # Errors
    /// [`RequestError`]; nothing was begun.
    pub fn start(
        &mut self,
        now: Instant,
        unit: Unit,
        request: &Request<'_>,
    ) -> Progress<Result<(), RequestError>> {
        if !matches!(self.state, State::Idle) {
            return Progress::WouldBlock(self.poll_timeout().unwrap_or(now));
        }
        let free_at = self.framing.free_at(unit);
        if now < free_at {
            return Progress::WouldBlock(free_at);
        }
        if self.framing.is_out_of_step() {
            self.state = State::Failed(Error::OutOfStep);
            return Progress::Ready(Ok(()));
        }
        if self.framing.turnaround(unit).is_some() && !request.function().is_write() {
            return Progress::Ready(Err(RequestError::BroadcastRead));
        }
        if let Err(error) = self.framing.encode(unit, request, &mut self.frame) {
            return Progress::Ready(Err(error));
        }
        self.sent = 0;
        self.mismatch = None;
        self.wanted = Wanted {
            unit,
            reply: ExpectedReply::of(request),
        };
        self.state = State::Waiting(now + self.framing.response_timeout());
        Progress::Ready(Ok(()))
    }

    /// What is to be sent now, if anything is; the rest of it after [`handle_sent`](Self::handle_sent).
    pub fn poll_transmit(&mut self, now: Instant) -> Option<&[u8]> {
        if let State::Waiting(_) = self.state
            && now >= self.framing.silent_at()
        {
            let time = self.framing.wire_time(self.frame.len) + self.framing.response_timeout();
            self.state = State::Sending(now + time);
        }
        match self.state {
            State::Sending(_) | State::Finishing(_) if self.sent < self.frame.len => {
                self.frame.filled().get(self.sent..)
            }
            _ => None,
        }
    }

    /// The port took the first `count` bytes of what [`poll_transmit`](Self::poll_transmit) gave.
    pub fn handle_sent(&mut self, _now: Instant, count: usize) {
        self.sent = self.sent.saturating_add(count).min(self.frame.len);
    }

    /// Whether all is handed to the port, and [`handle_drained`](Self::handle_drained) is waited for.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        matches!(self.state, State::Sending(_) | State::Finishing(_)) && self.sent == self.frame.len
    }

    /// The last bit of the request has left.
    pub fn handle_drained(&mut self, now: Instant) {
        if !self.is_draining() {
            return;
        }
        self.framing.sent(now);
        self.frame.len = 0;
        self.state = match (&self.state, self.framing.turnaround(self.wanted.unit)) {
            (State::Finishing(_), _) => State::Idle,
            (_, Some(turnaround)) => State::Turnaround(now + turnaround),
            (_, None) => {
                let longest = self.framing.wire_time(self.wanted.reply.len() + 8);
                State::Awaiting(now + self.framing.response_timeout() + longest)
            }
        };
    }

    /// Takes in what has come, however it was cut into pieces.
    pub fn handle_input(&mut self, now: Instant, bytes: &[u8]) {
        let exchange = match self.state {
            State::Awaiting(_) => Some((&mut self.frame, &self.wanted)),
            _ => None,
        };
        let arrival = self.framing.receive(now, bytes, exchange);
        self.arrived(arrival);
    }

    /// Lets time pass: ends what is over.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let State::Awaiting(_) = self.state {
            let arrival = self.framing.pause(now, &mut self.frame, &self.wanted);
            self.arrived(arrival);
        }
        match self.state {
            State::Waiting(until) if now >= until && now < self.framing.silent_at() => {
                self.state = State::Failed(Error::LineBusy);
            }
            State::Sending(until) | State::Awaiting(until) if now >= until => {
                self.give_up(now);
                self.state = State::Failed(match self.mismatch {
                    Some(mismatch) => Error::ReplyMismatch(mismatch),
                    None => Error::TimedOut,
                });
            }
            State::Turnaround(until) if now >= until => self.state = State::Broadcast,
            State::Finishing(until) if now >= until => {
                self.give_up(now);
                self.state = State::Idle;
            }
            _ => {}
        }
    }

    /// Whether [`poll_reply`](Self::poll_reply) has something.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(
            self.state,
            State::Answered(_) | State::Broadcast | State::Failed(_)
        )
    }

    /// How the request ended, once; then the machine is free for the next.
    pub fn poll_reply(&mut self) -> Option<Result<Response<'_>, Error<Infallible>>> {
        let expected = self.wanted.reply;
        Some(match self.take_reply()? {
            Ok([]) => Ok(Response::Broadcast),
            Ok(pdu) => expected.check(pdu).map_err(Error::from),
            Err(error) => Err(error),
        })
    }

    /// As [`poll_reply`](Self::poll_reply), with the checked bytes of the answer: none after a broadcast.
    pub(crate) fn take_reply(&mut self) -> Option<Result<&[u8], Error<Infallible>>> {
        match core::mem::replace(&mut self.state, State::Idle) {
            State::Answered(range) => Some(Ok(self.frame.bytes.get(range).unwrap_or_default())),
            State::Broadcast => Some(Ok(&[])),
            State::Failed(error) => Some(Err(error)),
            state => {
                self.state = state;
                None
            }
        }
    }

    /// Gives the request up: its answer will not be taken for another's.
    pub fn abandon(&mut self, now: Instant) {
        let late = match self.state {
            State::Idle | State::Finishing(_) => return,
            State::Waiting(_) | State::Answered(_) | State::Broadcast | State::Failed(_) => {
                self.state = State::Idle;
                return;
            }
            State::Sending(until) | State::Awaiting(until) | State::Turnaround(until) => until,
        };
        self.state = match self.state {
            State::Sending(until) if self.sent > 0 && self.framing.must_finish() => {
                State::Finishing(until)
            }
            _ => {
                self.give_up(late.max(now));
                State::Idle
            }
        };
    }

    /// Begins anew on another port; a request on its way is given up.
    pub(crate) fn reset(&mut self, now: Instant) {
        self.abandon(now);
        self.state = State::Idle;
        self.framing.reset();
    }

    /// From `end` on the request is nobody's; its answer may still come.
    fn give_up(&mut self, end: Instant) {
        let in_frame = matches!(self.state, State::Sending(_) | State::Finishing(_))
            && self.sent > 0
            && self.sent < self.frame.len;
        let until = end + self.framing.quarantine();
        self.framing.given_up(self.wanted.unit, until, in_frame);
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) and [`poll_transmit`](Self::poll_transmit) again, if
    /// nothing comes before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Idle | State::Answered(_) | State::Broadcast | State::Failed(_) => None,
            State::Waiting(until) => Some(self.framing.silent_at().min(until)),
            State::Sending(until) | State::Turnaround(until) | State::Finishing(until) => {
                Some(until)
            }
            State::Awaiting(until) => Some(
                self.framing
                    .pause_at()
                    .map_or(until, |pause| pause.min(until)),
            ),
        }
    }

    /// The earliest instant at which polling the port can change something: for drivers that no interrupt wakes.
    pub(crate) fn worth_polling(&self, now: Instant) -> Instant {
        let next = match self.state {
            State::Awaiting(_) => self.framing.worth_polling(now, &self.frame),
            State::Sending(_) | State::Finishing(_) => now + self.framing.pace(),
            _ => Instant::FAR_FUTURE,
        };
        next.min(self.poll_timeout().unwrap_or(now))
    }

    /// Whether a new stream is needed: what came was not Modbus TCP, or a frame was cut short.
    #[must_use]
    pub fn is_out_of_step(&self) -> bool {
        self.framing.is_out_of_step()
    }

    /// How the bytes on the line are told apart, with its settings.
    pub const fn framing(&self) -> &F {
        &self.framing
    }

    /// Listens for silence from `now` on: for drivers that cannot tell what came before.
    #[cfg(feature = "async")]
    pub(crate) fn listen(&mut self, now: Instant) {
        self.framing.listen(now);
    }

    /// Whether nothing of the request was sent yet.
    pub(crate) const fn is_waiting_for_silence(&self) -> bool {
        matches!(self.state, State::Waiting(_))
    }

    fn arrived(&mut self, arrival: Arrival) {
        let awaiting = matches!(self.state, State::Awaiting(_));
        match arrival {
            Arrival::Reply(range) if awaiting => self.state = State::Answered(range),
            Arrival::Exception(code) if awaiting => {
                self.state = State::Failed(Error::Exception(code));
            }
            Arrival::Mismatch(mismatch) => self.mismatch = Some(mismatch),
            Arrival::OutOfStep => {
                if !matches!(
                    self.state,
                    State::Idle | State::Answered(_) | State::Broadcast
                ) {
                    self.state = State::Failed(Error::OutOfStep);
                }
            }
            Arrival::Nothing | Arrival::Reply(_) | Arrival::Exception(_) => {}
        }
    }
}
