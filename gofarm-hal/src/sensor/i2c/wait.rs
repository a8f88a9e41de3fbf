//! [`AsyncDevice`]: a chip on a bus, awaited.

use embedded_hal_async::delay::DelayNs;
use embedded_hal_async::i2c::{Error as _, I2c};
use gofarm_core::device::SensorAsync;
use gofarm_core::time::Instant;

use super::device::end;
use super::session::{Session, Step};
use super::{Ask, Error, Exchange};

/// A chip on an I2C bus that is awaited: the same machine as [`Device`](super::Device), with a delay.
///
/// It needs no clock: between two steps it waits for as long as the machine says, and that is the only time that the
/// machine has to know of. Dropping the future gives up what was under way; the next call begins by waiting for as long
/// as the chip may still work on it.
///
/// ```
/// use embedded_hal_async::{delay::DelayNs, i2c::I2c};
/// use gofarm_core::device::SensorAsync;
/// use gofarm_hal::sensor::i2c::Error;
/// use gofarm_hal::sensor::sht4x::{Address, Precision, Sht4xAsync};
///
/// async fn humidity(bus: impl I2c, delay: impl DelayNs) -> Result<f32, Error> {
///     let mut air = Sht4xAsync::new(bus, delay, Address::A, Precision::High);
///     Ok(air.read().await?.humidity)
/// }
/// ```
#[derive(Debug)]
pub struct AsyncDevice<B, D, A> {
    chip: Chip<B, D>,
    measure: A,
}

#[derive(Debug)]
struct Chip<B, D> {
    bus: B,
    delay: D,
    address: u8,
    session: Session,
    /// The sum of all waits: a clock that stands still while nobody looks.
    now: Instant,
}

impl<B, D, A> AsyncDevice<B, D, A> {
    /// The chip at `address`, 7 bits.
    pub const fn with(bus: B, delay: D, address: u8, measure: A) -> Self {
        let chip = Chip {
            bus,
            delay,
            address,
            session: Session::new(),
            now: Instant::ZERO,
        };
        Self { chip, measure }
    }

    /// The bus and the delay, given back.
    pub fn into_parts(self) -> (B, D) {
        (self.chip.bus, self.chip.delay)
    }
}

impl<B: I2c, D: DelayNs, A: Ask> AsyncDevice<B, D, A> {
    /// Asks the chip for something else: a status, a serial number, a reset.
    ///
    /// # Errors
    /// [`Error`], in the times of the [module](super).
    pub async fn ask<Q: Ask>(&mut self, ask: &mut Q) -> Result<Q::Answer, Error> {
        self.measure.restart();
        self.chip.run(ask).await
    }
}

impl<B: I2c, D: DelayNs, A: Ask> SensorAsync for AsyncDevice<B, D, A> {
    type Output = A::Answer;
    type Error = Error;

    async fn read(&mut self) -> Result<A::Answer, Error> {
        self.measure.restart();
        self.chip.run(&mut self.measure).await
    }
}

impl<B: I2c, D: DelayNs> Chip<B, D> {
    async fn run<A: Ask>(&mut self, ask: &mut A) -> Result<A::Answer, Error> {
        self.session.abandon();
        let mut buffer = [0; Exchange::MAX_ANSWER];
        loop {
            let exchange = ask.exchange();
            let to = exchange.address(self.address);
            let answer = buffer.get_mut(..exchange.answer_len()).unwrap_or_default();
            let answered = match self.session.step(self.now, &exchange) {
                Step::Wait(until) => {
                    let wait = until.saturating_since(self.now).as_micros();
                    self.delay
                        .delay_us(u32::try_from(wait).unwrap_or(u32::MAX))
                        .await;
                    self.now = until;
                    continue;
                }
                Step::Write => {
                    let written = self.bus.write(to, exchange.bytes()).await;
                    self.session
                        .handle_written(self.now, to, written.map_err(|e| e.kind()))
                        .map(|()| false)
                }
                Step::Read => {
                    let read = self.bus.read(to, answer).await;
                    self.session
                        .handle_read(self.now, to, read.map_err(|e| e.kind()))
                }
                Step::Done => Ok(true),
            };
            if let Some(end) = end(&mut self.session, ask, to, answered, answer) {
                return end;
            }
        }
    }
}
