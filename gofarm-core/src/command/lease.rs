//! [`Lease`]: the device's side of a command.

mod admission;

use core::time::Duration;

use self::admission::{load, save};
use super::snapshot::{MAX_SLOTS, Memory, SnapshotError, snapshot_len};
use super::window::Phase;
use super::{
    CloseReason, Closed, Command, CommandId, Duty, Journal, Outcome, State, Tally, Verdict,
};
use crate::contract::{Action, OnLinkLoss};
use crate::error::Kind;
use crate::time::{Instant, UnixMillis, days, secs};

/// Decides which commands one actuator carries out, and when it has to close.
///
/// # What it promises
/// - **Never twice.** An id is persisted before [`accept`](Self::accept) says `Accepted`, and never accepted again:
///   not after a restart, not when the wall clock steps back, not when the window of `N` ids is full. A
///   command that was accepted and not reported as [`executed`](Self::executed) before a restart, or before the
///   end of its run, ends as *indeterminate*, is handed out by [`poll_indeterminate`](Self::poll_indeterminate) and
///   never run again.
/// - **It closes.** After any start the first [`poll`](Self::poll) says [`Duty::MustClose`]. So does the first poll at
///   or after the end of the lease, and every poll from then on until [`closed`](Self::closed) confirms it. No new
///   command runs in between and nothing resumes by itself. Only the device's own [`Instant`] counts.
/// - **Closing always works.** A closing command is never refused, whatever its expiry, delivery or input, waits for
///   no journal and needs no clock.
///
/// # What the caller owes
/// - Carry out an accepted command at once, then say `executed` or [`failed`](Self::failed). A caller that says
///   neither loses nothing but the knowledge: the command ends as indeterminate.
/// - Poll at [`poll_timeout`](Self::poll_timeout) at the latest, drive the device on `MustClose`, and say `closed`
///   only when the safe state has been confirmed.
/// - One `Lease` for one actuator, with all its actions, and one [`Journal`] for it alone.
///
/// # Lost memory
/// If the journal is empty, unreadable or corrupt, the device cannot know which commands it has already run.
/// [`restore`](Self::restore) still gives a lease, because a device without one would not close, and
/// [`loss`](Self::loss) says what happened. Such a device refuses every opening command that could have been accepted
/// before: those that expire up to its start plus the [longest validity](Self::longest_validity). Everything else it
/// takes, and its counters start at zero.
///
/// This one guarantee rests on the wall clock: the first time that the device knows must not be behind the time at
/// which it accepted what it lost, and a first time far in the future makes it refuse until it is commissioned. A
/// factory-new device is told with [`commission`](Self::commission) that it has nothing to remember.
///
/// The strictest contract of all commands of one run counts, for the run time as for the behaviour on link loss.
/// `N` is 1 to [`MAX_SLOTS`]; every operation costs O(`N`) time and no heap. While it saves it uses
/// [`MAX_SNAPSHOT_LEN`](super::MAX_SNAPSHOT_LEN) bytes of stack.
///
/// The [module](super) shows one run. A power cut between acceptance and effect:
///
/// ```
/// # use gofarm_core::Action;
/// # use gofarm_core::time::{Instant, UnixMillis, minutes, secs};
/// use gofarm_core::command::{Command, CommandId, Duty, Lease, RamJournal, Refusal, Verdict};
///
/// # #[derive(Action)]
/// # #[action(safe = "closed", max_run = "30min")]
/// # struct Open;
/// # let now = Instant::ZERO;
/// # let wall = UnixMillis::new(1_790_000_000_000);
/// let open = Command::new(CommandId::new([1; 16]), Open).expires(wall + secs(30)).lease(minutes(20));
/// let mut lease: Lease<RamJournal> = Lease::restore(RamJournal::new(), now);
/// lease.commission()?;
/// assert_eq!(lease.poll(now), Duty::MustClose);
/// lease.closed(now);
/// assert_eq!(lease.accept(&open, now, Some(wall)), Verdict::Accepted);
///
/// let mut lease: Lease<RamJournal> = Lease::restore(lease.into_journal(), now);
/// assert_eq!(lease.poll(now), Duty::MustClose);
/// assert_eq!(lease.accept(&open, now, Some(wall)), Verdict::Refused(Refusal::Repeated));
/// assert_eq!(lease.poll_indeterminate(), Some(open.id()));
/// # Ok::<(), gofarm_core::command::JournalFull>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lease<J, const N: usize = 16> {
    journal: J,
    memory: Memory<N>,
    state: State,
    /// When `MustClose` was last handed out for the present close; `None` in every other state.
    driven: Option<Instant>,
    run: Option<Run>,
    loss: Option<Loss>,
    started: Instant,
    validity: Duration,
}

