//! The machine: [`Session`].

use core::fmt;

use gofarm_core::time::Instant;

use crate::capacity::{Capacity, Growing, List};
use crate::causal_context::CausalContext;
use crate::dot::{Actor, Dot};
use crate::ledger::{CellRef, Ledger};
use crate::version_vector::VersionVector;

use super::dictionary::Given;
use super::event::Event;
use super::limits::Limits;
use super::peer_identity::PeerIdentity;
use super::received::Received;
use super::round_trip::RoundTrip;

mod answers;
mod fragments;
mod greeting;
mod haves;
mod items;
mod merging;
mod queue;
mod receive;
mod transmit;

use fragments::{Job, Reassembly};
use haves::{HavesIn, HavesOut};

/// One side of a conversation of two replicas over a lossy link; does no I/O.
///
/// `C` holds its lists, `B` the bytes of an item that comes in fragments. Its memory is bounded by its
/// [`Limits`] and, for what is known of the peer, by the number of writers and of runs. With `Fixed<0>` as `B` there are
/// no fragments, which saves a small device 2.7 KB of flash: a cell that does not fit a frame is [`Event::TooLarge`]
/// here, and refused as [`PeerRefusal::Full`](super::PeerRefusal) if the peer sends it. That is for a state of which each
/// cell fits, with all of its writers.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_crdt::dot::ReplicaId;
/// use gofarm_crdt::sync::{Limits, PeerIdentity, Session};
///
/// let gateway: PeerIdentity = PeerIdentity::relay(ReplicaId::new(1));
/// let session: Session = Session::new(gateway, Limits::lora(), 0x5eed_1234); // 32 random bits
/// assert_eq!(session.poll_timeout(), Instant::ZERO); // it has a greeting to send
/// ```
pub struct Session<C: Capacity = Growing, B: Capacity = C> {
    identity: PeerIdentity<C>,
    limits: Limits,
    number: u32,
    /// A packet of the peer verified under this number: the peer may rely on what is remembered here.
    engaged: bool,
    peer: Option<Peer>,
    greeting: Greeting,
    given: Given<C>,
    learned: C::List<Option<Actor>>,
    received: Received,
    /// Frame, place, reason: what was refused and not told yet.
    refusals: C::List<(u64, u16, u8)>,
    /// When what came must be acknowledged.
    ack_at: Option<Instant>,
    /// Answers wait until the ledger is durable.
    held: bool,
    /// How many frames came since the last answer.
    unanswered: u8,
    haves_out: HavesOut<C>,
    haves_in: HavesIn,
    /// What the peer has, as far as is known.
    peer_context: CausalContext<C>,
    peer_known: bool,
    /// What need not be looked at: the peer has it, it is under way, or it is in no cell any more.
    passed: CausalContext<C>,
    scan: Scan,
    next_number: u64,
    flight: C::List<Sent>,
    outstanding: C::List<Outstanding>,
    /// How many of `outstanding` wait to be sent again.
    waiting: usize,
    job: Option<Job>,
    jobs: u64,
    reassembly: Reassembly<B>,
    epoch: u32,
    barrier: Option<VersionVector<C>>,
    cover: Option<Cover<C>>,
    /// The revision of the ledger of which the peer has everything, dead writes too.
    covered: Option<u64>,
    /// Something was refused: nothing may be claimed until it was offered again, at this time.
    blocked: Option<Instant>,
    feeding: Feeding,
    feedings: u64,
    /// The peer does not take over the full state from this side.
    is_no_source: bool,
    adoption: u64,
    /// The frame with which the peer began to send its full state for this side to adopt.
    fed: Option<Fed>,
    /// Since when both sides wait for a full state.
    stalemate_since: Option<Instant>,
    round_trip: RoundTrip,
    heard_at: Instant,
    synced: bool,
    events: C::List<Event>,
}

struct Peer {
    actor: Actor,
    session: u32,
    max_frame: u16,
    window: u8,
    /// It knows the number of this session.
    confirmed: bool,
    adopting: bool,
}

struct Greeting {
    due: bool,
    next: Option<Instant>,
    tries: u32,
    /// When the last frame of any kind was sent.
    last_sent: Instant,
    /// The round of `Have` that is asked for, and the last one that a greeting asked for.
    need: u8,
    asked: u8,
}

/// How far the live dots were looked through, and at which revision.
struct Scan {
    next: Option<Dot>,
    at_end: bool,
    revision: Option<u64>,
}

/// A frame that waits for its acknowledgement.
#[derive(Clone, Copy)]
struct Sent {
    number: u64,
    at: Instant,
    bytes: u16,
    load: SentLoad,
}

