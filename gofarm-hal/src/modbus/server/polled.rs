//! [`Server`]: a port with the server machine on it.

use gofarm_core::device::Progress;
use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{Instant, millis};

use super::{
    RtuServerConfig, RtuServerFraming, Served, ServerFraming, ServerMachine, Store,
    TcpServerConfig, TcpServerFraming,
};
use crate::serial::Port;

/// A server on a serial line, polled.
///
/// ```
/// use gofarm_core::device::Progress;
/// use gofarm_core::time::Instant;
/// use gofarm_hal::modbus::{BlockStore, RtuServer, RtuServerConfig, Unit};
/// # use core::convert::Infallible;
/// # struct Uart;
/// # impl gofarm_hal::serial::Port for Uart {
/// #     type Error = Infallible;
/// #     fn read(&mut self, _: Instant, _: &mut [u8]) -> Result<usize, Infallible> { Ok(0) }
/// #     fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> { Ok(bytes.len()) }
/// #     fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> { Progress::Ready(Ok(())) }
/// # }
/// # let rs485 = Uart;
///
/// let mut store: BlockStore<8, 0, 16, 4> = BlockStore::new();
/// let mut server = RtuServer::new(rs485, RtuServerConfig::new(Unit(17), 19_200));
/// match server.poll(Instant::ZERO, &mut store) {
///     Progress::Ready(Ok(served)) if served.wrote() => println!("{:?}", store.coils.values()),
///     Progress::Ready(Ok(_)) | Progress::WouldBlock(_) => {}
///     Progress::Ready(Err(error)) => println!("{error}"),
/// }
/// ```
pub type RtuServer<P> = Server<RtuServerFraming, P>;

/// A server on a stream, polled: one for each connection.
pub type TcpServer<P> = Server<TcpServerFraming, P>;

/// A port with the server machine on it; [`RtuServer`] and [`TcpServer`] by their full names.
#[derive(Clone, Debug)]
pub struct Server<F, P> {
    port: P,
    machine: ServerMachine<F>,
}

impl<P: Port> RtuServer<P> {
    /// A server on `port`, which also turns the transceiver round if there is one.
    pub const fn new(port: P, config: RtuServerConfig) -> Self {
        Self {
            port,
            machine: ServerMachine::new(RtuServerFraming::new(config)),
        }
    }
}

impl<P: Port> TcpServer<P> {
    /// A server on the stream of `port`.
    pub const fn new(port: P, config: TcpServerConfig) -> Self {
        Self {
            port,
            machine: ServerMachine::new(TcpServerFraming::new(config)),
        }
    }
}

impl<F: ServerFraming, P: Port> Server<F, P> {
    /// The port.
    pub const fn port(&self) -> &P {
        &self.port
    }

    /// The port, given back.
    pub fn into_port(self) -> P {
        self.port
    }

    /// Answers what has come, and says what it did for a client, if it did something.
    ///
    /// A wait is until the next thing that the server has to do by itself; who is not woken by the port polls at least
    /// as often as its buffer needs. After an error a serial line goes on at the next poll; a stream has to be closed.
    pub fn poll<S: Store + ?Sized>(
        &mut self,
        now: Instant,
        store: &mut S,
    ) -> Progress<Result<Served, ServerError<P::Error>>> {
        if let Err(error) = self.transfer(now, store) {
            return Progress::Ready(Err(ServerError::Line(error)));
        }
        if let Some(served) = self.machine.poll_event() {
            return Progress::Ready(Ok(served));
        }
        if self.machine.is_out_of_step() {
            return Progress::Ready(Err(ServerError::OutOfStep));
        }
        let soon = now + millis(1);
        Progress::WouldBlock(
            self.machine
                .poll_timeout()
                .map_or(soon, |at| at.max(now).min(soon)),
        )
    }

    fn transfer<S: Store + ?Sized>(&mut self, now: Instant, store: &mut S) -> Result<(), P::Error> {
        self.drain(now)?;
        let mut bytes = [0; 64];
        // No more than a few frames: a line that babbles must not hold the loop up.
        for _ in 0..16 {
            let room = self.machine.room().min(bytes.len());
            let place = bytes.get_mut(..room).unwrap_or_default();
            let count = match place {
                [] => 0,
                place => self.port.read(now, place)?,
            };
            if count == 0 {
                break;
            }
            let come = bytes.get(..count).unwrap_or_default();
            self.machine.handle_input(now, come, store);
        }
        self.machine.handle_timeout(now, store);
        if let Some(answer) = self.machine.poll_transmit(now) {
            let count = self.port.write(now, answer)?;
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
}

/// Why a server stopped at a poll; `E` is the error of the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ServerError<E> {
    /// What comes over a stream is not Modbus TCP: it has to be closed.
    #[error("the stream is out of step: these are no frames of Modbus TCP")]
    OutOfStep,
    /// The port failed.
    #[error("the line failed: {0}")]
    Line(E),
}

impl<E: Classify> Classify for ServerError<E> {
    fn kind(&self) -> Kind {
        match self {
            Self::OutOfStep => Kind::Permanent,
            Self::Line(error) => error.kind(),
        }
    }
}
