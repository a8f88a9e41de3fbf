//! How a valve is closed, and closed again.

use core::time::Duration;

use gofarm_core::command::{CloseReason, Journal, State};
use gofarm_core::time::Instant;

use super::{Closing, Guard, Phase, Step};
use crate::valve::{Cause, Confirm, Drive, EndSwitches, Event, Fault, Position, Turns};

impl Closing {
    /// Nothing driven yet, and the first stroke due.
    pub(super) const fn due(at: Instant) -> Self {
        Self {
            strokes: 0,
            tries: 0,
            step: Step::Due(at),
        }
    }
}

impl<D: Drive, J: Journal, S: Turns, const N: usize> Guard<D, J, S, N> {
    /// Begins a close for a reason that the lease does not know.
    pub(super) fn close_for(&mut self, cause: Cause, now: Instant) {
        self.by_hand = None;
        if !matches!(self.lease.state(), State::Closing { .. }) {
            self.cause = Some(cause);
        }
        self.lease.close(now);
    }

    /// What opens is taken away, and the first stroke is due.
    pub(super) fn turn_to_closing(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Closing(_)) {
            return;
        }
        let why = match self.lease.state() {
            State::Closing { why, .. } => why,
            State::Idle | State::Running { .. } => CloseReason::Local,
        };
        let cause = self.cause.take().unwrap_or(Cause::Lease(why));
        self.by_hand = None;
        self.volume = None;
        if self.drive.draws(Position::Open) && self.turn.is_none() {
            // What closes may have to wait for its turn; what opens must not go on meanwhile.
            self.drive.rest(now);
        }
        self.phase = Phase::Closing(Closing::due(now));
        self.events.push(Event::Closing(cause));
    }

    /// Something failed: an open is given up, a close is tried again after a pause.
    pub(super) fn fail(&mut self, fault: Fault, now: Instant) {
        self.turn = None;
        if let Phase::Closing(Closing {
            step: Step::Due(_) | Step::Judged { .. },
            ..
        }) = self.phase
        {
            // Pins that cannot even be switched off are tried again by who sets them.
            return;
        }
        self.events.push(Event::Failed(fault));
        match self.phase {
            Phase::Opening { by: Some(id), .. } => {
                self.cause = Some(Cause::Fault(fault));
                self.lease.failed(id, now);
            }
            Phase::Opening { by: None, .. } | Phase::Open => {
                self.close_for(Cause::Fault(fault), now);
            }
            Phase::Closing(mut closing) => {
                self.count_try(&mut closing);
                closing.step = Step::Due(now + self.pause(&closing));
                self.phase = Phase::Closing(closing);
            }
            Phase::Closed(_) => self.close_for(Cause::Fault(fault), now),
        }
    }

    /// A stroke has been driven to its end.
    pub(super) fn after_stroke(&mut self, mut closing: Closing, now: Instant) -> Closing {
        closing.strokes = self.rules.strokes.min(closing.strokes + 1);
        self.count_try(&mut closing);
        let settle = match (self.rules.confirm, self.rules.flow) {
            (Confirm::Flow, Some(limits)) => limits.settle_time(),
            _ => Duration::ZERO,
        };
        closing.step = Step::Judged {
            since: now,
            until: now + settle + self.pause(&closing),
        };
        closing
    }

    /// Whether a stroke that is over has closed the valve; if its time is up and nothing says so, another is due.
    pub(super) fn judge(&mut self, now: Instant) {
        let Phase::Closing(mut closing) = self.phase else {
            return;
        };
        let Step::Judged { since, until } = closing.step else {
            return;
        };
        if self.is_confirmed(since) {
            self.finish(Event::Closed, now);
        } else if self.rules.confirm == Confirm::Nothing && closing.strokes >= self.rules.strokes {
            self.finish(Event::Unconfirmed, now);
        } else if now >= until {
            closing.step = Step::Due(now);
            self.phase = Phase::Closing(closing);
            self.begin_stroke(now);
        }
    }

    fn is_confirmed(&self, since: Instant) -> bool {
        match self.rules.confirm {
            Confirm::Nothing => false,
            Confirm::Flow => match (self.rules.flow, self.flow) {
                (Some(limits), Some((flow, at))) => {
                    at >= since + limits.settle_time() && limits.is_still(flow.rate)
                }
                _ => false,
            },
            Confirm::EndSwitch => {
                self.switches.and_then(EndSwitches::position) == Some(Position::Closed)
            }
            Confirm::Current => self.drive.is_proven(),
        }
    }

    fn finish(&mut self, event: fn(gofarm_core::command::Closed) -> Event, now: Instant) {
        let Some(closed) = self.lease.closed(now) else {
            return;
        };
        self.phase = Phase::Closed(now);
        self.turn = None;
        self.place = None;
        self.events.push(event(closed));
    }

    fn count_try(&mut self, closing: &mut Closing) {
        if closing.tries == self.rules.tries {
            return;
        }
        closing.tries += 1;
        if closing.tries == self.rules.tries && !self.will_give_up(closing) {
            let tries = closing.tries;
            self.events.push(Event::Overdue { tries });
        }
    }

    /// Whether this close ends now though nothing confirms it.
    fn will_give_up(&self, closing: &Closing) -> bool {
        self.rules.confirm == Confirm::Nothing && closing.strokes >= self.rules.strokes
    }

    fn pause(&self, closing: &Closing) -> Duration {
        if closing.tries < self.rules.tries {
            self.rules.retry
        } else {
            self.rules.slow_retry
        }
    }
}
