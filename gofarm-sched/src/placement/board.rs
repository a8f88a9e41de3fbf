//! [`Board`]: everything that an answer about a node depends on.

mod asking;

pub(super) use asking::Asking;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use gofarm_core::time::Instant;
use hashbrown::HashMap;

use super::builder::Rules;
use super::on_the_way::OnTheWay;
use super::size::{Fleet, Offsets, Part, Size};
use super::{Groups, Sensitivity};
use crate::change_log::{ChangeLog, Changes, Cursor};
use crate::load::LoadWeights;
use crate::node::{Node, NodeId};
use crate::node_table::{NodeTable, NodeTableConfig};
use crate::request::Request;
use crate::resource::Resources;

/// Nodes whose loads are closer than this share of the full scale are nearly equal.
const LEAST_DEVIATION: f32 = 0.01;
/// How far the figures of all nodes may move before all are ranked anew: costs of other scores stand beside the
/// load, so that it need not be exact, and kept costs are worked out anew each time.
const TOLERANCE: f32 = 0.25;

#[derive(Debug)]
pub(super) struct Board {
    pub(super) rules: Rules,
    pub(super) total_weight: f32,
    pub(super) places: Vec<Place>,
    pub(super) fleet: Fleet,
    /// All nodes by load; a slot for each place.
    pub(super) table: NodeTable,
    /// What the seats know of the table.
    seen: Cursor,
    pub(super) groups: Groups,
    /// Changes with each change of a group; a group without members is not there.
    versions: HashMap<String, u64>,
    domains: u64,
    version: u64,
    /// Which nodes changed in something else than their load; the table knows those.
    pub(super) log: ChangeLog,
    pub(super) now: Instant,
    has_always: bool,
    has_group: bool,
}

/// A place in the table, taken or not.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) generation: u32,
    pub(super) seat: Option<Seat>,
}

/// A node with what was given to it.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) node: Node,
    pub(super) name: Arc<str>,
    pub(super) free: Resources,
    part: Part,
    /// What each score says of the node as it is.
    of_node: Vec<f32>,
    /// More was given than there is, since the node became smaller.
    pub(super) over: bool,
    pub(super) cordoned: bool,
    pub(super) ready: bool,
    /// Its claims, ascending.
    pub(super) claims: Vec<u64>,
    pub(super) on_the_way: OnTheWay,
    pub(super) lapse_timer: Option<Instant>,
    /// When it last reported.
    pub(super) reported: Option<Instant>,
    pub(super) load: LoadNow,
    pub(super) failures: f32,
    pub(super) halved_at: Option<Instant>,
    pub(super) came_back: Option<Instant>,
    pub(super) slow: f32,
}

/// What the table says of a node's load, worked out when it changes because costs need it more often.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct LoadNow {
    /// Beside the other nodes, 0..=1, and what it is made of.
    relative: f32,
    rank: f32,
    offsets: Offsets,
    /// By itself, 0..=1: the last known one with what is on the way; `None` where nothing is known.
    absolute: Option<f32>,
    /// Stale metrics or a load over the limit keep new work away.
    keeps_away: bool,
}

impl LoadNow {
    fn of(table: &NodeTable, slot: usize, limit: Option<f32>) -> Self {
        let weights = table.config().load_weights();
        let absolute = table.last_load(slot).map(|load| weights.absolute(&load));
        let over = limit
            .zip(absolute)
            .is_some_and(|(limit, load)| load > limit);
        Self {
            relative: table.score(slot),
            rank: table.rank(slot).unwrap_or(f32::INFINITY),
            offsets: Offsets::of(table, slot),
            absolute,
            keeps_away: over || table.is_refused(slot),
        }
    }
}

impl Seat {
    pub(super) fn new(node: Node) -> Self {
        Self {
            name: node.name().into(),
            free: *node.capacity(),
            part: Part::of(node.capacity()),
            of_node: Vec::new(),
            node,
            over: false,
            cordoned: false,
            ready: true,
            claims: Vec::new(),
            on_the_way: OnTheWay::default(),
            lapse_timer: None,
            reported: None,
            load: LoadNow::default(),
            failures: 0.0,
            halved_at: None,
            came_back: None,
            slow: 0.0,
        }
    }

    /// The same node, described anew; what is free of it is not known.
    pub(super) fn describe(&mut self, node: Node) {
        self.name = node.name().into();
        self.part = Part::of(node.capacity());
        self.node = node;
        self.over = true;
    }

    /// How far failures push the cost to the worst, 0..=1.
    fn failing(&self) -> f32 {
        if self.failures > 0.0 {
            1.0 - libm::exp2f(-self.failures)
        } else {
            0.0
        }
    }
}

impl Board {
    pub(super) fn new(rules: Rules, total_weight: f32) -> Self {
        let config = NodeTableConfig::new()
            .weights(rules.weights)
            .stale(rules.stale, rules.policy);
        let config = config
            .tolerance(TOLERANCE)
            .and_then(|config| config.least_deviation(LEAST_DEVIATION))
            .unwrap_or(config);
        let mut board = Self {
            has_always: false,
            has_group: false,
            table: NodeTable::new(config),
            seen: Cursor::START,
            rules,
            total_weight,
            places: Vec::new(),
            fleet: Fleet::default(),
            groups: Groups::new(),
            versions: HashMap::new(),
            domains: 0,
            version: 0,
            log: ChangeLog::new(),
            now: Instant::ZERO,
        };
        board.rules_changed();
        board
    }

