//! What becomes of a reservation.

use alloc::sync::Arc;

use gofarm_core::time::Instant;

use super::Scheduler;
use crate::load::Load;
use crate::node::NodeId;
use crate::placement::{Claim, NotCommitted, Permission, PlacementId, ReservationId, UnknownClaim};
use crate::request::Request;
use crate::resource::DeviceSet;

/// What a claim holds.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) request: Arc<Request>,
    pub(super) node: NodeId,
    pub(super) devices: DeviceSet,
    pub(super) tag: u64,
    pub(super) load: Load,
    pub(super) stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stage {
    Reserved,
    Committed { at: Instant },
}

impl Held {
    fn claim(&self, number: u64, now: Instant) -> Claim<'_> {
        Claim::new(ReservationId::new(number), &self.request, self.node, now)
            .with_devices(self.devices)
            .with_tag(self.tag)
    }

    pub(super) const fn is_reserved(&self) -> bool {
        matches!(self.stage, Stage::Reserved)
    }
}

impl Scheduler {
    /// Starts what was decided: asks permits, then binds. Takes the [`Decision`](crate::placement::Decision) or its
    /// [`ReservationId`].
    ///
    /// # Errors
    /// It is not held any longer; a permit says to wait (it is still held, and may be committed again) or denies; or
    /// it cannot be bound. In the last two cases it was given back.
    pub fn commit(
        &mut self,
        decision: impl Into<ReservationId>,
        now: Instant,
    ) -> Result<PlacementId, NotCommitted> {
        let id = decision.into();
        self.handle_timeout(now);
        let now = self.board.now;
        let number = id.number();
        let Some(held) = self.held.get_mut(&number).filter(|held| held.is_reserved()) else {
            return Err(NotCommitted::NotHeld);
        };
        let claim = held.claim(number, now);
        let rules = &mut self.board.rules;
        let mut refused = None;
        for permit in &mut rules.permits {
            let by = permit.name();
            match permit.permit(&claim) {
                Permission::Granted => {}
                Permission::Wait => return Err(NotCommitted::Waiting { by }),
                Permission::Denied(reason) => {
                    refused = Some(NotCommitted::Denied { by, reason });
                    break;
                }
            }
        }
        if refused.is_none() {
            refused = rules.binds.iter_mut().find_map(|bind| {
                let reason = bind.bind(&claim).err()?;
                let by = bind.name();
                Some(NotCommitted::NotBound { by, reason })
            });
        }
        if let Some(refused) = refused {
            self.counts.refused_late += 1;
            self.end(number);
            return Err(refused);
        }
        let (node, in_flight) = (held.node, rules.in_flight);
        held.stage = Stage::Committed { at: now };
        self.tidy_lapses();
        self.counts.committed += 1;
        if let Some(slot) = self.board.slot_of(node)
            && let Some(seat) = self.board.seat_mut(slot)
        {
            seat.on_the_way.began(number, now, now + in_flight);
            self.watch_estimates(slot);
        }
        Ok(PlacementId::of(id))
    }

    /// Gives a reservation back.
    ///
    /// # Errors
    /// It is not held any longer, or was committed.
    pub fn abandon(&mut self, decision: impl Into<ReservationId>) -> Result<(), UnknownClaim> {
        let number = decision.into().number();
        if !self.held.get(&number).is_some_and(Held::is_reserved) {
            return Err(UnknownClaim(number));
        }
        self.counts.abandoned += 1;
        self.end(number);
        Ok(())
    }

    /// Work has ended: what it took is free again, and its load is taken off the node's metrics until they are new.
    ///
    /// # Errors
    /// The placement is not known, or not any longer.
    pub fn completed(&mut self, placement: PlacementId, now: Instant) -> Result<(), UnknownClaim> {
        self.handle_timeout(now);
        let number = placement.number();
        if self.held.get(&number).is_none_or(Held::is_reserved) {
            return Err(UnknownClaim(number));
        }
        self.end(number);
        Ok(())
    }

    /// Work has failed: it has ended, and its node costs more for a while, as after [`failed`](Self::failed).
    ///
    /// # Errors
    /// The placement is not known, or not any longer.
    pub fn work_failed(
        &mut self,
        placement: PlacementId,
        now: Instant,
    ) -> Result<(), UnknownClaim> {
        let node = self.placement(placement).map(|claim| claim.node());
        self.completed(placement, now)?;
        // The node of a placement is there: it goes with its node.
        let _known = node.map(|node| self.failed(node, now));
        Ok(())
    }

    /// What was placed where; `None` if it has ended, or was never committed.
    #[must_use]
    pub fn placement(&self, placement: PlacementId) -> Option<Claim<'_>> {
        let number = placement.number();
        let held = self.held.get(&number).filter(|held| !held.is_reserved())?;
        Some(held.claim(number, self.board.now))
    }

    /// What was committed and runs on a node, in the order of the reservations; nothing where the node is not there.
    pub fn placements_on(&self, node: NodeId) -> impl Iterator<Item = (PlacementId, Claim<'_>)> {
        let seat = self
            .board
            .slot_of(node)
            .and_then(|slot| self.board.seat(slot));
        let numbers = seat.into_iter().flat_map(|seat| &seat.claims);
        numbers.filter_map(|number| {
            let placement = PlacementId::of(ReservationId::new(*number));
            Some((placement, self.placement(placement)?))
        })
    }

    /// Ends a claim and gives back all it holds; who calls counts it.
    pub(super) fn end(&mut self, number: u64) {
        let Some(held) = self.held.remove(&number) else {
            return;
        };
        let now = self.board.now;
        self.tidy_lapses();
        let claim = held.claim(number, now);
        for reserve in self.board.rules.reserves.iter_mut().rev() {
            reserve.release(&claim);
        }
        let Some(slot) = self.board.slot_of(held.node) else {
            return;
        };
        let (settling, in_flight) = (self.board.rules.settling, self.board.rules.in_flight);
        if let Some((seat, table)) = self.board.seat_and_table(slot) {
            seat.free.give_back(held.request.ask(), held.devices);
            if let Ok(at) = seat.claims.binary_search(&number) {
                seat.claims.remove(at);
            }
            let waiting = seat.on_the_way.remove((&mut *table, slot), number);
            if let Stage::Committed { at } = held.stage
                && !waiting
                && seat
                    .reported
                    .is_some_and(|reported| reported > at + settling)
            {
                let work = (number, held.load);
                seat.on_the_way
                    .ended((table, slot), work, now, now + in_flight);
            }
        }
        self.refill(slot);
        self.watch_estimates(slot);
        self.board.member(&held.request, slot, false);
        self.board.changed(slot);
    }
}
