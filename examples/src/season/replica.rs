//! One side's replica of a field: what an integrator writes around a [`Replica`] and its [`Session`]s.
//!
//! Each field is a replica of its own, held by those who have to do with it: its node, both gateways and the cloud. So a
//! node needs no room for its neighbours' state. A write is local and durable at once, whatever the links do; the
//! sessions bring it over when there is one.

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, hours};
use gofarm_crdt::clock::Now;
use gofarm_crdt::conflict::{Conflict, ConflictId, Resolution, Written};
use gofarm_crdt::dot::ReplicaId;
use gofarm_crdt::sync::{Event, Limits, PeerIdentity, Session};
use gofarm_crdt::{FieldName, Handle, Replica};
use serde::Serialize;

use super::disk::Disk;
use super::listener::Listener;
use super::party::Party;
use super::state::{FieldState, FieldStateEdit, View};

/// A side of a field's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The valve's node.
    Node,
    /// A gateway, or the cloud.
    Party(Party),
}

impl Side {
    /// The replica of a side; the parties have the same in each field.
    const fn id(self, field: u8) -> ReplicaId {
        match self {
            Self::Node => ReplicaId::new(100 + field as u64),
            Self::Party(party) => party.replica(),
        }
    }

    /// What the way between two sides carries. Silence is broken once an hour on both ways: whether there is a link, the
    /// connection below knows.
    const fn limits(self, other: Self) -> Limits {
        match (self, other) {
            (Self::Party(_), Self::Party(_)) => Limits::mqtt().with_keep_alive(hours(1)),
            _ => Limits::lora(),
        }
    }

    /// As whom a side is believed: a node speaks for itself, the parties pass on what they heard.
    const fn identity(self, field: u8) -> PeerIdentity {
        match self {
            Self::Node => PeerIdentity::own_only(self.id(field)),
            Self::Party(_) => PeerIdentity::relay(self.id(field)),
        }
    }
}

/// A field's state on one side, and the sessions with other sides.
#[derive(Debug)]
pub(super) struct FieldReplica {
    own: Side,
    number: u8,
    replica: Replica<Disk>,
    field: Handle<FieldState>,
    sessions: Vec<Talk>,
    random: SplitMix64,
    listener: Listener,
    /// What a reader saw when the last commit succeeded, while commits fail.
    durable: Option<View>,
    timeout: Instant,
    counts: Counts,
}

/// A session with another side.
#[derive(Debug)]
struct Talk {
    peer: Side,
    session: Session,
    /// Nothing is said where the link is known to be down.
    is_up: bool,
}

/// What went over the links and what met.
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

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.frames += other.frames;
        self.bytes += other.bytes;
        self.refused += other.refused;
        self.troubles += other.troubles;
        self.conflicts += other.conflicts;
    }
}

/// Two writes that did not know of each other, and what became of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Settled {
    pub(super) what: &'static str,
    pub(super) values: [String; 2],
    pub(super) how: String,
}

impl FieldReplica {
    /// The replica of field `number` with an empty store, which speaks with `peers`.
    pub(super) fn new(own: Side, number: u8, peers: &[Side], seed: u64, now: Now) -> Self {
        let mut random = SplitMix64::new(seed);
        let disk = Disk::memory(own.id(number), random.next_u64());
        let (replica, field) = open(own, disk, number, now);
        let talk = |&peer| Talk {
            peer,
            session: session(own, peer, number, &mut random),
            is_up: true,
        };
        Self {
            sessions: peers.iter().map(talk).collect(),
            own,
            number,
            replica,
            field,
            random,
            listener: Listener::default(),
            durable: None,
            timeout: Instant::ZERO,
            counts: Counts::default(),
        }
    }

    /// The power is back: what was committed is there, all else is gone. Says whether that is so.
    pub(super) fn restart(&mut self, now: Now) -> bool {
        let committed = self.durable.take();
        let committed = committed.unwrap_or_else(|| self.read().view());
        let disk = restored(self.replica.store(), self.random.next_u64());
        (self.replica, self.field) = open(self.own, disk, self.number, now);
        self.replica.set_observer(self.listener.clone());
        for talk in &mut self.sessions {
            talk.session = session(self.own, talk.peer, self.number, &mut self.random);
        }
        self.timeout = Instant::ZERO;
        committed == self.read().view()
    }

    pub(super) fn listen(&mut self, listener: &Listener) {
        self.listener = listener.clone();
        self.replica.set_observer(listener.clone());
    }

    pub(super) fn read(&self) -> &FieldState {
        self.replica.read(&self.field)
    }

