//! SDI-12 1.4: soil, weather and water probes on three wires, up to 62 on one line.
//!
//! Most agronomic probes that measure well speak SDI-12: 1200 bit/s on one data line that the recorder wakes with a
//! break. What makes it hard is time. A break and a pause come before each command, a sensor falls asleep after 100 ms,
//! a measurement takes up to 999 s during which it may report by itself or not, and libraries that send blindly and read
//! what comes lose characters (EnviroDIY/Arduino-SDI-12#160), wake nobody (#124), answer to what others were told (#121).
//!
//! So the protocol is here as machines that are told the time:
//!
//! | layer | recorder | sensor |
//! |---|---|---|
//! | text | [`Request`], [`Answer`], [`Value`], [`crc16`], [`Framing`] | [`Order`] |
//! | one exchange | [`Recorder`]: break, marking, reply, repetitions (sections 7.0 to 7.2) | [`Responder`] |
//! | one measurement | [`Collect`]: announcement, service request, pages of values | [`Measure`] |
//! | over a port | [`Bus`], [`Probe`] | [`Station`] |
//!
//! Section numbers in this module are those of the SDI-12 specification, version 1.4 of February 20, 2023.
//!
//! What it does not do: high-volume binary (`aHB!`, section 5.2) needs eight data bits without parity in the middle of a
//! conversation and is not offered; texts of several lines (section 4.4.13.1) are refused as
//! [`ReplyError::SeveralLines`]. The line needs a level shifter and a driver that is off while it listens; a
//! [`Port`](crate::serial::Port) of such a transceiver belongs below.

mod address;
mod bus;
mod collect;
mod crc;
mod error;
mod line_text;
mod measure;
mod measurement;
mod order;
mod parity;
mod probe;
mod recorder;
mod reply;
mod request;
mod responder;
mod signal;
mod station;
mod timing;
mod value;

pub use address::{Address, AddressError};
pub use bus::{Ask, Bus, Line};
pub use collect::{Collect, Step};
pub use crc::{crc_characters, crc16};
pub use error::{Error, MeasureError};
pub use line_text::Text;
pub use measure::Measure;
pub use measurement::{Measurement, Method};
pub use order::Order;
pub use parity::Framing;
pub use probe::Probe;
pub use recorder::{Event, Failure, Recorder, Transmit};
pub use reply::{Announced, Answer, Identification, ReplyError, ValueError, Values};
pub use request::Request;
pub use responder::Responder;
pub use signal::INSTRUMENTS;
pub use station::{DetectBreak, Station};
pub use timing::{Breaks, Timing};
pub use value::Value;

pub use crate::turn::Ticket;
