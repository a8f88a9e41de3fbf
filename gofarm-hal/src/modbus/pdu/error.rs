//! Why a request cannot be, and why an answer is none.

use gofarm_core::error::{Classify, Kind};

use super::{ExceptionCode, FunctionCode};

/// Why a request breaks the protocol: found before anything is sent, or by a server that got it.
///
/// ```
/// use gofarm_hal::modbus::{Request, RequestError};
///
/// let request = Request::ReadHoldingRegisters { address: 0, quantity: 126 };
/// assert_eq!(request.validate(), Err(RequestError::Quantity { quantity: 126, max: 125 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RequestError {
    /// None, or more than a frame holds.
    #[error("a quantity of {quantity} is outside 1..={max}")]
    Quantity {
        /// What was asked for.
        quantity: usize,
        /// The most that the function allows.
        max: usize,
    },
    /// The last address would be beyond 65 535.
    #[error("{quantity} from address {address} on go beyond 65535")]
    Range {
        /// The first address.
        address: u16,
        /// How many.
        quantity: u16,
    },
    /// Nobody could answer: only what purely writes may be broadcast.
    #[error("a read cannot be broadcast")]
    BroadcastRead,
    /// A buffer is too small for the request, or for its answer.
    #[error("a buffer of {available} bytes is too small for {needed}")]
    Buffer {
        /// The bytes that are needed.
        needed: usize,
        /// The bytes that there are.
        available: usize,
    },
    /// Received: a function that is not spoken here.
    #[error("function {function} is unknown")]
    Function {
        /// Its code.
        function: u8,
    },
    /// Received: the bytes do not go with the function, or with the quantity that they announce.
    #[error("a request of {len} bytes does not have the length of its function and quantity")]
    Length {
        /// The bytes of the protocol data unit.
        len: usize,
    },
    /// Received: a coil that is neither 0xFF00 nor 0x0000.
    #[error("a coil is {value:#06x}, neither 0xFF00 nor 0x0000")]
    Coil {
        /// What came instead.
        value: u16,
    },
}

impl RequestError {
    /// The exception with which a server answers such a request (Modbus Application Protocol 1.1b3, section 6).
    #[must_use]
    pub const fn exception(&self) -> ExceptionCode {
        match self {
            Self::Function { .. } => ExceptionCode::IllegalFunction,
            Self::Range { .. } => ExceptionCode::IllegalDataAddress,
            Self::Quantity { .. }
            | Self::BroadcastRead
            | Self::Length { .. }
            | Self::Coil { .. } => ExceptionCode::IllegalDataValue,
            Self::Buffer { .. } => ExceptionCode::ServerDeviceFailure,
        }
    }
}

impl Classify for RequestError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }

    fn was_sent(&self) -> bool {
        false
    }
}

/// Why the data of a frame is no answer to a request.
///
/// ```
/// use gofarm_hal::modbus::{ExceptionCode, ReplyError, Request, Response};
///
/// let request = Request::ReadHoldingRegisters { address: 9_999, quantity: 1 };
/// let refused = Response::decode(&[0x83, 0x02], &request);
/// assert_eq!(refused, Err(ReplyError::Exception(ExceptionCode::IllegalDataAddress)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ReplyError {
    /// The unit refused: this is an answer.
    #[error(transparent)]
    Exception(#[from] ExceptionCode),
    /// It answers something else.
    #[error(transparent)]
    Mismatch(#[from] ReplyMismatch),
}

impl Classify for ReplyError {
    fn kind(&self) -> Kind {
        match self {
            Self::Exception(exception) => exception.kind(),
            Self::Mismatch(mismatch) => mismatch.kind(),
        }
    }
}

/// In what an answer differs from the one that its request asks for.
///
/// ```
/// use gofarm_hal::modbus::{ReplyError, ReplyMismatch, Request, Response};
///
/// let request = Request::ReadHoldingRegisters { address: 0, quantity: 3 };
/// let short = Response::decode(&[3, 4, 0, 1, 0, 2], &request); // two registers
/// assert_eq!(short, Err(ReplyError::Mismatch(ReplyMismatch::ByteCount { expected: 6, received: 4 })));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ReplyMismatch {
    /// Over TCP: the right transaction, and another unit.
    #[error("the answer is of unit {received}, not of {expected}")]
    Unit {
        /// The unit that was asked.
        expected: u8,
        /// The unit in the answer.
        received: u8,
    },
    /// Another function.
    #[error("the answer is to function {received}, not to {}", expected.code())]
    Function {
        /// What was asked for.
        expected: FunctionCode,
        /// The function's code in the answer; 0 if it is empty.
        received: u8,
    },
    /// Another number of data bytes than the quantity makes.
    #[error("the answer announces {received} bytes and not {expected}")]
    ByteCount {
        /// The bytes that the quantity makes.
        expected: u8,
        /// The byte count of the answer.
        received: u8,
    },
    /// More or fewer bytes than it announces, or than its function has.
    #[error("the answer has {received} bytes and not {expected}")]
    Length {
        /// The bytes that it must have.
        expected: usize,
        /// The bytes that it has.
        received: usize,
    },
    /// It does not repeat the address, the value or the quantity of the request.
    #[error("the answer repeats {received:#06x} where {expected:#06x} was asked")]
    Echo {
        /// The number in the request.
        expected: u16,
        /// The number in the answer.
        received: u16,
    },
}

impl Classify for ReplyMismatch {
    fn kind(&self) -> Kind {
        Kind::Transient
    }
}