#[derive(Clone, Copy)]
enum SentLoad {
    Items,
    Have(u8, u8),
    Cover(Actor, Actor),
    Fragment(u64, u8),
    Adopt(u64),
    Adopted(u64),
}

/// A cell that the peer is not known to have merged.
#[derive(Clone, Copy)]
struct Outstanding {
    /// The frame it is in, or `WAITING` or `DONE`.
    number: u64,
    place: u16,
    epoch: u32,
    full: bool,
    cell: CellRef,
    dot: Dot,
}

const WAITING: u64 = 0;
const DONE: u64 = u64::MAX;

/// A claim being made: the peer's state includes all of `upto`.
struct Cover<C: Capacity> {
    upto: VersionVector<C>,
    /// The next actor to tell of.
    next: Option<Actor>,
    told: bool,
}

/// The peer sends its full state.
#[derive(Clone, Copy)]
struct Fed {
    /// The number of the frame that said so.
    since: u64,
    /// The adoption that was under way then.
    adoption: Option<u32>,
}

/// How far the peer's adoption of the full state has come, seen from this side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Feeding {
    No,
    Announcing { under_way: bool },
    Sending,
    Ending { under_way: bool },
}

#[cfg(feature = "alloc")]
impl Session {
    /// Begins a session with a peer that the driver authenticated.
    ///
    /// `number` is 32 random bits, drawn anew for each session: frames of earlier ones are told apart by it.
    #[must_use]
    pub fn new(identity: PeerIdentity, limits: Limits, number: u32) -> Self {
        Self::of_capacity(identity, limits, number)
    }
}

impl<C: Capacity, B: Capacity> Session<C, B> {
    const EVENTS: usize = 32;
    /// Without memory for an item that comes in fragments none goes out in fragments either: no code for them is left.
    const FRAGMENTS: bool = B::LIMIT > 0;

    /// Begins a session in memory of this capacity: `Session::<Fixed<16>, Fixed<512>>` on a board.
    ///
    /// `number` is 32 random bits, drawn anew for each session. Limits that the capacities cannot hold are
    /// lowered.
    #[must_use]
    pub fn of_capacity(identity: PeerIdentity<C>, limits: Limits, number: u32) -> Self {
        Self {
            identity,
            limits: limits.clamped::<C, B>(),
            number: number.max(1),
            engaged: false,
            peer: None,
            greeting: Greeting {
                due: true,
                next: None,
                tries: 0,
                last_sent: Instant::ZERO,
                need: 1,
                asked: 0,
            },
            given: Given::new(),
            learned: Default::default(),
            received: Received::default(),
            refusals: Default::default(),
            ack_at: None,
            held: false,
            unanswered: 0,
            haves_out: HavesOut::new(),
            haves_in: HavesIn::default(),
            peer_context: CausalContext::new(),
            peer_known: false,
            passed: CausalContext::new(),
            scan: Scan {
                next: None,
                at_end: false,
                revision: None,
            },
            next_number: 1,
            flight: Default::default(),
            outstanding: Default::default(),
            waiting: 0,
            job: None,
            jobs: 0,
            reassembly: Reassembly::new(),
            epoch: 0,
            barrier: None,
            cover: None,
            covered: None,
            blocked: None,
            feeding: Feeding::No,
            feedings: 0,
            is_no_source: false,
            adoption: 0,
            fed: None,
            stalemate_since: None,
            round_trip: RoundTrip::new(),
            heard_at: Instant::ZERO,
            synced: false,
            events: Default::default(),
        }
    }

