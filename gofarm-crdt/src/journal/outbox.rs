//! [`Outbox`]: effects that wait for their turn.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::changes::{Changes, scan};
use super::{Limits, OpenError, OutboxError, owner};
use crate::dot::{Actor, Dot};
use crate::error::{Full, Malformed};
use crate::store::{Record, Store};

const INCARNATION_LEN: usize = 4;

/// Where an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever performs effects must handle each"
)]
pub enum Phase {
    /// It waits; it may be sent, and sent again.
    Pending,
    /// It was begun in this opening of the store and is not done.
    Begun,
    /// It was begun and the program ended: whether it happened is not known.
    Indeterminate,
}

/// An effect in an [`Outbox`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect<'a> {
    id: Dot,
    phase: Phase,
    bytes: &'a [u8],
}

impl<'a> Effect<'a> {
    /// Its id, never given twice.
    #[must_use]
    pub const fn id(&self) -> Dot {
        self.id
    }

    /// Where it stands.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// What is to be done, as it was pushed.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// Effects in the order in which they were pushed, kept until they are done.
///
/// The contract: change it, put [`records`](Self::records) into a commit, then call
/// [`committed`](Self::committed); or let [`commit`](Self::commit) do both. [`pending`](Self::pending) shows only
/// what is durable, so an effect cannot happen before it is written down. After a commit that failed,
/// `records` shows the same changes and newer ones again.
///
/// See the [module](super) for an example.
#[derive(Debug)]
pub struct Outbox {
    actor: Actor,
    stream: [u8; 2],
    limits: Limits,
    /// By number, then incarnation: the order in which they were pushed, over all openings.
    entries: BTreeMap<(u64, u32), Entry>,
    bytes: usize,
    next: u64,
    changes: Changes,
    /// The entries among the changes.
    noted: Vec<(u64, u32)>,
}

#[derive(Debug)]
struct Entry {
    phase: Phase,
    bytes: Vec<u8>,
    /// The phase that is durable; nothing if none is.
    durable: Option<Phase>,
}

impl Outbox {
    /// Reads outbox number `stream` of `store`; it is empty if there was none.
    ///
    /// What had been begun is [`Phase::Indeterminate`] now.
    ///
    /// # Errors
    /// When the store fails or holds a record that cannot be read.
    pub fn open<S: Store>(
        store: &mut S,
        stream: u16,
        limits: Limits,
    ) -> Result<Self, OpenError<S::Error>> {
        let actor = Actor::new(store.replica(), store.incarnation());
        let mut outbox = Self {
            actor,
            stream: stream.to_be_bytes(),
            limits,
            entries: BTreeMap::new(),
            bytes: 0,
            next: 1,
            changes: Changes::default(),
            noted: Vec::new(),
        };
        let prefix = outbox.prefix();
        scan(store, &prefix, |key, value| outbox.restore(key, value))
            .map_err(OpenError::Store)?
            .map_err(OpenError::Malformed)?;
        Ok(outbox)
    }

    /// Takes an effect; it is shown as pending once it is durable.
    ///
    /// # Errors
    /// When it is full; nothing was changed.
    pub fn push(&mut self, effect: &[u8]) -> Result<Dot, OutboxError> {
        let limit = self.limits.max_entries();
        if self.entries.len() >= limit {
            return Err(OutboxError::Full(Full { limit }));
        }
        let (bytes, limit) = (
            self.bytes.saturating_add(effect.len()),
            self.limits.max_bytes(),
        );
        if bytes > limit {
            return Err(OutboxError::TooLong { bytes, limit });
        }
        let number = self.next;
        self.next = number.checked_add(1).ok_or(OutboxError::Exhausted)?;
        self.bytes = bytes;
        let place = (number, self.actor.incarnation());
        self.entries.insert(
            place,
            Entry {
                phase: Phase::Pending,
                bytes: effect.to_vec(),
                durable: None,
            },
        );
        self.note(place);
        Ok(Dot::new(self.actor, number))
    }

    /// The effects that may be sent or begun now, oldest first.
    pub fn pending(&self) -> impl Iterator<Item = Effect<'_>> {
        self.durable(Phase::Pending)
    }

