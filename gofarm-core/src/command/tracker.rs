//! [`Tracker`]: the controller's side of a command.

use core::fmt;
use core::time::Duration;

use super::{Closed, Command, CommandId, Outcome, Tally};
use crate::error::{Classify, Kind};
use crate::time::Instant;

/// What a device says about a command.
///
/// See [`Tracker`] for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Report {
    /// It is being carried out; this decides nothing yet.
    Accepted,
    /// It has ended in this way.
    Ended(Outcome),
}

/// What is known about one command: three facts that must not be taken for each other, and its end.
///
/// *Commanded* is what we wished, *reported* is what the device says, *confirmed* is what something else has seen: a
/// flow meter, a pressure switch, a position contact.
///
/// ```
/// use gofarm_core::command::{Command, CommandId, Outcome, Report, Tracker};
/// use gofarm_core::time::{Instant, secs};
///
/// let mut tracker = Tracker::<8>::new(secs(10));
/// let (id, now) = (CommandId::new([1; 16]), Instant::ZERO);
/// tracker.issue(&Command::new(id, "open"), now)?;
/// tracker.report(id, Report::Ended(Outcome::Executed), now + secs(1));
/// let facts = tracker.facts(id).ok_or("not known")?;
/// assert_eq!(facts.outcome(), Some(Outcome::Executed)); // so says the device
/// assert_eq!(facts.confirmed(), None); // the flow meter has not turned yet
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Facts {
    commanded: Instant,
    reported: Option<(Report, Instant)>,
    confirmed: Option<Instant>,
    outcome: Option<Outcome>,
    closed: Option<Closed>,
}

impl Facts {
    /// When it was issued.
    #[must_use]
    pub const fn commanded(&self) -> Instant {
        self.commanded
    }

    /// How the device said that it ended, or that it accepted it, and when that came in.
    #[must_use]
    pub const fn reported(&self) -> Option<(Report, Instant)> {
        self.reported
    }

    /// When its effect was seen.
    #[must_use]
    pub const fn confirmed(&self) -> Option<Instant> {
        self.confirmed
    }

    /// How it ended; `None` while it is pending. Once there it does not change.
    #[must_use]
    pub const fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// How the run that it started or extended last was closed.
    #[must_use]
    pub const fn closed(&self) -> Option<Closed> {
        self.closed
    }
}

/// Something that the controller should act on.
///
/// ```
/// use gofarm_core::command::{Command, CommandId, Outcome, Report, Tracker, TrackerEvent};
/// use gofarm_core::time::{Instant, secs};
///
/// let mut tracker = Tracker::<8>::new(secs(10));
/// let (id, now) = (CommandId::new([1; 16]), Instant::ZERO);
/// tracker.issue(&Command::new(id, "open"), now)?;
/// let event = tracker.report(id, Report::Ended(Outcome::Executed), now + secs(1));
/// assert_eq!(event, Some(TrackerEvent::Ended(id, Outcome::Executed)));
/// assert_eq!(tracker.poll(now + secs(11)), Some(TrackerEvent::Unconfirmed(id))); // no flow
/// # Ok::<(), gofarm_core::command::IssueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TrackerEvent {
    /// A command has ended.
    Ended(CommandId, Outcome),
    /// A command was reported as executed and nothing has seen its effect in time: a dry pipe, a broken valve.
    Unconfirmed(CommandId),
    /// The device closed without being told to; what it delivered took [`Closed::ran`] and may not be what was planned.
    ClosedByItself(Closed),
}

