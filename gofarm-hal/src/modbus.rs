//! Modbus, the language of most probes, meters and pumps: RTU and TCP, both sides.

mod client;
mod crc;
mod error;
mod framing;
mod line;
mod pdu;
pub mod rtu;
mod unit;

pub use client::ClientMachine;
pub use crc::Crc;
pub use error::Error;
pub use framing::Framing;
pub use line::{Client, Line, Rtu, Ticket, Wire};
pub use pdu::{
    Coils, CoilsIter, CoilsMut, ExceptionCode, ExpectedReply, FunctionCode, MAX_PDU, Registers,
    RegistersIter, RegistersMut, ReplyError, ReplyMismatch, Request, RequestError, Response,
};
pub use rtu::{RtuConfig, RtuFraming};
pub use unit::Unit;
