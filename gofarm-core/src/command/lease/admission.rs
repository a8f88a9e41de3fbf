//! The checks that an opening command has to pass, and the order of "persist, then act".

use core::time::Duration;

use super::{Lease, Loss, Run};
use crate::command::snapshot::{MAX_SNAPSHOT_LEN, Memory};
use crate::command::{
    Command, CommandId, Delivery, Journal, Outcome, Refusal, SnapshotError, State,
};
use crate::contract::{Action, ActionContract, OnLinkLoss};
use crate::error::Classify;
use crate::time::{Instant, UnixMillis};

pub(super) fn load<J: Journal, const N: usize>(journal: &mut J) -> Result<Memory<N>, Loss> {
    let mut buffer = [0; MAX_SNAPSHOT_LEN];
    match journal.load(&mut buffer) {
        Ok(None) => Err(Loss::Missing),
        Ok(Some(len)) => match buffer.get(..len) {
            Some(bytes) => Memory::decode(bytes).map_err(Loss::Corrupt),
            None => Err(Loss::Corrupt(SnapshotError::Length { len })),
        },
        Err(error) => Err(Loss::Unreadable(error.kind())),
    }
}

#[cfg_attr(target_os = "none", inline(never))]
pub(super) fn save<J: Journal, const N: usize>(
    journal: &mut J,
    memory: &Memory<N>,
) -> Result<(), J::Error> {
    journal.save(memory.encode(&mut [0; MAX_SNAPSHOT_LEN]))
}

impl<J: Journal, const N: usize> Lease<J, N> {
    /// Takes note that the device refused a command for a reason of its own and did not ask here: an interlock, a
    /// minimum off time. It counts as refused and is not remembered.
    ///
    /// ```
    /// # use gofarm_core::time::Instant;
    /// use gofarm_core::command::{Lease, Outcome};
    ///
    /// let mut lease: Lease<()> = Lease::restore((), Instant::ZERO);
    /// lease.declined();
    /// assert_eq!(lease.tally().ended(Outcome::Refused), 1);
    /// assert!(lease.tally().is_balanced());
    /// ```
    pub fn declined(&mut self) {
        self.memory.tally.issue();
        self.memory.tally.settle(Outcome::Refused);
    }

    /// Holds an opening command against everything that it must meet, persists its id, and starts its run.
    pub(super) fn open<A: Action>(
        &mut self,
        command: &Command<A>,
        now: Instant,
        wall: Option<UnixMillis>,
    ) -> Result<(), Refusal> {
        command.action().validate().map_err(Refusal::Invalid)?;
        if command.delivery() != Delivery::Live {
            return Err(Refusal::Retained);
        }
        if self.memory.window.knows(command.id()) {
            return Err(Refusal::Repeated);
        }
        let expires = command.expiry().ok_or(Refusal::NoExpiry)?;
        let wall = wall.ok_or(Refusal::TimeUnknown)?;
        self.check_expiry(expires, wall)?;
        if let State::Closing { why, .. } = self.state {
            return Err(Refusal::Closing(why));
        }
        let run = self.check_lease(command.id(), command.lease_time(), A::CONTRACT, now)?;
        self.remember(command.id(), expires, wall)?;
        if let Some((run, until)) = run {
            self.run = Some(run);
            self.state = State::Running { until };
        }
        Ok(())
    }

    fn check_expiry(&self, expires: UnixMillis, wall: UnixMillis) -> Result<(), Refusal> {
        if wall >= expires {
            return Err(Refusal::Expired {
                by: wall.saturating_since(expires),
            });
        }
        let ahead = expires.saturating_since(wall);
        if ahead > self.validity {
            return Err(Refusal::TooFarAhead {
                ahead,
                longest: self.validity,
            });
        }
        let forgotten_until = self.memory.window.forgotten_until;
        if expires <= forgotten_until {
            return Err(Refusal::MayRepeat { forgotten_until });
        }
        Ok(())
    }

    /// The run as it would be with this command, and the end of its lease; `None` for an action without lease.
    fn check_lease(
        &self,
        command: CommandId,
        lease: Option<Duration>,
        contract: &ActionContract,
        now: Instant,
    ) -> Result<Option<(Run, Instant)>, Refusal> {
        let Some(lease) = lease else {
            return match contract.longest_run() {
                Some(_) => Err(Refusal::NoLease),
                None => Ok(None),
            };
        };
        if lease < Duration::from_micros(1) {
            return Err(Refusal::ZeroLease);
        }
        let (opened, limit, on_link_loss) = match self.run {
            Some(run) => (run.opened, run.limit, run.on_link_loss),
            None => (now, Instant::FAR_FUTURE, OnLinkLoss::Finish),
        };
        let limit = match contract.longest_run() {
            Some(longest) => limit.min(opened + longest),
            None => limit,
        };
        let allowed = limit.saturating_since(now);
        if lease > allowed {
            return Err(Refusal::LeaseTooLong { lease, allowed });
        }
        let on_link_loss = match contract.link_loss() {
            OnLinkLoss::Close => OnLinkLoss::Close,
            OnLinkLoss::Finish => on_link_loss,
        };
        let run = Run {
            opened,
            limit,
            on_link_loss,
            command,
        };
        Ok(Some((run, now + lease)))
    }

    /// Persists the id; if that fails nothing has changed.
    fn remember(
        &mut self,
        id: CommandId,
        expires: UnixMillis,
        wall: UnixMillis,
    ) -> Result<(), Refusal> {
        if self.memory.window.is_full() {
            // Pending ids may have to go as well, or a caller that never reports would be refused for ever.
            let unknown = self.memory.window.give_up(&|e| e.expires <= wall);
            self.memory
                .tally
                .settle_all(unknown, Outcome::Indeterminate);
        }
        let undo = self
            .memory
            .window
            .admit(id, expires, wall)
            .map_err(|full| Refusal::Busy {
                slots: N,
                retry_after: full.first_expiry.saturating_since(wall),
            })?;
        save(&mut self.journal, &self.memory).map_err(|error| {
            self.memory.window.undo(undo);
            Refusal::NotPersisted(error.kind())
        })
    }

    /// After lost memory: every command accepted before this start expires by the time of the start plus the
    /// longest validity. As soon as the wall time is known, those count as forgotten.
    pub(super) fn settle_loss(&mut self, now: Instant, wall: UnixMillis) {
        if !self.memory.is_lost {
            return;
        }
        let uptime = now.saturating_since(self.started).as_millis();
        let uptime = u64::try_from(uptime).unwrap_or(u64::MAX);
        let start = UnixMillis::new(wall.as_millis().saturating_sub(uptime));
        let forgotten_until = &mut self.memory.window.forgotten_until;
        *forgotten_until = (*forgotten_until).max(start + self.validity);
        self.memory.is_lost = false;
        // If this fails, the next start counts from its own time: later, so still safe.
        let _ = save(&mut self.journal, &self.memory);
    }
}