/// Keeps account of up to `N` commands that were sent to devices.
///
/// Every issued command ends in exactly one [`Outcome`] or is pending. One that is neither reported nor confirmed
/// within `patience` ends as indeterminate: it may have run, so it must not be issued again under another id unless
/// its contract says that it is idempotent. What comes in after a command's end is kept as a fact and
/// counted as [late](Self::late), and decides nothing.
///
/// Sending the same command again while it is pending is the transport's matter and is not issued again here. Each
/// call costs O(`N`) and no heap. It keeps nothing across a restart of the controller: what was pending then is
/// settled by what the devices report, under their own tallies.
///
/// ```
/// use gofarm_core::command::{Command, CommandId, Outcome, Report, Tracker, TrackerEvent};
/// use gofarm_core::time::{Instant, secs};
///
/// let mut tracker = Tracker::<8>::new(secs(10));
/// let now = Instant::ZERO;
/// let (a, b) = (CommandId::new([1; 16]), CommandId::new([2; 16]));
/// tracker.issue(&Command::new(a, "open"), now)?;
/// tracker.issue(&Command::new(b, "open"), now)?;
///
/// tracker.report(a, Report::Ended(Outcome::Executed), now + secs(1));
/// tracker.confirm(a, now + secs(4)); // the flow meter turns
///
/// // No word about the other one.
/// let event = tracker.poll(now + secs(10));
/// assert_eq!(event, Some(TrackerEvent::Ended(b, Outcome::Indeterminate)));
/// assert!(tracker.tally().is_balanced());
/// # Ok::<(), gofarm_core::command::IssueError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tracker<const N: usize = 32> {
    slots: [Option<Slot>; N],
    patience: Duration,
    tally: Tally,
    late: u64,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    id: CommandId,
    facts: Facts,
    /// When to stop waiting for a confirmation.
    confirm_by: Option<Instant>,
}

impl<const N: usize> Tracker<N> {
    /// A tracker that waits for `patience` for a report, and from there as long again for a confirmation.
    #[must_use]
    pub const fn new(patience: Duration) -> Self {
        Self {
            slots: [None; N],
            patience,
            tally: Tally::NONE,
            late: 0,
        }
    }

    /// Takes note that a command is about to be sent for the first time.
    ///
    /// # Errors
    /// [`IssueError`] if its id is still known or all slots hold pending commands; do not send it then.
    pub fn issue<A>(&mut self, command: &Command<A>, now: Instant) -> Result<(), IssueError> {
        if self.slot(command.id()).is_some() {
            return Err(IssueError::Repeated);
        }
        // A free slot, or the one whose command ended and was issued longest ago.
        let place = self
            .slots
            .iter_mut()
            .filter(|s| s.is_none_or(|s| s.facts.outcome.is_some()))
            .min_by_key(|s| s.map(|s| s.facts.commanded))
            .ok_or(IssueError::Full { slots: N })?;
        *place = Some(Slot {
            id: command.id(),
            facts: Facts {
                commanded: now,
                reported: None,
                confirmed: None,
                outcome: None,
                closed: None,
            },
            confirm_by: None,
        });
        self.tally.issue();
        Ok(())
    }

    /// Takes note of what a device says about a command.
    pub fn report(&mut self, id: CommandId, report: Report, now: Instant) -> Option<TrackerEvent> {
        let patience = self.patience;
        let Some(slot) = self.slot(id) else {
            self.late += 1;
            return None;
        };
        // Reports may overtake each other: "accepted" after the end is no news.
        if report != Report::Accepted || slot.facts.reported.is_none() {
            slot.facts.reported = Some((report, now));
        }
        let is_pending = slot.facts.outcome.is_none();
        match report {
            Report::Accepted if is_pending => None,
            Report::Ended(outcome) if is_pending => {
                slot.facts.outcome = Some(outcome);
                if outcome == Outcome::Executed {
                    slot.confirm_by = Some(now + patience);
                }
                self.tally.settle(outcome);
                Some(TrackerEvent::Ended(id, outcome))
            }
            Report::Accepted | Report::Ended(_) => {
                self.late += 1;
                None
            }
        }
    }

