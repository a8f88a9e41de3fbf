//! The farm is cut off or short of power, and comes back.

use core::fmt::Debug;

use alloc::vec::Vec;
use gofarm_core::time::Instant;

use super::actors::State;
use super::{Simulator, What, WorkSpec};
use crate::autonomy::{Action, Autonomy, AutonomyEvent};
use crate::eviction::WorkId;

/// An [`Autonomy`] of any number of rules.
pub(super) trait Shedding: Debug {
    fn handle_link(&mut self, now: Instant, up: bool);
    fn handle_charge(&mut self, now: Instant, charge: Option<f32>);
    fn handle_timeout(&mut self, now: Instant);
    fn poll_timeout(&self) -> Option<Instant>;
    fn poll_event(&mut self) -> Option<AutonomyEvent>;
    /// What work of this kind may do.
    fn action_of(&self, kind: &str) -> Action;
}

impl<const N: usize> Shedding for Autonomy<N> {
    fn handle_link(&mut self, now: Instant, up: bool) {
        Self::handle_link(self, now, up);
    }

    fn handle_charge(&mut self, now: Instant, charge: Option<f32>) {
        Self::handle_charge(self, now, charge);
    }

    fn handle_timeout(&mut self, now: Instant) {
        Self::handle_timeout(self, now);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        Self::poll_timeout(self)
    }

    fn poll_event(&mut self) -> Option<AutonomyEvent> {
        Self::poll_event(self)
    }

    fn action_of(&self, kind: &str) -> Action {
        self.find(kind)
            .map_or(Action::Run, |work| self.action(work))
    }
}

impl Simulator<'_> {
    /// What a piece of work may do.
    pub(super) fn action(&self, spec: &WorkSpec) -> Action {
        match &spec.kind {
            Some(kind) if !spec.is_critical() => self.shedding.action_of(kind),
            _ => Action::Run,
        }
    }

    /// Does what being cut off or short of power asks for, or no longer asks for.
    pub(super) fn shed(&mut self) {
        while let Some(event) = self.shedding.poll_event() {
            match event {
                AutonomyEvent::ModeChanged(mode) => {
                    let most = self.link_moves.count(self.now);
                    let before = &mut self.report.most_link_moves_an_hour;
                    *before = most.max(*before);
                    self.push(What::Link(mode));
                }
                AutonomyEvent::ActionChanged { name, action, .. } => self.follow(name, action),
                AutonomyEvent::HorizonReached(_) => {}
            }
        }
    }

    fn follow(&mut self, kind: &str, action: Action) {
        let of_kind = |work: &&super::actors::SimWork<'_>| {
            work.spec.kind.as_deref() == Some(kind) && !work.spec.is_critical()
        };
        let works: Vec<(WorkId, State)> = (self.works.values().filter(of_kind))
            .map(|work| (work.spec.id, work.state))
            .collect();
        for (id, state) in works {
            match (action, state) {
                (Action::Stop, State::Waiting | State::Placed) => {
                    self.push(What::Shed(id));
                    self.halt(id);
                    if let Some(work) = self.works.get_mut(&id) {
                        work.state = State::Shed;
                    }
                }
                (Action::Run | Action::Slow, State::Shed) => {
                    self.push(What::Resumed(id));
                    self.wait(id);
                }
                _ => {}
            }
        }
        let copies = self
            .nodes
            .iter_mut()
            .flat_map(|node| node.copies.values_mut());
        for copy in copies.filter(|copy| copy.kind.as_deref() == Some(kind)) {
            copy.slowed = action == Action::Slow;
        }
    }
}
