//! Lost nodes: their work is rebuilt, once, near where it was, and not all of it at the same moment.
//!
//! A node that falls silent is dead, or only out of reach, and nobody can tell which. Rebuild everything at once, and
//! a link that was down for a minute doubles every pump of a barn and buries the nodes that are left; wait, and the
//! greenhouse has no controller. An [`Evictor`] works by leases:
//!
//! - A node whose lease expired is *unknown*, and its work waits to be rebuilt: first in the failure domain that it
//!   was first placed in, so the topology stays as it was; anywhere once an attempt there failed. Work
//!   that a crop depends on goes first.
//! - Each domain is rebuilt at a *pace*. When most nodes of a domain vanish together the link is suspected and the
//!   pace falls, as with the zone states of Kubernetes' node lifecycle controller. When no node at all is left, it
//!   is this side that is cut off, and nothing is rebuilt.
//! - Each rebuild has an attempt number, and only the answer to the last one counts: however often it is asked for,
//!   a lost piece of work is rebuilt once. A copy that no longer counts is ordered to [stop](Event::Stop) as soon as
//!   its node can be reached. Until then two copies may run: what must not run twice (a valve) needs a lease of its
//!   own on the device, as commands in `gofarm-core` have.
//! - A node that *returns* keeps what was not yet rebuilt, opens for new work after a random delay, and then takes a
//!   [share](Evictor::share) that grows: it is not buried by what waited for it.
//!
//! No clock, no I/O: times and random numbers come in, events come out. After each call drain
//! [`poll_event`](Evictor::poll_event), and call [`handle_timeout`](Evictor::handle_timeout) when
//! [`poll_timeout`](Evictor::poll_timeout) says so. It picks no nodes: that is the scheduler's part.

mod config;
mod counts;
mod domain;
mod event;
mod recovery;
pub mod signal;
mod work;

pub use config::EvictionConfig;
pub use counts::{Answer, Counts, UnknownNode};
pub use event::{Event, Place, Rebuild};
pub use work::{NodeState, Stakes, WorkId};

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;

use gofarm_core::random::Random;
use gofarm_core::time::Instant;

use crate::node::NodeId;
use domain::Domain;
use work::{Member, State, Work};

/// Watches the leases of nodes, and has the work of those that are lost rebuilt.
///
/// Each call is O(log n), and O(log n) for each piece of work of a node that is lost or returns; `handle_timeout`
/// looks at each domain.
///
/// ```
/// use gofarm_core::random::SplitMix64;
/// use gofarm_core::time::Instant;
/// use gofarm_sched::eviction::{Answer, Event, EvictionConfig, Evictor, Stakes, WorkId};
/// use gofarm_sched::node::NodeId;
///
/// let mut evictor = Evictor::new(EvictionConfig::new());
/// let (a, b) = (NodeId::new(0, 0), NodeId::new(1, 0));
/// evictor.handle_node(Instant::ZERO, a, "north", 1);
/// evictor.handle_node(Instant::ZERO, b, "north", 1);
/// evictor.handle_placed(Instant::ZERO, WorkId::new(7), a, Stakes::CropCritical)?;
///
/// // Only b goes on to report.
/// let mut random = SplitMix64::new(1);
/// evictor.handle_heartbeat(Instant::from_secs(30), b, 1, &mut random)?;
/// let now = Instant::from_secs(40);
/// evictor.handle_timeout(now);
/// assert_eq!(evictor.poll_event(), Some(Event::NodeUnknown(a)));
/// let Some(Event::Rebuild(rebuild)) = evictor.poll_event() else { panic!("work 7 is lost") };
/// assert_eq!(evictor.domain(rebuild.work()), Some("north"));
/// assert_eq!(evictor.handle_rebuilt(now, &rebuild, b), Answer::Accepted);
/// # Ok::<(), gofarm_sched::eviction::UnknownNode>(())
/// ```
#[derive(Clone, Debug)]
pub struct Evictor {
    config: EvictionConfig,
    nodes: BTreeMap<NodeId, Member>,
    works: BTreeMap<WorkId, Work>,
    domains: Vec<Domain>,
    ready: usize,
    leases: BTreeSet<(Instant, NodeId)>,
    asked: BTreeSet<(Instant, WorkId)>,
    events: VecDeque<Event>,
    counts: Counts,
}

