//! [`DoubleWrite`]: the machine.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use gofarm_core::error::Kind;
use gofarm_core::random::Random;
use gofarm_core::time::Instant;

use super::record::Stand;
use super::side::SideState;
use super::{
    Action, Attempt, Begun, Call, Config, DoubleWriteError, Event, Settled, Side, WriteId,
};
use crate::error::Full;
use crate::journal::Changes;

/// Writes to two places, until both have it or neither.
///
/// The contract: after each change put [`records`](Self::records) into a commit and call
/// [`committed`](Self::committed), or let [`commit`](Self::commit) do both; then drain
/// [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event) and call
/// [`handle_timeout`](Self::handle_timeout) at [`poll_timeout`](Self::poll_timeout). A write is not tried before it is
/// durable. Each attempt must be answered by [`handle_outcome`](Self::handle_outcome); after a restart all that is not
/// settled is tried again.
///
/// See the [module](super) for an example.
#[derive(Debug)]
pub struct DoubleWrite {
    pub(super) stream: [u8; 2],
    pub(super) config: Config,
    pub(super) running: BTreeMap<WriteId, Running>,
    /// The calls to make, by the time when they are due.
    pub(super) queue: BTreeSet<(Instant, WriteId, Side)>,
    /// The writes that nobody was told of, by the time when somebody must be.
    pub(super) untold: BTreeSet<(Instant, WriteId)>,
    pub(super) bytes: usize,
    pub(super) settled: BTreeMap<WriteId, (Settled, u64)>,
    /// The settled ones, oldest first.
    pub(super) by_age: BTreeMap<u64, WriteId>,
    pub(super) order: u64,
    pub(super) changes: Changes,
    /// The writes among the changes.
    pub(super) noted: Vec<WriteId>,
    pub(super) events: VecDeque<Event>,
}

#[derive(Debug)]
pub(super) struct Running {
    pub(super) payload: Vec<u8>,
    pub(super) order: u64,
    pub(super) sides: [SideState; 2],
    pub(super) tell_at: Instant,
    pub(super) is_durable: bool,
}

impl DoubleWrite {
    pub(super) fn new(stream: u16, config: Config) -> Self {
        Self {
            stream: stream.to_be_bytes(),
            config,
            running: BTreeMap::new(),
            queue: BTreeSet::new(),
            untold: BTreeSet::new(),
            bytes: 0,
            settled: BTreeMap::new(),
            by_age: BTreeMap::new(),
            order: 0,
            changes: Changes::default(),
            noted: Vec::new(),
            events: VecDeque::new(),
        }
    }

    /// Takes a write; it is tried once it is durable.
    ///
    /// # Errors
    /// When it is full, or the id is on its way with another payload; nothing was changed.
    pub fn begin(
        &mut self,
        now: Instant,
        id: WriteId,
        payload: &[u8],
    ) -> Result<Begun, DoubleWriteError> {
        if let Some((settled, _)) = self.settled.get(&id) {
            return Ok(Begun::Settled(*settled));
        }
        if let Some(running) = self.running.get(&id) {
            let is_same = running.payload == payload;
            return is_same
                .then_some(Begun::Running)
                .ok_or(DoubleWriteError::Differs(id));
        }
        let limit = self.config.limits.max_entries();
        if self.running.len() >= limit {
            return Err(DoubleWriteError::Full(Full { limit }));
        }
        let bytes = self.bytes.saturating_add(payload.len());
        let limit = self.config.limits.max_bytes();
        if bytes > limit {
            return Err(DoubleWriteError::TooLong { bytes, limit });
        }
        self.bytes = bytes;
        self.order += 1;
        let running = self.running_from(now, self.order, [Stand::Waits; 2], payload);
        self.untold.insert((running.tell_at, id));
        self.running.insert(id, running);
        self.note(id);
        Ok(Begun::New)
    }

