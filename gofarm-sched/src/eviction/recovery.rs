//! How an [`Evictor`] loses work and gets it back.

use gofarm_core::random::Random;
use gofarm_core::time::Instant;

use super::domain::Domain;
use super::work::{State, Work};
use super::{Counts, Event, Evictor, NodeState, Place, Rebuild, WorkId};
use crate::node::NodeId;

impl Evictor {
    /// Whether a node is known to live; `None` for one that was never added.
    #[must_use]
    pub fn state(&self, id: NodeId) -> Option<NodeState> {
        self.nodes.get(&id).map(|member| member.state)
    }

    /// How much of its usual share of new work a node should get now, 0..=1.
    ///
    /// 0 for a node that is unknown or not open yet, a tenth when it opens, growing evenly to 1; 1 for a node that
    /// was never lost.
    #[must_use]
    pub fn share(&self, now: Instant, id: NodeId) -> f32 {
        let member = self.nodes.get(&id);
        let Some(member) = member.filter(|m| m.state == NodeState::Ready) else {
            return 0.0;
        };
        let Some(open_from) = member.open_from else {
            return 1.0;
        };
        let Some(open_for) = now.checked_since(open_from) else {
            return 0.0;
        };
        let whole = self.config.slow_start.as_secs_f32();
        if open_for >= self.config.slow_start {
            return 1.0;
        }
        (0.1 + 0.9 * open_for.as_secs_f32() / whole).min(1.0)
    }

    /// The node that a piece of work runs on, or was lost on.
    #[must_use]
    pub fn node_of(&self, work: WorkId) -> Option<NodeId> {
        self.works.get(&work).map(|work| work.node)
    }

    /// The node that has, or may have, the copy that counts; `None` once that copy is known to be gone.
    #[must_use]
    pub fn holder(&self, work: WorkId) -> Option<NodeId> {
        self.works.get(&work)?.holder
    }

    /// The failure domain that a piece of work was first placed in.
    #[must_use]
    pub fn domain(&self, work: WorkId) -> Option<&str> {
        let home = self.works.get(&work)?.home;
        self.domains.get(home).map(|domain| &*domain.name)
    }

    /// How many lost pieces of work are not back yet. O(n).
    #[must_use]
    pub fn waiting(&self) -> usize {
        let lost = |work: &&Work| work.state != State::Running;
        self.works.values().filter(lost).count()
    }

    /// What was lost, and what became of it.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Changes how many nodes a domain has or has lost, and judges its link.
    pub(super) fn count_nodes(&mut self, at: usize, id: NodeId, change: impl Fn(&mut Domain)) {
        let Some(domain) = self.domains.get_mut(at) else {
            return;
        };
        change(domain);
        if domain.judge(&self.config) {
            self.events.push_back(if domain.suspected {
                Event::LinkSuspected(id)
            } else {
                Event::LinkTrusted(id)
            });
        }
    }

    pub(super) fn expire(&mut self, now: Instant, id: NodeId) {
        let Some(member) = self.nodes.get_mut(&id) else {
            return;
        };
        if member.state == NodeState::Unknown {
            return;
        }
        member.state = NodeState::Unknown;
        self.ready -= 1;
        let (at, works) = (member.domain, member.works.clone());
        self.events.push_back(Event::NodeUnknown(id));
        self.count_nodes(at, id, |domain| domain.lost += 1);
        for work in works {
            self.lose(now, work);
        }
    }

    pub(super) fn come_back(&mut self, now: Instant, id: NodeId, random: &mut impl Random) {
        let Some(member) = self.nodes.get_mut(&id) else {
            return;
        };
        member.state = NodeState::Ready;
        self.ready += 1;
        let stagger = u64::try_from(self.config.stagger.as_micros()).unwrap_or(u64::MAX);
        let open_from = now + core::time::Duration::from_micros(random.below(stagger));
        member.open_from = Some(open_from);
        let (at, works) = (member.domain, member.works.clone());
        let ghosts = core::mem::take(&mut member.ghosts);
        (self.events).push_back(Event::NodeReturned {
            node: id,
            open_from,
        });
        for work in ghosts {
            self.events.push_back(Event::Stop { work, on: id });
        }
        self.count_nodes(at, id, |domain| domain.lost -= 1);
        for work in works {
            // What is being rebuilt already is left to the answer.
            if matches!(
                self.works.get(&work).map(|w| w.state),
                Some(State::Queued(_))
            ) {
                self.keep(work);
            }
        }
    }