impl Evictor {
    /// No nodes, no work.
    #[must_use]
    pub const fn new(config: EvictionConfig) -> Self {
        Self {
            config,
            nodes: BTreeMap::new(),
            works: BTreeMap::new(),
            domains: Vec::new(),
            ready: 0,
            leases: BTreeSet::new(),
            asked: BTreeSet::new(),
            events: VecDeque::new(),
            counts: Counts::NONE,
        }
    }

    /// A node of a failure domain is there, and its lease begins; `boot` differs each time that it starts.
    ///
    /// A node that is known already keeps its domain; for it nothing changes.
    pub fn handle_node(&mut self, now: Instant, id: NodeId, domain: &str, boot: u64) {
        if self.nodes.contains_key(&id) {
            return;
        }
        let known = self.domains.iter().position(|d| *d.name == *domain);
        let at = known.unwrap_or_else(|| {
            self.domains.push(Domain::new(domain));
            self.domains.len() - 1
        });
        let lease_until = now + self.config.lease;
        let member = Member {
            domain: at,
            boot,
            lease_until,
            state: NodeState::Ready,
            open_from: None,
            works: BTreeSet::new(),
            ghosts: BTreeSet::new(),
        };
        self.nodes.insert(id, member);
        self.leases.insert((lease_until, id));
        self.ready += 1;
        self.count_nodes(at, id, |domain| domain.nodes += 1);
    }

    /// A node lives: its lease is renewed.
    ///
    /// With another `boot` than before it has started anew: what ran on it is lost, and is rebuilt.
    ///
    /// # Errors
    /// The node was never added, or was removed.
    pub fn handle_heartbeat(
        &mut self,
        now: Instant,
        id: NodeId,
        boot: u64,
        random: &mut impl Random,
    ) -> Result<(), UnknownNode> {
        let member = self.nodes.get_mut(&id).ok_or(UnknownNode)?;
        self.leases.remove(&(member.lease_until, id));
        member.lease_until = member.lease_until.max(now + self.config.lease);
        self.leases.insert((member.lease_until, id));
        if member.boot != boot {
            member.boot = boot;
            let works = core::mem::take(&mut member.works);
            for work in works {
                self.lose(now, work);
                // Placed just after the start that we hear of now, a copy may be there all the same.
                self.events.push_back(Event::Stop { work, on: id });
                if let Some(work) = self.works.get_mut(&work) {
                    work.holder = None;
                }
            }
        }
        let unknown = self.nodes.get(&id).map(|m| m.state) == Some(NodeState::Unknown);
        if unknown {
            self.come_back(now, id, random);
        }
        Ok(())
    }

    /// A node is gone for good: what ran on it is rebuilt.
    ///
    /// # Errors
    /// The node was never added, or was removed.
    pub fn handle_removed(&mut self, now: Instant, id: NodeId) -> Result<(), UnknownNode> {
        let member = self.nodes.remove(&id).ok_or(UnknownNode)?;
        self.leases.remove(&(member.lease_until, id));
        let was_lost = member.state == NodeState::Unknown;
        self.ready -= usize::from(!was_lost);
        self.count_nodes(member.domain, id, |domain| {
            domain.nodes -= 1;
            domain.lost -= u32::from(was_lost);
        });
        for work in member.works {
            self.lose(now, work);
            if let Some(work) = self.works.get_mut(&work) {
                work.holder = None;
            }
        }
        Ok(())
    }

