//! Modbus, the language of most probes, meters and pumps: RTU and TCP, both sides, functions 1 to 6, 15, 16, 22 and
//! 23 of Modbus Application Protocol 1.1b3 and Modbus over Serial Line 1.02.
//!
//! Clients of the field take what comes for an answer: another unit's frame, fewer registers than were asked for, the
//! reply to a request that timed out a second ago. Then a tank is read as another tank. Here each answer is held
//! against its request (unit, function, byte count, and everything that it repeats), and a request ends in its answer
//! or in a typed [`Error`] by its deadline. It is sent once; trying again is for whoever knows what it does.
//!
//! | layer | client | server |
//! |---|---|---|
//! | frames, where they lie | [`Request`], [`Response`], [`rtu`], [`tcp`] | the same |
//! | machine, without I/O | [`ClientMachine`] | [`ServerMachine`] on a [`Store`] |
//! | polled | [`Rtu`], [`Tcp`], and [`Client`] for each unit | [`RtuServer`], [`TcpServer`] |
//! | awaited (feature `async`) | `AsyncClient` | `AsyncServer` |
//! | tokio (feature `tokio`) | `tokio::connect`, `tokio::rtu_client` | `tokio::listen`, `tokio::rtu_server` |
//!
//! # Late answers
//!
//! Over TCP an answer carries the number of its transaction, and one that comes late is passed over. On a serial line
//! it carries nothing: a late answer to a read of the same unit, function and quantity looks like the next one's, even
//! if the addresses differ. No check can tell them apart, so time has to:
//!
//! - what comes before a request has left is nobody's answer, and a request leaves only after silence;
//! - after a time-out, or a request that was given up, its unit is not asked again for the time of
//!   [`RtuConfig::quarantine`], and whatever it says meanwhile is dropped. Other units are asked all the same: their
//!   answers say who they are from.
//!
//! So no answer is taken for another's as long as every unit answers within `response_timeout + quarantine` or not at
//! all, and nothing on the line repeats a frame later than the silence after it. What a unit does that answers later
//! than that cannot be excluded, by this or any other client: choose the quarantine for the slowest unit.
//!
//! # Frames
//!
//! A frame is found by its length and CRC, whatever the gaps between its bytes; a converter or a busy host may make
//! some. Silence only helps to find a frame behind garbage or behind half of another.
//!
//! # What it does not do
//!
//! No ASCII mode, no diagnostics (functions 7, 8, 11, 12, 17), no files, queues or device identification (20, 21, 24,
//! 43), no TLS of its own; one request at a time on a line or stream. An echo of what a transceiver sends is dropped
//! by the port, not here: the echo of a single write looks like its answer. A 16-bit CRC lets one damaged frame in
//! 65 536 pass.
//!
//! # Example
//!
//! ```
//! use core::cell::RefCell;
//! use gofarm_core::device::Progress;
//! use gofarm_core::time::{Instant, millis};
//! use gofarm_hal::modbus::{Client, Request, Rtu, RtuConfig, Unit};
//! # use core::convert::Infallible;
//! # struct Uart(Vec<u8>);
//! # impl gofarm_hal::serial::Port for Uart {
//! #     type Error = Infallible;
//! #     fn read(&mut self, _: Instant, into: &mut [u8]) -> Result<usize, Infallible> {
//! #         let len = self.0.len().min(into.len());
//! #         for (to, from) in into.iter_mut().zip(self.0.drain(..len)) { *to = from; }
//! #         Ok(len)
//! #     }
//! #     fn write(&mut self, _: Instant, bytes: &[u8]) -> Result<usize, Infallible> {
//! #         self.0 = vec![1, 3, 2, 0x02, 0x2B, 0xF9, 0x3B];
//! #         Ok(bytes.len())
//! #     }
//! #     fn poll_drained(&mut self, _: Instant) -> Progress<Result<(), Infallible>> { Progress::Ready(Ok(())) }
//! # }
//! # let rs485 = Uart(Vec::new());
//!
//! let bus = RefCell::new(Rtu::new(rs485, RtuConfig::new(9_600).response_timeout(millis(300))));
//! let mut soil = Client::new(&bus, Unit(1));
//!
//! let mut now = Instant::ZERO; // from the clock of the board
//! let moisture = loop {
//!     match soil.poll(&Request::ReadHoldingRegisters { address: 0, quantity: 1 }, now) {
//!         Progress::Ready(response) => break response?.registers().get(0),
//!         Progress::WouldBlock(until) => now = until, // do other things meanwhile
//!     }
//! };
//! assert_eq!(moisture, Some(555));
//! # Ok::<(), gofarm_hal::modbus::Error<Infallible>>(())
//! ```

mod client;
mod crc;
mod error;
mod framing;
mod line;
mod pdu;
pub mod rtu;
mod server;
pub mod signal;
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