    /// Running work is lost, and waits; what is lost already is left as it is.
    pub(super) fn lose(&mut self, now: Instant, id: WorkId) {
        let Some(work) = self.works.get_mut(&id) else {
            return;
        };
        if work.state == State::Running {
            self.counts.lost += 1;
            work.failed = 0;
            self.enqueue(id, now);
        }
    }

    /// A copy that does not count is on a node: it is stopped when the node comes back, if it is not there now.
    pub(super) fn haunt(&mut self, work: WorkId, on: NodeId) {
        let member = self.nodes.get_mut(&on);
        let unknown = member.filter(|m| m.state == NodeState::Unknown && !m.works.contains(&work));
        if let Some(member) = unknown {
            member.ghosts.insert(work);
        }
    }

    fn enqueue(&mut self, id: WorkId, from: Instant) {
        let Some(work) = self.works.get_mut(&id) else {
            return;
        };
        work.state = State::Queued(from);
        if let Some(domain) = self.domains.get_mut(work.home) {
            domain.queue(id, work.critical, from);
        }
    }

    /// The copy that was thought lost is there.
    fn keep(&mut self, id: WorkId) {
        let Some(work) = self.works.get(&id).cloned() else {
            return;
        };
        self.unschedule(id, &work);
        self.counts.kept += 1;
        if let Some(work) = self.works.get_mut(&id) {
            (work.failed, work.state) = (0, State::Running);
        }
    }

    /// Takes work out of the queue, or its question back.
    pub(super) fn unschedule(&mut self, id: WorkId, work: &Work) {
        match work.state {
            State::Running => {}
            State::Queued(from) => {
                if let Some(domain) = self.domains.get_mut(work.home) {
                    domain.unqueue(id, work.critical, from);
                }
            }
            State::Asked(until) => {
                self.asked.remove(&(until, id));
            }
        }
    }

    /// The state of the work if it waits for the answer to exactly this attempt.
    pub(super) fn open_attempt(&self, rebuild: &Rebuild) -> Option<State> {
        let work = self.works.get(&rebuild.work)?;
        let open = matches!(work.state, State::Asked(_)) && work.attempt == rebuild.attempt;
        open.then_some(work.state)
    }

    /// An attempt came to nothing: the work runs on where it was, or waits longer than before.
    pub(super) fn retry(&mut self, now: Instant, id: WorkId) {
        let Some(work) = self.works.get_mut(&id) else {
            return;
        };
        if let State::Asked(until) = work.state {
            self.asked.remove(&(until, id));
        }
        let wait = self.config.retry * (1 << work.failed.min(6));
        work.failed = work.failed.saturating_add(1);
        let holder = work.holder.and_then(|holder| self.nodes.get(&holder));
        if holder.is_some_and(|holder| holder.state == NodeState::Ready) {
            self.keep(id);
        } else {
            self.enqueue(id, now + wait);
        }
    }

    /// Asks for the next work of a domain that is due; whether there was one.
    pub(super) fn ask_for_next(&mut self, now: Instant, at: usize) -> bool {
        let config = self.config;
        let domain = self.domains.get_mut(at).filter(|_| self.ready > 0);
        let Some(domain) = domain.filter(|d| d.due(&config).is_some_and(|due| due <= now)) else {
            return false;
        };
        let Some(id) = domain.take(now) else {
            return false;
        };
        let until = now + config.answer;
        if let Some(work) = self.works.get_mut(&id) {
            work.state = State::Asked(until);
            work.attempt = work.attempt.wrapping_add(1);
            self.asked.insert((until, id));
            self.counts.asked += 1;
            self.events.push_back(Event::Rebuild(Rebuild {
                work: id,
                attempt: work.attempt,
                from: work.node,
                place: if work.failed == 0 {
                    Place::SameDomain
                } else {
                    Place::Anywhere
                },
                critical: work.critical,
            }));
        }
        true
    }
}
