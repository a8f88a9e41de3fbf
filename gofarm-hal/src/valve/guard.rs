//! [`Guard`]: the one machine that opens and closes valves.

mod admission;
mod closing;
mod measurement;

use core::time::Duration;

use gofarm_core::command::{CommandId, Duty, Journal, Lease, State};
use gofarm_core::time::{Instant, millis};

use super::config::Rules;
use super::event::Events;
use super::{
    Alone, Cause, Config, ConfigError, Drive, EndSwitches, Event, Fault, Position, Stroke, Turns,
};
use crate::flow_meter::{Flow, FlowWatch};

/// Keeps the rules of water for one valve, whatever moves it.
///
/// It has no pins: [`output`](Self::output) says what must be on. [`Valve`](super::Valve) is a guard that is wired to
/// its pins; use a guard alone where outputs go another way, over a bus to a relay board.
///
/// # What it promises
/// - **It closes.** When the lease ends, when the time by hand ends, on a closing command, on a low reserve, on a leak,
///   on a fault, on link loss if the contract says so, and after every start, the poll at or after that instant takes
///   away what opens and begins a stroke that closes, on a [shared supply](super::Supply) as soon as it has its turn.
///   No minimum time delays it, and nothing opens until it is confirmed.
/// - **It closes again.** A close is driven until [`Confirm`](super::Confirm) is satisfied: some tries in quick
///   succession, then slowly and for ever. Only where nothing can confirm it ends after a number of full strokes.
/// - **One run at a time.** A run is a lease, or a person's; neither lengthens the other.
///
/// # What the caller owes
/// - Call [`poll`](Self::poll) after every other call, and at [`poll_timeout`](Self::poll_timeout) at the latest. Carry
///   out `output` after each poll, before the next.
/// - Give it what is measured, as often as it changes, and at least a few times in a stroke.
///
/// An instant earlier than one that it has seen counts as that one.
///
/// ```
/// use gofarm_core::command::RamJournal;
/// use gofarm_core::time::{Instant, millis, minutes};
/// use gofarm_hal::valve::{Coil, Guard, SolenoidConfig};
///
/// let mut now = Instant::ZERO;
/// let mut guard = Guard::<_, RamJournal>::restore(SolenoidConfig::normally_closed(), RamJournal::new(), now)?;
/// guard.poll(now); // releases, in case it was on
/// now += millis(100);
/// guard.poll(now);
/// assert!(guard.is_closed());
///
/// guard.open_by_hand(minutes(5), now)?;
/// guard.poll(now);
/// assert_eq!(guard.output(), Coil::Full);
/// now += minutes(5);
/// guard.poll(now);
/// assert_eq!(guard.output(), Coil::Off);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Guard<D, J, S: Turns = Alone, const N: usize = 16> {
    drive: D,
    rules: Rules,
    lease: Lease<J, N>,
    supply: S,
    now: Instant,
    phase: Phase,
    turn: Option<S::Turn>,
    place: Option<S::Place>,
    /// When it last asked for a turn in vain.
    sent_away: Option<Instant>,
    /// A person has it open, from and until.
    by_hand: Option<Instant>,
    /// A person has closed it, until.
    held: Option<Instant>,
    /// When the run began.
    opened: Instant,
    /// Why it closes, where the lease does not know better.
    cause: Option<Cause>,
    is_reserve_ready: bool,
    watch: Option<FlowWatch>,
    flow: Option<(Flow, Instant)>,
    volume: Option<VolumeEnd>,
    /// The end switches since the last stroke that closes was begun.
    switches: Option<EndSwitches>,
    events: Events,
}

/// Where the valve is.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Closed, as far as anybody can know, since.
    Closed(Instant),
    /// Asked to open by a command or a person; the stroke is driven once it has its turn.
    Opening {
        by: Option<CommandId>,
        is_driven: bool,
    },
    /// Open.
    Open,
    /// Closing, and not confirmed.
    Closing(Closing),
}

