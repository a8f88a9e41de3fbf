//! Modbus RTU: frames on a serial line.

mod config;
mod framing;
mod length;
mod quarantine;

pub use config::RtuConfig;
pub use framing::RtuFraming;

pub(crate) use length::{Length, reply_length, request_length};

use super::{Crc, ExpectedReply, ReplyError, Request, RequestError, Response, Unit};

/// The most bytes of a frame (Modbus over Serial Line 1.02, section 2.3).
pub const MAX_RTU_FRAME: usize = 256;

/// Writes the frame of a request to the front of `into` and says how many bytes it took.
///
/// ```
/// use gofarm_hal::modbus::{Request, Unit, rtu};
///
/// let mut frame = [0; 8];
/// let len = rtu::encode_request(Unit(1), &Request::ReadCoils { address: 0x13, quantity: 0x13 }, &mut frame)?;
/// assert_eq!(frame[..len], [1, 1, 0, 0x13, 0, 0x13, 0x8C, 0x02]);
/// # Ok::<(), gofarm_hal::modbus::RequestError>(())
/// ```
///
/// # Errors
/// [`RequestError`] if it breaks the protocol or does not fit.
#[inline]
pub fn encode_request(
    unit: Unit,
    request: &Request<'_>,
    into: &mut [u8],
) -> Result<usize, RequestError> {
    let len = match into.split_first_mut() {
        Some((first, pdu)) => {
            *first = unit.0;
            request.encode(pdu)?
        }
        None => request.encode(&mut [])?,
    };
    seal(into, 1 + len)
}

/// Writes the frame of an answer to the front of `into` and says how many bytes it took.
///
/// # Errors
/// [`RequestError`] if it has more than a frame holds or does not fit.
pub fn encode_response(
    unit: Unit,
    response: &Response<'_>,
    into: &mut [u8],
) -> Result<usize, RequestError> {
    let len = match into.split_first_mut() {
        Some((first, pdu)) => {
            *first = unit.0;
            response.encode(pdu)?
        }
        None => response.encode(&mut [])?,
    };
    seal(into, 1 + len)
}

/// Puts the CRC behind the first `len` bytes.
pub(crate) fn seal(frame: &mut [u8], len: usize) -> Result<usize, RequestError> {
    let (needed, available) = (len + 2, frame.len());
    match frame.split_at_mut_checked(len) {
        Some((data, [low, high, ..])) => {
            [*low, *high] = Crc::of(data).to_bytes();
            Ok(needed)
        }
        _ => Err(RequestError::Buffer { needed, available }),
    }
}

/// Reads a request's frame where it lies; nothing if it does not end with its CRC.
///
/// ```
/// use gofarm_hal::modbus::{Request, Unit, rtu};
///
/// let frame = [1, 1, 0, 0x13, 0, 0x13, 0x8C, 0x02];
/// let (unit, request) = rtu::decode_request(&frame).unwrap();
/// assert_eq!((unit, request?), (Unit(1), Request::ReadCoils { address: 0x13, quantity: 0x13 }));
/// # Ok::<(), gofarm_hal::modbus::RequestError>(())
/// ```
#[must_use]
pub fn decode_request(frame: &[u8]) -> Option<(Unit, Result<Request<'_>, RequestError>)> {
    let (unit, pdu) = open(frame)?;
    Some((unit, Request::decode(pdu)))
}

/// Reads an answer's frame where it lies and checks it against its request; nothing if it does not end with its
/// CRC or comes from another unit.
///
/// ```
/// use gofarm_hal::modbus::{Request, Unit, rtu};
///
/// let expected = Request::ReadHoldingRegisters { address: 0, quantity: 1 }.expected_reply()?;
/// let frame = [1, 3, 2, 0x02, 0x2B, 0xF9, 0x3B];
/// let response = rtu::decode_response(&frame, Unit(1), &expected).unwrap();
/// assert_eq!(response.map(|response| response.registers().get(0)), Ok(Some(555)));
/// # Ok::<(), gofarm_hal::modbus::RequestError>(())
/// ```
#[must_use]
#[inline]
pub fn decode_response<'a>(
    frame: &'a [u8],
    unit: Unit,
    expected: &ExpectedReply,
) -> Option<Result<Response<'a>, ReplyError>> {
    match open(frame)? {
        (from, pdu) if from == unit => Some(expected.check(pdu)),
        _ => None,
    }
}

/// The unit and the data of a frame that ends with its CRC.
#[inline]
pub(crate) fn open(frame: &[u8]) -> Option<(Unit, &[u8])> {
    match frame {
        [unit, pdu @ .., _, _] if !pdu.is_empty() && Crc::ends(frame) => Some((Unit(*unit), pdu)),
        _ => None,
    }
}
