//! [`Bus`]: the master over a serial port, shared by all drivers of devices on it.

use core::convert::Infallible;

use embedded_hal::digital::{ErrorType, OutputPin};
use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::observe::Signal;
use gofarm_core::time::{Instant, millis, secs};

use super::exchange::Exchange;
use super::fault::{Error, Fault};
use super::line::{Line, Received};
use super::master::{Master, Transmit};
use super::rom::Rom;
use super::search::Search;
use crate::outbox::{Outbox, Outgoing};
use crate::serial::{Port, SetBaudRate};
use crate::turn::{Ticket, Turn, Turns};

/// No strong pull-up: every device has a supply of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPullUp;

impl ErrorType for NoPullUp {
    type Error = Infallible;
}

impl OutputPin for NoPullUp {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The master of a bus over a UART whose two data lines are the bus: transmitter open-drain, receiver on the same wire.
///
/// The pin of the strong pull-up is high while the bus is fed. It is set in the poll that reads the echo of the last bit,
/// which the UART hands out about 4 us after that bit let the line go; to keep the 10 us of a device that lives on the
/// line, poll from the receive interrupt, or let the port's hardware switch the pin.
///
/// See the [module](super) for an example.
#[derive(Debug)]
pub struct Bus<P, U = NoPullUp> {
    port: P,
    pull_up: U,
    master: Master,
    asked: Option<Asked>,
    out: Outbox<{ Master::BUFFER }>,
    turns: Turns,
}

/// How an exchange or a pass ended.
type End = Result<(), Fault>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    Exchange(Exchange),
    Pass,
}

impl<P: SetBaudRate> Bus<P> {
    /// A bus on `port`, with devices that have a supply of their own.
    pub const fn new(port: P) -> Self {
        Self::with_pull_up(port, NoPullUp)
    }
}

impl<P: SetBaudRate, U: OutputPin> Bus<P, U> {
    /// A bus on `port` with a strong pull-up at a pin, for devices that live on the data line.
    pub const fn with_pull_up(port: P, pull_up: U) -> Self {
        Self {
            port,
            pull_up,
            master: Master::new(millis(20)),
            asked: None,
            out: Outbox::new(),
            turns: Turns::new(),
        }
    }

    /// The port and the pin, given back.
    pub fn into_inner(self) -> (P, U) {
        (self.port, self.pull_up)
    }

