//! [`Station`]: a sensor of one's own over a serial port.

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, millis, secs};

use super::measure::Measure;
use super::reply::MAX_LINE;
use super::responder::Responder;
use crate::outbox::{Outbox, Outgoing};
use crate::serial::Port;

/// A port that sees breaks: by the UART's break detection, or by an edge interrupt on the receiving pin.
pub trait DetectBreak: Port {
    /// A break that is over, once: when the line went back to marking, and how long it had been spacing.
    ///
    /// Characters that came after it are read after this said so.
    ///
    /// # Errors
    /// The line's error.
    fn poll_break(&mut self, now: Instant) -> Result<Option<(Instant, Duration)>, Self::Error>;
}

impl<P: DetectBreak + ?Sized> DetectBreak for &mut P {
    fn poll_break(&mut self, now: Instant) -> Result<Option<(Instant, Duration)>, P::Error> {
        (**self).poll_break(now)
    }
}

/// A sensor on a port: the [`Responder`] and what moves its bytes.
///
/// The standard gives 15 ms from the end of a command to the answer, of which 8.33 are marking. Poll it every 2 ms while
/// it is awake, and when a break has woken the firmware.
#[derive(Debug)]
pub struct Station<P, M> {
    port: P,
    responder: Responder<M>,
    out: Outbox<MAX_LINE>,
}

impl<P: DetectBreak, M: Measure> Station<P, M> {
    /// A sensor on `port`, which runs at 1200 bit/s in the responder's framing.
    pub const fn new(port: P, responder: Responder<M>) -> Self {
        Self {
            port,
            responder,
            out: Outbox::new(),
        }
    }

    /// The sensor.
    pub const fn responder(&self) -> &Responder<M> {
        &self.responder
    }

    /// Moves the bytes and the time on, and says when to come again; `None` while it sleeps, until a break.
    ///
    /// # Errors
    /// The line's error, if it is [`Kind::Permanent`] or came while sending. Others are broken characters.
    pub fn poll(&mut self, now: Instant) -> Result<Option<Instant>, P::Error> {
        if let Some((ended, length)) = self.port.poll_break(now)? {
            self.responder.handle_break(ended, length);
        }
        self.hear(now)?;
        self.responder.handle_timeout(now);
        self.send(now)?;
        if self.out.is_leaving() {
            return Ok(Some(now + millis(1)));
        }
        let timeout = self.responder.poll_timeout(now);
        if self.responder.is_asleep() {
            return Ok(timeout);
        }
        let soon = now + millis(2);
        Ok(Some(timeout.map_or(soon, |timeout| timeout.min(soon))))
    }

    fn hear(&mut self, now: Instant) -> Result<(), P::Error> {
        let mut bytes = [0; 16];
        // A port that never runs dry is broken; it goes on with the next poll.
        for _ in 0..16 {
            match self.port.read(now, &mut bytes) {
                Ok(0) => break,
                Ok(len) => self
                    .responder
                    .handle_bytes(now, bytes.get(..len).unwrap_or_default()),
                Err(error) if error.kind() == Kind::Permanent => return Err(error),
                Err(_) => self.responder.handle_fault(now),
            }
        }
        Ok(())
    }

    fn send(&mut self, now: Instant) -> Result<(), P::Error> {
        if !self.out.is_leaving()
            && let Some(len) = self.responder.poll_transmit(now, self.out.room())
        {
            self.out.send(len, now, secs(2));
        }
        match self.out.poll(&mut self.port, now)? {
            Outgoing::Left => self.responder.handle_drained(now),
            // An answer that cannot leave is late for its recorder, which asks again.
            Outgoing::Stuck => self.out.drop_rest(),
            Outgoing::Nothing | Outgoing::Leaving => {}
        }
        Ok(())
    }
}
