//! [`Board`]: everything that an answer about a node depends on, and the asking itself.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use gofarm_core::time::Instant;
use hashbrown::HashMap;

use super::builder::Rules;
use super::change_log::ChangeLog;
use super::decision::Term;
use super::load_rank::LoadRank;
use super::on_the_way::OnTheWay;
use super::{Candidate, Groups, Reason, Refusal, Sensitivity};
use crate::load::Metric;
use crate::node::{Node, NodeId};
use crate::request::Request;
use crate::resource::{DeviceSet, Resources};

#[derive(Debug)]
pub(super) struct Board {
    pub(super) rules: Rules,
    pub(super) total_weight: f32,
    pub(super) places: Vec<Place>,
    pub(super) rank: LoadRank,
    pub(super) groups: Groups,
    /// Changes with each change of a group; a group without members is not there.
    versions: HashMap<String, u64>,
    domains: u64,
    version: u64,
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
    /// More was given than there is, since the node became smaller.
    pub(super) over: bool,
    pub(super) cordoned: bool,
    pub(super) ready: bool,
    pub(super) on_the_way: OnTheWay,
    pub(super) lapse_timer: Option<Instant>,
    pub(super) stale_timer: Option<Instant>,
    pub(super) failures: f32,
    pub(super) halved_at: Option<Instant>,
    pub(super) came_back: Option<Instant>,
    pub(super) slow: f32,
}

