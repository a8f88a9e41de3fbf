//! What is asked about a node: may it, what does it cost, and why.

use alloc::vec::Vec;
use core::sync::atomic::AtomicBool;

use super::{Board, Seat};
use crate::load::Metric;
use crate::placement::barred::Barred;
use crate::placement::builder::Scoring;
use crate::placement::decision::Term;
use crate::placement::on_the_way::expected;
use crate::placement::size::Size;
use crate::placement::{Candidate, Reason, Refusal, Sensitivity};
use crate::request::Request;
use crate::resource::DeviceSet;

/// A request, and the domains that do not count for it.
pub(in crate::placement) type Asking<'a> = (&'a Request, &'a Barred);

impl Seat {
    /// The load beside the other nodes, with a request on each.
    fn relative_with(&self, size: &Size) -> f32 {
        let load = &self.load;
        if size.differs() {
            size.score(load.rank, load.offsets, self.part)
        } else {
            load.relative
        }
    }
}

impl Board {
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
            .with_load(seat.load.relative, seat.load.absolute.unwrap_or(1.0))
    }

    /// What keeps work away without any plugin, and whatever the load is.
    fn seat_refusal(request: &Request, seat: &Seat) -> Option<(&'static str, Reason)> {
        if seat.cordoned {
            return Some(("node", Reason::Cordoned));
        }
        if !seat.ready {
            return Some(("node", Reason::NotReady));
        }
        if !request.accepts_model(seat.node.model()) {
            return Some(("accelerators", Reason::Model));
        }
        let short = seat.free.fits(request.ask()).err()?;
        Some(("resources", Reason::Short(short)))
    }

    /// Whether a node could hold a request, were it empty, and no filter of the node alone refuses it. A slot without a
    /// node could.
    pub(in crate::placement) fn could_take(
        &self,
        request: &Request,
        slot: u32,
        saw_load: &AtomicBool,
    ) -> bool {
        let Some(seat) = self.seat(slot) else {
            return true;
        };
        let fits = seat.node.capacity().fits(request.ask()).is_ok();
        if !fits || !request.accepts_model(seat.node.model()) {
            return false;
        }
        let mut choices = seat.free.devices().choices(request.ask().devices());
        let devices = choices.next().unwrap_or(DeviceSet::EMPTY);
        let candidate = self.candidate(request, slot, seat, devices);
        let candidate = candidate.watched(saw_load);
        self.filtered(&candidate, Sensitivity::Node).is_none()
    }

    /// Whether there is no such thing; numbers are looked at first, and names last.
    fn seat_takes(request: &Request, seat: &Seat) -> bool {
        let open = !seat.cordoned && seat.ready;
        open && seat.free.fits(request.ask()).is_ok() && request.accepts_model(seat.node.model())
    }

    /// What keeps work away because of the load.
    fn load_refusal(&self, slot: u32, seat: &Seat) -> Option<(&'static str, Reason)> {
        if self.table.is_refused(slot as usize) {
            let oldest = self.table.oldest(slot as usize);
            return Some(("metrics", Reason::Stale(oldest.and_then(|(_, age)| age))));
        }
        let (limit, load) = (self.rules.limit?, seat.load.absolute?);
        (load > limit).then_some(("load", Reason::Overloaded { load, limit }))
    }

    fn filtered(
        &self,
        candidate: &Candidate<'_>,
        sensitivity: Sensitivity,
    ) -> Option<(&'static str, Reason)> {
        let filters = self.rules.filters.iter();
        let mut asked = filters.filter(|f| f.sensitivity == sensitivity);
        asked.find_map(|f| f.plugin.refuse(candidate).map(|r| (f.plugin.name(), r)))
    }

    fn scored(&self, seat: &Seat, candidate: &Candidate<'_>, sensitivity: Sensitivity) -> f32 {
        let scores = self.rules.scores.iter().zip(&seat.of_node);
        scores
            .filter(|(score, _)| score.sensitivity == sensitivity)
            .map(|(score, of_node)| score.weight * asked(score, candidate, *of_node))
            .sum()
    }

    /// The devices that the work would get and what the scores of the node alone say; `None` where it is refused,
    /// other than for its load. `saw_load` becomes true where a plugin looked at the load.
    pub(in crate::placement) fn node_part(
        &self,
        request: &Request,
        slot: u32,
        saw_load: &AtomicBool,
    ) -> Option<(DeviceSet, f32)> {
        let seat = self.seat(slot)?;
        if !Self::seat_takes(request, seat) {
            return None;
        }
        let mut choices = seat.free.devices().choices(request.ask().devices());
        let tightest = choices.next()?;
        let candidate = self.candidate(request, slot, seat, tightest);
        let candidate = candidate.watched(saw_load);
        if self.filtered(&candidate, Sensitivity::Node).is_some() {
            return None;
        }
        let mut best = (tightest, self.scored(seat, &candidate, Sensitivity::Node));
        if self.rules.chooses_devices() {
            for devices in choices {
                let cost = self.scored(seat, &candidate.with_devices(devices), Sensitivity::Node);
                if cost < best.1 {
                    best = (devices, cost);
                }
            }
        }
        Some(best)
    }

    /// What the plugins of one sensitivity say: their weighted costs, or the refusal.
    pub(in crate::placement) fn part(
        &self,
        (request, barred): Asking<'_>,
        slot: u32,
        devices: DeviceSet,
        (sensitivity, saw_load): (Sensitivity, &AtomicBool),
    ) -> Result<f32, Option<Refusal>> {
        let seat = self.seat(slot).ok_or(None)?;
        let candidate = self.candidate(request, slot, seat, devices);
        let candidate = candidate.without(barred).watched(saw_load);
        if let Some((filter, reason)) = self.filtered(&candidate, sensitivity) {
            return Err(Some(Refusal::new(candidate.id(), filter, reason)));
        }
        Ok(self.scored(seat, &candidate, sensitivity))
    }

    /// Why a filter of [`Sensitivity::Always`] refuses a node.
    pub(in crate::placement) fn always_refusal(
        &self,
        (request, barred): Asking<'_>,
        slot: u32,
        devices: DeviceSet,
    ) -> Option<Refusal> {
        let seat = self.seat(slot)?;
        let candidate = self.candidate(request, slot, seat, devices);
        let candidate = candidate.without(barred);
        let (filter, reason) = self.filtered(&candidate, Sensitivity::Always)?;
        Some(Refusal::new(candidate.id(), filter, reason))
    }

    /// Why a node refuses for reasons that are kept; `None` where it does not, or is not there.
    pub(in crate::placement) fn kept_refusal(
        &self,
        (request, barred): Asking<'_>,
        slot: u32,
    ) -> Option<Refusal> {
        let seat = self.seat(slot)?;
        let own = Self::seat_refusal(request, seat).or_else(|| self.load_refusal(slot, seat));
        let (filter, reason) = own.or_else(|| {
            let mut choices = seat.free.devices().choices(request.ask().devices());
            let candidate = self.candidate(request, slot, seat, choices.next()?);
            let candidate = candidate.without(barred);
            self.filtered(&candidate, Sensitivity::Node).or_else(|| {
                let (devices, _) = self.node_part(request, slot, &AtomicBool::new(false))?;
                self.filtered(&candidate.with_devices(devices), Sensitivity::Group)
            })
        })?;
        Some(Refusal::new(self.id_of(slot), filter, reason))
    }

    /// Whether the loads of nodes make a difference to what they cost.
    pub(in crate::placement) fn looks_at_load(&self) -> bool {
        self.rules.load_weight > 0.0
            || self.rules.limit.is_some()
            || self.rules.policy == crate::load::StalePolicy::Refuse
    }

    /// The cost of a node, 0..=1, from its load with the request on it and the weighted costs of all scores; never
    /// falls when one of them rises. `None` where its load keeps work away.
    pub(in crate::placement) fn cost(
        &self,
        slot: u32,
        size: &Size,
        (node, group, always): (f32, f32, f32),
    ) -> Option<f32> {
        let seat = self.seat(slot)?;
        if seat.load.keeps_away {
            return None;
        }
        let load = self.rules.load_weight * seat.relative_with(size);
        let mean = ((load + node + group + always) / self.total_weight).clamp(0.0, 1.0);
        let spare = (1.0 - seat.failing()) * (1.0 - seat.slow);
        Some(if spare < 1.0 {
            1.0 - (1.0 - mean) * spare
        } else {
            mean
        })
    }

    /// The cost term by term.
    pub(in crate::placement) fn terms(
        &self,
        (request, barred): Asking<'_>,
        (slot, devices): (u32, DeviceSet),
        size: &Size,
    ) -> Vec<Term> {
        let Some(seat) = self.seat(slot) else {
            return Vec::new();
        };
        let mut terms = Vec::with_capacity(Metric::COUNT + self.rules.scores.len() + 2);
        let load = self.rules.load_weight / self.total_weight;
        if load > 0.0
            && let Some(attribution) = {
                let score = seat.relative_with(size);
                let more = expected(request, seat.node.capacity());
                self.table.attribution_with(slot as usize, score, &more)
            }
        {
            for (metric, part) in attribution.parts() {
                if part > 0.0 || self.table.requires(metric) {
                    terms.push(Term::new(metric.as_str(), load * part));
                }
            }
        }
        let candidate = self.candidate(request, slot, seat, devices);
        let candidate = candidate.without(barred);
        for (score, of_node) in self.rules.scores.iter().zip(&seat.of_node) {
            let cost = score.weight * asked(score, &candidate, *of_node) / self.total_weight;
            terms.push(Term::new(score.plugin.name(), cost));
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
fn asked(score: &Scoring, candidate: &Candidate<'_>, of_node: f32) -> f32 {
    let cost = score.plugin.cost(&candidate.with_of_node(of_node));
    if cost.is_nan() {
        1.0
    } else {
        cost.clamp(0.0, 1.0)
    }
}
