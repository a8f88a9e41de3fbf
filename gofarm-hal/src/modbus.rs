//! Modbus, the language of most probes, meters and pumps: RTU and TCP, both sides.

mod client;
mod crc;
mod error;
mod framing;
mod line;
mod pdu;
pub mod rtu;
mod server;
pub mod tcp;
#[cfg(feature = "tokio")]
pub mod tokio;
mod unit;
#[cfg(feature = "async")]
mod wait;

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
pub use server::{
    BlockStore, RtuServer, RtuServerConfig, RtuServerFraming, Served, Server, ServerError,
    ServerFraming, ServerMachine, Store, Table, TcpServer, TcpServerConfig, TcpServerFraming,
};
pub use tcp::{Tcp, TcpConfig, TcpFraming};
pub use unit::Unit;
#[cfg(feature = "async")]
pub use wait::{AsyncClient, AsyncServer};