/// A stay outside the safe state, from the first accepted command to the confirmed close.
#[derive(Clone, Copy, Debug)]
struct Run {
    opened: Instant,
    /// The end of the run by the strictest contract in it.
    limit: Instant,
    on_link_loss: OnLinkLoss,
    command: CommandId,
}

/// Why a device does not know which commands it has run.
///
/// See [`SnapshotError`] for an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Loss {
    /// Nothing was ever saved.
    Missing,
    /// The journal could not be read.
    Unreadable(Kind),
    /// What was saved cannot be used.
    Corrupt(SnapshotError),
    /// It was lost before an earlier start, and the device has not known the time since.
    Earlier,
}

impl<J: Journal, const N: usize> Lease<J, N> {
    const FITS: () = assert!(
        N >= 1 && N <= MAX_SLOTS,
        "a lease holds 1 to MAX_SLOTS command ids"
    );

    /// The length of this lease's snapshots, in bytes.
    pub const SNAPSHOT_LEN: usize = snapshot_len(N);

    /// The interval at which [`poll_timeout`](Self::poll_timeout) asks for a close to be driven again.
    pub const CLOSE_RETRY: Duration = secs(1);

    /// Starts a device with what its journal kept. It must close first.
    ///
    /// Commands that were accepted and not reported as executed become indeterminate. Nothing is written.
    #[must_use]
    pub fn restore(mut journal: J, now: Instant) -> Self {
        let () = Self::FITS;
        let (mut memory, loss) = match load(&mut journal) {
            Ok(memory) => {
                let loss = memory.is_lost.then_some(Loss::Earlier);
                (memory, loss)
            }
            Err(loss) => (Memory::empty(), Some(loss)),
        };
        memory.is_lost = loss.is_some();
        let unknown = memory.window.give_up(&|_| true);
        memory.tally.settle_all(unknown, Outcome::Indeterminate);
        Self {
            journal,
            memory,
            state: State::Closing {
                since: now,
                why: CloseReason::Started,
            },
            driven: None,
            run: None,
            loss,
            started: now,
            validity: days(7),
        }
    }

    /// With another limit than 7 days on how far ahead a command's expiry may be.
    ///
    /// The default lets a program be sent ahead for 72 hours without a link, with room to spare. It is also the time
    /// for which a device that lost its memory refuses to open, so a device that only obeys live
    /// commands does well with minutes; without any storage (`()` as journal) that is the way to go. Never make it
    /// shorter in an update than the time that old commands may still be valid.
    #[must_use]
    pub const fn longest_validity(mut self, validity: Duration) -> Self {
        self.validity = validity;
        self
    }

    /// Declares that no command from before can come again, and forgets them all.
    ///
    /// For a factory-new device, and for a person who has emptied the queues and would rather open now than wait
    /// out a lost memory. The counters stay.
    ///
    /// # Errors
    /// The journal's error if this could not be persisted; nothing has changed then.
    pub fn commission(&mut self) -> Result<(), J::Error> {
        let mut memory = Memory::empty();
        memory.tally = self.memory.tally;
        memory.closes = self.memory.closes;
        let forgotten = memory.tally.pending.saturating_sub(memory.closes);
        memory.tally.settle_all(forgotten, Outcome::Indeterminate);
        save(&mut self.journal, &memory)?;
        self.memory = memory;
        self.loss = None;
        Ok(())
    }

    /// Why this start found no memory of the commands run before; `None` if it did, or after commissioning.
    #[must_use]
    pub const fn loss(&self) -> Option<Loss> {
        self.loss
    }

    /// Decides about a command.
    ///
    /// A repeated id is refused as such while it is remembered, even after its expiry. A command accepted
    /// while the device is running moves the end of the lease to `now` plus its own, earlier or later.
    pub fn accept<A: Action>(
        &mut self,
        command: &Command<A>,
        now: Instant,
        wall: Option<UnixMillis>,
    ) -> Verdict {
        self.advance(now);
        if A::CONTRACT.closes() {
            self.memory.tally.issue();
            self.memory.closes += 1;
            self.begin_close(now, CloseReason::Commanded);
            return Verdict::Accepted;
        }
        if let Some(wall) = wall {
            self.settle_loss(now, wall);
        }
        self.memory.tally.issue();
        match self.open(command, now, wall) {
            Ok(()) => Verdict::Accepted,
            Err(refusal) => {
                self.memory.tally.settle(refusal.outcome());
                Verdict::Refused(refusal)
            }
        }
    }

    /// What the device has to do now; say this often, at the latest at [`poll_timeout`](Self::poll_timeout).
    pub fn poll(&mut self, now: Instant) -> Duty {
        self.advance(now);
        match self.state {
            State::Closing { .. } => {
                self.driven = Some(now);
                Duty::MustClose
            }
            State::Idle | State::Running { .. } => Duty::Nothing,
        }
    }

