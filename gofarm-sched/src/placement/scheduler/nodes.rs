//! Nodes come, change, report, fail and go.

use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::time::Instant;

use super::Scheduler;
use super::timers::Timer;
use crate::load::Load;
use crate::node::{Node, NodeId};
use crate::placement::board::{Place, Seat};
use crate::placement::{PlacementId, UnknownNode};
use crate::resource::Resources;

/// The most failures that are remembered of a node; more change nothing that a cost can show.
const MOST_FAILURES: f32 = 16.0;

impl Scheduler {
    /// Adds a node; it may get work at once.
    pub fn add_node(&mut self, node: Node) -> NodeId {
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.board.places.push(Place::default());
            self.board.log.push_slot();
            u32::try_from(self.board.places.len() - 1).unwrap_or(u32::MAX)
        });
        self.present += 1;
        self.board.groups.node_added(&node);
        self.board.fleet.add(node.capacity());
        self.board.domains_changed();
        if let Some(place) = self.board.places.get_mut(slot as usize) {
            place.seat = Some(Seat::new(node));
        }
        // Places and slots of the table come and go together; beyond the table's limit a node counts as the worst.
        let _in_table = self.board.table.insert(slot as usize);
        self.board.changed(slot);
        self.board.id_of(slot)
    }

    /// Removes a node with all that was given to it; says which placements are lost, in their order.
    ///
    /// # Errors
    /// The node is not there.
    pub fn remove_node(&mut self, node: NodeId) -> Result<Vec<PlacementId>, UnknownNode> {
        let slot = self.board.slot_of(node).ok_or(UnknownNode(node))?;
        let lost = self.end_all(slot);
        let place = self.board.places.get_mut(slot as usize);
        let seat = place.and_then(|place| {
            place.generation = place.generation.wrapping_add(1);
            place.seat.take()
        });
        if let Some(seat) = seat {
            self.board.groups.node_removed(&seat.node);
            self.board.fleet.remove(seat.node.capacity());
        }
        self.board.domains_changed();
        let _was_in_table = self.board.table.remove(slot as usize);
        self.board.changed(slot);
        self.vacant.push(slot);
        self.present -= 1;
        Ok(lost)
    }

    /// The node is lost with all that was given to it, and takes no new work until it reports again; says which
    /// placements are lost, in their order. What they were, [`placements_on`](Self::placements_on) tells before.
    ///
    /// It stays the same node: nobody has to describe it again, or to learn another id.
    ///
    /// # Errors
    /// The node is not there.
    pub fn lost(&mut self, node: NodeId) -> Result<Vec<PlacementId>, UnknownNode> {
        let slot = self.board.slot_of(node).ok_or(UnknownNode(node))?;
        let lost = self.end_all(slot);
        // What it reports next will not show any of it.
        if let Some((seat, table)) = self.board.seat_and_table(slot) {
            seat.on_the_way.clear((table, slot));
            seat.over = true;
        }
        self.refill(slot);
        self.not_ready(node)?;
        Ok(lost)
    }

    /// Ends all claims on a node; answers which of them were committed.
    fn end_all(&mut self, slot: u32) -> Vec<PlacementId> {
        let mut lost = Vec::new();
        for number in self.take_claims(slot) {
            if self.held.get(&number).is_some_and(super::Held::is_reserved) {
                self.counts.lost += 1;
            } else {
                let id = super::ReservationId::new(number);
                lost.push(PlacementId::of(id));
            }
            self.end(number);
        }
        lost
    }

    /// Describes a node anew; what runs there stays. One that is smaller than what runs there takes nothing until
    /// enough has ended.
    ///
    /// # Errors
    /// The node is not there.
    pub fn update_node(&mut self, id: NodeId, node: Node) -> Result<(), UnknownNode> {
        let slot = self.board.slot_of(id).ok_or(UnknownNode(id))?;
        let claims = self.take_claims(slot);
        self.move_members(&claims, slot, false);
        if let Some(seat) = self
            .board
            .places
            .get_mut(slot as usize)
            .and_then(|p| p.seat.as_mut())
        {
            self.board.groups.node_removed(&seat.node);
            self.board.groups.node_added(&node);
            self.board.fleet.remove(seat.node.capacity());
            self.board.fleet.add(node.capacity());
            seat.describe(node);
        }
        self.move_members(&claims, slot, true);
        if let Some(seat) = self.board.seat_mut(slot) {
            seat.claims = claims;
        }
        self.board.domains_changed();
        self.refill(slot);
        self.board.changed(slot);
        Ok(())
    }

    /// Says anew until when the node's stored energy lasts; `None` for a node on the grid.
    ///
    /// As [`update_node`](Self::update_node) with nothing else changed, and cheap enough for every report of a battery.
    ///
    /// # Errors
    /// The node is not there.
    pub fn set_power_until(
        &mut self,
        node: NodeId,
        end: Option<Instant>,
    ) -> Result<(), UnknownNode> {
        self.change(node, |seat| seat.node.set_power_until(end))
    }

    /// The node takes no new work; what runs there stays.
    ///
    /// # Errors
    /// The node is not there.
    pub fn cordon(&mut self, node: NodeId) -> Result<(), UnknownNode> {
        self.change(node, |seat| seat.cordoned = true)
    }

    /// The node takes new work again, with a slow start.
    ///
    /// # Errors
    /// The node is not there.
    pub fn uncordon(&mut self, node: NodeId, now: Instant) -> Result<(), UnknownNode> {
        self.handle_timeout(now);
        let slot = self.board.slot_of(node).ok_or(UnknownNode(node))?;
        if self.board.seat(slot).is_some_and(|seat| seat.cordoned) {
            self.start_slowly(slot);
        }
        self.change(node, |seat| seat.cordoned = false)
    }

    /// The node is not known to live: it takes no new work until it reports again.
    ///
    /// # Errors
    /// The node is not there.
    pub fn not_ready(&mut self, node: NodeId) -> Result<(), UnknownNode> {
        self.change(node, |seat| seat.ready = false)
    }

    /// Takes over what was measured of a node at a time; a metric of which something newer is known is left out.
    ///
    /// # Errors
    /// The node is not there.
    pub fn observe(&mut self, node: NodeId, load: Load, at: Instant) -> Result<(), UnknownNode> {
        self.handle_timeout(at);
        let slot = self.board.slot_of(node).ok_or(UnknownNode(node))?;
        let (settling, slow) = (self.board.rules.settling, self.board.rules.slow_start);
        let others_are_known = self.reporting_for(at) >= slow;
        let Some((seat, table)) = self.board.seat_and_table(slot) else {
            return Err(UnknownNode(node));
        };
        let _in_table = table.observe(slot as usize, &load, at);
        let before = seat.reported;
        let silent = before.is_none_or(|before| at.saturating_since(before) >= slow);
        seat.reported = before.max(Some(at));
        seat.on_the_way.shown((table, slot), at, settling);
        let was_ready = core::mem::replace(&mut seat.ready, true);
        if silent && others_are_known || !was_ready {
            self.start_slowly(slot);
        }
        if was_ready {
            self.board.weigh();
        } else {
            self.board.changed(slot);
        }
        Ok(())
    }

    /// How long nodes have been reporting without a silence as long as a slow start, up to a report at this time.
    fn reporting_for(&mut self, at: Instant) -> Duration {
        let slow = self.board.rules.slow_start;
        let goes_on = |(_, last): &(Instant, Instant)| at.saturating_since(*last) < slow;
        let (since, last) = self.heard.filter(goes_on).unwrap_or((at, at));
        self.heard = Some((since, last.max(at)));
        at.saturating_since(since)
    }

    /// Work failed on the node, or could not be started there: it costs more for a while. A node that fails fast is not a
    /// fast node. For work that was committed, [`work_failed`](Self::work_failed) does this and ends it.
    ///
    /// # Errors
    /// The node is not there.
    pub fn failed(&mut self, node: NodeId, now: Instant) -> Result<(), UnknownNode> {
        self.handle_timeout(now);
        let slot = self.board.slot_of(node).ok_or(UnknownNode(node))?;
        let due = self.board.now + self.board.rules.half_life;
        let mut first = false;
        self.change(node, |seat| {
            seat.failures = (seat.failures + 1.0).min(MOST_FAILURES);
            first = seat.halved_at.is_none();
            seat.halved_at.get_or_insert(due);
        })?;
        if first {
            self.agenda.insert((due, Timer::Failures(slot)));
        }
        Ok(())
    }

    /// A node that is there.
    #[must_use]
    pub fn node(&self, node: NodeId) -> Option<&Node> {
        let seat = self.board.seat(self.board.slot_of(node)?)?;
        Some(&seat.node)
    }

    /// What is free of a node.
    #[must_use]
    pub fn free(&self, node: NodeId) -> Option<&Resources> {
        let seat = self.board.seat(self.board.slot_of(node)?)?;
        Some(&seat.free)
    }

    /// How many nodes there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.present
    }

    /// Whether there are no nodes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.present == 0
    }

    fn change(&mut self, node: NodeId, change: impl FnOnce(&mut Seat)) -> Result<(), UnknownNode> {
        let slot = self.board.slot_of(node).ok_or(UnknownNode(node))?;
        self.board.seat_mut(slot).map(change);
        self.board.changed(slot);
        Ok(())
    }

    /// The claims on a node, ascending, taken out of its seat.
    fn take_claims(&mut self, slot: u32) -> Vec<u64> {
        let seat = self.board.seat_mut(slot);
        seat.map_or_else(Vec::new, |seat| core::mem::take(&mut seat.claims))
    }

    fn move_members(&mut self, claims: &[u64], slot: u32, came: bool) {
        for held in claims.iter().filter_map(|number| self.held.get(number)) {
            self.board.member(&held.request, slot, came);
        }
    }

    /// Works out what is free of a node that was made smaller than what was given to it.
    pub(super) fn refill(&mut self, slot: u32) {
        let Some(seat) = self.board.seat_mut(slot).filter(|seat| seat.over) else {
            return;
        };
        let mut free = *seat.node.capacity();
        let mut held = seat
            .claims
            .iter()
            .filter_map(|number| self.held.get(number));
        seat.over = !held.all(|held| free.take(held.request.ask(), held.devices));
        seat.free = if seat.over {
            Resources::new(0, 0)
        } else {
            free
        };
    }
}
