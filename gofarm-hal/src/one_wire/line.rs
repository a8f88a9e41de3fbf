//! [`Line`]: a bus that several drivers share.

use core::cell::RefCell;

use gofarm_core::device::Progress;
use gofarm_core::error::Classify;
use gofarm_core::time::{Instant, millis};

use super::exchange::Exchange;
use super::fault::Error;
use super::rom::Rom;
use super::search::Search;
use crate::turn::Ticket;

/// What an exchange read.
///
/// See [`Line`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Received {
    bytes: [u8; Exchange::MAX_IN],
    len: u8,
}

impl Received {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut received = Self {
            bytes: [0; Exchange::MAX_IN],
            len: 0,
        };
        for (to, from) in received.bytes.iter_mut().zip(bytes) {
            *to = *from;
            received.len += 1;
        }
        received
    }

    /// The bytes, as many as were asked for.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// A bus that several users ask in turn: a [`Bus`](super::Bus), or a reference to one in a [`RefCell`].
///
/// Who asks holds the bus until he gives it back with [`release`](Self::release), or stays away for a second longer
/// than he was told to.
pub trait Line {
    /// The error of the serial port below.
    type Error: Classify;

    /// Does an exchange, or goes on with the one that this ticket asked for; another one gives that up.
    fn poll_exchange(
        &mut self,
        ticket: &mut Ticket,
        exchange: &Exchange,
        now: Instant,
    ) -> Progress<Result<Received, Error<Self::Error>>>;

    /// Looks for the next device; `None` is the end, and so is every error.
    fn poll_search(
        &mut self,
        ticket: &mut Ticket,
        search: &mut Search,
        now: Instant,
    ) -> Progress<Result<Option<Rom>, Error<Self::Error>>>;

    /// Gives the bus back; what is under way is given up, and the strong pull-up is off.
    fn release(&mut self, ticket: &mut Ticket, now: Instant);
}

impl<L: Line + ?Sized> Line for &mut L {
    type Error = L::Error;

    fn poll_exchange(
        &mut self,
        ticket: &mut Ticket,
        exchange: &Exchange,
        now: Instant,
    ) -> Progress<Result<Received, Error<L::Error>>> {
        (**self).poll_exchange(ticket, exchange, now)
    }

    fn poll_search(
        &mut self,
        ticket: &mut Ticket,
        search: &mut Search,
        now: Instant,
    ) -> Progress<Result<Option<Rom>, Error<L::Error>>> {
        (**self).poll_search(ticket, search, now)
    }

    fn release(&mut self, ticket: &mut Ticket, now: Instant) {
        (**self).release(ticket, now);
    }
}

/// Polls never wait inside, so the borrow always succeeds; should it not, the line is taken for busy.
impl<L: Line> Line for &RefCell<L> {
    type Error = L::Error;

    fn poll_exchange(
        &mut self,
        ticket: &mut Ticket,
        exchange: &Exchange,
        now: Instant,
    ) -> Progress<Result<Received, Error<L::Error>>> {
        match self.try_borrow_mut() {
            Ok(mut line) => line.poll_exchange(ticket, exchange, now),
            Err(_) => Progress::WouldBlock(now + millis(1)),
        }
    }

    fn poll_search(
        &mut self,
        ticket: &mut Ticket,
        search: &mut Search,
        now: Instant,
    ) -> Progress<Result<Option<Rom>, Error<L::Error>>> {
        match self.try_borrow_mut() {
            Ok(mut line) => line.poll_search(ticket, search, now),
            Err(_) => Progress::WouldBlock(now + millis(1)),
        }
    }

    fn release(&mut self, ticket: &mut Ticket, now: Instant) {
        if let Ok(mut line) = self.try_borrow_mut() {
            line.release(ticket, now);
        }
    }
}