    /// Takes note that the effect of a command has been seen by something other than the device's own word.
    ///
    /// A pending command has then been executed, even if its report is lost.
    pub fn confirm(&mut self, id: CommandId, now: Instant) -> Option<TrackerEvent> {
        let Some(slot) = self.slot(id) else {
            self.late += 1;
            return None;
        };
        slot.confirm_by = None;
        slot.facts.confirmed.get_or_insert(now);
        match slot.facts.outcome {
            None => {
                slot.facts.outcome = Some(Outcome::Executed);
                self.tally.settle(Outcome::Executed);
                Some(TrackerEvent::Ended(id, Outcome::Executed))
            }
            Some(Outcome::Executed) => None,
            Some(_) => {
                self.late += 1;
                None
            }
        }
    }

    /// Takes note that a device reports a confirmed close.
    ///
    /// Returns an event for each close that no command asked for; the same one twice for one known command is
    /// only counted as late.
    pub fn closed(&mut self, closed: Closed) -> Option<TrackerEvent> {
        if let Some(slot) = closed.command().and_then(|id| self.slot(id)) {
            if slot.facts.closed.is_some() {
                self.late += 1;
                return None;
            }
            slot.facts.closed = Some(closed);
        }
        (!closed.why().is_commanded()).then_some(TrackerEvent::ClosedByItself(closed))
    }

    /// Gives one thing whose time is up; call it until it returns `None`.
    pub fn poll(&mut self, now: Instant) -> Option<TrackerEvent> {
        let patience = self.patience;
        for slot in self.slots.iter_mut().flatten() {
            if slot.facts.outcome.is_none() && now >= slot.facts.commanded + patience {
                slot.facts.outcome = Some(Outcome::Indeterminate);
                self.tally.settle(Outcome::Indeterminate);
                return Some(TrackerEvent::Ended(slot.id, Outcome::Indeterminate));
            }
            if slot.confirm_by.take_if(|by| now >= *by).is_some() {
                return Some(TrackerEvent::Unconfirmed(slot.id));
            }
        }
        None
    }

    /// When to poll next; `None` while nothing is waited for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let slots = self.slots.iter().flatten();
        slots
            .filter_map(|slot| match slot.facts.outcome {
                None => Some(slot.facts.commanded + self.patience),
                Some(_) => slot.confirm_by,
            })
            .min()
    }

    /// What is known about a command; `None` if it was never issued or had to make room after its end.
    #[must_use]
    pub fn facts(&self, id: CommandId) -> Option<Facts> {
        let slot = self.slots.iter().flatten().find(|s| s.id == id)?;
        Some(slot.facts)
    }

    /// How many commands were issued and how each ended.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// How many reports and confirmations came in for commands that had ended or were not known.
    #[must_use]
    pub const fn late(&self) -> u64 {
        self.late
    }

    fn slot(&mut self, id: CommandId) -> Option<&mut Slot> {
        self.slots.iter_mut().flatten().find(|s| s.id == id)
    }
}

/// Why a command must not be sent; nothing was counted.
///
/// ```
/// use gofarm_core::command::{Command, CommandId, IssueError, Tracker};
/// use gofarm_core::time::{Instant, secs};
///
/// let mut tracker = Tracker::<1>::new(secs(10));
/// let command = |n| Command::new(CommandId::new([n; 16]), "open");
/// tracker.issue(&command(1), Instant::ZERO)?;
/// assert_eq!(tracker.issue(&command(1), Instant::ZERO), Err(IssueError::Repeated));
/// assert_eq!(tracker.issue(&command(2), Instant::ZERO), Err(IssueError::Full { slots: 1 }));
/// # Ok::<(), IssueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum IssueError {
    /// A command with its id is still known, pending or ended.
    Repeated,
    /// As many commands are pending as can be tracked.
    Full {
        /// How many that is.
        slots: usize,
    },
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated => f.write_str("a command with this id was issued before"),
            Self::Full { slots } => {
                write!(f, "{slots} commands are pending, no more can be tracked")
            }
        }
    }
}

impl core::error::Error for IssueError {}

impl Classify for IssueError {
    fn kind(&self) -> Kind {
        match self {
            Self::Repeated => Kind::Invalid,
            Self::Full { .. } => Kind::Overloaded,
        }
    }
}
