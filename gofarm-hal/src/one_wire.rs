//! 1-Wire over a UART: thermometers on one wire, without timing a single pin.
//!
//! A 1-Wire bit is a matter of microseconds, which firmware that does anything else cannot keep with a pin. A UART can:
//! its start bit is the pulse that begins a slot, and what it receives while it sends says what the devices made of the
//! slot (Maxim tutorial 214, "Using a UART to implement a 1-Wire bus master"). A reset is one byte at 9 600 bit/s,
//! each bit one byte at 115 200. The UART runs eight data bits, no parity, one stop bit; its transmitter drives the wire
//! open-drain, its receiver listens to the same wire, and a resistor pulls it up.
//!
//! [`Bus`] does that over any port that [can change its speed](crate::serial::SetBaudRate); several drivers share it
//! through a [`RefCell`](core::cell::RefCell). Below it, [`Master`] is the machine of one exchange, and [`Search`] finds
//! who is there, and always ends.
//!
//! Overdrive speed is not here: it needs slots of 10 us, and no device of a farm needs it.
//!
//! ```
//! use gofarm_core::device::Progress;
//! use gofarm_core::time::Instant;
//! use gofarm_hal::one_wire::{Bus, Error, Line, Rom, Search, Ticket};
//! use gofarm_hal::serial::SetBaudRate;
//!
//! /// One poll of a search; call it until the search is over.
//! fn look<P: SetBaudRate>(
//!     bus: &mut Bus<P>,
//!     ticket: &mut Ticket,
//!     search: &mut Search,
//!     found: &mut Vec<Rom>,
//!     now: Instant,
//! ) -> Result<(), Error<P::Error>> {
//!     if let Progress::Ready(rom) = bus.poll_search(ticket, search, now) {
//!         found.extend(rom?);
//!     }
//!     Ok(())
//! }
//! ```

mod bus;
mod crc;
mod exchange;
mod fault;
mod line;
mod master;
mod rom;
mod search;
mod signal;

pub use bus::{Bus, NoPullUp};
pub use crc::{crc8, crc16};
pub use exchange::Exchange;
pub use fault::{Error, Fault};
pub use line::{Line, Received};
pub use master::{Master, Transmit};
pub use rom::{Rom, RomError};
pub use search::{Found, Search};
pub use signal::INSTRUMENTS;

pub use crate::turn::Ticket;
