//! What a request and its answer say, whatever line they go over: the protocol data unit of at most 253 bytes.

mod coils;
mod error;
mod exception;
mod expected;
mod function;
mod registers;
mod request;
mod response;
mod words;

pub use coils::{Coils, CoilsIter, CoilsMut};
pub use error::{ReplyError, ReplyMismatch, RequestError};
pub use exception::ExceptionCode;
pub use expected::ExpectedReply;
pub use function::FunctionCode;
pub use registers::{Registers, RegistersIter, RegistersMut};
pub use request::Request;
pub use response::Response;

/// The most bytes of a protocol data unit (Modbus Application Protocol 1.1b3, section 4.1).
pub const MAX_PDU: usize = 253;
