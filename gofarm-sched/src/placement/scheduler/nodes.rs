//! Nodes come, change, report, fail and go.

use alloc::vec::Vec;

use gofarm_core::time::Instant;

use super::Scheduler;
use super::timers::Timer;
use crate::load::Load;
use crate::node::{Node, NodeId};
use crate::placement::board::{Place, Seat};
use crate::placement::on_the_way::OnTheWay;
use crate::placement::{PlacementId, UnknownNode};
use crate::resource::Resources;

/// The most failures that are remembered of a node; more change nothing that a cost can show.
const MOST_FAILURES: f32 = 16.0;

impl Scheduler {
    /// Adds a node; it may get work at once.
    pub fn add_node(&mut self, node: Node) -> NodeId {
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.board.places.push(Place::default());
            u32::try_from(self.board.places.len() - 1).unwrap_or(u32::MAX)
        });
        self.present += 1;
        self.board.groups.node_added(&node);
        self.board.domains_changed();
        let seat = Seat {
            name: node.name().into(),
            free: *node.capacity(),
            node,
            over: false,
            cordoned: false,
            ready: true,
            on_the_way: OnTheWay::default(),
            lapse_timer: None,
            stale_timer: None,
            failures: 0.0,
            halved_at: None,
            came_back: None,
            slow: 0.0,
        };
        if let Some(place) = self.board.places.get_mut(slot as usize) {
            place.seat = Some(seat);
        }
        self.board.rank.set_present(slot, true, self.board.now);
        self.board.changed(slot);
        self.board.id_of(slot)
    }

    /// Removes a node with all that was given to it; says which placements are lost, in their order.
    ///
    /// # Errors
    /// The node is not there.
    pub fn remove_node(&mut self, node: NodeId) -> Result<Vec<PlacementId>, UnknownNode> {
        let slot = self.board.slot_of(node).ok_or(UnknownNode(node))?;
        let mut lost = Vec::new();
        for number in self.claims_on(node) {
            if self.held.get(&number).is_some_and(super::Held::is_reserved) {
                self.counts.lost += 1;
            } else {
                let id = super::ReservationId::new(number);
                lost.push(PlacementId::of(id));
            }
            self.end(number);
        }
        let place = self.board.places.get_mut(slot as usize);
        let seat = place.and_then(|place| {
            place.generation = place.generation.wrapping_add(1);
            place.seat.take()
        });
        if let Some(seat) = seat {
            self.board.groups.node_removed(&seat.node);
        }
        self.board.domains_changed();
        self.board.rank.set_present(slot, false, self.board.now);
        self.board.changed(slot);
        self.vacant.push(slot);
        self.present -= 1;
        Ok(lost)
    }

    /// Describes a node anew; what runs there stays. One that is smaller than what runs there takes nothing until
    /// enough has ended.
    ///
    /// # Errors
    /// The node is not there.
    pub fn update_node(&mut self, id: NodeId, node: Node) -> Result<(), UnknownNode> {
        let slot = self.board.slot_of(id).ok_or(UnknownNode(id))?;
        let claims = self.claims_on(id);
        self.move_members(&claims, slot, false);
        if let Some(seat) = self
            .board
            .places
            .get_mut(slot as usize)
            .and_then(|p| p.seat.as_mut())
        {
            self.board.groups.node_removed(&seat.node);
            self.board.groups.node_added(&node);
            seat.name = node.name().into();
            seat.node = node;
            seat.over = true;
        }
        self.move_members(&claims, slot, true);
        self.board.domains_changed();
        self.refill(slot);
        self.board.changed(slot);
        Ok(())
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

    /// Takes over what was measured of a node at a time; what was measured earlier than the last is left out.
    ///
    /// # Errors
    /// The node is not there.
    pub fn observe(&mut self, node: NodeId, load: Load, at: Instant) -> Result<(), UnknownNode> {
        self.handle_timeout(at);
        let slot = self.board.slot_of(node).ok_or(UnknownNode(node))?;
        let before = self.board.rank.reported(slot);
        if !self.board.rank.observe(slot, &load, at) {
            return Ok(());
        }
        let (settling, slow) = (self.board.rules.settling, self.board.rules.slow_start);
        let silent = before.is_none_or(|before| at.saturating_since(before) >= slow);
        let Some(seat) = self.board.seat_mut(slot) else {
            return Err(UnknownNode(node));
        };
        seat.on_the_way.shown(at, settling);
        if silent || !seat.ready {
            seat.ready = true;
            self.start_slowly(slot);
        }
        self.board.changed(slot);
        self.watch_stale(slot);
        Ok(())
    }

    /// Work failed on the node: it costs more for a while. A node that fails fast is not a fast node.
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

    /// The claims on a node, ascending.
    fn claims_on(&self, node: NodeId) -> Vec<u64> {
        let here = self.held.iter().filter(|(_, held)| held.node == node);
        let mut numbers: Vec<u64> = here.map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers
    }

    fn move_members(&mut self, claims: &[u64], slot: u32, came: bool) {
        for held in claims.iter().filter_map(|number| self.held.get(number)) {
            self.board.member(&held.request, slot, came);
        }
    }

    /// Works out what is free of a node that was made smaller than what was given to it.
    pub(super) fn refill(&mut self, slot: u32) {
        if !self.board.seat(slot).is_some_and(|seat| seat.over) {
            return;
        }
        let claims = self.claims_on(self.board.id_of(slot));
        let Some(seat) = self
            .board
            .places
            .get_mut(slot as usize)
            .and_then(|p| p.seat.as_mut())
        else {
            return;
        };
        let mut free = *seat.node.capacity();
        let mut held = claims.iter().filter_map(|number| self.held.get(number));
        seat.over = !held.all(|held| free.take(held.request.ask(), held.devices));
        seat.free = if seat.over {
            Resources::new(0, 0)
        } else {
            free
        };
    }
}
