//! [`Line`]: what clients ask through, one at a time; [`Client`], which asks one unit.

mod client;
mod wire;

pub use client::Client;
pub use wire::{Rtu, Wire};

use core::cell::RefCell;

use gofarm_core::device::Progress;
use gofarm_core::error::Classify;
use gofarm_core::time::{Instant, millis};

use super::{Error, Request, RequestError, Unit};

/// The right to one answer: given by [`Line::begin`], good for [`Line::poll`].
///
/// ```
/// use core::convert::Infallible;
/// use gofarm_core::device::Progress;
/// use gofarm_core::time::Instant;
/// use gofarm_hal::modbus::{Error, Line, Request, RequestError, Ticket, Unit};
///
/// /// Every unit has 555 in every register.
/// struct Model(Ticket);
/// impl Line for Model {
///     type Error = Infallible;
///     fn begin(&mut self, _: Unit, _: &Request<'_>, _: Instant) -> Progress<Result<Ticket, RequestError>> {
///         self.0 = self.0.next();
///         Progress::Ready(Ok(self.0))
///     }
///     fn poll(&mut self, ticket: Ticket, _: Instant, reply: &mut [u8]) -> Progress<Result<usize, Error<Infallible>>> {
///         if ticket != self.0 { return Progress::Ready(Err(Error::Forgotten)); }
///         reply[..4].copy_from_slice(&[3, 2, 0x02, 0x2B]);
///         Progress::Ready(Ok(4))
///     }
/// }
///
/// let mut meter = gofarm_hal::modbus::Client::new(Model(Ticket::FIRST), Unit(1));
/// let request = Request::ReadHoldingRegisters { address: 0, quantity: 1 };
/// let Progress::Ready(Ok(response)) = meter.poll(&request, Instant::ZERO) else { unreachable!() };
/// assert_eq!(response.registers().get(0), Some(555));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u32);

impl Ticket {
    /// A ticket to count from.
    pub const FIRST: Self = Self(0);

    /// The ticket after this one; they repeat after 2^32.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// A line with units on it, which carries one request at a time.
///
/// Implemented by [`Rtu`] and [`Tcp`](super::Tcp), and by `&RefCell<L>` so that several clients share one; see [`Ticket`]
/// for a model of one in a test.
pub trait Line {
    /// Why the port of the line failed.
    type Error: Classify;

    /// Takes a request, or says when it is worth asking again: the line carries another's, or the unit must be left
    /// alone for a while.
    ///
    /// # Errors
    /// [`RequestError`] if the request breaks the protocol; nothing is sent.
    fn begin(
        &mut self,
        unit: Unit,
        request: &Request<'_>,
        now: Instant,
    ) -> Progress<Result<Ticket, RequestError>>;

    /// Goes on with the request of `ticket`, and gives its checked answer's protocol data unit: how many bytes of
    /// `reply` it is, 0 after a broadcast.
    ///
    /// # Errors
    /// How the request failed; [`Error::Forgotten`] if the ticket is no longer good.
    fn poll(
        &mut self,
        ticket: Ticket,
        now: Instant,
        reply: &mut [u8],
    ) -> Progress<Result<usize, Error<Self::Error>>>;
}

impl<L: Line + ?Sized> Line for &mut L {
    type Error = L::Error;

    fn begin(
        &mut self,
        unit: Unit,
        request: &Request<'_>,
        now: Instant,
    ) -> Progress<Result<Ticket, RequestError>> {
        (**self).begin(unit, request, now)
    }

    fn poll(
        &mut self,
        ticket: Ticket,
        now: Instant,
        reply: &mut [u8],
    ) -> Progress<Result<usize, Error<L::Error>>> {
        (**self).poll(ticket, now, reply)
    }
}

/// Whoever polls drives the line, for whoever has the ticket.
impl<L: Line + ?Sized> Line for &RefCell<L> {
    type Error = L::Error;

    fn begin(
        &mut self,
        unit: Unit,
        request: &Request<'_>,
        now: Instant,
    ) -> Progress<Result<Ticket, RequestError>> {
        match self.try_borrow_mut() {
            Ok(mut line) => line.begin(unit, request, now),
            Err(_) => Progress::WouldBlock(now + millis(1)),
        }
    }

    fn poll(
        &mut self,
        ticket: Ticket,
        now: Instant,
        reply: &mut [u8],
    ) -> Progress<Result<usize, Error<L::Error>>> {
        match self.try_borrow_mut() {
            Ok(mut line) => line.poll(ticket, now, reply),
            Err(_) => Progress::WouldBlock(now + millis(1)),
        }
    }
}
