//! Work waits, gets a node, runs there and ends.

use alloc::vec::Vec;
use core::cmp::Reverse;
use core::time::Duration;

use gofarm_core::time::{minutes, secs};

use super::actors::{Running as Copied, State};
use super::builder::{HOME, SPREAD_ANYHOW};
use super::machine::{Due, Turn};
use super::{Cause, Simulator, Spread, What};
use crate::autonomy::Action;
use crate::eviction::WorkId;
use crate::node::NodeId;
use crate::placement::{Decision, PlacementId, Unplaced};
use crate::priority::{Occupied, Running, preempt};
use crate::resource::Resources;

/// How many nodes are tried for one piece of work at a time, where those that were chosen do not answer.
const TRIES: usize = 3;
/// When work that did not start is tried again at the latest.
const AGAIN: Duration = secs(5);
/// How long the same work makes no more room after it has.
const ROOM: Duration = minutes(1);

impl Simulator<'_> {
    /// Work waits for a place from now on.
    pub(super) fn wait(&mut self, id: WorkId) {
        let queued = self.next_number();
        if let Some(work) = self.works.get_mut(&id) {
            (work.state, work.queued) = (State::Waiting, queued);
            self.waiting.insert(turn(
                id,
                work.spec.is_critical(),
                work.spec.priority,
                queued,
            ));
            self.retry_after(Duration::ZERO);
        }
    }

    pub(super) fn unqueue(&mut self, id: WorkId) {
        if let Some(work) = self.works.get(&id) {
            let turn = turn(id, work.spec.is_critical(), work.spec.priority, work.queued);
            self.waiting.remove(&turn);
        }
    }

    /// Sees to it that who waits is asked again in a while.
    pub(super) fn retry_after(&mut self, time: Duration) {
        let at = self.now + time;
        if !self.waiting.is_empty() && self.retry_at.is_none_or(|planned| at < planned) {
            self.retry_at = Some(at);
            self.plan(time, Due::Retry);
        }
    }

    pub(super) fn retry(&mut self) {
        let turns: Vec<Turn> = self.waiting.iter().copied().collect();
        for turn in turns {
            // One before it may have made room of it, or of what it needs.
            if self.waiting.contains(&turn) {
                let id = turn.3;
                if !self.find_place(id, Cause::Waited, None) {
                    self.make_room(id, Cause::Waited);
                }
            }
        }
    }

    /// Gives work to a node, if there is one; within the domain that is named, if one is.
    pub(super) fn find_place(&mut self, id: WorkId, cause: Cause, home: Option<&str>) -> bool {
        for _ in 0..TRIES {
            let (decision, spread) = match self.decide(id, home) {
                Ok(found) => found,
                Err(unplaced) => {
                    self.count_unplaced(id, cause, home, &unplaced);
                    return false;
                }
            };
            let (on, cost) = (decision.node(), decision.cost());
            let at = self.by_id.get(&on).copied();
            let stays = cause == Cause::Moved
                && self
                    .works
                    .get(&id)
                    .and_then(|work| work.claim)
                    .map(|(at, _)| at)
                    == at;
            let Some(at) = at.filter(|_| !stays) else {
                // It was reserved the line above, and nothing has happened since.
                let _ = self.scheduler.abandon(decision);
                return false;
            };
            let node = self.name_of(at);
            if !self.reaches(at) {
                let _ = self.scheduler.abandon(decision);
                let _ = self.scheduler.failed(on, self.now);
                let _ = self.scheduler.not_ready(on);
                if let Some(node) = self.nodes.get_mut(at) {
                    node.silent = true;
                }
                self.push(What::NotStarted { work: id, node });
                continue;
            }
            let reservation = decision.reservation();
            let Ok(placement) = self.scheduler.commit(decision, self.now) else {
                // Still held where a permit says to wait, and given back otherwise.
                let _ = self.scheduler.abandon(reservation);
                self.push(What::NotCommitted { work: id, node });
                break;
            };
            self.push(What::Placed {
                work: id,
                node,
                cause,
                spread,
                cost,
            });
            self.begin(id, at, on, placement, cause);
            return true;
        }
        self.retry_after(AGAIN);
        false
    }

    fn decide(&mut self, id: WorkId, home: Option<&str>) -> Result<(Decision, Spread), Unplaced> {
        let work = self.works.get(&id).ok_or(Unplaced::NoNodes)?;
        let now = self.now;
        if let Some(home) = home {
            let request = work.request.clone().label(HOME, home);
            return Ok((self.scheduler.place(&request, now)?, Spread::Kept));
        }
        let lifts = self.rules.spreads && work.spec.is_critical() && work.spec.group.is_some();
        match self.scheduler.place(&work.request, now) {
            Err(Unplaced::Refused(_)) if lifts => {
                let request = work.request.clone().label(SPREAD_ANYHOW, "yes");
                Ok((self.scheduler.place(&request, now)?, Spread::Lifted))
            }
            other => Ok((other?, Spread::Kept)),
        }
    }

    fn count_unplaced(
        &mut self,
        id: WorkId,
        cause: Cause,
        home: Option<&str>,
        unplaced: &Unplaced,
    ) {
        self.report.unplaced += 1;
        let refused = match unplaced {
            Unplaced::Refused(refusals) => refusals.len(),
            Unplaced::NeverFits { nodes } => *nodes,
            Unplaced::NoNodes | Unplaced::NotReserved { .. } => 0,
        };
        if cause == Cause::Moved || home.is_some() {
            return;
        }
        if let Some(work) = self.works.get_mut(&id)
            && work.told.replace(refused) != Some(refused)
        {
            self.push(What::Unplaced { work: id, refused });
        }
    }

    /// Work begins on a node.
    fn begin(&mut self, id: WorkId, at: usize, on: NodeId, placement: PlacementId, cause: Cause) {
        match cause {
            Cause::Waited => self.unqueue(id),
            Cause::Lost => self.leave(id),
            Cause::Moved => {
                self.leave(id);
                self.evictor.handle_ended(id);
            }
        }
        let slowed = self
            .works
            .get(&id)
            .is_some_and(|w| self.action(w.spec) == Action::Slow);
        let (Some(work), Some(node)) = (self.works.get_mut(&id), self.nodes.get_mut(at)) else {
            return;
        };
        let spec = work.spec;
        if cause != Cause::Lost {
            // The scheduler chose the node among those that the evictor knows.
            let _ = self.evictor.handle_placed(self.now, id, on, spec.stakes);
        }
        work.pause(self.now);
        (work.claim, work.state, work.ran) = (Some((at, placement)), State::Placed, true);
        (work.began, work.told) = (Some(self.now), None);
        let (left, begins) = (work.left, work.begins);
        node.claims.insert(id);
        node.stops.remove(&id);
        let copy = Copied {
            uses_milli: spec.uses_milli,
            memory: spec.ask.memory(),
            // What is never shed is not slowed either.
            kind: spec.kind.clone().filter(|_| !spec.is_critical()),
            slowed,
        };
        node.copies.insert(id, copy);
        if let Some(left) = left {
            self.plan(left, Due::End { work: id, begins });
        }
        self.count_outage(id);
        self.throttle(at);
    }

    /// Work has run for as long as it had to; where the farm cannot hear it, it is asked again.
    pub(super) fn end(&mut self, id: WorkId, begins: u64) {
        let Some(work) = self.works.get(&id).filter(|work| work.begins == begins) else {
            return;
        };
        if work.claim.is_some_and(|(at, _)| self.reaches(at)) {
            self.finish(id);
        } else {
            self.plan(AGAIN, Due::End { work: id, begins });
        }
    }

    /// Work is over.
    pub(super) fn finish(&mut self, id: WorkId) {
        if !self.works.contains_key(&id) {
            return;
        }
        self.halt(id);
        self.works.remove(&id);
        self.push(What::Done(id));
        self.retry_after(Duration::ZERO);
    }

    /// Work is wanted no longer, or not now: it neither waits, nor runs, nor is it rebuilt.
    pub(super) fn halt(&mut self, id: WorkId) {
        self.unqueue(id);
        self.evictor.handle_ended(id);
        self.leave(id);
        let now = self.now;
        if let Some(work) = self.works.get_mut(&id) {
            work.pause(now);
            self.count_outage(id);
        }
    }

    /// Stops the copy that counts, and gives back what it held.
    pub(super) fn leave(&mut self, id: WorkId) {
        let claim = self.works.get(&id).and_then(|work| work.claim);
        if let Some((at, _)) = claim {
            self.release(id);
            self.stop(id, at);
        }
    }

    /// Gives back what work held on its node.
    pub(super) fn release(&mut self, id: WorkId) {
        let Some((at, placement)) = self.works.get_mut(&id).and_then(|work| work.claim.take())
        else {
            return;
        };
        // A claim that is kept here was committed, and ends here only.
        let _ = self.scheduler.completed(placement, self.now);
        if let Some(node) = self.nodes.get_mut(at) {
            node.claims.remove(&id);
        }
        let node = self.name_of(at);
        self.push(What::Released { work: id, node });
        self.count_outage(id);
    }

    /// A copy stops: now, or as soon as its node is heard.
    pub(super) fn stop(&mut self, id: WorkId, at: usize) {
        let reaches = self.reaches(at);
        if let Some(node) = self
            .nodes
            .get_mut(at)
            .filter(|node| node.copies.contains_key(&id))
        {
            if reaches {
                node.copies.remove(&id);
            } else {
                node.stops.insert(id);
            }
        }
    }

    /// Stops less urgent work for work that has no place; whether it has one then.
    pub(super) fn make_room(&mut self, id: WorkId, cause: Cause) -> bool {
        let now = self.now;
        let Some(work) = self.works.get(&id) else {
            return false;
        };
        if !self.rules.preempts || work.makes_room_from > now {
            return false;
        }
        let request = &work.request;
        let mut nodes: Vec<(NodeId, &Resources, Vec<Running>)> = Vec::new();
        let may = |node: &&super::actors::SimNode<'_>| {
            node.opens.is_none() && node.mode.mode().takes_new_work()
        };
        for node in self.nodes.iter().filter(may) {
            let Some(on) = node.id.filter(|on| self.evictor.share(now, *on) > 0.0) else {
                continue;
            };
            let Some(free) = self.scheduler.free(on) else {
                continue;
            };
            if free.fits(request.ask()).is_err() {
                nodes.push((on, free, self.running(&node.claims)));
            }
        }
        let occupied: Vec<Occupied<'_>> = nodes
            .iter()
            .map(|(on, free, running)| Occupied::new(*on, free, running))
            .collect();
        let Ok(room) = preempt(request, &occupied) else {
            return false;
        };
        let victims = room.victims().iter().map(|victim| victim.work);
        let victims: Vec<WorkId> = victims.collect();
        if let Some(work) = self.works.get_mut(&id) {
            work.makes_room_from = now + ROOM;
        }
        for victim in victims {
            self.push(What::Evicted {
                work: victim,
                by: id,
            });
            self.halt(victim);
            self.wait(victim);
        }
        self.find_place(id, cause, None)
    }

    fn running(&self, claims: &alloc::collections::BTreeSet<WorkId>) -> Vec<Running> {
        let works = claims.iter().filter_map(|id| self.works.get(id));
        works
            .map(|work| {
                let spec = work.spec;
                Running::new(spec.id, spec.priority, spec.ask).stakes(spec.stakes)
            })
            .collect()
    }
}

const fn turn(id: WorkId, critical: bool, priority: i32, queued: u64) -> Turn {
    (Reverse(critical), Reverse(priority), queued, id)
}
