//! Nodes are lost and return, and what was lost with them is rebuilt.

use alloc::string::ToString;

use core::time::Duration;

use gofarm_core::time::secs;

use super::actors::SimWork;
use super::machine::Due;
use super::{Cause, Simulator, What};
use crate::eviction::{Answer, Event, NodeState, Place, Rebuild, WorkId};

/// How long a node that has its share stays closed.
const STEP: Duration = secs(5);

impl Simulator<'_> {
    /// Does what the evictor wants done.
    pub(super) fn recover(&mut self) {
        while let Some(event) = self.evictor.poll_event() {
            match event {
                Event::NodeUnknown(id) => {
                    // The scheduler knows each node that the evictor knows.
                    let _ = self.scheduler.not_ready(id);
                    self.tell(id, What::NodeUnknown);
                }
                Event::NodeReturned { node, open_from } => {
                    let _ = self.scheduler.cordon(node);
                    self.tell(node, What::NodeReturned);
                    if let Some(&at) = self.by_id.get(&node) {
                        self.plan(open_from.saturating_since(self.now), Due::Open(at));
                        if let Some(node) = self.nodes.get_mut(at) {
                            node.opens = Some(open_from);
                        }
                    }
                }
                Event::LinkSuspected(id) => self.tell(id, What::DomainSuspected),
                Event::LinkTrusted(id) => self.tell(id, What::DomainTrusted),
                Event::Rebuild(rebuild) => self.rebuild(&rebuild),
                Event::Stop { work, on } => self.stop_copy(work, on),
            }
        }
    }

    fn tell(&mut self, id: crate::node::NodeId, what: fn(super::Name) -> What) {
        if let Some(&at) = self.by_id.get(&id) {
            let name = self.name_of(at);
            self.push(what(name));
        }
    }

    /// A node that returned takes work again, as far as its share has grown.
    pub(super) fn open(&mut self, at: usize) {
        let Some(node) = self.nodes.get_mut(at) else {
            return;
        };
        // Lost and returned again meanwhile: it opens later.
        let Some(id) = node
            .id
            .filter(|_| node.opens.is_some_and(|opens| opens <= self.now))
        else {
            return;
        };
        node.opens = None;
        // Lost again: it opens after its next return.
        if self.evictor.state(id) == Some(NodeState::Ready) && !self.throttle(at) {
            let _ = self.scheduler.uncordon(id, self.now);
            self.tell(id, What::NodeOpened);
            self.retry_after(Duration::ZERO);
        }
    }

    /// Closes a node for a while if it has more than its share; whether it has.
    pub(super) fn throttle(&mut self, at: usize) -> bool {
        let Some(node) = self.nodes.get_mut(at) else {
            return false;
        };
        let Some(id) = node.id else {
            return false;
        };
        let share = self.evictor.share(self.now, id);
        let works = node.claims.iter().filter_map(|work| self.works.get(work));
        let asked: u64 = works.map(|work| u64::from(work.spec.ask.cpu_milli())).sum();
        #[expect(clippy::cast_precision_loss, reason = "a share is wanted")]
        let full = asked as f32 >= share * node.spec.cpu_milli as f32;
        let closes = share < 1.0 && full && node.opens.is_none();
        if closes {
            node.opens = Some(self.now + STEP);
            let _ = self.scheduler.cordon(id);
            self.plan(STEP, Due::Open(at));
            self.tell(id, What::NodeClosed);
        }
        closes
    }

    fn rebuild(&mut self, rebuild: &Rebuild) {
        let id = rebuild.work();
        if self.evictor.holder(id).is_none() {
            // Known to be gone: it holds nothing any longer.
            self.release(id);
        }
        let home = match rebuild.place() {
            Place::SameDomain => self.evictor.domain(id).map(ToString::to_string),
            Place::Anywhere => None,
        };
        let old = self.works.get(&id).and_then(|work| work.claim);
        let placed = self.find_place(id, Cause::Lost, home.as_deref());
        if !placed && (home.is_some() || !self.make_room(id, Cause::Lost)) {
            // The evictor waits for the answer to exactly this.
            let _ = self.evictor.handle_unplaced(self.now, rebuild);
            return;
        }
        let on = self.works.get(&id).and_then(|work| work.claim);
        let on = on.and_then(|(at, _)| Some((at, self.nodes.get(at)?.id?)));
        let Some((at, node)) = on else { return };
        let answer = self.evictor.handle_rebuilt(self.now, rebuild, node);
        debug_assert_eq!(
            answer,
            Answer::Accepted,
            "{rebuild:?} on {node:?} after {old:?}"
        );
        if answer != Answer::Accepted {
            self.release(id);
            self.stop(id, at);
        }
    }

    /// A node has started anew: what is known to be gone with that holds nothing there any longer.
    pub(super) fn release_gone(&mut self, at: usize) {
        let claims = self.nodes.get(at).map(|node| node.claims.clone());
        for work in claims.into_iter().flatten() {
            if self.evictor.holder(work).is_none() {
                self.release(work);
            }
        }
    }

    /// A copy that does not count stops, unless the node was given the work again.
    fn stop_copy(&mut self, work: WorkId, on: crate::node::NodeId) {
        let Some(&at) = self.by_id.get(&on) else {
            return;
        };
        let counts = self.works.get(&work).and_then(|work| work.claim);
        let runs = self
            .nodes
            .get(at)
            .is_some_and(|node| node.copies.contains_key(&work));
        if counts.is_some_and(|(here, _)| here == at) || !runs {
            return;
        }
        self.stop(work, at);
        if self.reaches(at) {
            let node = self.name_of(at);
            self.push(What::CopyStopped { work, node });
        }
    }

    /// Whether work runs where the farm can reach it.
    pub(super) fn serves(&self, work: &SimWork<'_>) -> bool {
        let Some((at, _)) = work.claim.filter(|(at, _)| self.reaches(*at)) else {
            return false;
        };
        let node = self.nodes.get(at);
        node.is_some_and(|node| node.copies.contains_key(&work.spec.id))
    }

    pub(super) fn count_outages(&mut self) {
        let ids: alloc::vec::Vec<WorkId> = self.works.keys().copied().collect();
        ids.into_iter().for_each(|id| self.count_outage(id));
    }

    /// Takes account of whether crop-critical work runs.
    pub(super) fn count_outage(&mut self, id: WorkId) {
        let Some(work) = self.works.get(&id).filter(|work| work.spec.is_critical()) else {
            return;
        };
        let (serves, since, now) = (self.serves(work), work.out_since, self.now);
        if let Some(since) = since.filter(|_| serves) {
            let longest = &mut self.report.longest_critical_outage;
            *longest = (*longest).max(now.saturating_since(since));
        }
        if let Some(work) = self.works.get_mut(&id) {
            work.out_since = if serves { None } else { since.or(Some(now)) };
        }
    }
}
