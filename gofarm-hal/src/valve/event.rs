//! [`Event`]: what a valve tells, and the queue that keeps it until somebody asks.

use gofarm_core::command::{CloseReason, Closed};
use gofarm_core::observe::Signal;

use super::Fault;
use super::signal::event_signal;

/// Why a valve closes.
///
/// ```
/// use gofarm_core::command::CloseReason;
/// use gofarm_hal::valve::Cause;
///
/// assert_eq!(Cause::Lease(CloseReason::LeaseEnded).as_str(), "lease_ended");
/// assert_eq!(Cause::ReserveLow.as_str(), "reserve_low");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Cause {
    /// The lease says so: it has ended, a closing command came, the device has started, the link was lost.
    Lease(CloseReason),
    /// A person closed it.
    ByHand,
    /// The time that a person opened it for has ended.
    ByHandEnded,
    /// The stored energy is no more than a close needs.
    ReserveLow,
    /// Water flows though it was closed.
    Leak,
    /// It was found open though it was closed.
    FoundOpen,
    /// It was found closed in a run by hand.
    FoundClosed,
    /// The volume of the run has been delivered.
    VolumeReached,
    /// The drive or a pin has failed.
    Fault(Fault),
    /// The program asked for it.
    Program,
}

impl Cause {
    /// The cause's name in lower case, for labels: `reserve_low`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lease(why) => why.as_str(),
            Self::ByHand => "by_hand",
            Self::ByHandEnded => "by_hand_ended",
            Self::ReserveLow => "reserve_low",
            Self::Leak => "leak",
            Self::FoundOpen => "found_open",
            Self::FoundClosed => "found_closed",
            Self::VolumeReached => "volume_reached",
            Self::Fault(fault) => fault.as_str(),
            Self::Program => "program",
        }
    }
}

/// What a valve tells.
///
/// The controller wants [`Closed`](Self::Closed) and [`Unconfirmed`](Self::Unconfirmed) for its books; a person wants
/// [`Overdue`](Self::Overdue), [`Leak`](Self::Leak) and [`Failed`](Self::Failed) at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event {
    /// It has been driven open.
    Opened,
    /// It begins to close.
    Closing(Cause),
    /// It has closed, and that is confirmed.
    Closed(Closed),
    /// It has been driven closed as often as agreed, and nothing can confirm it; see
    /// [`Confirm::Nothing`](super::Confirm::Nothing).
    Unconfirmed(Closed),
    /// It should have closed by now, after so many strokes, and is driven again at a slower pace: somebody has to go.
    Overdue {
        /// How often it was tried.
        tries: u16,
    },
    /// A stroke failed, or what held the valve has.
    Failed(Fault),
    /// Water flows while it is closed.
    Leak {
        /// How much, in ml/min.
        rate: u32,
    },
    /// The leak is over.
    LeakEnded,
    /// No water flows while it is open: a blocked line, no pressure, a pump that does not run.
    NoFlow {
        /// What flows still, in ml/min.
        rate: u32,
    },
    /// The stored energy is no more than a close needs.
    ReserveLow {
        /// The voltage, in mV.
        millivolts: u16,
    },
    /// The stored energy is enough again.
    ReserveReady,
}

impl Event {
    /// The event's name in lower case, for labels: `overdue`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closing(_) => "closing",
            Self::Closed(_) => "closed",
            Self::Unconfirmed(_) => "unconfirmed",
            Self::Overdue { .. } => "overdue",
            Self::Failed(fault) => fault.as_str(),
            Self::Leak { .. } => "leak",
            Self::LeakEnded => "leak_ended",
            Self::NoFlow { .. } => "no_flow",
            Self::ReserveLow { .. } => "reserve_low",
            Self::ReserveReady => "reserve_ready",
        }
    }

    /// One event, for `gofarm.valve.events`, labelled with its name.
    #[must_use]
    pub const fn signal(self) -> Signal<'static> {
        event_signal(self)
    }
}

/// The events that nobody has asked for yet; the oldest goes when there are too many.
#[derive(Clone, Debug)]
pub(super) struct Events {
    events: [Option<Event>; Self::ROOM],
    lost: u32,
}

impl Events {
    const ROOM: usize = 8;

    /// Not a constant: that would lie in flash, place for place.
    pub(super) fn empty() -> Self {
        Self {
            events: core::array::from_fn(|_| None),
            lost: 0,
        }
    }

    pub(super) fn push(&mut self, event: Event) {
        if self.events.iter().all(Option::is_some) {
            self.pop();
            self.lost = self.lost.saturating_add(1);
        }
        if let Some(free) = self.events.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(event);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        self.events.rotate_left(1);
        self.events.last_mut().and_then(Option::take)
    }

    pub(super) const fn lost(&self) -> u32 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_event_goes_first_and_is_counted_when_it_is_lost() {
        let mut events = Events::empty();
        let tries = |n: usize| Event::Overdue {
            tries: u16::try_from(n).unwrap(),
        };
        for n in 0..Events::ROOM + 2 {
            events.push(tries(n));
        }
        assert_eq!(events.lost(), 2);
        for n in 2..Events::ROOM + 2 {
            assert_eq!(events.pop(), Some(tries(n)));
        }
        assert_eq!(events.pop(), None);
    }
}