    /// When to poll next: the end of the lease, or the next try of a close; `None` while idle.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Idle => None,
            State::Running { until } => Some(until),
            State::Closing { since, .. } => Some(match self.driven {
                Some(driven) => driven + Self::CLOSE_RETRY,
                None => since,
            }),
        }
    }

    /// Takes note that a command took effect. A closing one is reported with [`closed`](Self::closed) instead.
    ///
    /// Returns `false` and changes nothing if no such command is pending: a report that comes after the end of
    /// the run decides nothing. If the journal fails here, a restart will call the command indeterminate.
    pub fn executed(&mut self, id: CommandId) -> bool {
        let Some(entry) = self.memory.window.find(id) else {
            return false;
        };
        if entry.phase != Phase::Accepted {
            return false;
        }
        entry.phase = Phase::Executed;
        self.memory.tally.settle(Outcome::Executed);
        // A failure costs knowledge, not safety: the id itself is already persisted.
        let _ = save(&mut self.journal, &self.memory);
        true
    }

    /// Takes note that carrying out a command failed: it may have had an effect, so the device must close.
    pub fn failed(&mut self, id: CommandId, now: Instant) {
        let count = self.memory.window.give_up(&|e| e.id == id);
        self.memory.tally.settle_all(count, Outcome::Indeterminate);
        self.advance(now);
        self.begin_close(now, CloseReason::DriveFailed);
    }

    /// Takes note that the safe state has been confirmed.
    ///
    /// It counts only after `MustClose` was handed out for this close: a confirmation from before proves nothing.
    /// Found closed in the middle of a run, the device is told to close once more, so that a stray
    /// confirmation can never cancel a lease.
    pub fn closed(&mut self, now: Instant) -> Option<Closed> {
        self.advance(now);
        let (since, why) = match self.state {
            State::Closing { since, why } => (since, why),
            State::Running { .. } => {
                self.begin_close(now, CloseReason::FoundClosed);
                return None;
            }
            State::Idle => return None,
        };
        self.driven?;
        self.driven = None;
        self.state = State::Idle;
        let run = self.run.take();
        let closes = core::mem::take(&mut self.memory.closes);
        self.memory.tally.settle_all(closes, Outcome::Executed);
        let unknown = self.memory.window.give_up(&|_| true);
        self.memory
            .tally
            .settle_all(unknown, Outcome::Indeterminate);
        Some(Closed {
            command: run.map(|run| run.command),
            why,
            ran: run.map(|run| now.saturating_since(run.opened)),
            delay: now.saturating_since(since),
        })
    }

    /// Takes note that the link to the controller is lost; closes only if the contract of what runs says so.
    pub fn link_lost(&mut self, now: Instant) {
        self.advance(now);
        let closes = self
            .run
            .is_some_and(|run| run.on_link_loss == OnLinkLoss::Close);
        if closes {
            self.begin_close(now, CloseReason::LinkLost);
        }
    }

    /// Begins to close for a reason of the device's own: a leak, a low reserve, a person at the panel.
    pub fn close(&mut self, now: Instant) {
        self.advance(now);
        self.begin_close(now, CloseReason::Local);
    }

    /// Where it stands, as of the last call that took the time.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// For how long a close has been due without being confirmed; zero if none is.
    #[must_use]
    pub fn past_due(&self, now: Instant) -> Duration {
        match self.state {
            State::Idle => Duration::ZERO,
            State::Running { until } => now.saturating_since(until),
            State::Closing { since, .. } => now.saturating_since(since),
        }
    }

    /// Whether a close is under way and `MustClose` has been handed out for it.
    #[must_use]
    pub const fn is_close_driven(&self) -> bool {
        self.driven.is_some()
    }

    /// The next command that ended as indeterminate and is still remembered, each once after every start.
    pub fn poll_indeterminate(&mut self) -> Option<CommandId> {
        let mut entries = self.memory.window.entries.iter_mut().flatten();
        let entry = entries.find(|e| e.is_unreported)?;
        entry.is_unreported = false;
        Some(entry.id)
    }

    /// How many commands were delivered and how each ended.
    ///
    /// Persisted together with the next accepted command, so a restart may undo the last refusals in it.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.memory.tally
    }

    /// Persists the counters now, before a planned restart.
    ///
    /// # Errors
    /// The journal's error; what was saved before is still good.
    pub fn save(&mut self) -> Result<(), J::Error> {
        save(&mut self.journal, &self.memory)
    }

    /// The journal, given back.
    #[must_use]
    pub fn into_journal(self) -> J {
        self.journal
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn advance(&mut self, now: Instant) {
        if let State::Running { until } = self.state
            && now >= until
        {
            self.begin_close(until, CloseReason::LeaseEnded);
        }
    }

    fn begin_close(&mut self, since: Instant, why: CloseReason) {
        if !matches!(self.state, State::Closing { .. }) {
            self.state = State::Closing { since, why };
        }
    }
}