/// How far a close has come.
#[derive(Clone, Copy, Debug)]
struct Closing {
    /// Strokes that were driven to their end, counted up to as many as are asked for.
    strokes: u16,
    /// Strokes that were begun and have ended, counted up to when it is overdue.
    tries: u16,
    step: Step,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A stroke is due.
    Due(Instant),
    /// It is under way.
    Driven,
    /// It is over, since, and something may confirm it until.
    Judged { since: Instant, until: Instant },
}

/// The end of a run by volume.
#[derive(Clone, Copy, Debug)]
struct VolumeEnd {
    limit: u64,
    /// What the meter showed at the start of the run, once it was read.
    start: Option<u64>,
}

impl<D: Drive, J: Journal, const N: usize> Guard<D, J, Alone, N> {
    /// Guards a valve after a start, with what its journal kept. It closes first.
    ///
    /// # Errors
    /// [`ConfigError`] naming the option that cannot work.
    pub fn restore(config: Config<D>, journal: J, now: Instant) -> Result<Self, ConfigError> {
        config.rules.check()?;
        config.drive.check(config.rules.confirm)?;
        Ok(Self {
            watch: config.rules.flow.map(FlowWatch::new),
            is_reserve_ready: config.rules.reserve.is_none(),
            drive: config.drive,
            rules: config.rules,
            lease: Lease::restore(journal, now),
            supply: Alone,
            now,
            phase: Phase::Closing(Closing::due(now)),
            turn: None,
            place: None,
            sent_away: None,
            by_hand: None,
            held: None,
            opened: now,
            cause: None,
            flow: None,
            volume: None,
            switches: None,
            events: Events::empty(),
        })
    }

    /// With a supply that it shares with others.
    #[must_use]
    pub fn on<S: Turns>(self, supply: S) -> Guard<D, J, S, N> {
        Guard {
            drive: self.drive,
            rules: self.rules,
            lease: self.lease,
            supply,
            now: self.now,
            phase: self.phase,
            turn: None,
            place: None,
            sent_away: None,
            by_hand: self.by_hand,
            held: self.held,
            opened: self.opened,
            cause: self.cause,
            is_reserve_ready: self.is_reserve_ready,
            watch: self.watch,
            flow: self.flow,
            volume: self.volume,
            switches: self.switches,
            events: self.events,
        }
    }
}

impl<D: Drive, J: Journal, S: Turns, const N: usize> Guard<D, J, S, N> {
    /// How often a stroke that waits for its turn asks again.
    const TURN_RETRY: Duration = millis(20);

    /// With another limit than 7 days on how far ahead a command's expiry may be; see
    /// [`Lease::longest_validity`].
    #[must_use]
    pub fn longest_validity(mut self, validity: Duration) -> Self {
        self.lease = self.lease.longest_validity(validity);
        self
    }

    /// Declares that no command from before can come again; see [`Lease::commission`].
    ///
    /// # Errors
    /// The journal's error if this could not be persisted; nothing has changed then.
    pub fn commission(&mut self) -> Result<(), J::Error> {
        self.lease.commission()
    }

    /// Goes on: closes if it has to, and moves what moves.
    pub fn poll(&mut self, now: Instant) {
        let now = self.tick(now);
        self.watch_duty(now);
        self.begin_stroke(now);
        let stroke = self.drive.poll(now);
        self.follow(stroke, now);
        self.expect_flow(now);
    }

    /// What must be on now, as of the last poll.
    pub fn output(&self) -> D::Output {
        self.drive.output()
    }