impl Seat {
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
        let asks = |sensitivity| {
            rules.filters.iter().any(|f| f.sensitivity() == sensitivity)
                || rules
                    .scores
                    .iter()
                    .any(|(_, s)| s.sensitivity() == sensitivity)
        };
        Self {
            has_always: asks(Sensitivity::Always),
            has_group: asks(Sensitivity::Group),
            rank: LoadRank::new(rules.weights, rules.stale.duration(), rules.policy),
            rules,
            total_weight,
            places: Vec::new(),
            groups: Groups::new(),
            versions: HashMap::new(),
            domains: 0,
            version: 0,
            log: ChangeLog::default(),
            now: Instant::ZERO,
        }
    }

    /// Whether a plugin has to be asked for every decision.
    pub(super) const fn has_always(&self) -> bool {
        self.has_always
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

    /// A node changed: its load is worked out again, and whoever keeps answers learns of it.
    pub(super) fn changed(&mut self, slot: u32) {
        if let Some(seat) = self.places.get(slot as usize).and_then(|p| p.seat.as_ref()) {
            self.rank.set_on_the_way(slot, seat.on_the_way.sum());
        }
        self.rank.renew(slot, self.now);
        self.log.touch(slot);
        if self.rank.rescale() {
            self.log.touch_all();
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

    fn candidate<'a>(
        &'a self,
        request: &'a Request,
        slot: u32,
        seat: &'a Seat,
        devices: DeviceSet,
    ) -> Candidate<'a> {
        let node = (self.id_of(slot), &seat.node);
        Candidate::new(request, node, &seat.free, &self.groups, self.now)
            .with_devices(devices)
            .with_load(
                self.rank.relative(slot),
                self.rank.absolute(slot).unwrap_or(1.0),
            )
    }

    /// What keeps work away without any plugin.
    fn own_refusal(
        &self,
        request: &Request,
        slot: u32,
        seat: &Seat,
    ) -> Option<(&'static str, Reason)> {
        if seat.cordoned {
            return Some(("node", Reason::Cordoned));
        }
        if !seat.ready {
            return Some(("node", Reason::NotReady));
        }
        if !request.accepts_model(seat.node.model()) {
            return Some(("accelerators", Reason::Model));
        }
        if let Err(shortage) = seat.free.fits(request.ask()) {
            return Some(("resources", Reason::Short(shortage)));
        }
        if let Some(age) = self.rank.refuses(slot, self.now) {
            return Some(("metrics", Reason::Stale(age)));
        }
        let (limit, load) = (self.rules.limit?, self.rank.absolute(slot)?);
        (load > limit).then_some(("load", Reason::Overloaded { load, limit }))
    }

    fn filtered(
        &self,
        candidate: &Candidate<'_>,
        sensitivity: Sensitivity,
    ) -> Option<(&'static str, Reason)> {
        let filters = self.rules.filters.iter();
        let mut asked = filters.filter(|f| f.sensitivity() == sensitivity);
        asked.find_map(|f| f.refuse(candidate).map(|reason| (f.name(), reason)))
    }

    fn scored(&self, candidate: &Candidate<'_>, sensitivity: Sensitivity) -> f32 {
        let scores = self.rules.scores.iter();
        scores
            .filter(|(_, s)| s.sensitivity() == sensitivity)
            .map(|(weight, s)| weight * in_range(s.cost(candidate)))
            .sum()
    }

    fn tightest(&self, request: &Request, seat: &Seat) -> Option<DeviceSet> {
        seat.free.devices().choices(request.ask().devices()).next()
    }

    /// The devices that the work would get and what the scores of the node alone say; `None` where it is refused.
    pub(super) fn node_part(&self, request: &Request, slot: u32) -> Option<(DeviceSet, f32)> {
        let seat = self.seat(slot)?;
        if self.own_refusal(request, slot, seat).is_some() {
            return None;
        }
        let tightest = self.tightest(request, seat)?;
        let candidate = self.candidate(request, slot, seat, tightest);
        if self.filtered(&candidate, Sensitivity::Node).is_some() {
            return None;
        }
        let mut best = (tightest, self.scored(&candidate, Sensitivity::Node));
        let scores = self.rules.scores.iter();
        let mut node_scores = scores.filter(|(_, s)| s.sensitivity() == Sensitivity::Node);
        if node_scores.any(|(_, s)| s.sees_devices()) {
            for devices in seat.free.devices().choices(request.ask().devices()).skip(1) {
                let cost = self.scored(&candidate.with_devices(devices), Sensitivity::Node);
                if cost < best.1 {
                    best = (devices, cost);
                }
            }
        }
        Some(best)
    }

    /// What the plugins of one sensitivity say: their weighted costs, or the refusal.
    pub(super) fn part(
        &self,
        request: &Request,
        slot: u32,
        devices: DeviceSet,
        sensitivity: Sensitivity,
    ) -> Result<f32, Option<Refusal>> {
        let seat = self.seat(slot).ok_or(None)?;
        let candidate = self.candidate(request, slot, seat, devices);
        if let Some((filter, reason)) = self.filtered(&candidate, sensitivity) {
            return Err(Some(Refusal::new(candidate.id(), filter, reason)));
        }
        Ok(self.scored(&candidate, sensitivity))
    }

    /// Why a node refuses for reasons that are kept; `None` where it does not, or is not there.
    pub(super) fn kept_refusal(&self, request: &Request, slot: u32) -> Option<Refusal> {
        let seat = self.seat(slot)?;
        let own = self.own_refusal(request, slot, seat);
        let (filter, reason) = own.or_else(|| {
            let tightest = self.tightest(request, seat)?;
            let candidate = self.candidate(request, slot, seat, tightest);
            self.filtered(&candidate, Sensitivity::Node).or_else(|| {
                let (devices, _) = self.node_part(request, slot)?;
                self.filtered(&candidate.with_devices(devices), Sensitivity::Group)
            })
        })?;
        Some(Refusal::new(self.id_of(slot), filter, reason))
    }

    /// The cost of a node, 0..=1, from the weighted costs of all scores; never falls when one of them rises.
    pub(super) fn cost(&self, slot: u32, node: f32, group: f32, always: f32) -> f32 {
        let load = self.rules.load_weight * self.rank.relative(slot);
        let mean = ((load + node + group + always) / self.total_weight).clamp(0.0, 1.0);
        let spare = self
            .seat(slot)
            .map_or(1.0, |seat| (1.0 - seat.failing()) * (1.0 - seat.slow));
        if spare < 1.0 {
            1.0 - (1.0 - mean) * spare
        } else {
            mean
        }
    }

    /// The cost term by term.
    pub(super) fn terms(&self, request: &Request, slot: u32, devices: DeviceSet) -> Vec<Term> {
        let Some(seat) = self.seat(slot) else {
            return Vec::new();
        };
        let mut terms = Vec::with_capacity(Metric::COUNT + self.rules.scores.len() + 2);
        let load = self.rules.load_weight / self.total_weight;
        if load > 0.0 {
            for (metric, part) in Metric::ALL.into_iter().zip(self.rank.attribution(slot)) {
                if self.rank.weights().weight(metric) > 0.0 {
                    terms.push(Term::new(metric.as_str(), load * part));
                }
            }
        }
        let candidate = self.candidate(request, slot, seat, devices);
        for (weight, score) in &self.rules.scores {
            let cost = weight * in_range(score.cost(&candidate)) / self.total_weight;
            terms.push(Term::new(score.name(), cost));
        }
        let mut left = 1.0 - terms.iter().map(Term::cost).sum::<f32>();
        for (name, share) in [("failures", seat.failing()), ("slow start", seat.slow)] {
            if share > 0.0 {
                terms.push(Term::new(name, left * share));
                left -= left * share;
            }
        }
        terms
    }
}

/// A score's answer as it counts: within 0..=1, and NaN as the worst.
const fn in_range(cost: f32) -> f32 {
    if cost.is_nan() {
        1.0
    } else {
        cost.clamp(0.0, 1.0)
    }
}
