//! [`Bus`]: the recorder over a serial port, shared by all sensors on it.

use core::cell::RefCell;

use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::observe::Signal;
use gofarm_core::time::{Instant, millis, secs};

use super::address::Address;
use super::error::Error;
use super::parity::Framing;
use super::recorder::{Event, Failure, Recorder, Transmit};
use super::reply::Answer;
use super::request::Request;
use super::timing::Timing;
use crate::outbox::{Outbox, Outgoing};
use crate::serial::{Port, SetBreak};
use crate::turn::{Ticket, Turn, Turns};

/// What is asked over a [`Line`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "a line has to do each of them")]
pub enum Ask {
    /// Send a command and take its reply.
    Request(Request),
    /// Say nothing until the sensor at `address` asks for service, or until `until`.
    Service {
        /// The sensor that measures.
        address: Address,
        /// When its time is over.
        until: Instant,
    },
}

/// A bus that several users ask in turn: a [`Bus`], or a reference to one in a [`RefCell`].
///
/// Who asks holds the bus until he gives it back with [`release`](Self::release), or stays away for a second longer than
/// he was told to; so a user that was dropped blocks nobody for long.
pub trait Line {
    /// The error of the serial port below.
    type Error: Classify;

    /// Asks, or goes on with what this ticket asked last; asking something else gives that up.
    ///
    /// While another ticket holds the bus the answer is [`Progress::WouldBlock`].
    fn poll(
        &mut self,
        ticket: &mut Ticket,
        ask: &Ask,
        now: Instant,
    ) -> Progress<Result<Answer, Error<Self::Error>>>;

    /// Gives the bus back; an exchange under way is given up.
    fn release(&mut self, ticket: &mut Ticket, now: Instant);

    /// The times that the line keeps.
    fn timing(&self) -> Timing;
}

impl<L: Line + ?Sized> Line for &mut L {
    type Error = L::Error;

    fn poll(
        &mut self,
        ticket: &mut Ticket,
        ask: &Ask,
        now: Instant,
    ) -> Progress<Result<Answer, Error<L::Error>>> {
        (**self).poll(ticket, ask, now)
    }

    fn release(&mut self, ticket: &mut Ticket, now: Instant) {
        (**self).release(ticket, now);
    }

    fn timing(&self) -> Timing {
        (**self).timing()
    }
}

/// Polls never wait inside, so the borrow always succeeds; should it not, the line is taken for busy.
impl<L: Line> Line for &RefCell<L> {
    type Error = L::Error;

    fn poll(
        &mut self,
        ticket: &mut Ticket,
        ask: &Ask,
        now: Instant,
    ) -> Progress<Result<Answer, Error<L::Error>>> {
        match self.try_borrow_mut() {
            Ok(mut line) => line.poll(ticket, ask, now),
            Err(_) => Progress::WouldBlock(now + millis(1)),
        }
    }

    fn release(&mut self, ticket: &mut Ticket, now: Instant) {
        if let Ok(mut line) = self.try_borrow_mut() {
            line.release(ticket, now);
        }
    }

    fn timing(&self) -> Timing {
        self.try_borrow()
            .map_or(Timing::DEFAULT, |line| line.timing())
    }
}

/// The recorder of a bus over a serial port at 1200 bit/s, seven data bits, even parity, one stop bit.
///
/// A port error that can pass counts as a broken character, and the command is repeated; the last one is given out if
/// all repetitions fail. One that is [`Kind::Permanent`] is given out at once.
///
/// See [`Probe`](super::Probe) for an example.
#[derive(Debug)]
pub struct Bus<P: Port> {
    port: P,
    recorder: Recorder,
    asked: Option<Ask>,
    out: Outbox<{ Request::MAX_LEN }>,
    fault: Option<P::Error>,
    turns: Turns,
}

impl<P: SetBreak> Bus<P> {
    /// A bus on `port`, whose UART makes the parity.
    pub const fn new(port: P, timing: Timing) -> Self {
        Self::with_framing(port, timing, Framing::Hardware)
    }

    /// A bus on `port`, with the parity made as `framing` says.
    pub const fn with_framing(port: P, timing: Timing, framing: Framing) -> Self {
        Self {
            port,
            recorder: Recorder::new(timing, framing),
            asked: None,
            out: Outbox::new(),
            fault: None,
            turns: Turns::new(),
        }
    }

    /// The port, given back.
    pub fn into_inner(self) -> P {
        self.port
    }

