//! [`DoubleWrite`]: the machine.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::error::Kind;
use gofarm_core::random::Random;
use gofarm_core::time::Instant;

use super::record::{Said, Stand};
use super::{
    Action, Attempt, Begun, Call, Config, DoubleWriteError, Event, Settled, Side, WriteId,
};
use crate::error::{Full, Malformed};
use crate::journal::{Changes, OpenError, owner, scan};
use crate::store::{Record, Store};

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
    stream: [u8; 2],
    config: Config,
    running: BTreeMap<WriteId, Running>,
    bytes: usize,
    settled: BTreeMap<WriteId, (Settled, u64)>,
    /// The settled ones, oldest first.
    by_age: BTreeMap<u64, WriteId>,
    order: u64,
    changes: Changes,
    /// The writes among the changes.
    noted: Vec<WriteId>,
    events: VecDeque<Event>,
}

#[derive(Debug)]
struct Running {
    payload: Vec<u8>,
    order: u64,
    sides: [SideState; 2],
    tell_at: Instant,
    is_told: bool,
    is_durable: bool,
}

#[derive(Clone, Copy, Debug)]
struct SideState {
    stand: Stand,
    due: Instant,
    delay: Duration,
    /// The call that waits for its answer.
    in_flight: Option<Action>,
    /// A call was made, in this opening or perhaps in one before.
    was_asked: bool,
}

impl SideState {
    fn action(self) -> Option<Action> {
        match self.stand {
            Stand::Waits => Some(Action::Apply),
            Stand::MustUndo => Some(Action::Undo),
            Stand::Applied | Stand::Refused | Stand::Undone => None,
        }
    }

    /// Puts the next try off, longer each time.
    fn wait<R: Random + ?Sized>(&mut self, now: Instant, config: &Config, random: &mut R) {
        let spread = self.delay / 5;
        let micros = u64::try_from(spread.as_micros()).unwrap_or(u64::MAX);
        let part = Duration::from_micros(random.below(micros.saturating_mul(2)));
        self.due = now + (self.delay - spread) + part;
        self.delay = (self.delay.saturating_mul(3) / 2).min(config.longest_delay);
    }

    /// The call to make at `due`.
    fn next(self) -> Option<Action> {
        self.action().filter(|_| self.in_flight.is_none())
    }
}

impl DoubleWrite {
    /// Reads double writes number `stream` of `store`; there are none at first.
    ///
    /// # Errors
    /// When the store fails or holds a record that cannot be read.
    pub fn open<S: Store>(
        now: Instant,
        store: &mut S,
        stream: u16,
        config: Config,
    ) -> Result<Self, OpenError<S::Error>> {
        let mut double = Self {
            stream: stream.to_be_bytes(),
            config,
            running: BTreeMap::new(),
            bytes: 0,
            settled: BTreeMap::new(),
            by_age: BTreeMap::new(),
            order: 0,
            changes: Changes::default(),
            noted: Vec::new(),
            events: VecDeque::new(),
        };
        let prefix = double.prefix();
        scan(store, &prefix, |key, value| double.restore(now, key, value))
            .map_err(OpenError::Store)?
            .map_err(OpenError::Malformed)?;
        Ok(double)
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
        self.running.insert(id, running);
        self.note(id);
        Ok(Begun::New)
    }