    /// What was counted since it was last asked, one signal at a time; see [`INSTRUMENTS`](super::INSTRUMENTS).
    pub fn poll_signal(&mut self) -> Option<Signal<'static>> {
        self.master.poll_signal()
    }

    fn give_up(&mut self) {
        if self.asked.take().is_some() {
            self.master.cancel();
            self.out.drop_rest();
        }
    }

    /// Moves bytes and time until nothing more happens at `now`.
    fn pump(&mut self, now: Instant) -> Result<Option<End>, Error<P::Error>> {
        loop {
            self.hear(now).map_err(Error::Line)?;
            self.master.handle_timeout(now);
            match self.out.poll(&mut self.port, now).map_err(Error::Line)? {
                Outgoing::Nothing | Outgoing::Left => {}
                Outgoing::Leaving => {
                    let end = self.master.poll_end();
                    if end.is_some() {
                        self.out.drop_rest(); // what was given up must not go out with the next exchange
                    }
                    return Ok(end);
                }
                Outgoing::Stuck => {
                    self.out.drop_rest();
                    self.master.cancel();
                    return Ok(Some(Err(Fault::NoEcho)));
                }
            }
            match self.master.poll_transmit(now, self.out.room()) {
                Some(Transmit::BaudRate(rate)) => {
                    if let Err(error) = self.port.set_baud_rate(rate) {
                        self.master.forget_rate();
                        return Err(Error::Line(error));
                    }
                }
                Some(Transmit::Bytes(len)) => {
                    self.out.send(len, now, secs(1));
                }
                Some(Transmit::PullUp) => self.pull_up.set_high().map_err(|_| Error::PullUp)?,
                Some(Transmit::Release) => self.pull_up.set_low().map_err(|_| Error::PullUp)?,
                None => return Ok(self.master.poll_end()),
            }
        }
    }

    fn hear(&mut self, now: Instant) -> Result<(), P::Error> {
        let mut bytes = [0; Master::BUFFER];
        // A port that never runs dry is broken; it goes on with the next poll.
        for _ in 0..16 {
            match self.port.read(now, &mut bytes) {
                Ok(0) => break,
                Ok(len) => self
                    .master
                    .handle_bytes(now, bytes.get(..len).unwrap_or_default()),
                Err(error) if error.kind() == Kind::Permanent => return Err(error),
                Err(_) => self.master.handle_fault(),
            }
        }
        Ok(())
    }

    fn ask(
        &mut self,
        ticket: &mut Ticket,
        asked: Asked,
        search: Option<Search>,
        now: Instant,
    ) -> Progress<Result<End, Error<P::Error>>> {
        match self.turns.admit(ticket, now) {
            Turn::Lost => return Progress::Ready(Err(Error::Lost)),
            Turn::Taken(until) => return Progress::WouldBlock(until),
            Turn::Given => self.give_up(),
            Turn::Held => {}
        }
        self.turns.hold(now);
        if self.asked != Some(asked) {
            self.give_up();
            if let Err(error) = self.hear(now) {
                return Progress::Ready(Err(Error::Line(error)));
            }
            let _ = match (asked, search) {
                (Asked::Exchange(exchange), _) => self.master.start(exchange),
                (Asked::Pass, Some(search)) => self.master.start_pass(search),
                (Asked::Pass, None) => false,
            };
            self.asked = Some(asked);
        }
        match self.pump(now) {
            Ok(None) => {
                let next = self.next_poll(now);
                self.turns.hold(next);
                Progress::WouldBlock(next)
            }
            Ok(Some(end)) => {
                self.asked = None;
                Progress::Ready(Ok(end))
            }
            Err(error) => {
                self.give_up();
                Progress::Ready(Err(error))
            }
        }
    }

    fn next_poll(&self, now: Instant) -> Instant {
        let soon = now + millis(1);
        let timeout = self.master.poll_timeout().unwrap_or(soon);
        let next = self
            .master
            .next_echo(now)
            .map_or(timeout, |echo| echo.min(timeout));
        if self.out.is_leaving() {
            next.min(soon).max(now)
        } else {
            next.max(now)
        }
    }
}

impl<P: SetBaudRate, U: OutputPin> Line for Bus<P, U> {
    type Error = <P as Port>::Error;

    fn poll_exchange(
        &mut self,
        ticket: &mut Ticket,
        exchange: &Exchange,
        now: Instant,
    ) -> Progress<Result<Received, Error<P::Error>>> {
        self.ask(ticket, Asked::Exchange(*exchange), None, now)
            .map(|end| {
                end?.map_err(Error::Bus)?;
                Ok(Received::of(self.master.received()))
            })
    }

    fn poll_search(
        &mut self,
        ticket: &mut Ticket,
        search: &mut Search,
        now: Instant,
    ) -> Progress<Result<Option<Rom>, Error<P::Error>>> {
        if search.is_over() {
            return Progress::Ready(Ok(None));
        }
        let end = match self.ask(ticket, Asked::Pass, Some(*search), now) {
            Progress::WouldBlock(until) => return Progress::WouldBlock(until),
            Progress::Ready(Err(error)) => return Progress::Ready(Err(error)),
            Progress::Ready(Ok(end)) => end,
        };
        let found = end.and_then(|()| {
            let mut ended = self.master.search().unwrap_or(*search);
            let found = ended.end_pass()?;
            *search = ended;
            Ok(found)
        });
        let fault = match found {
            Ok(found) => return Progress::Ready(Ok(Some(found.rom))),
            Err(fault) => fault,
        };
        if search.is_nobody(fault) {
            search.finish();
            return Progress::Ready(Ok(None));
        }
        if search.fail_pass() {
            return Progress::WouldBlock(now);
        }
        Progress::Ready(Err(Error::Bus(fault)))
    }

    fn release(&mut self, ticket: &mut Ticket, now: Instant) {
        if self.turns.release(ticket) {
            self.give_up();
            if let Some(Transmit::Release) = self.master.poll_transmit(now, &mut []) {
                // A pin that cannot be set fails with the next exchange that needs it.
                let _ = self.pull_up.set_low();
            }
        }
    }
}