    /// What was counted since it was last asked, one signal at a time; see [`INSTRUMENTS`](super::INSTRUMENTS).
    pub fn poll_signal(&mut self) -> Option<Signal<'static>> {
        self.recorder.poll_signal()
    }

    fn give_up(&mut self) {
        if self.asked.take().is_some() {
            self.recorder.cancel();
            self.out.drop_rest();
        }
    }

    /// Moves bytes and time until nothing more happens at `now`.
    fn pump(&mut self, now: Instant) -> Result<Option<Event>, P::Error> {
        self.hear(now)?;
        self.recorder.handle_timeout(now);
        loop {
            match self.out.poll(&mut self.port, now)? {
                Outgoing::Nothing => {}
                Outgoing::Left => self.recorder.handle_drained(now),
                Outgoing::Leaving => break,
                Outgoing::Stuck => {
                    self.out.drop_rest();
                    self.recorder.cancel();
                    return Ok(Some(Event::Failed(Failure::Stuck)));
                }
            }
            match self.recorder.poll_transmit(now, self.out.room()) {
                Some(Transmit::Break) => self.port.set_break(now, true)?,
                Some(Transmit::Mark) => self.port.set_break(now, false)?,
                Some(Transmit::Bytes(len)) => self.out.send(len, now, secs(2)),
                None => break,
            }
        }
        let end = self.recorder.poll_event();
        if end.is_some() {
            self.out.drop_rest(); // a command that was given up must not go out with the next one
        }
        Ok(end)
    }

    /// Hands what has arrived to the recorder.
    fn hear(&mut self, now: Instant) -> Result<(), P::Error> {
        let mut bytes = [0; 16];
        // A port that never runs dry is broken; it goes on with the next poll.
        for _ in 0..16 {
            match self.port.read(now, &mut bytes) {
                Ok(0) => break,
                Ok(len) => self
                    .recorder
                    .handle_bytes(now, bytes.get(..len).unwrap_or_default()),
                Err(error) if error.kind() == Kind::Permanent => return Err(error),
                Err(error) => {
                    // A break that we hear ourselves is a framing error and means nothing.
                    if self.recorder.is_listening() {
                        self.fault = Some(error);
                    }
                    self.recorder.handle_fault(now);
                }
            }
        }
        Ok(())
    }

    fn ask(&mut self, ask: &Ask, now: Instant) -> Result<Option<Event>, P::Error> {
        if self.asked != Some(*ask) {
            self.give_up();
            self.hear(now)?; // what came before belongs to nobody
            self.fault = None;
            let _ = match *ask {
                Ask::Request(request) => self.recorder.start(now, request),
                Ask::Service { address, until } => self.recorder.listen(address, until),
            };
            self.asked = Some(*ask);
        }
        self.pump(now)
    }

    /// When the next poll is worth its while, with an exchange under way.
    fn next_poll(&self, now: Instant) -> Instant {
        let soon = now + self.recorder.timing().latency.max(millis(1));
        if self.out.is_leaving() || self.recorder.is_listening() {
            return self
                .recorder
                .poll_timeout()
                .unwrap_or(soon)
                .min(soon)
                .max(now + millis(1));
        }
        self.recorder.poll_timeout().unwrap_or(soon).max(now)
    }
}

impl<P: SetBreak> Line for Bus<P> {
    type Error = P::Error;

    fn poll(
        &mut self,
        ticket: &mut Ticket,
        ask: &Ask,
        now: Instant,
    ) -> Progress<Result<Answer, Error<P::Error>>> {
        match self.turns.admit(ticket, now) {
            Turn::Lost => return Progress::Ready(Err(Error::Lost)),
            Turn::Taken(until) => return Progress::WouldBlock(until),
            Turn::Given => self.give_up(),
            Turn::Held => {}
        }
        self.turns.hold(now);
        let end = match self.ask(ask, now) {
            Ok(None) => {
                let next = self.next_poll(now);
                self.turns.hold(next);
                return Progress::WouldBlock(next);
            }
            Ok(Some(end)) => end,
            Err(error) => {
                self.give_up();
                return Progress::Ready(Err(Error::Line(error)));
            }
        };
        self.asked = None;
        let fault = self.fault.take();
        Progress::Ready(match (end, fault) {
            (Event::Answered(answer), _) => Ok(answer),
            (Event::Failed(Failure::Reply { .. }), Some(error)) => Err(Error::Line(error)),
            (Event::Failed(failure), _) => Err(Error::Exchange(failure)),
        })
    }

    fn release(&mut self, ticket: &mut Ticket, now: Instant) {
        if self.turns.release(ticket) {
            self.give_up();
            if let Some(Transmit::Mark) = self.recorder.poll_transmit(now, &mut []) {
                // A line that cannot be let go fails with the next exchange.
                let _ = self.port.set_break(now, false);
            }
        }
    }

    fn timing(&self) -> Timing {
        *self.recorder.timing()
    }
}