    /// Takes the oldest event that was not taken yet; of more than 32 the oldest are lost.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.remove(0)
    }

    /// The actor at the other end, once it greeted.
    #[must_use]
    pub fn peer(&self) -> Option<Actor> {
        self.peer.as_ref().map(|peer| peer.actor)
    }

    /// What this side may use.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Whether the last event about it was [`Event::Synced`] and nothing changed since.
    #[must_use]
    pub const fn is_synced(&self) -> bool {
        self.synced
    }

    /// Has a greeting sent at the next chance: the link has come back, and what was under way on it is lost.
    pub fn greet(&mut self) {
        self.lose(&|_| true);
        self.round_trip.forget_back_off();
        self.greeting.due = true;
        self.greeting.tries = 0;
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn emit(&mut self, event: Event) {
        if self.events.as_slice().last() == Some(&event) {
            return;
        }
        if self.events.as_slice().len() >= Self::EVENTS.min(C::LIMIT) {
            self.events.remove(0);
        }
        // A capacity of nothing keeps no events.
        let _ = self.events.push(event);
    }

    /// Forgets all that was agreed with the peer; frame numbers go on.
    ///
    /// A greeting that came late looks like a new session, and the peer may still rely on the present one. So
    /// this side takes another number, by which the peer sees that it must forget as well; but only if a
    /// packet came since the last time, or the two would go on for ever.
    fn forget_peer(&mut self, dictionary: u16) {
        if core::mem::take(&mut self.engaged) {
            self.number = self.number.wrapping_add(1).max(1);
        }
        self.given.reset(dictionary);
        self.learned.clear();
        self.received = Received::default();
        self.refusals.clear();
        self.ack_at = None;
        self.haves_out = HavesOut::new();
        self.flight.clear();
        self.reassembly = Reassembly::new();
        self.feeding = Feeding::No;
        self.feedings = 0;
        self.is_no_source = false;
        self.adoption = 0;
        self.fed = None;
        self.stalemate_since = None;
        self.forget_what_peer_has();
    }

    /// Asks for a new round of `Have`, and sends nothing until it is there.
    fn forget_what_peer_has(&mut self) {
        self.greeting.need = self.greeting.need.checked_add(1).unwrap_or(1);
        self.haves_in = HavesIn::default();
        self.peer_known = false;
        self.peer_context = CausalContext::new();
        self.forget_queue();
    }

    /// Looks at everything again that the peer is not known to have.
    fn forget_queue(&mut self) {
        self.outstanding.clear();
        self.waiting = 0;
        self.job = None;
        self.barrier = None;
        self.cover = None;
        self.covered = None;
        self.blocked = None;
        self.rescan();
    }

    fn rescan(&mut self) {
        self.synced = false;
        self.passed = CausalContext::new();
        // What does not fit is looked at once more.
        let _ = self.passed.try_merge(&self.peer_context);
        for at in 0..self.outstanding.as_slice().len() {
            if let Some(item) = self.outstanding.as_slice().get(at).copied() {
                self.pass(item.dot);
            }
        }
        if let Some(job) = self.job() {
            let dot = job.dot;
            self.pass(dot);
        }
        self.scan.next = None;
        self.scan.at_end = false;
    }

    /// The item that goes out in fragments.
    const fn job(&self) -> Option<&Job> {
        if Self::FRAGMENTS {
            self.job.as_ref()
        } else {
            None
        }
    }

    /// The item that goes out in fragments under this number.
    fn job_of(&mut self, id: u64) -> Option<&mut Job> {
        let job = self.job.as_mut().filter(|_| Self::FRAGMENTS);
        job.filter(|job| job.id == id)
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn pass(&mut self, dot: Dot) {
        let _ = self.passed.try_insert(dot);
    }

    /// The peer has this write.
    #[cfg_attr(target_os = "none", inline(never))]
    fn peer_has(&mut self, dot: Dot) {
        if self.peer_context.runs().count() < self.limits.runs() {
            let _ = self.peer_context.try_insert(dot);
        }
    }

    /// The peer's context is complete: it is told to the ledger, and data may flow.
    fn peer_became_known<L: Ledger<Capacity = C>>(&mut self, ledger: &L) {
        let Some(peer) = &mut self.peer else {
            return;
        };
        self.peer_known = true;
        // Who is fed by the peer feeds it afterwards: it looks again when the adoption has ended.
        let may_feed = self.fed.is_none() && !self.is_no_source;
        let adopting = may_feed && core::mem::take(&mut peer.adopting);
        if adopting || (may_feed && ledger.is_behind_horizon(&self.peer_context)) {
            self.peer_context = CausalContext::new();
            self.feedings = self.feedings.saturating_add(1);
            self.feeding = Feeding::Announcing { under_way: false };
            self.emit(Event::PeerBehindHorizon);
        }
        self.forget_queue();
    }
}

impl<C: Capacity, B: Capacity> fmt::Debug for Session<C, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("peer", &self.peer())
            .field("number", &self.number)
            .field("in_flight", &self.flight.as_slice().len())
            .field("outstanding", &self.outstanding.as_slice().len())
            .field("peer_known", &self.peer_known)
            .field("covering", &self.cover.is_some())
            .field("barrier", &self.barrier.is_some())
            .field("looked_through", &self.scan.at_end)
            .field("feeding", &(self.feeding != Feeding::No))
            .field("fragments", &self.job.is_some())
            .field("blocked", &self.blocked)
            .field("synced", &self.synced)
            .finish_non_exhaustive()
    }
}

/// Keeps the items for which `keep` is true, in order. O(n).
fn retain<T: Copy, S: List<T>>(list: &mut S, mut keep: impl FnMut(&T) -> bool) {
    let items = list.as_mut_slice();
    let mut kept = 0;
    for at in 0..items.len() {
        if let Some(item) = items.get(at).copied()
            && keep(&item)
        {
            if let Some(slot) = items.get_mut(kept) {
                *slot = item;
            }
            kept += 1;
        }
    }
    list.truncate(kept);
}