    /// Writes, and makes it durable; says whether it is.
    pub(super) fn write(&mut self, now: Now, write: impl FnOnce(&mut FieldStateEdit<'_>)) -> bool {
        self.hold();
        self.replica.update(now, &self.field, write);
        self.timeout = Instant::ZERO;
        self.commit()
    }

    /// Takes a frame of another side. A bad one changes nothing; what is missing is sent again.
    ///
    /// Says of each conflict that it brought how it was settled.
    pub(super) fn handle(&mut self, now: Now, from: Side, frame: &[u8]) -> Vec<Settled> {
        self.hold();
        let mut sessions = self.sessions.iter_mut();
        let Some(talk) = sessions.find(|talk| talk.peer == from) else {
            return Vec::new();
        };
        let session = &mut talk.session;
        let taken = session.handle_input(&mut self.replica, now, frame);
        self.counts.refused += u64::from(taken.is_err());
        while let Some(event) = session.poll_event() {
            match event {
                Event::Greeted(_) | Event::Synced => {}
                _ => self.counts.troubles += 1,
            }
        }
        self.commit();
        self.timeout = Instant::ZERO;
        self.settle(now)
    }

    /// A person would be shown them; here the later write holds, on all sides the same.
    fn settle(&mut self, now: Now) -> Vec<Settled> {
        let met: Vec<(ConflictId, Settled)> = self
            .replica
            .conflicts()
            .map(|met| (met.id(), told(met)))
            .collect();
        for (id, _) in &met {
            self.counts.conflicts += 1;
            let accepted = self.replica.resolve(now, *id, Resolution::Accept);
            debug_assert!(accepted.is_ok(), "it was in the list");
        }
        met.into_iter().map(|(_, settled)| settled).collect()
    }

    /// Sends what is due; call it after each write, each frame, and at [`FieldReplica::poll_timeout`].
    pub(super) fn transmit(&mut self, now: Now, mut send: impl FnMut(Side, Vec<u8>)) {
        let mut buf = [0; 1_400];
        self.timeout = Instant::FAR_FUTURE;
        for talk in self.sessions.iter_mut().filter(|talk| talk.is_up) {
            let room = usize::from(self.own.limits(talk.peer).max_frame());
            let session = &mut talk.session;
            while let Some(len) = session.poll_transmit(&mut self.replica, now, &mut buf[..room]) {
                self.counts.frames += 1;
                self.counts.bytes += len as u64;
                send(talk.peer, buf[..len].to_vec());
            }
            self.timeout = self.timeout.min(session.poll_timeout());
        }
    }

    /// When to transmit at the latest.
    pub(super) fn poll_timeout(&self) -> Instant {
        self.timeout
    }

    /// The link to these sides has come back, or is gone.
    pub(super) fn linked(&mut self, is_up: bool, peers: impl Fn(Side) -> bool) {
        for talk in self.sessions.iter_mut().filter(|talk| peers(talk.peer)) {
            talk.is_up = is_up;
            if is_up {
                talk.session.greet();
            }
        }
        self.timeout = Instant::ZERO;
    }

    /// Forgets what every replica has seen; now and then.
    pub(super) fn maintain(&mut self, now: Now) {
        let maintained = self.replica.maintain(now, hours(6));
        debug_assert!(maintained.is_ok(), "there is room for one state more");
        self.commit();
    }

    /// Whether all sides have the same, as far as this one knows.
    pub(super) fn is_synced(&self) -> bool {
        let mut talks = self.sessions.iter();
        // A session that is not polled knows nothing of what was written since.
        talks.all(|talk| talk.is_up && talk.session.is_synced())
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn disk(&self) -> &Disk {
        self.replica.store()
    }

    /// While the disk refuses commits: what is durable, before more is written.
    fn hold(&mut self) {
        if self.disk().is_full() && self.durable.is_none() {
            self.durable = Some(self.read().view());
        }
    }

    /// Where the disk refuses, nothing is acknowledged, and the next commit takes it along.
    fn commit(&mut self) -> bool {
        let is_durable = self.replica.commit().is_ok();
        if is_durable {
            self.durable = None;
        }
        is_durable
    }
}

fn open(own: Side, disk: Disk, number: u8, now: Now) -> (Replica<Disk>, Handle<FieldState>) {
    let mut replica = Replica::open(disk, now).expect("a store keeps what a replica wrote");
    if own == Side::Node {
        replica = replica.own_only();
    }
    let field = replica
        .register(&format!("field/{number}"))
        .expect("a short name, and one type");
    (replica, field)
}

/// A disk after a power cut.
#[expect(clippy::expect_used, reason = "it was there a moment ago")]
pub(super) fn restored(disk: &Disk, seed: u64) -> Disk {
    disk.restored(seed).expect("the same disk")
}

/// A session on its way; frames of an earlier one are told by its number.
fn session(own: Side, peer: Side, field: u8, random: &mut SplitMix64) -> Session {
    let [a, b, c, d, ..] = random.next_u64().to_be_bytes();
    let number = u32::from_be_bytes([a, b, c, d]);
    Session::new(peer.identity(field), own.limits(peer), number)
}

/// Both writes of a conflict, and which of them holds.
fn told(met: &Conflict) -> Settled {
    let number = |name| FieldName::new(name).number();
    let (what, is_share) = match met.field() {
        field if field == number("stop_at") => ("a run ends at this share of the water", true),
        field if field == number("reason") => ("why the gateway does what it does", false),
        field if field == number("forecast") => ("the day's forecast", false),
        _ => ("another value", false),
    };
    let written = |written: &Written| {
        let who = side_of(written.dot().actor().replica());
        match written.value::<f32>() {
            Ok(Some(share)) if is_share => format!("{share:.1} ({who})"),
            _ => who.to_owned(),
        }
    };
    let how = match met.winner() {
        Some(winner) => format!("the later write holds: {}", written(winner)),
        None => "both are there".to_owned(),
    };
    Settled {
        what,
        values: [written(met.here()), written(met.came())],
        how,
    }
}

/// Whose replica it is.
fn side_of(replica: ReplicaId) -> &'static str {
    let mut parties = Party::ALL.into_iter();
    let party = parties.find(|party| party.replica() == replica);
    party.map_or("valve node", Party::name)
}