    /// The effects that were begun before a crash: whether they happened is not known.
    pub fn indeterminate(&self) -> impl Iterator<Item = Effect<'_>> {
        self.durable(Phase::Indeterminate)
    }

    /// Begins an effect that must not happen twice and that nobody can deduplicate.
    ///
    /// Returns whether it was pending. Perform it only when [`may_run`](Self::may_run) says so, which is
    /// after the next commit.
    pub fn begin(&mut self, id: Dot) -> bool {
        self.advance(id, Phase::Pending, Phase::Begun)
    }

    /// Whether an effect was begun in this opening and that is durable: perform it now, once, then say
    /// [`done`](Self::done).
    #[must_use]
    pub fn may_run(&self, id: Dot) -> bool {
        self.place(id)
            .and_then(|place| self.entries.get(&place))
            .is_some_and(|entry| entry.durable == Some(Phase::Begun) && entry.phase == Phase::Begun)
    }

    /// Takes back an effect that did not happen, for certain: one that was begun and failed, or an indeterminate one
    /// of which somebody has found out. Returns whether it was one of these; it is pending again.
    pub fn again(&mut self, id: Dot) -> bool {
        self.advance(id, Phase::Begun, Phase::Pending)
            || self.advance(id, Phase::Indeterminate, Phase::Pending)
    }

    /// Removes an effect: it happened, was acknowledged, or is not wanted any more.
    ///
    /// Returns whether it was there.
    pub fn done(&mut self, id: Dot) -> bool {
        let Some(place) = self.place(id) else {
            return false;
        };
        let Some(entry) = self.entries.remove(&place) else {
            return false;
        };
        self.bytes = self.bytes.saturating_sub(entry.bytes.len());
        self.changes.remove(self.key(place));
        true
    }

    /// The lowest number of an effect of `actor` that is still here, or the next one that will be given: whatever is
    /// below is settled and never sent again. It goes with each effect to the receiver's
    /// [`Inbox::accept`](super::Inbox::accept).
    #[must_use]
    pub fn floor(&self, actor: Actor) -> u64 {
        self.entries
            .keys()
            .find(|(_, incarnation)| *incarnation == actor.incarnation())
            .map_or(self.next, |(number, _)| *number)
    }

    /// How many effects it holds, in any phase.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds no effect.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What changed and is not durable yet, to be put into a commit.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.changes.records()
    }

    /// The commit that held [`records`](Self::records) succeeded, and nothing was changed in between.
    pub fn committed(&mut self) {
        self.changes.clear();
        for place in self.noted.drain(..) {
            if let Some(entry) = self.entries.get_mut(&place) {
                entry.durable = Some(entry.phase);
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

    fn durable(&self, phase: Phase) -> impl Iterator<Item = Effect<'_>> {
        let replica = self.actor.replica();
        self.entries
            .iter()
            .filter(move |(_, entry)| entry.phase == phase && entry.durable == Some(phase))
            .map(move |(&(number, incarnation), entry)| Effect {
                id: Dot::new(Actor::new(replica, incarnation), number),
                phase,
                bytes: &entry.bytes,
            })
    }

    fn advance(&mut self, id: Dot, from: Phase, to: Phase) -> bool {
        let Some(place) = self.place(id) else {
            return false;
        };
        match self.entries.get_mut(&place) {
            Some(entry) if entry.phase == from => entry.phase = to,
            _ => return false,
        }
        self.note(place);
        true
    }

    fn place(&self, id: Dot) -> Option<(u64, u32)> {
        let is_ours = id.actor().replica() == self.actor.replica();
        is_ours.then(|| (id.counter(), id.actor().incarnation()))
    }

    fn prefix(&self) -> [u8; 3] {
        let [high, low] = self.stream;
        [owner::OUTBOX, high, low]
    }

    fn key(&self, (number, incarnation): (u64, u32)) -> Vec<u8> {
        let mut key = self.prefix().to_vec();
        key.extend_from_slice(&number.to_be_bytes());
        key.extend_from_slice(&incarnation.to_be_bytes());
        key
    }

    /// Notes an entry as changed: the phase, then the effect.
    fn note(&mut self, place: (u64, u32)) {
        let Some(entry) = self.entries.get(&place) else {
            return;
        };
        let mut value = Vec::with_capacity(entry.bytes.len() + 1);
        value.push(match entry.phase {
            Phase::Pending => 0,
            Phase::Begun | Phase::Indeterminate => 1,
        });
        value.extend_from_slice(&entry.bytes);
        let key = self.key(place);
        self.changes.put(key, value);
        self.noted.push(place);
    }

    fn restore(&mut self, key: &[u8], value: &[u8]) -> Result<(), Malformed> {
        let truncated = Malformed::Truncated("the key of an effect");
        let (number, rest) = key.split_first_chunk().ok_or(truncated)?;
        let incarnation = rest.first_chunk::<INCARNATION_LEN>().ok_or(truncated)?;
        if rest.len() > INCARNATION_LEN {
            return Err(Malformed::Trailing(rest.len() - INCARNATION_LEN));
        }
        let phase = match value.first() {
            Some(0) => Phase::Pending,
            Some(1) => Phase::Indeterminate,
            _ => return Err(Malformed::Invalid("the phase of an effect")),
        };
        let number = u64::from_be_bytes(*number);
        let bytes = value.get(1..).unwrap_or_default().to_vec();
        self.next = self.next.max(number.saturating_add(1));
        self.bytes = self.bytes.saturating_add(bytes.len());
        let place = (number, u32::from_be_bytes(*incarnation));
        let durable = Some(phase);
        self.entries.insert(
            place,
            Entry {
                phase,
                bytes,
                durable,
            },
        );
        Ok(())
    }
}
