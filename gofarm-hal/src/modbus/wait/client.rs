//! [`AsyncClient`]: the client machine on a stream that is awaited.

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{Read, Write};
use gofarm_core::device::Progress;
use gofarm_core::time::{Clock, Instant};

use super::before;
use crate::modbus::{
    ClientMachine, Error, Framing, Request, Response, RtuConfig, RtuFraming, TcpConfig, TcpFraming,
    Unit,
};
use crate::serial::PolledError;

/// A client that waits: a stream, a delay and a clock under one [`ClientMachine`].
///
/// It asks any unit; tasks that share a line share it behind an asynchronous mutex. An answer is borrowed from the
/// client and lies where it came in.
///
/// ```no_run
/// use embedded_hal_async::delay::DelayNs;
/// use embedded_io_async::{Read, Write};
/// use gofarm_core::time::Clock;
/// use gofarm_hal::modbus::{AsyncClient, Error, Request, RtuConfig, Unit};
/// use gofarm_hal::serial::PolledError;
///
/// async fn level<S: Read + Write>(uart: S, delay: impl DelayNs, clock: impl Clock) -> Result<u16, Error<PolledError>> {
///     let mut bus = AsyncClient::rtu(uart, delay, clock, RtuConfig::new(9_600));
///     let request = Request::ReadInputRegisters { address: 4, quantity: 1 };
///     let response = bus.request(Unit(3), &request).await?;
///     Ok(response.registers().get(0).unwrap_or_default())
/// }
/// ```
#[derive(Debug)]
pub struct AsyncClient<F, S, D, C> {
    stream: S,
    delay: D,
    clock: C,
    machine: ClientMachine<F>,
}

impl<S: Read + Write, D: DelayNs, C: Clock> AsyncClient<RtuFraming, S, D, C> {
    /// A client on a serial line, whose port turns the transceiver round if there is one.
    pub fn rtu(stream: S, delay: D, clock: C, config: RtuConfig) -> Self {
        Self::on(stream, delay, clock, RtuFraming::new(config))
    }
}

impl<S: Read + Write, D: DelayNs, C: Clock> AsyncClient<TcpFraming, S, D, C> {
    /// A client on a stream.
    pub fn tcp(stream: S, delay: D, clock: C, config: TcpConfig) -> Self {
        Self::on(stream, delay, clock, TcpFraming::new(config))
    }
}

impl<F: Framing, S: Read + Write, D: DelayNs, C: Clock> AsyncClient<F, S, D, C> {
    fn on(stream: S, delay: D, clock: C, framing: F) -> Self {
        Self {
            stream,
            delay,
            clock,
            machine: ClientMachine::new(framing),
        }
    }

    /// The stream.
    pub const fn stream(&self) -> &S {
        &self.stream
    }

    /// Whether a new stream is needed: see [`reconnect`](Self::reconnect).
    #[must_use]
    pub fn is_out_of_step(&self) -> bool {
        self.machine.is_out_of_step()
    }

    /// Goes on with another stream, as after a connection was lost, and gives back the one before.
    pub fn reconnect(&mut self, stream: S) -> S {
        self.machine.reset(self.clock.now());
        core::mem::replace(&mut self.stream, stream)
    }

    /// From when on `unit` may be asked: later than now after a time-out on a serial line. A task that shares the line
    /// waits for this before it takes the line, and leaves it to others meanwhile.
    #[must_use]
    pub fn free_at(&self, unit: Unit) -> Instant {
        self.machine.framing().free_at(unit)
    }

    /// Asks `unit` and waits for the answer; on a serial line, for silence before.
    ///
    /// The request is sent once. If the future is dropped, the request is given up: it may have been done, and its
    /// answer will not be taken for another's.
    ///
    /// # Errors
    /// [`Error`]; none later than the time-outs of the configuration.
    pub async fn request(
        &mut self,
        unit: Unit,
        request: &Request<'_>,
    ) -> Result<Response<'_>, Error<PolledError>> {
        self.machine.abandon(self.clock.now());
        loop {
            let now = self.clock.now();
            match self.machine.start(now, unit, request) {
                Progress::Ready(started) => break started?,
                // A frame that a dropped future left half sent, or a unit to be left alone.
                Progress::WouldBlock(until) => {
                    self.step(now, Some(until)).await.map_err(Error::Line)?;
                }
            }
        }
        self.machine.listen(self.clock.now());
        loop {
            let now = self.clock.now();
            self.machine.handle_timeout(now);
            if self.machine.is_done() {
                break;
            }
            let until = self.machine.poll_timeout();
            if let Err(error) = self.step(now, until).await {
                self.machine.abandon(self.clock.now());
                return Err(Error::Line(error));
            }
        }
        match self.machine.poll_reply() {
            Some(result) => result.map_err(Error::widen),
            None => Err(Error::TimedOut),
        }
    }

    /// Waits for one thing: room for bytes, the last bit to leave, bytes to come, or time to pass.
    async fn step(&mut self, now: Instant, until: Option<Instant>) -> Result<(), PolledError> {
        let delay = &mut self.delay;
        if let Some(bytes) = self.machine.poll_transmit(now) {
            let writing = self.stream.write(bytes);
            if let Some(count) = before(now, until, delay, writing).await {
                let count = count.map_err(PolledError::of)?;
                if count == 0 {
                    return Err(PolledError::Closed);
                }
                self.machine.handle_sent(self.clock.now(), count);
            }
        } else if self.machine.is_draining() {
            let flushing = self.stream.flush();
            if let Some(flushed) = before(now, until, delay, flushing).await {
                flushed.map_err(PolledError::of)?;
                self.machine.handle_drained(self.clock.now());
            }
        } else {
            let mut bytes = [0; 64];
            let reading = self.stream.read(&mut bytes);
            if let Some(count) = before(now, until, delay, reading).await {
                let count = count.map_err(PolledError::of)?;
                let come = bytes.get(..count).filter(|come| !come.is_empty());
                let come = come.ok_or(PolledError::Closed)?;
                self.machine.handle_input(self.clock.now(), come);
            }
        }
        // A machine that has given up looks at the clock itself; a frame that is being finished has nobody else.
        self.machine.handle_timeout(self.clock.now());
        Ok(())
    }
}
