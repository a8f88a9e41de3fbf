//! Modbus TCP: frames on a stream.

mod config;
mod framing;

pub use config::TcpConfig;
pub use framing::TcpFraming;

use super::{ExpectedReply, ReplyError, Request, RequestError, Response, Unit, Wire};
use crate::serial::Port;

/// The most bytes of a frame (Modbus Application Protocol 1.1b3, section 4.1).
pub const MAX_TCP_FRAME: usize = 260;

/// A stream to a device or gateway, polled.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_hal::modbus::{Client, Request, Tcp, TcpConfig, Unit};
/// # use core::convert::Infallible;
/// # use gofarm_core::device::Progress;
/// # struct Socket;
/// # impl gofarm_hal::serial::Port for Socket {
/// #     type Error = Infallible;
/// #     fn read(&mut self, _: Instant, _: &mut [u8]) -> Result<usize, Infallible> { Ok(0) }
/// #     fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> { Ok(bytes.len()) }
/// #     fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> { Progress::Ready(Ok(())) }
/// # }
/// # let socket = Socket;
///
/// let mut pump = Client::new(Tcp::new(socket, TcpConfig::new()), Unit(255));
/// let start = Request::WriteSingleCoil { address: 0, value: true };
/// assert!(matches!(pump.poll(&start, Instant::ZERO), Progress::WouldBlock(_)));
/// ```
pub type Tcp<P> = Wire<TcpFraming, P>;

impl<P: Port> Tcp<P> {
    /// A stream over `port`.
    pub fn new(port: P, config: TcpConfig) -> Self {
        Self::on(port, TcpFraming::new(config))
    }
}

/// The header of a frame: MBAP, Modbus Messaging on TCP/IP 1.0b, section 3.1.3.
///
/// ```
/// use gofarm_hal::modbus::Unit;
/// use gofarm_hal::modbus::tcp::Header;
///
/// let header = Header::decode(&[0x15, 0x01, 0, 0, 0, 6, 0xFF]).unwrap();
/// assert_eq!((header.transaction, header.unit, header.pdu_len), (0x1501, Unit(255), 5));
/// assert_eq!(Header::decode(&[0x15, 0x01, 0, 1, 0, 6, 0xFF]), None); // not Modbus
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the header has no more fields")]
pub struct Header {
    /// What an answer repeats of its request.
    pub transaction: u16,
    /// The unit.
    pub unit: Unit,
    /// The bytes of the protocol data unit that follows: 1 to 253.
    pub pdu_len: u8,
}

impl Header {
    /// The bytes of a header.
    pub const LEN: usize = 7;

    /// Reads a header; nothing if it is not one of Modbus, or announces a length that no frame has.
    #[must_use]
    pub fn decode(bytes: &[u8; Self::LEN]) -> Option<Self> {
        let [t0, t1, 0, 0, 0, length @ 2..=254, unit] = *bytes else {
            return None;
        };
        Some(Self {
            transaction: u16::from_be_bytes([t0, t1]),
            unit: Unit(unit),
            pdu_len: length - 1,
        })
    }

    /// Writes the header.
    #[must_use]
    pub const fn encode(&self) -> [u8; Self::LEN] {
        let [t0, t1] = self.transaction.to_be_bytes();
        [t0, t1, 0, 0, 0, self.pdu_len.saturating_add(1), self.unit.0]
    }
}

/// Writes the frame of a request to the front of `into` and says how many bytes it took.
///
/// ```
/// use gofarm_hal::modbus::{Request, Unit, tcp};
///
/// let mut frame = [0; 12];
/// tcp::encode_request(1, Unit(255), &Request::ReadHoldingRegisters { address: 4, quantity: 1 }, &mut frame)?;
/// assert_eq!(frame, [0, 1, 0, 0, 0, 6, 255, 3, 0, 4, 0, 1]);
/// # Ok::<(), gofarm_hal::modbus::RequestError>(())
/// ```
///
/// # Errors
/// [`RequestError`] if it breaks the protocol or does not fit.
pub fn encode_request(
    transaction: u16,
    unit: Unit,
    request: &Request<'_>,
    into: &mut [u8],
) -> Result<usize, RequestError> {
    let len = request.encode(into.get_mut(Header::LEN..).unwrap_or_default())?;
    seal(transaction, unit, len, into)
}

/// Writes the frame of an answer to the front of `into` and says how many bytes it took.
///
/// # Errors
/// [`RequestError`] if it has more than a frame holds or does not fit.
pub fn encode_response(
    transaction: u16,
    unit: Unit,
    response: &Response<'_>,
    into: &mut [u8],
) -> Result<usize, RequestError> {
    let len = response.encode(into.get_mut(Header::LEN..).unwrap_or_default())?;
    seal(transaction, unit, len, into)
}

/// Puts the header before `len` bytes of data.
pub(crate) fn seal(
    transaction: u16,
    unit: Unit,
    len: usize,
    frame: &mut [u8],
) -> Result<usize, RequestError> {
    let (needed, available) = (Header::LEN + len, frame.len());
    let Ok(pdu_len) = u8::try_from(len) else {
        return Err(RequestError::Length { len });
    };
    let Some(head) = frame.first_chunk_mut::<{ Header::LEN }>() else {
        return Err(RequestError::Buffer { needed, available });
    };
    *head = Header {
        transaction,
        unit,
        pdu_len,
    }
    .encode();
    Ok(needed)
}

/// The header and the data of a whole frame.
fn open(frame: &[u8]) -> Option<(Header, &[u8])> {
    let (head, pdu) = frame.split_first_chunk()?;
    let header = Header::decode(head)?;
    (pdu.len() == usize::from(header.pdu_len)).then_some((header, pdu))
}

/// Reads a request's frame where it lies; nothing if it is no whole frame of Modbus TCP.
#[must_use]
pub fn decode_request(frame: &[u8]) -> Option<(Header, Result<Request<'_>, RequestError>)> {
    let (header, pdu) = open(frame)?;
    Some((header, Request::decode(pdu)))
}

/// Reads an answer's frame where it lies and checks it against its request; nothing if it is no whole frame of
/// Modbus TCP, or of another transaction or unit.
///
/// ```
/// use gofarm_hal::modbus::{Request, Unit, tcp};
///
/// let expected = Request::ReadHoldingRegisters { address: 4, quantity: 1 }.expected_reply()?;
/// let frame = [0, 1, 0, 0, 0, 5, 255, 3, 2, 0x02, 0x2B];
/// let response = tcp::decode_response(&frame, 1, Unit(255), &expected).unwrap();
/// assert_eq!(response.map(|response| response.registers().get(0)), Ok(Some(555)));
/// assert!(tcp::decode_response(&frame, 2, Unit(255), &expected).is_none());
/// # Ok::<(), gofarm_hal::modbus::RequestError>(())
/// ```
#[must_use]
pub fn decode_response<'a>(
    frame: &'a [u8],
    transaction: u16,
    unit: Unit,
    expected: &ExpectedReply,
) -> Option<Result<Response<'a>, ReplyError>> {
    let (header, pdu) = open(frame)?;
    (header.transaction == transaction && header.unit == unit).then(|| expected.check(pdu))
}