    /// The next call that is due; make it, and say how it went with [`handle_outcome`](Self::handle_outcome).
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Attempt<'_>> {
        let &(_, id, which) = self.queue.first().filter(|(due, ..)| *due <= now)?;
        self.queue.pop_first();
        let running = self.running.get_mut(&id)?;
        let [first, second] = &mut running.sides;
        let side = match which {
            Side::First => first,
            Side::Second => second,
        };
        let action = side.next()?;
        side.in_flight = Some(action);
        side.was_asked = true;
        Some(Attempt {
            call: Call {
                id,
                side: which,
                action,
            },
            payload: &running.payload,
        })
    }

    /// Takes the answer of a call: done, or what kind of failure it was.
    ///
    /// A failure that may pass ([`Kind::is_retryable`], also a time-out, after which nobody knows whether it was done)
    /// is tried again after a while, and so is a call that was given up. Any other failure to apply is a refusal, and
    /// is compensated on the other side; a refusal to undo is told and tried again. An answer to a call that is not
    /// waiting is ignored.
    pub fn handle_outcome<R: Random + ?Sized>(
        &mut self,
        now: Instant,
        call: Call,
        outcome: Result<(), Kind>,
        random: &mut R,
    ) {
        self.unqueue(call.id);
        if self.has_changed(now, call, outcome, random) {
            self.settle(call.id);
            self.note(call.id);
        }
        self.enqueue(call.id);
    }

    /// Takes an answer; says whether it changed what is kept.
    fn has_changed<R: Random + ?Sized>(
        &mut self,
        now: Instant,
        call: Call,
        outcome: Result<(), Kind>,
        random: &mut R,
    ) -> bool {
        let config = self.config;
        let Some(running) = self.running.get_mut(&call.id) else {
            return false;
        };
        let [first, second] = &mut running.sides;
        let (side, other) = match call.side {
            Side::First => (first, second),
            Side::Second => (second, first),
        };
        if side.in_flight != Some(call.action) {
            return false;
        }
        side.in_flight = None;
        let is_refused = outcome.is_err_and(|kind| !kind.is_retryable() && kind != Kind::Cancelled);
        match (call.action, outcome) {
            (Action::Apply, _) if is_refused => {
                side.stand = Stand::Refused;
                let is_new = other.stand != Stand::MustUndo;
                other.stand = match other.stand {
                    Stand::Waits if !other.was_asked => Stand::Undone,
                    Stand::Refused | Stand::Undone => other.stand,
                    Stand::Waits | Stand::Applied | Stand::MustUndo => Stand::MustUndo,
                };
                if is_new {
                    other.delay = config.first_delay;
                    other.due = now;
                }
            }
            // The other side has refused meanwhile: whatever came of this, it is undone now.
            (Action::Apply, _) if side.stand == Stand::MustUndo => {
                side.due = now;
                return false;
            }
            (Action::Apply, Ok(())) => side.stand = Stand::Applied,
            (Action::Undo, Ok(())) => side.stand = Stand::Undone,
            (action, Err(_)) => {
                side.wait(now, &config, random);
                if action == Action::Undo && is_refused {
                    self.events.push_back(Event::UndoRefused {
                        id: call.id,
                        side: call.side,
                    });
                }
                return false;
            }
        }
        true
    }

    /// Notices the writes that have taken too long.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(&(tell_at, id)) = self.untold.first() {
            if now < tell_at {
                return;
            }
            self.untold.pop_first();
            let sides = self
                .running
                .get(&id)
                .into_iter()
                .flat_map(|running| &running.sides);
            let mut waiting = Side::BOTH.into_iter().zip(sides);
            if let Some((waits_for, action)) =
                waiting.find_map(|(side, state)| Some((side, state.action()?)))
            {
                self.events.push_back(Event::PersonNeeded {
                    id,
                    waits_for,
                    action,
                });
            }
        }
    }

    /// The next thing that somebody should know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) and [`poll_transmit`](Self::poll_transmit) next; nothing
    /// while there is nothing to wait for but answers and commits.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let call = self.queue.first().map(|(due, ..)| *due);
        let untold = self.untold.first().map(|(tell_at, _)| *tell_at);
        call.into_iter().chain(untold).min()
    }

    /// How many writes are not settled.
    #[must_use]
    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether all writes are settled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Queues the calls of a write that may be made.
    pub(super) fn enqueue(&mut self, id: WriteId) {
        let Some(running) = self.running.get(&id).filter(|running| running.is_durable) else {
            return;
        };
        for (side, state) in Side::BOTH.into_iter().zip(&running.sides) {
            if state.next().is_some() {
                self.queue.insert((state.due, id, side));
            }
        }
    }

    fn unqueue(&mut self, id: WriteId) {
        let Some(running) = self.running.get(&id) else {
            return;
        };
        for (side, state) in Side::BOTH.into_iter().zip(&running.sides) {
            self.queue.remove(&(state.due, id, side));
        }
    }

    /// If nothing is left to do for a write, says so and keeps only its id.
    fn settle(&mut self, id: WriteId) {
        let Some(running) = self.running.get(&id) else {
            return;
        };
        if running.sides.iter().any(|side| side.action().is_some()) {
            return;
        }
        let refused = |(_, side): &(Side, &SideState)| side.stand == Stand::Refused;
        let mut sides = Side::BOTH.into_iter().zip(&running.sides);
        let (settled, event) = match sides.find(refused) {
            Some((refused_by, _)) => (Settled::Compensated, Event::Compensated { id, refused_by }),
            None => (Settled::Written, Event::Written(id)),
        };
        self.bytes = self.bytes.saturating_sub(running.payload.len());
        self.untold.remove(&(running.tell_at, id));
        self.running.remove(&id);
        self.events.push_back(event);
        self.order += 1;
        self.settled.insert(id, (settled, self.order));
        self.by_age.insert(self.order, id);
        self.forget();
    }
}