    /// The next call that is due; make it, and say how it went with [`handle_outcome`](Self::handle_outcome).
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Attempt<'_>> {
        let is_due = |side: &SideState| side.next().is_some() && side.due <= now;
        let (&id, running) = self
            .running
            .iter_mut()
            .find(|(_, running)| running.is_durable && running.sides.iter().any(is_due))?;
        let (which, side) = Side::BOTH
            .into_iter()
            .zip(&mut running.sides)
            .find(|(_, side)| is_due(side))?;
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
        let config = self.config;
        let Some(running) = self.running.get_mut(&call.id) else {
            return;
        };
        let [first, second] = &mut running.sides;
        let (side, other) = match call.side {
            Side::First => (first, second),
            Side::Second => (second, first),
        };
        if side.in_flight != Some(call.action) {
            return;
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
                return;
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
                return; // nothing that is kept has changed
            }
        }
        self.settle(call.id);
        self.note(call.id);
    }

    /// Notices the writes that have taken too long.
    pub fn handle_timeout(&mut self, now: Instant) {
        for (&id, running) in &mut self.running {
            if running.is_told || now < running.tell_at {
                continue;
            }
            let mut waiting = Side::BOTH.into_iter().zip(&running.sides);
            let late = waiting.find_map(|(side, state)| Some((side, state.action()?)));
            if let Some((waits_for, action)) = late {
                running.is_told = true;
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
        let durable = self.running.values().filter(|running| running.is_durable);
        let calls = durable
            .flat_map(|running| running.sides)
            .filter_map(|side| side.next().map(|_| side.due));
        let untold = self.running.values().filter(|running| !running.is_told);
        calls.chain(untold.map(|running| running.tell_at)).min()
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

    /// What changed and is not durable yet, to be put into a commit.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.changes.records()
    }

    /// The commit that held [`records`](Self::records) succeeded, and nothing was changed in between.
    pub fn committed(&mut self) {
        self.changes.clear();
        for id in self.noted.drain(..) {
            if let Some(running) = self.running.get_mut(&id) {
                running.is_durable = true;
            }
        }
    }

    /// Makes the changes durable in a commit of their own.
    ///
    /// # Errors
    /// The store's; the changes are kept for the next commit.
    pub fn commit<S: Store>(&mut self, store: &mut S) -> Result<(), S::Error> {
        if !self.changes.is_empty() {
            store.commit(&mut self.changes.records())?;
        }
        self.committed();
        Ok(())
    }

    fn prefix(&self) -> [u8; 3] {
        let [high, low] = self.stream;
        [owner::DOUBLE_WRITE, high, low]
    }

    fn key(&self, id: WriteId) -> Vec<u8> {
        let mut key = self.prefix().to_vec();
        key.extend_from_slice(id.as_bytes());
        key
    }

    fn running_from(
        &self,
        now: Instant,
        order: u64,
        stands: [Stand; 2],
        payload: &[u8],
    ) -> Running {
        Running {
            payload: payload.to_vec(),
            order,
            sides: stands.map(|stand| SideState {
                stand,
                due: now,
                delay: self.config.first_delay,
                in_flight: None,
                was_asked: false,
            }),
            tell_at: now + self.config.tell_after,
            is_told: false,
            is_durable: false,
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
        self.running.remove(&id);
        self.events.push_back(event);
        self.order += 1;
        self.settled.insert(id, (settled, self.order));
        self.by_age.insert(self.order, id);
        self.forget();
    }

    /// Keeps as many settled ids as are to be remembered.
    fn forget(&mut self) {
        while self.by_age.len() > self.config.remembered {
            let Some((_, oldest)) = self.by_age.pop_first() else {
                return;
            };
            self.settled.remove(&oldest);
            self.changes.remove(self.key(oldest));
        }
    }

    /// Notes a write as changed.
    fn note(&mut self, id: WriteId) {
        let value = match (self.running.get(&id), self.settled.get(&id)) {
            (Some(running), _) => {
                let stands = running.sides.map(|side| side.stand);
                let payload = &running.payload;
                Said::Running { stands, payload }.encode(running.order)
            }
            (None, Some((settled, order))) => Said::Settled(*settled).encode(*order),
            (None, None) => return, // forgotten at once
        };
        let key = self.key(id);
        self.changes.put(key, value);
        self.noted.push(id);
    }

    fn restore(&mut self, now: Instant, key: &[u8], value: &[u8]) -> Result<(), Malformed> {
        let id = key.try_into().map(WriteId::new);
        let id = id.map_err(|_| Malformed::Invalid("the id of a double write"))?;
        let (said, order) = Said::decode(value)?;
        self.order = self.order.max(order);
        match said {
            Said::Running { stands, payload } => {
                let mut running = self.running_from(now, order, stands, payload);
                running.is_durable = true;
                // Nobody knows what was asked before the restart.
                running
                    .sides
                    .iter_mut()
                    .for_each(|side| side.was_asked = true);
                self.bytes = self.bytes.saturating_add(payload.len());
                self.running.insert(id, running);
            }
            Said::Settled(settled) => {
                self.settled.insert(id, (settled, order));
                self.by_age.insert(order, id);
                self.forget();
            }
        }
        Ok(())
    }
}
