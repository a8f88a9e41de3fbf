//! [`Inbox`]: which effects have come already.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::changes::{Changes, scan};
use super::{InboxError, Limits, OpenError, owner};
use crate::dot::{Actor, Dot, ReplicaId};
use crate::error::{Full, Malformed};
use crate::store::{Record, Store};

/// Whether an effect that came is to be performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an effect that is not new must not be performed again"]
#[expect(clippy::exhaustive_enums, reason = "there is no third answer")]
pub enum Reception {
    /// It came for the first time: perform it, commit, acknowledge.
    New,
    /// It came before: acknowledge it again, and do nothing.
    Repeated,
}

/// The ids of effects that have come, so that each is performed once.
///
/// Of each source it remembers the number up to which all came and 128 bits above, which is 36 bytes whatever
/// comes. A source is one opening of the sender's store, and it is never forgotten by itself: an effect of a
/// forgotten source that comes again would be new. Call [`forget`](Self::forget) for a source from which nothing can be
/// on its way any more.
///
/// The contract of [`records`](Self::records), [`committed`](Self::committed) and [`commit`](Self::commit) is that of
/// [`Outbox`](super::Outbox). Acknowledge an effect only after the commit.
///
/// See the [module](super) for an example.
#[derive(Debug)]
pub struct Inbox {
    stream: [u8; 2],
    limits: Limits,
    sources: BTreeMap<Actor, Source>,
    changes: Changes,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Source {
    /// All up to here have come or are settled.
    mark: u64,
    /// Bit n: number mark + 1 + n has come; bit 0 is never set.
    above: u128,
}

impl Inbox {
    /// How many numbers from the first missing one on are remembered of a source. A sender that has more
    /// effects than this unacknowledged sends some in vain.
    pub const WINDOW: u64 = 128;

    /// Reads inbox number `stream` of `store`; it is empty if there was none.
    ///
    /// # Errors
    /// When the store fails or holds a record that cannot be read.
    pub fn open<S: Store>(
        store: &mut S,
        stream: u16,
        limits: Limits,
    ) -> Result<Self, OpenError<S::Error>> {
        let mut inbox = Self {
            stream: stream.to_be_bytes(),
            limits,
            sources: BTreeMap::new(),
            changes: Changes::default(),
        };
        let prefix = inbox.prefix();
        scan(store, &prefix, |key, value| inbox.restore(key, value))
            .map_err(OpenError::Store)?
            .map_err(OpenError::Malformed)?;
        Ok(inbox)
    }

    /// Notes that effect `id` came, with the sender's [`floor`](super::Outbox::floor) for that source.
    ///
    /// A wrong floor harms effects of that source only; the driver has authenticated it.
    ///
    /// # Errors
    /// When it cannot be told whether it is new: do not perform and do not acknowledge it, it will come again.
    /// Nothing was changed.
    pub fn accept(&mut self, id: Dot, floor: u64) -> Result<Reception, InboxError> {
        let number = id.counter();
        if number == 0 {
            return Err(InboxError::Zero);
        }
        let known = self.sources.get(&id.actor());
        let limit = self.limits.max_entries();
        if known.is_none() && self.sources.len() >= limit {
            return Err(InboxError::Full(Full { limit }));
        }
        let mut source = known.copied().unwrap_or_default();
        // A floor above the effect is from a later message; this effect is settled then.
        source.settle(floor.min(number).saturating_sub(1));
        if number <= source.mark {
            return Ok(Reception::Repeated);
        }
        let distance = number - source.mark - 1;
        let bit = match u32::try_from(distance) {
            Ok(distance) if u64::from(distance) < Self::WINDOW => 1u128 << distance,
            _ => {
                return Err(InboxError::Ahead {
                    id,
                    first_missing: source.mark.saturating_add(1),
                    window: Self::WINDOW,
                });
            }
        };
        if source.above & bit != 0 {
            return Ok(Reception::Repeated);
        }
        source.above |= bit;
        source.settle(source.mark);
        self.sources.insert(id.actor(), source);
        self.note(id.actor(), source);
        Ok(Reception::New)
    }

    /// The sources of which something came.
    pub fn sources(&self) -> impl Iterator<Item = Actor> {
        self.sources.keys().copied()
    }

    /// Forgets a source; returns whether it was known.
    ///
    /// An effect of it that comes after this is taken as new, so do it only when none can come: the sender has
    /// opened its store again and has nothing left of that source, and the link holds nothing back for longer than
    /// that is ago.
    pub fn forget(&mut self, source: Actor) -> bool {
        self.changes.remove(self.key(source));
        self.sources.remove(&source).is_some()
    }

    /// What changed and is not durable yet, to be put into a commit.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.changes.records()
    }

    /// The commit that held [`records`](Self::records) succeeded, and nothing was changed in between.
    pub fn committed(&mut self) {
        self.changes.clear();
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
        [owner::INBOX, high, low]
    }

    fn key(&self, source: Actor) -> Vec<u8> {
        let mut key = self.prefix().to_vec();
        key.extend_from_slice(&source.replica().get().to_be_bytes());
        key.extend_from_slice(&source.incarnation().to_be_bytes());
        key
    }

    fn note(&mut self, actor: Actor, source: Source) {
        let mut value = source.mark.to_le_bytes().to_vec();
        value.extend_from_slice(&source.above.to_le_bytes());
        let key = self.key(actor);
        self.changes.put(key, value);
    }

    fn restore(&mut self, key: &[u8], value: &[u8]) -> Result<(), Malformed> {
        let invalid = Malformed::Invalid("what an inbox knows of a source");
        let (replica, incarnation) = key.split_first_chunk().ok_or(invalid)?;
        let (mark, above) = value.split_first_chunk().ok_or(invalid)?;
        let actor = Actor::new(
            ReplicaId::new(u64::from_be_bytes(*replica)),
            u32::from_be_bytes(incarnation.try_into().map_err(|_| invalid)?),
        );
        let source = Source {
            mark: u64::from_le_bytes(*mark),
            above: u128::from_le_bytes(above.try_into().map_err(|_| invalid)?),
        };
        self.sources.insert(actor, source);
        Ok(())
    }
}

impl Source {
    /// All up to `mark` are settled; moves on over those that have come.
    fn settle(&mut self, mark: u64) {
        let passed = mark.saturating_sub(self.mark);
        self.above = u32::try_from(passed)
            .ok()
            .and_then(|passed| self.above.checked_shr(passed))
            .unwrap_or(0);
        self.mark = self.mark.max(mark);
        let come = self.above.trailing_ones();
        self.mark = self.mark.saturating_add(u64::from(come));
        self.above = self.above.checked_shr(come).unwrap_or(0);
    }
}
