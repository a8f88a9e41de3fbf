//! One side's replica of the field: what an integrator writes around a [`Replica`] and a [`Session`].
//!
//! The valve's node and the gateway have the same one. A write is local and durable at once, whatever the radio does;
//! the session brings it over when there is a link.

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, hours};
use gofarm_crdt::clock::Now;
use gofarm_crdt::conflict::{ConflictId, Resolution};
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::store::MemoryStore;
use gofarm_crdt::sync::{Event, Limits, PeerIdentity, Session};
use gofarm_crdt::{Handle, Replica};

use super::listener::Listener;
use super::state::{FieldState, FieldStateEdit, NAME};

/// The gateway's replica.
pub(super) const GATEWAY: ReplicaId = ReplicaId::new(1);
/// The replica of the valve's node.
pub(super) const NODE: ReplicaId = ReplicaId::new(2);

/// The field's state on one side, and the session with the other.
#[derive(Debug)]
pub(super) struct FieldReplica {
    replica: Replica<MemoryStore>,
    field: Handle<FieldState>,
    session: Session,
    peer: ReplicaId,
    random: SplitMix64,
    listener: Listener,
    counts: Counts,
}

/// What went over the radio and what met.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) frames: u64,
    pub(super) bytes: u64,
    /// Frames that came and were refused: of a session before a restart.
    pub(super) refused: u64,
    /// What a session cannot mend by itself; each is for a person to see.
    pub(super) troubles: u64,
    /// Concurrent writes of one value.
    pub(super) conflicts: u64,
}

impl FieldReplica {
    /// A replica with an empty store.
    pub(super) fn new(own: ReplicaId, peer: ReplicaId, seed: u64, now: Now) -> Self {
        let mut random = SplitMix64::new(seed);
        let (replica, field) = open(MemoryStore::new(own, random.next_u64()), now);
        Self {
            replica,
            field,
            session: session(peer, &mut random),
            peer,
            random,
            listener: Listener::default(),
            counts: Counts::default(),
        }
    }

    /// The power is back: what was committed is there, all else is gone.
    pub(super) fn restart(&mut self, now: Now) {
        let store = self.replica.store().restored(self.random.next_u64());
        (self.replica, self.field) = open(store, now);
        self.replica.set_observer(self.listener.clone());
        self.session = session(self.peer, &mut self.random);
    }

    pub(super) fn listen(&mut self, listener: &Listener) {
        self.listener = listener.clone();
        self.replica.set_observer(listener.clone());
    }

    pub(super) fn read(&self) -> &FieldState {
        self.replica.read(&self.field)
    }

    /// Writes, and makes it durable.
    pub(super) fn write(&mut self, now: Now, write: impl FnOnce(&mut FieldStateEdit<'_>)) {
        self.replica.update(now, &self.field, write);
        self.commit();
    }

    /// Takes a frame of the other side. A bad one changes nothing; what is missing is sent again.
    pub(super) fn handle(&mut self, now: Now, frame: &[u8]) {
        let taken = self.session.handle_input(&mut self.replica, now, frame);
        self.counts.refused += u64::from(taken.is_err());
        self.commit();
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Greeted(_) | Event::Synced => {}
                _ => self.counts.troubles += 1,
            }
        }
        // A person would be shown them; here the later write holds, on both sides the same.
        let met: Vec<ConflictId> = self.replica.conflicts().map(|met| met.id()).collect();
        for id in met {
            self.counts.conflicts += 1;
            let accepted = self.replica.resolve(now, id, Resolution::Accept);
            debug_assert!(accepted.is_ok(), "it was in the list");
        }
    }

    /// Sends what is due; call it after each write, each frame, and at [`FieldReplica::poll_timeout`].
    pub(super) fn transmit(&mut self, now: Now, mut send: impl FnMut(Vec<u8>)) {
        let mut buf = [0; Limits::MIN_FRAME as usize];
        while let Some(len) = self.session.poll_transmit(&mut self.replica, now, &mut buf) {
            self.counts.frames += 1;
            self.counts.bytes += len as u64;
            send(buf[..len].to_vec());
        }
    }

    /// When to transmit at the latest.
    pub(super) fn poll_timeout(&self) -> Instant {
        self.session.poll_timeout()
    }

    /// The link has come back.
    pub(super) fn greet(&mut self) {
        self.session.greet();
    }

    /// Forgets what every replica has seen; now and then.
    pub(super) fn maintain(&mut self, now: Now) {
        let maintained = self.replica.maintain(now, hours(6));
        debug_assert!(maintained.is_ok(), "there is room for one state more");
        self.commit();
    }

    /// Whether both sides have the same, as far as this one knows.
    pub(super) fn is_synced(&self) -> bool {
        self.session.is_synced()
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    fn commit(&mut self) {
        // On a disk this can fail: then nothing is acknowledged, and the next commit takes it along.
        let Ok(()) = self.replica.commit().map_err(|never| match never.0 {});
    }
}

fn open(store: MemoryStore, now: Now) -> (Replica<MemoryStore>, Handle<FieldState>) {
    let mut replica = Replica::open(store, now).expect("memory keeps what a replica wrote");
    let field = replica.register(NAME).expect("a short name, and one type");
    (replica, field)
}

/// A session on the radio; frames of an earlier one are told by its number.
fn session(peer: ReplicaId, random: &mut SplitMix64) -> Session {
    let [a, b, c, d, ..] = random.next_u64().to_be_bytes();
    let number = u32::from_be_bytes([a, b, c, d]);
    Session::new(PeerIdentity::own_only(peer), Limits::lora(), number)
}
