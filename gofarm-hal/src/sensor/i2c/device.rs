//! [`Device`]: a chip on a bus, polled.

use embedded_hal::i2c::{Error as _, I2c};
use gofarm_core::device::{Progress, Sensor};
use gofarm_core::time::Instant;

use super::session::{Session, Step};
use super::{Ask, Error, Exchange};

/// A chip on an I2C bus that is polled; what it measures is the [`Ask`] `A`.
///
/// The parts of this crate name it: [`Sht3x`](crate::sensor::sht3x::Sht3x), [`Sht4x`](crate::sensor::sht4x::Sht4x),
/// [`Bh1750`](crate::sensor::bh1750::Bh1750), [`Seesaw`](crate::sensor::seesaw::Seesaw). See the
/// [module](super) for one of one's own.
#[derive(Debug)]
pub struct Device<B, A> {
    bus: B,
    address: u8,
    session: Session,
    measure: A,
}

impl<B, A> Device<B, A> {
    /// The chip at `address`, 7 bits.
    pub const fn with(bus: B, address: u8, measure: A) -> Self {
        Self {
            bus,
            address,
            session: Session::new(),
            measure,
        }
    }

    /// The bus.
    pub const fn bus_mut(&mut self) -> &mut B {
        &mut self.bus
    }

    /// The bus, given back.
    pub fn into_bus(self) -> B {
        self.bus
    }
}

impl<B: I2c, A: Ask> Device<B, A> {
    /// Asks the chip for something else, or goes on with it: a status, a serial number, a reset.
    ///
    /// A measurement that is under way is given up, and what is asked waits until the chip has finished it. Poll this to
    /// its end before the next measurement, which would give it up in turn.
    pub fn poll_ask<Q: Ask>(
        &mut self,
        ask: &mut Q,
        now: Instant,
    ) -> Progress<Result<Q::Answer, Error>> {
        self.measure.restart();
        poll(&mut self.bus, self.address, &mut self.session, ask, now)
    }
}

impl<B: I2c, A: Ask> Sensor for Device<B, A> {
    type Output = A::Answer;
    type Error = Error;

    fn poll(&mut self, now: Instant) -> Progress<Result<A::Answer, Error>> {
        let ask = &mut self.measure;
        poll(&mut self.bus, self.address, &mut self.session, ask, now)
    }
}

fn poll<B: I2c, A: Ask>(
    bus: &mut B,
    address: u8,
    session: &mut Session,
    ask: &mut A,
    now: Instant,
) -> Progress<Result<A::Answer, Error>> {
    let mut buffer = [0; Exchange::MAX_ANSWER];
    loop {
        let exchange = ask.exchange();
        let to = exchange.address(address);
        let answer = buffer.get_mut(..exchange.answer_len()).unwrap_or_default();
        let answered = match session.step(now, &exchange) {
            Step::Wait(until) => return Progress::WouldBlock(until),
            Step::Write => {
                let written = bus.write(to, exchange.bytes()).map_err(|e| e.kind());
                session.handle_written(now, to, written).map(|()| false)
            }
            Step::Read => {
                let read = bus.read(to, answer).map_err(|e| e.kind());
                session.handle_read(now, to, read)
            }
            Step::Done => Ok(true),
        };
        if let Some(end) = end(session, ask, to, answered, answer) {
            return Progress::Ready(end);
        }
    }
}

/// What a step on the bus means for the ask; `None` if it goes on.
pub(super) fn end<A: Ask>(
    session: &mut Session,
    ask: &mut A,
    address: u8,
    answered: Result<bool, Error>,
    answer: &[u8],
) -> Option<Result<A::Answer, Error>> {
    let end = match answered {
        Ok(false) => return None,
        Ok(true) => {
            session.finish();
            match ask.handle(answer) {
                Ok(None) => return None,
                Ok(Some(answer)) => Ok(answer),
                Err(fault) => Err(Error::Answer { address, fault }),
            }
        }
        Err(error) => Err(error),
    };
    ask.restart();
    Some(end)
}
