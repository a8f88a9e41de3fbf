//! [`Client`]: one unit on a line, as its driver sees it.

use gofarm_core::device::Progress;
use gofarm_core::time::Instant;

use super::{Line, Ticket};
use crate::modbus::{Error, ExpectedReply, Request, RequestError, Response, Unit};

/// Asks one unit over a line that it owns or shares.
///
/// An answer is copied into the client, so that the line is free for others while it is read; `N` is the room for it.
/// The default of 253 bytes holds any answer; 2 bytes and 2 for each register are enough for one that only reads few.
///
/// ```
/// use core::cell::RefCell;
/// use gofarm_core::device::Progress;
/// use gofarm_core::time::Instant;
/// use gofarm_hal::modbus::{Client, Request, Rtu, RtuConfig, Unit};
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
/// let bus = RefCell::new(Rtu::new(rs485, RtuConfig::new(9_600)));
/// let mut soil = Client::new(&bus, Unit(1));
/// let mut meter: Client<_, 6> = Client::sized(&bus, Unit(2)); // two registers at most
///
/// let request = Request::ReadInputRegisters { address: 0, quantity: 2 };
/// let now = Instant::ZERO;
/// match meter.poll(&request, now) {
///     Progress::Ready(Ok(response)) => println!("{:?}", response.registers()),
///     Progress::Ready(Err(error)) => println!("{error}"),
///     Progress::WouldBlock(until) => assert!(until > now), // sent, and no answer yet
/// }
/// assert!(matches!(soil.poll(&request, now), Progress::WouldBlock(_))); // the bus is taken
/// ```
#[derive(Clone, Debug)]
pub struct Client<L, const N: usize = 253> {
    line: L,
    unit: Unit,
    /// The request on its way, as far as needed to tell it from another.
    current: Option<(Ticket, ExpectedReply, u32)>,
    reply: [u8; N],
}

impl<L: Line> Client<L> {
    /// A client with room for any answer.
    pub const fn new(line: L, unit: Unit) -> Self {
        Self::sized(line, unit)
    }
}

impl<L: Line, const N: usize> Client<L, N> {
    /// A client with room for answers of `N` bytes: 2, and one for eight coils or two for a register.
    pub const fn sized(line: L, unit: Unit) -> Self {
        Self {
            line,
            unit,
            current: None,
            reply: [0; N],
        }
    }

    /// The unit that it asks.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// The line.
    pub const fn line(&self) -> &L {
        &self.line
    }

    /// The line, as to reconnect it.
    pub const fn line_mut(&mut self) -> &mut L {
        &mut self.line
    }

    /// Whether a request is on its way.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.current.is_some()
    }

    /// Asks, or goes on with the request that it asked before: poll with the same one until it is ready.
    ///
    /// A poll with another request gives up the one before, whose answer nobody will see; it still runs to its end on
    /// the line before the next is sent. What was written may have been done.
    pub fn poll(
        &mut self,
        request: &Request<'_>,
        now: Instant,
    ) -> Progress<Result<Response<'_>, Error<L::Error>>> {
        let expected = match request.expected_reply() {
            Ok(expected) if self.unit.is_broadcast() || expected.len() <= N => expected,
            Ok(expected) => {
                return Progress::Ready(Err(Error::Request(RequestError::Buffer {
                    needed: expected.len(),
                    available: N,
                })));
            }
            Err(error) => return Progress::Ready(Err(Error::Request(error))),
        };
        let asked = (expected, request.digest());
        let ticket = match self.current {
            Some((ticket, reply, digest)) if (reply, digest) == asked => ticket,
            _ => match self.line.begin(self.unit, request, now) {
                Progress::Ready(Ok(ticket)) => {
                    self.current = Some((ticket, asked.0, asked.1));
                    ticket
                }
                Progress::Ready(Err(error)) => {
                    return Progress::Ready(Err(Error::Request(error)));
                }
                Progress::WouldBlock(until) => return Progress::WouldBlock(until),
            },
        };
        match self.line.poll(ticket, now, &mut self.reply) {
            Progress::WouldBlock(until) => Progress::WouldBlock(until),
            Progress::Ready(result) => {
                self.current = None;
                Progress::Ready(result.and_then(|len| match self.reply.get(..len) {
                    None | Some([]) => Ok(Response::Broadcast),
                    Some(pdu) => expected.check(pdu).map_err(Error::from),
                }))
            }
        }
    }
}
