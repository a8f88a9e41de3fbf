//! The queue of tasks that wait: a list in a table, so that leaving from the middle costs as little as from the
//! front, without a line of unsafe code.

use core::task::Waker;

use alloc::vec::Vec;

use crate::policy::shards::Home;

/// The tasks that wait, first come first.
#[derive(Debug)]
pub(super) struct Queue {
    places: Vec<Place>,
    first: Option<usize>,
    last: Option<usize>,
    /// The first of the places that nobody uses, linked by `next`.
    vacant: Option<usize>,
    waiting: usize,
}

/// A place in the queue, held until the task has taken its permit or has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(usize);

#[derive(Debug)]
struct Place {
    state: State,
    previous: Option<usize>,
    next: Option<usize>,
}

#[derive(Debug)]
enum State {
    Vacant,
    Waiting(Waker),
    HandedOver(Home),
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self {
            places: Vec::new(),
            first: None,
            last: None,
            vacant: None,
            waiting: 0,
        }
    }

    /// Whether nobody waits. A task that has a permit and has not yet seen it does not wait.
    pub(super) const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) const fn len(&self) -> usize {
        self.waiting
    }

    /// Joins at the end.
    pub(super) fn join(&mut self, waker: Waker) -> Ticket {
        let place = Place {
            state: State::Waiting(waker),
            previous: self.last,
            next: None,
        };
        let index = match self.vacant {
            Some(index) if index < self.places.len() => {
                self.vacant = self.places[index].next;
                self.places[index] = place;
                index
            }
            _ => {
                self.places.push(place);
                self.places.len() - 1
            }
        };
        match self.last.and_then(|last| self.places.get_mut(last)) {
            Some(last) => last.next = Some(index),
            None => self.first = Some(index),
        }
        self.last = Some(index);
        self.waiting += 1;
        Ticket(index)
    }

    /// Hands a permit to the first that waits, and returns whom to wake.
    pub(super) fn hand_to_first(&mut self, home: Home) -> Option<Waker> {
        let index = self.first?;
        self.unlink(index);
        let place = self.places.get_mut(index)?;
        match core::mem::replace(&mut place.state, State::HandedOver(home)) {
            State::Waiting(waker) => Some(waker),
            State::Vacant | State::HandedOver(_) => None,
        }
    }

    /// The permit that was handed to a task, which then has left. Otherwise the task is woken by this waker from
    /// now on; the old one is returned to be dropped.
    pub(super) fn handed_over(
        &mut self,
        ticket: Ticket,
        waker: &Waker,
    ) -> (Option<Home>, Option<Waker>) {
        let Some(place) = self.places.get_mut(ticket.0) else {
            return (None, None);
        };
        match &mut place.state {
            State::HandedOver(home) => {
                let home = *home;
                self.vacate(ticket.0);
                (Some(home), None)
            }
            State::Waiting(current) if !current.will_wake(waker) => {
                let old = core::mem::replace(current, waker.clone());
                (None, Some(old))
            }
            State::Waiting(_) | State::Vacant => (None, None),
        }
    }

    /// Leaves, and returns the permit that was handed over meanwhile, or the waker to be dropped.
    pub(super) fn leave(&mut self, ticket: Ticket) -> (Option<Home>, Option<Waker>) {
        let Some(place) = self.places.get_mut(ticket.0) else {
            return (None, None);
        };
        match core::mem::replace(&mut place.state, State::Vacant) {
            State::HandedOver(home) => {
                self.vacate(ticket.0);
                (Some(home), None)
            }
            State::Waiting(waker) => {
                self.unlink(ticket.0);
                self.vacate(ticket.0);
                (None, Some(waker))
            }
            State::Vacant => (None, None),
        }
    }

    /// Takes a waiting task out of the list.
    fn unlink(&mut self, index: usize) {
        let Some(place) = self.places.get_mut(index) else {
            return;
        };
        let (previous, next) = (place.previous.take(), place.next.take());
        match previous.and_then(|previous| self.places.get_mut(previous)) {
            Some(previous) => previous.next = next,
            None => self.first = next,
        }
        match next.and_then(|next| self.places.get_mut(next)) {
            Some(next) => next.previous = previous,
            None => self.last = previous,
        }
        self.waiting -= 1;
    }

    /// Frees a place that is in no list.
    fn vacate(&mut self, index: usize) {
        let vacant = self.vacant;
        if let Some(place) = self.places.get_mut(index) {
            place.state = State::Vacant;
            place.next = vacant;
            self.vacant = Some(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_pointer_width = "64")]
    #[test]
    fn a_place_takes_56_bytes() {
        assert_eq!(size_of::<Place>(), 56);
    }

    #[cfg(not(loom))]
    #[test]
    fn places_are_used_again() {
        let mut queue = Queue::new();
        for _ in 0..100 {
            let tickets = [(); 3].map(|()| queue.join(Waker::noop().clone()));
            for ticket in tickets {
                let _ = queue.leave(ticket);
            }
        }
        assert_eq!((queue.places.len(), queue.len()), (3, 0));
        assert!(queue.is_empty());
    }
}
