//! What a gateway tells the cloud of each command, exactly once: [`Dispatches`].
//!
//! State is replicated, and an older value may never be seen: what happened in between is not state. So how each command
//! ended goes through a durable outbox, which sends it until the cloud's inbox has it, whatever is lost in between.

use alloc::collections::BTreeMap;
use core::time::Duration;

use gofarm_core::command::{CommandId, Outcome};
use gofarm_core::time::{Instant, minutes};
use gofarm_crdt::dot::Dot;
use gofarm_crdt::journal::{Limits, Outbox};

use super::Packet;
use crate::season::disk::Disk;
use crate::season::party::Party;
use crate::season::replica::restored;

/// Without an answer it is sent again.
const RESEND: Duration = minutes(5);
/// So many are under way at a time.
const WINDOW: usize = 32;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::season) struct Dispatch {
    pub(in crate::season) field: u8,
    pub(in crate::season) id: CommandId,
    pub(in crate::season) outcome: Outcome,
}

impl Dispatch {
    const LEN: usize = 18;

    fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let place = Outcome::ALL.iter().position(|known| *known == self.outcome);
        bytes[0] = self.field;
        bytes[1] = u8::try_from(place.unwrap_or_default()).unwrap_or_default();
        bytes[2..].copy_from_slice(self.id.as_bytes());
        bytes
    }

    /// Reads one; `None` if it is none.
    pub(in crate::season) fn decode(bytes: &[u8]) -> Option<Self> {
        let [field, outcome, id @ ..] = bytes else {
            return None;
        };
        Some(Self {
            field: *field,
            outcome: *Outcome::ALL.get(usize::from(*outcome))?,
            id: CommandId::new(id.try_into().ok()?),
        })
    }
}

/// A gateway's outbox, and when each dispatch was sent last.
#[derive(Debug)]
pub(in crate::season) struct Dispatches {
    store: Disk,
    outbox: Outbox,
    sent: BTreeMap<Dot, Instant>,
    /// Pushed, and not durable yet.
    uncommitted: Vec<Dot>,
    is_changed: bool,
    reopened: u64,
}

impl Dispatches {
    pub(super) fn new(own: Party, seed: u64) -> Self {
        let mut store = Disk::memory(own.replica(), seed);
        Self {
            outbox: open(&mut store),
            store,
            sent: BTreeMap::new(),
            uncommitted: Vec::new(),
            is_changed: false,
            reopened: seed,
        }
    }

    pub(super) fn push(&mut self, dispatch: &Dispatch) {
        // Without room, after weeks without a link, it is not promised.
        if let Ok(dot) = self.outbox.push(&dispatch.encode()) {
            self.uncommitted.push(dot);
            self.is_changed = true;
        }
    }

    /// Makes durable what is new, and says what is.
    pub(super) fn commit(&mut self, mut durable: impl FnMut(Dot)) {
        if self.is_changed && self.outbox.commit(&mut self.store).is_ok() {
            self.is_changed = false;
            self.uncommitted.drain(..).for_each(&mut durable);
        }
    }

    /// The cloud has it.
    pub(super) fn taken(&mut self, dot: Dot) {
        self.sent.remove(&dot);
        self.is_changed |= self.outbox.done(dot);
    }

    pub(super) fn transmit(&mut self, now: Instant, mut send: impl FnMut(Vec<u8>)) {
        for effect in self.outbox.pending().take(WINDOW) {
            let dot = effect.id();
            let last = self.sent.get(&dot);
            if last.is_some_and(|last| now < *last + RESEND) {
                continue;
            }
            self.sent.insert(dot, now);
            let packet = Packet::Dispatch {
                dot,
                floor: self.outbox.floor(dot.actor()),
                body: effect.bytes(),
            };
            send(packet.encode());
        }
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        let last = self.sent.values().min();
        last.map_or(Instant::FAR_FUTURE, |last| *last + RESEND)
    }

    /// The power is back: what was durable is there. Says how many are missing.
    pub(super) fn restart(&mut self) -> u32 {
        let before = self.outbox.pending().count();
        self.reopened = self.reopened.wrapping_add(1);
        self.store = restored(&self.store, self.reopened);
        self.outbox = open(&mut self.store);
        self.sent.clear();
        self.uncommitted.clear();
        self.is_changed = false;
        // One that the cloud has taken, and of which that is not durable yet, comes back.
        let missing = before.saturating_sub(self.outbox.pending().count());
        u32::try_from(missing).unwrap_or(u32::MAX)
    }

    /// Durable, and not known to have arrived.
    pub(in crate::season) fn waiting(&self) -> usize {
        self.outbox.pending().count()
    }

    pub(in crate::season) fn disk(&self) -> &Disk {
        &self.store
    }
}

#[expect(clippy::expect_used, reason = "the store holds what it was given")]
fn open(store: &mut Disk) -> Outbox {
    Outbox::open(store, 0, Limits::new()).expect("what was written can be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for outcome in Outcome::ALL {
            let dispatch = Dispatch {
                field: 2,
                id: CommandId::new([9; 16]),
                outcome,
            };
            assert_eq!(Dispatch::decode(&dispatch.encode()), Some(dispatch));
        }
        assert_eq!(Dispatch::decode(&[1; 5]), None);
    }
}
