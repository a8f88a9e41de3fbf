//! What may open a valve, and what closes it on purpose.

use core::time::Duration;

use gofarm_core::command::{self, Command, Journal};
use gofarm_core::contract::Action;
use gofarm_core::time::{Instant, UnixMillis};

use super::{Guard, Phase, VolumeEnd};
use crate::valve::{Cause, Drive, Refusal, Turns, Verdict};

impl<D: Drive, J: Journal, S: Turns, const N: usize> Guard<D, J, S, N> {
    /// Decides about a command and begins to carry it out.
    ///
    /// A closing command is never refused. An opening one has to pass the interlocks of this valve and then
    /// everything that [`Lease::accept`](command::Lease::accept) asks for; a command that the interlocks refuse was
    /// not remembered and may be sent again.
    ///
    /// While the valve is open under a lease, another opening command moves the end of the run, within the maximum run
    /// time.
    pub fn accept<A: Action>(
        &mut self,
        command: &Command<A>,
        now: Instant,
        wall: Option<UnixMillis>,
    ) -> Verdict {
        let now = self.tick(now);
        self.watch_duty(now);
        if !A::CONTRACT.closes() {
            let permit = match (command.lease_time(), self.phase) {
                // The lease refuses it and says why.
                (_, Phase::Closing(_)) => Ok(()),
                (Some(run), _) => self.permit(run, self.rules.max_run, now),
                (None, _) => Err(Refusal::NoLease),
            };
            if let Err(refusal) = permit {
                self.lease.declined();
                return Verdict::Refused(refusal);
            }
        }
        let verdict = self.lease.accept(command, now, wall);
        if A::CONTRACT.closes() {
            self.watch_duty(now);
            return Verdict::Accepted;
        }
        match (verdict, self.phase) {
            (command::Verdict::Accepted, Phase::Open) => {
                self.lease.executed(command.id());
                Verdict::Accepted
            }
            (command::Verdict::Accepted, _) => {
                self.begin_run(Some(command), now);
                Verdict::Accepted
            }
            (command::Verdict::Refused(refusal), _) => {
                self.leave_place();
                Verdict::Refused(Refusal::Lease(refusal))
            }
        }
    }

    /// A person opens the valve, at most for the [longest time by hand](crate::valve::Config::max_by_hand).
    ///
    /// No command and no lease is needed, and no clock but the device's own. The interlocks hold as for a command.
    ///
    /// # Errors
    /// [`Refusal`]; nothing has changed then.
    pub fn open_by_hand(&mut self, run: Duration, now: Instant) -> Result<(), Refusal> {
        let now = self.tick(now);
        self.watch_duty(now);
        if matches!(self.phase, Phase::Open) {
            return Err(Refusal::InUse);
        }
        // Who closed it by hand may open it by hand.
        let held = self.held.take();
        if let Err(refusal) = self.permit(run, self.rules.by_hand, now) {
            self.held = held;
            return Err(refusal);
        }
        self.by_hand = Some(now + run);
        self.begin_run::<()>(None, now);
        Ok(())
    }

    /// A person closes the valve; for `hold` from now on no command opens it.
    ///
    /// It closes whoever has it open. A hold does not outlive a reset.
    pub fn close_by_hand(&mut self, hold: Duration, now: Instant) {
        let now = self.tick(now);
        self.held = (!hold.is_zero()).then(|| now + hold);
        self.close_for(Cause::ByHand, now);
        self.watch_duty(now);
    }

    /// Closes for a reason of the program's own: a wet floor, a leak on a meter that it shares.
    pub fn close(&mut self, now: Instant) {
        let now = self.tick(now);
        self.close_for(Cause::Program, now);
        self.watch_duty(now);
    }

    /// Takes note that the link to the controller is lost; closes only if the contract of what runs says so.
    pub fn link_lost(&mut self, now: Instant) {
        let now = self.tick(now);
        self.lease.link_lost(now);
        self.watch_duty(now);
    }

    /// Ends the present run after so many millilitres as well, counted from the first [`flow`](Self::flow) after this;
    /// `false` if it is closed or closing.
    ///
    /// It is checked when the meter is read, so read it often. The lease still ends the run if the water is slow.
    pub fn end_after(&mut self, millilitres: u64) -> bool {
        let is_running = matches!(self.phase, Phase::Opening { .. } | Phase::Open);
        if is_running {
            self.volume = Some(VolumeEnd {
                limit: millilitres,
                start: None,
            });
        }
        is_running
    }

    /// Whether a run of this length may begin now, or the present one may go on for so long; takes a place.
    fn permit(&mut self, run: Duration, longest: Duration, now: Instant) -> Result<(), Refusal> {
        if let Some(until) = self.by_hand.max(self.held)
            && now < until
        {
            let wait = until.saturating_since(now);
            return Err(Refusal::ByHand { wait });
        }
        let since = match self.phase {
            Phase::Open => Some(self.opened),
            Phase::Opening { .. } => return Err(Refusal::InUse),
            Phase::Closing(_) => return Err(Refusal::Closing),
            Phase::Closed(since) => {
                let wait = (since + self.rules.min_off).saturating_since(now);
                if !wait.is_zero() {
                    return Err(Refusal::MinOff { wait });
                }
                None
            }
        };
        if since.is_none() && run < self.rules.min_on {
            let min_on = self.rules.min_on;
            return Err(Refusal::TooShort { run, min_on });
        }
        let allowed = (since.unwrap_or(now) + longest).saturating_since(now);
        if run > allowed {
            return Err(Refusal::TooLong { run, allowed });
        }
        if !self.is_reserve_ready {
            return Err(Refusal::ReserveLow);
        }
        if self.is_leaking() {
            return Err(Refusal::Leaking);
        }
        if self.place.is_none() {
            self.place = self.supply.place();
        }
        match self.place {
            Some(_) => Ok(()),
            None => Err(Refusal::SupplyTaken),
        }
    }

    fn begin_run<A>(&mut self, by: Option<&Command<A>>, now: Instant) {
        self.opened = now;
        self.cause = None;
        self.volume = None;
        self.held = None;
        self.phase = Phase::Opening {
            by: by.map(Command::id),
            is_driven: false,
        };
    }

    /// Gives back a place that no run uses.
    fn leave_place(&mut self) {
        if matches!(self.phase, Phase::Closed(_)) {
            self.place = None;
        }
    }
}
