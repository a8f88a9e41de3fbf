//! [`AsyncServer`]: the server machine on a stream that is awaited.

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{Read, Write};
use gofarm_core::time::Clock;

use super::before;
use crate::modbus::{
    RtuServerConfig, RtuServerFraming, Served, ServerError, ServerFraming, ServerMachine, Store,
    TcpServerConfig, TcpServerFraming,
};
use crate::serial::PolledError;

/// A server that waits: a stream, a delay and a clock under one [`ServerMachine`].
///
/// ```no_run
/// use embedded_hal_async::delay::DelayNs;
/// use embedded_io_async::{Read, Write};
/// use gofarm_core::time::Clock;
/// use gofarm_hal::modbus::{AsyncServer, BlockStore, RtuServerConfig, Unit};
///
/// async fn run<S: Read + Write>(uart: S, delay: impl DelayNs, clock: impl Clock) {
///     let mut store: BlockStore<8, 0, 16, 4> = BlockStore::new();
///     let mut server = AsyncServer::rtu(uart, delay, clock, RtuServerConfig::new(Unit(17), 19_200));
///     loop {
///         match server.serve(&mut store).await {
///             Ok(served) if served.wrote() => { /* move what was written to the outputs */ }
///             Ok(_) | Err(_) => {}
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub struct AsyncServer<F, S, D, C> {
    stream: S,
    delay: D,
    clock: C,
    machine: ServerMachine<F>,
}

impl<S: Read + Write, D: DelayNs, C: Clock> AsyncServer<RtuServerFraming, S, D, C> {
    /// A server on a serial line, whose port turns the transceiver round if there is one.
    pub const fn rtu(stream: S, delay: D, clock: C, config: RtuServerConfig) -> Self {
        Self {
            stream,
            delay,
            clock,
            machine: ServerMachine::new(RtuServerFraming::new(config)),
        }
    }
}

impl<S: Read + Write, D: DelayNs, C: Clock> AsyncServer<TcpServerFraming, S, D, C> {
    /// A server on one connection.
    pub const fn tcp(stream: S, delay: D, clock: C, config: TcpServerConfig) -> Self {
        Self {
            stream,
            delay,
            clock,
            machine: ServerMachine::new(TcpServerFraming::new(config)),
        }
    }
}

impl<F: ServerFraming, S: Read + Write, D: DelayNs, C: Clock> AsyncServer<F, S, D, C> {
    /// The stream.
    pub const fn stream(&self) -> &S {
        &self.stream
    }

    /// Does the next request that comes, answers it, and says what it was.
    ///
    /// If the future is dropped after a request was done, its answer goes out with the next call.
    ///
    /// # Errors
    /// [`ServerError::Line`] if the stream failed or ended; a serial line may go on with the next call.
    /// [`ServerError::OutOfStep`] if it has to be closed.
    pub async fn serve<T: Store + ?Sized>(
        &mut self,
        store: &mut T,
    ) -> Result<Served, ServerError<PolledError>> {
        loop {
            let now = self.clock.now();
            self.machine.handle_timeout(now, store);
            if let Some(bytes) = self.machine.poll_transmit(now) {
                let count = self.stream.write(bytes).await.map_err(failed)?;
                if count == 0 {
                    return Err(ServerError::Line(PolledError::Closed));
                }
                self.machine.handle_sent(self.clock.now(), count);
                continue;
            }
            if self.machine.is_draining() {
                self.stream.flush().await.map_err(failed)?;
                self.machine.handle_drained(self.clock.now());
                continue;
            }
            if !self.machine.is_answering()
                && let Some(served) = self.machine.poll_event()
            {
                return Ok(served);
            }
            if self.machine.is_out_of_step() {
                return Err(ServerError::OutOfStep);
            }
            let mut bytes = [0; 64];
            let room = self.machine.room().min(bytes.len());
            let until = self.machine.poll_timeout();
            let place = bytes.get_mut(..room).unwrap_or_default();
            if place.is_empty() {
                before(now, until, &mut self.delay, core::future::pending::<()>()).await;
                continue;
            }
            let reading = self.stream.read(place);
            if let Some(count) = before(now, until, &mut self.delay, reading).await {
                let count = count.map_err(failed)?;
                let come = bytes.get(..count).filter(|come| !come.is_empty());
                let come = come.ok_or(ServerError::Line(PolledError::Closed))?;
                self.machine.handle_input(self.clock.now(), come, store);
            }
        }
    }
}

fn failed(error: impl embedded_io_async::Error) -> ServerError<PolledError> {
    ServerError::Line(PolledError::of(error))
}