    /// Work runs on a node from now on; its domain is the one to rebuild it in. Known work is left as it is.
    ///
    /// # Errors
    /// The node was never added, or was removed.
    pub fn handle_placed(
        &mut self,
        now: Instant,
        work: WorkId,
        on: NodeId,
        stakes: Stakes,
    ) -> Result<(), UnknownNode> {
        let member = self.nodes.get_mut(&on).ok_or(UnknownNode)?;
        if self.works.contains_key(&work) {
            return Ok(());
        }
        member.works.insert(work);
        member.ghosts.remove(&work);
        let lost = member.state == NodeState::Unknown;
        let placed = Work {
            home: member.domain,
            critical: stakes == Stakes::CropCritical,
            holder: Some(on),
            node: on,
            attempt: 0,
            failed: 0,
            state: State::Running,
        };
        self.works.insert(work, placed);
        if lost {
            self.lose(now, work);
        }
        Ok(())
    }

    /// Work is done, or no longer wanted: it is not rebuilt. A copy on an unknown node is stopped on its return.
    pub fn handle_ended(&mut self, work: WorkId) {
        let Some(ended) = self.works.remove(&work) else {
            return;
        };
        self.unschedule(work, &ended);
        self.counts.ended += u64::from(ended.state != State::Running);
        if let Some(holder) = ended.holder.and_then(|holder| self.nodes.get_mut(&holder)) {
            holder.works.remove(&work);
            if holder.state == NodeState::Unknown {
                holder.ghosts.insert(work);
            }
        }
    }

    /// The work of an event was rebuilt on a node.
    ///
    /// Anything but [`Answer::Accepted`] means that this copy does not count.
    #[must_use = "a copy that does not count must be stopped"]
    pub fn handle_rebuilt(&mut self, now: Instant, rebuild: &Rebuild, on: NodeId) -> Answer {
        let id = rebuild.work;
        let Some(State::Asked(until)) = self.open_attempt(rebuild) else {
            self.haunt(id, on);
            return Answer::Superseded;
        };
        let Some(member) = self.nodes.get_mut(&on) else {
            self.retry(now, id);
            return Answer::NodeLost;
        };
        if member.state == NodeState::Unknown {
            self.haunt(id, on);
            self.retry(now, id);
            return Answer::NodeLost;
        }
        member.works.insert(id);
        member.ghosts.remove(&id);
        self.asked.remove(&(until, id));
        self.counts.rebuilt += 1;
        let Some(work) = self.works.get_mut(&id) else {
            return Answer::Superseded;
        };
        let old = work.holder.replace(on).filter(|old| *old != on);
        (work.node, work.failed, work.state) = (on, 0, State::Running);
        if let Some((node, member)) = old.and_then(|o| Some((o, self.nodes.get_mut(&o)?))) {
            member.works.remove(&id);
            match member.state {
                NodeState::Ready => self.events.push_back(Event::Stop { work: id, on: node }),
                NodeState::Unknown => drop(member.ghosts.insert(id)),
            }
        }
        Answer::Accepted
    }

    /// The work of an event found no place: it is tried again later, and then anywhere.
    ///
    /// # Errors
    /// What the answer was to is no longer asked; nothing changes.
    pub fn handle_unplaced(&mut self, now: Instant, rebuild: &Rebuild) -> Result<(), Answer> {
        if self.open_attempt(rebuild).is_none() {
            return Err(Answer::Superseded);
        }
        self.retry(now, rebuild.work);
        Ok(())
    }

    /// When to call [`handle_timeout`](Self::handle_timeout); `None` with nothing to wait for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let lease = self.leases.first().map(|(until, _)| *until);
        let asked = self.asked.first().map(|(until, _)| *until);
        let domains = self.domains.iter().filter(|_| self.ready > 0);
        let due = domains.filter_map(|d| d.due(&self.config)).min();
        [lease, asked, due].into_iter().flatten().min()
    }

    /// Expires leases, asks again for what was not answered, and asks for what is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(&(until, id)) = self.leases.first()
            && until <= now
        {
            self.leases.remove(&(until, id));
            self.expire(now, id);
        }
        while let Some(&(until, id)) = self.asked.first()
            && until <= now
        {
            self.counts.unanswered += 1;
            self.retry(now, id);
        }
        for at in 0..self.domains.len() {
            while self.ask_for_next(now, at) {}
        }
    }

    /// The next event, in the order in which they happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}