    /// Filters or scores are others: nothing that they said before counts.
    pub(super) fn rules_changed(&mut self) {
        let rules = &self.rules;
        let asks = |sensitivity| {
            rules.filters.iter().any(|f| f.sensitivity == sensitivity)
                || rules.scores.iter().any(|s| s.sensitivity == sensitivity)
        };
        self.has_always = asks(Sensitivity::Always);
        self.has_group = asks(Sensitivity::Group);
        self.log.note_all();
        (0..self.places.len()).for_each(|slot| self.look_at(slot));
    }

    pub(super) fn set_weights(&mut self, weights: LoadWeights) {
        self.rules.weights = weights;
        self.table.set_weights(weights);
        self.weigh();
    }

    /// Whether a plugin has to be asked for every decision.
    pub(super) const fn has_always(&self) -> bool {
        self.has_always
    }

    /// How many nodes that are not needed for a decision are asked why they could not.
    pub(super) fn more_refusals(&self) -> usize {
        let mut filters = self.rules.filters.iter();
        let asks = filters.any(|f| f.sensitivity == Sensitivity::Always);
        if asks { self.rules.reasons } else { 0 }
    }

    /// Whether a plugin looks at groups.
    pub(super) const fn has_group(&self) -> bool {
        self.has_group
    }

    pub(super) fn seat(&self, slot: u32) -> Option<&Seat> {
        self.places.get(slot as usize)?.seat.as_ref()
    }

    pub(super) fn seat_mut(&mut self, slot: u32) -> Option<&mut Seat> {
        self.places.get_mut(slot as usize)?.seat.as_mut()
    }

    /// A seat with the table that knows its load.
    pub(super) fn seat_and_table(&mut self, slot: u32) -> Option<(&mut Seat, &mut NodeTable)> {
        let seat = self.places.get_mut(slot as usize)?.seat.as_mut()?;
        Some((seat, &mut self.table))
    }

    /// The slot of a node that is there.
    pub(super) fn slot_of(&self, id: NodeId) -> Option<u32> {
        let place = self.places.get(id.slot())?;
        let here = place.generation == id.generation() && place.seat.is_some();
        here.then(|| u32::try_from(id.slot()).ok()).flatten()
    }

    pub(super) fn id_of(&self, slot: u32) -> NodeId {
        let generation = self.places.get(slot as usize).map_or(0, |p| p.generation);
        NodeId::new(slot, generation)
    }

    /// Asks the scores about a node as it is.
    fn look_at(&mut self, slot: usize) {
        if let Some(seat) = self.places.get_mut(slot).and_then(|p| p.seat.as_mut()) {
            let scores = self.rules.scores.iter();
            let of_node = scores.map(|s| s.plugin.of_node(&seat.node, &seat.free));
            seat.of_node.clear();
            seat.of_node.extend(of_node);
        }
    }

    /// A node changed, its load or something else: whoever keeps answers learns of it.
    pub(super) fn changed(&mut self, slot: u32) {
        self.look_at(slot as usize);
        self.log.note(slot as usize);
        self.weigh();
    }

    /// Time goes on; metrics become stale.
    pub(super) fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.weigh();
    }

    /// Works out the loads that changed.
    pub(super) fn weigh(&mut self) {
        self.table.advance(self.now);
        let cursor = self.table.cursor();
        if cursor == self.seen {
            return;
        }
        let limit = self.rules.limit;
        let weigh = |(slot, place): (usize, &mut Place)| {
            if let Some(seat) = &mut place.seat {
                seat.load = LoadNow::of(&self.table, slot, limit);
            }
        };
        match self.table.changes(self.seen) {
            Changes::All => self.places.iter_mut().enumerate().for_each(weigh),
            Changes::Slots(slots) => {
                let places = &mut self.places;
                slots.for_each(|slot| {
                    if let Some(place) = places.get_mut(slot) {
                        weigh((slot, place));
                    }
                });
            }
        }
        self.seen = cursor;
    }

    /// How a request changes the ranks of nodes.
    pub(super) fn size(&self, request: &Request) -> Size {
        if self.rules.load_weight > 0.0 {
            Size::of(request, &self.table, &self.fleet)
        } else {
            Size::default()
        }
    }

    /// A member of a group came to a node or left it.
    pub(super) fn member(&mut self, request: &Request, slot: u32, came: bool) {
        let id = self.id_of(slot);
        let seat = self.places.get(slot as usize).and_then(|p| p.seat.as_ref());
        let (Some(group), Some(seat)) = (request.group_name(), seat) else {
            return;
        };
        if came {
            self.groups.placed(group, id, &seat.node);
        } else {
            self.groups.removed(group, id, &seat.node);
        }
        self.version += 1;
        if self.groups.is_empty(group) {
            self.versions.remove(group);
        } else {
            *self.versions.entry_ref(group).or_default() = self.version;
        }
    }

    /// The domains of labels changed.
    pub(super) fn domains_changed(&mut self) {
        self.domains += 1;
    }

    /// Changes whenever the answers of [`Sensitivity::Group`] for the request may.
    pub(super) fn group_version(&self, request: &Request) -> (u64, u64) {
        let group = request.group_name().and_then(|g| self.versions.get(g));
        (self.domains, group.copied().unwrap_or(0))
    }
}
