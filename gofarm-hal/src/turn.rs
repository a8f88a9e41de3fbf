//! [`Ticket`] and [`Turns`]: several users of one bus, one after the other.

use core::time::Duration;

use gofarm_core::time::{Instant, millis, secs};

/// How much longer than it was told to a holder of the bus may stay away.
const HOLD: Duration = secs(1);

/// When a user asks again who found the bus taken.
const WAITING: Duration = millis(20);

/// The right to speak on a line that is shared: who asks keeps one, and it is empty until the line gives the right.
///
/// ```
/// use gofarm_hal::sdi12::Ticket;
///
/// assert_eq!(Ticket::new(), Ticket::default());
/// ```
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ticket(u32);

impl Ticket {
    /// No right yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(0)
    }
}

/// Whose turn it is on a bus.
#[derive(Debug)]
pub(crate) struct Turns {
    holder: u32,
    /// When a holder that has not come back loses the bus.
    until: Instant,
    given: u32,
}

/// What a user finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It is its turn, and was before.
    Held,
    /// It is its turn from now on; what the one before left is to be given up.
    Given,
    /// It is another's turn; ask again then.
    Taken(Instant),
    /// It had its turn and stayed away too long.
    Lost,
}

impl Turns {
    pub(crate) const fn new() -> Self {
        Self {
            holder: 0,
            until: Instant::ZERO,
            given: 0,
        }
    }

    pub(crate) fn admit(&mut self, ticket: &mut Ticket, now: Instant) -> Turn {
        if ticket.0 != 0 {
            if self.holder == ticket.0 {
                return Turn::Held;
            }
            *ticket = Ticket::new();
            return Turn::Lost;
        }
        if self.holder != 0 && now < self.until {
            return Turn::Taken(now + WAITING);
        }
        self.given = self.given.checked_add(1).unwrap_or(1);
        self.holder = self.given;
        *ticket = Ticket(self.given);
        Turn::Given
    }

    /// The holder is told to come back at `next`.
    pub(crate) fn hold(&mut self, next: Instant) {
        self.until = next + HOLD;
    }

    /// Gives the turn back; true if the ticket had it.
    pub(crate) fn release(&mut self, ticket: &mut Ticket) -> bool {
        let held = ticket.0 != 0 && ticket.0 == self.holder;
        if held {
            self.holder = 0;
        }
        *ticket = Ticket::new();
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stays_away_loses_its_turn_and_is_told() {
        let mut turns = Turns::new();
        let (mut a, mut b) = (Ticket::new(), Ticket::new());
        let start = Instant::from_secs(1);
        assert_eq!(turns.admit(&mut a, start), Turn::Given);
        turns.hold(start + secs(5));
        assert_eq!(turns.admit(&mut a, start), Turn::Held);
        assert_eq!(
            turns.admit(&mut b, start + secs(5)),
            Turn::Taken(start + secs(5) + WAITING)
        );
        assert_eq!(turns.admit(&mut b, start + secs(6)), Turn::Given);
        assert_eq!(turns.admit(&mut a, start + secs(6)), Turn::Lost);
        assert!(!turns.release(&mut a));
        assert!(turns.release(&mut b));
        assert_eq!(turns.admit(&mut a, start + secs(6)), Turn::Given);
    }
}
