//! [`Wire`]: a port with the client machine on it.

use core::time::Duration;

use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use super::{Line, Ticket};
use crate::modbus::{
    ClientMachine, Error, Framing, Request, RequestError, RtuConfig, RtuFraming, Unit,
};
use crate::serial::Port;

/// A serial line, polled.
///
/// See [`Client`](super::Client) for an example.
pub type Rtu<P> = Wire<RtuFraming, P>;

impl<P: Port> Rtu<P> {
    /// A serial line on `port`, which also turns the transceiver round if there is one.
    pub fn new(port: P, config: RtuConfig) -> Self {
        Self::on(port, RtuFraming::new(config))
    }
}

/// A port with the client machine on it, which carries one request at a time; [`Rtu`] and
/// [`Tcp`](crate::modbus::Tcp) by their full names.
///
/// An answer waits for its client as long as a unit may take to answer; after that, the next request replaces it.
#[derive(Clone, Debug)]
pub struct Wire<F, P: Port> {
    port: P,
    machine: ClientMachine<F>,
    ticket: Ticket,
    /// Until when an answer waits for its client, once it is there.
    held: Option<Instant>,
    failed: Option<P::Error>,
}

impl<F: Framing, P: Port> Wire<F, P> {
    pub(crate) fn on(port: P, framing: F) -> Self {
        Self {
            port,
            machine: ClientMachine::new(framing),
            ticket: Ticket::FIRST,
            held: None,
            failed: None,
        }
    }

    /// The port.
    pub const fn port(&self) -> &P {
        &self.port
    }

    /// Goes on with another port, as after a connection was lost, and gives back the one before; a request on its
    /// way is [`Error::Forgotten`].
    pub fn reconnect(&mut self, now: Instant, port: P) -> P {
        self.machine.reset(now);
        self.forget();
        core::mem::replace(&mut self.port, port)
    }

    /// Whether a new port is needed: what came over this one was not Modbus TCP, or a frame on it was cut short.
    #[must_use]
    pub fn is_out_of_step(&self) -> bool {
        self.machine.is_out_of_step()
    }

    /// No ticket is good any more.
    const fn forget(&mut self) -> Option<P::Error> {
        self.ticket = self.ticket.next();
        self.held = None;
        self.failed.take()
    }

    fn is_done(&self) -> bool {
        self.failed.is_some() || self.machine.is_done()
    }

    /// Moves bytes both ways; a failed port ends the request.
    fn drive(&mut self, now: Instant) {
        if self.failed.is_none()
            && let Err(error) = self.transfer(now)
        {
            self.machine.abandon(now);
            self.failed = Some(error);
        }
        if self.is_done() && self.held.is_none() {
            self.held = Some(now + self.hold());
        }
    }

    fn hold(&self) -> Duration {
        self.machine.framing().response_timeout()
    }

    fn transfer(&mut self, now: Instant) -> Result<(), P::Error> {
        self.drain(now)?;
        self.read(now)?;
        self.machine.handle_timeout(now);
        if let Some(bytes) = self.machine.poll_transmit(now) {
            let count = self.port.write(now, bytes)?;
            self.machine.handle_sent(now, count);
            self.drain(now)?;
        }
        Ok(())
    }

    fn drain(&mut self, now: Instant) -> Result<(), P::Error> {
        if self.machine.is_draining()
            && let Progress::Ready(result) = self.port.poll_drained(now)
        {
            result?;
            self.machine.handle_drained(now);
        }
        Ok(())
    }

    /// Takes what has come, but no more than a few frames: a line that babbles must not hold the loop up.
    fn read(&mut self, now: Instant) -> Result<(), P::Error> {
        let mut bytes = [0; 64];
        for _ in 0..16 {
            match self.port.read(now, &mut bytes) {
                Ok(0) => break,
                Ok(count) => {
                    let bytes = bytes.get(..count).unwrap_or_default();
                    self.machine.handle_input(now, bytes);
                }
                // Noise before the request is no failure of it.
                Err(error)
                    if self.machine.is_waiting_for_silence() && error.kind() == Kind::Transient => {
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl<F: Framing, P: Port> Line for Wire<F, P> {
    type Error = P::Error;

    fn begin(
        &mut self,
        unit: Unit,
        request: &Request<'_>,
        now: Instant,
    ) -> Progress<Result<Ticket, RequestError>> {
        self.drive(now);
        if self.held.is_some_and(|held| now >= held) {
            self.machine.abandon(now);
            self.forget();
        }
        if let Some(held) = self.held {
            return Progress::WouldBlock(held);
        }
        self.machine.start(now, unit, request).map(|started| {
            started.map(|()| {
                self.ticket = self.ticket.next();
                self.ticket
            })
        })
    }

    fn poll(
        &mut self,
        ticket: Ticket,
        now: Instant,
        reply: &mut [u8],
    ) -> Progress<Result<usize, Error<P::Error>>> {
        self.drive(now);
        if ticket != self.ticket {
            return Progress::Ready(Err(Error::Forgotten));
        }
        if self.failed.is_some()
            && let Some(error) = self.forget()
        {
            return Progress::Ready(Err(Error::Line(error)));
        }
        let Some(ended) = self.machine.take_reply() else {
            return Progress::WouldBlock(self.machine.worth_polling(now));
        };
        self.held = None;
        self.ticket = self.ticket.next();
        Progress::Ready(match ended {
            Ok(pdu) => match reply.get_mut(..pdu.len()) {
                Some(place) => {
                    place.copy_from_slice(pdu);
                    Ok(pdu.len())
                }
                None => Err(Error::Request(RequestError::Buffer {
                    needed: pdu.len(),
                    available: reply.len(),
                })),
            },
            Err(error) => Err(error.widen()),
        })
    }
}