    /// When to poll next; `None` while it is closed. An instant that has passed means at once.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let duty = match (self.lease.state(), self.phase) {
            (State::Running { until }, _) => Some(until),
            (State::Closing { .. }, Phase::Closing(_)) | (State::Idle, _) => None,
            (State::Closing { since, .. }, _) => Some(since),
        };
        let step = match self.phase {
            Phase::Opening {
                is_driven: false, ..
            } => Some(self.asking_at(self.opened)),
            Phase::Closing(Closing { step, .. }) => match step {
                Step::Due(at) => Some(self.asking_at(at)),
                Step::Driven => None,
                Step::Judged { until, .. } => Some(until),
            },
            Phase::Opening { .. } | Phase::Open | Phase::Closed(_) => None,
        };
        [duty, step, self.by_hand, self.drive.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    /// The next thing that it has to tell. At most 8 wait; the oldest goes and is [counted](Self::events_lost).
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// How many events nobody asked for in time.
    #[must_use]
    pub const fn events_lost(&self) -> u32 {
        self.events.lost()
    }

    /// Whether it is closed, as far as anybody can know, and nothing has to be done.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed(_)) && matches!(self.lease.state(), State::Idle)
    }

    /// Whether it has been driven open and nothing has begun to close it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open) && !matches!(self.lease.state(), State::Closing { .. })
    }

    /// Whether water was found to flow while it was closed, and has not been found still since.
    #[must_use]
    pub fn is_leaking(&self) -> bool {
        self.watch.as_ref().is_some_and(FlowWatch::is_leaking)
    }

    /// The lease under it: its state, tally and losses.
    #[must_use]
    pub const fn lease(&self) -> &Lease<J, N> {
        &self.lease
    }

    /// The next command of which nobody knows whether it took effect; see [`Lease::poll_indeterminate`].
    pub fn poll_indeterminate(&mut self) -> Option<CommandId> {
        self.lease.poll_indeterminate()
    }

    /// The journal, given back before a planned restart; the drive stays as it is, so close first.
    #[must_use]
    pub fn into_journal(self) -> J {
        self.lease.into_journal()
    }

    /// Takes note that `output` could not be carried out: the stroke is void, and the valve closes.
    pub fn failed(&mut self, now: Instant) {
        let now = self.tick(now);
        self.drive.rest(now);
        self.fail(Fault::Pin, now);
        self.watch_duty(now);
    }

    /// When a stroke that is due from `at` on is begun.
    fn asking_at(&self, at: Instant) -> Instant {
        match self.sent_away {
            Some(asked) => at.max(asked + Self::TURN_RETRY),
            None => at,
        }
    }

    fn tick(&mut self, now: Instant) -> Instant {
        self.now = self.now.max(now);
        self.now
    }

    /// Ends what has to end, and turns to closing if there is a duty to.
    fn watch_duty(&mut self, now: Instant) {
        if self.by_hand.is_some_and(|until| now >= until) {
            self.close_for(Cause::ByHandEnded, now);
        }
        if self.lease.poll(now) == Duty::MustClose {
            self.turn_to_closing(now);
        }
    }

    fn begin_stroke(&mut self, now: Instant) {
        let to = match self.phase {
            Phase::Opening {
                is_driven: false, ..
            } => Position::Open,
            Phase::Closing(Closing {
                step: Step::Due(at),
                ..
            }) if now >= at => Position::Closed,
            _ => return,
        };
        if self.turn.is_none() && self.drive.draws(to) {
            self.turn = self.supply.turn(to, now);
            if self.turn.is_none() {
                self.sent_away = Some(now);
                return;
            }
        }
        self.sent_away = None;
        self.drive.start(to, now);
        match &mut self.phase {
            Phase::Opening { is_driven, .. } => *is_driven = true,
            Phase::Closing(closing) => {
                closing.step = Step::Driven;
                self.switches = None;
            }
            Phase::Open | Phase::Closed(_) => {}
        }
    }

    /// Acts on what has become of a stroke.
    fn follow(&mut self, stroke: Stroke, now: Instant) {
        match stroke {
            Stroke::Moving => {}
            Stroke::Resting => self.judge(now),
            Stroke::Done => {
                self.turn = None;
                match self.phase {
                    Phase::Opening { by, .. } => {
                        self.phase = Phase::Open;
                        if let Some(id) = by {
                            self.lease.executed(id);
                        }
                        self.events.push(Event::Opened);
                    }
                    Phase::Closing(closing) => {
                        self.phase = Phase::Closing(self.after_stroke(closing, now));
                        self.judge(now);
                    }
                    Phase::Open | Phase::Closed(_) => {}
                }
            }
            Stroke::Failed(fault) => {
                self.fail(fault, now);
                self.watch_duty(now);
            }
        }
    }
}
