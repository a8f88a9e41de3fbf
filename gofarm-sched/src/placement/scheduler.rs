//! [`Scheduler`]: nodes, rules and reservations.

mod claims;
mod nodes;
mod rules;
mod timers;

use alloc::collections::{BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::AtomicBool;

use gofarm_core::observe::Observer;
use gofarm_core::random::Random;
use gofarm_core::time::Instant;
use hashbrown::HashMap;

use super::barred::Barred;
use super::board::{Asking, Board};
use super::builder::Rules;
use super::decision::Term;
use super::on_the_way::expected;
use super::shapes::{Pick, Shapes};
use super::signal;
use super::{
    Claim, Counts, Decision, Refusal, Refusals, ReservationId, SchedulerBuilder, Sensitivity,
    Unplaced,
};
use crate::request::Request;
use claims::{Held, Stage};
use timers::Timer;

/// How many nodes [`Scheduler::place_cheap`] draws at most before it asks all.
const DRAWS: usize = 8;

/// Places requests on nodes, and knows why.
///
/// Time is an argument; one that goes backwards counts as the latest that was seen. Between calls, call
/// [`handle_timeout`](Self::handle_timeout) when [`poll_timeout`](Self::poll_timeout) says so, or not at all: every
/// call with a time does what was due before.
///
/// ```
/// use gofarm_core::time::{Instant, millis, secs};
/// use gofarm_sched::load::{Load, LoadWeights, StalePolicy, after};
/// use gofarm_sched::node::Node;
/// use gofarm_sched::placement::Scheduler;
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::{Ask, Resources};
///
/// let mut sched = Scheduler::builder()
///     .weights(LoadWeights::default())
///     .stale(after(secs(2)), StalePolicy::Penalise)
///     .build()?;
/// let now = Instant::from_secs(1);
/// let busy = sched.add_node(Node::new("node-03", Resources::new(4_000, 8 << 30)));
/// let idle = sched.add_node(Node::new("node-07", Resources::new(4_000, 8 << 30)));
/// sched.observe(busy, Load::idle().cpu(0.8).network_p95(millis(90)), now)?;
/// sched.observe(idle, Load::idle().cpu(0.1).network_p95(millis(20)), now)?;
///
/// let decision = sched.place(&Request::new(Ask::new(500, 256 << 20)), now)?;
/// assert_eq!(decision.node(), idle);
/// assert!(format!("{decision:#}").starts_with("node-07  "));
/// let placement = sched.commit(decision, now)?;
/// sched.completed(placement, now + secs(60))?;
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Scheduler {
    board: Board,
    shapes: Shapes,
    vacant: Vec<u32>,
    present: usize,
    held: HashMap<u64, Held>,
    /// When reservations lapse. All are held equally long, so that they lapse in their order; the first is reserved.
    lapses: VecDeque<(Instant, u64)>,
    agenda: BTreeSet<(Instant, Timer)>,
    next_claim: u64,
    /// Since when nodes have been reporting without a long silence, and the last report.
    heard: Option<(Instant, Instant)>,
    counts: Counts,
    /// What an observer was told.
    told: Counts,
}

impl Scheduler {
    /// A builder with the default rules.
    pub fn builder() -> SchedulerBuilder {
        SchedulerBuilder::new()
    }

    pub(super) fn new(rules: Rules, total_weight: f32) -> Self {
        Self {
            shapes: Shapes::new(rules.shapes),
            board: Board::new(rules, total_weight),
            vacant: Vec::new(),
            present: 0,
            held: HashMap::new(),
            lapses: VecDeque::new(),
            agenda: BTreeSet::new(),
            next_claim: 0,
            heard: None,
            counts: Counts::default(),
            told: Counts::default(),
        }
    }

    /// What it did so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        let asked = &self.shapes.asked;
        Counts {
            asked_node: asked.node,
            asked_group: asked.group,
            asked_always: asked.always,
            ..self.counts
        }
    }

    /// Tells an observer how many nodes and reservations there are, and what was done since the last report; see
    /// [`signal::INSTRUMENTS`](super::signal::INSTRUMENTS).
    pub fn report(&mut self, observer: &impl Observer) {
        let counts = self.counts();
        signal::report(observer, self.present, &counts, &self.told);
        self.told = counts;
    }

    /// Finds the node that costs least, the one with the lowest place among equal ones, and reserves it.
    ///
    /// Costs `O(c log n)` for `c` nodes that changed since the same shape of request was placed; `O(n)` for a new
    /// shape, when nodes came or went or all loads were ranked anew, for a changed group if a plugin is of
    /// [`Sensitivity::Group`], and at worst for each decision if one is
    /// of [`Sensitivity::Always`]: nodes are then asked from the cheapest on, until no other can be cheaper.
    ///
    /// # Errors
    /// Nothing is reserved: there are no nodes, none could ever hold the request, all refuse it, or something beside
    /// the node is short.
    pub fn place(&mut self, request: &Request, now: Instant) -> Result<Decision, Unplaced> {
        self.handle_timeout(now);
        let tag = request.tag_value();
        let (shape, request) = self.shapes.intern(request);
        let mut asked = Vec::new();
        let Some(pick) = self.shapes.pick(shape, &self.board, &mut asked) else {
            self.counts.unplaced += 1;
            return Err(self.unplaced(&request, shape, &asked));
        };
        let refusals = self.refusals(&request, shape, &asked);
        let barred = self.shapes.barred(shape);
        let (at, size) = ((pick.slot, pick.devices), self.shapes.size(shape));
        let terms = self.board.terms((&request, barred), at, &size);
        self.reserve((&request, tag), pick, (terms, refusals))
    }

    /// Reserves the cheaper one of two nodes drawn at random: the power of two choices (Mitzenmacher 2001).
    ///
    /// Asks two nodes whatever their number, and keeps nothing, which suits requests that are all different. Nodes
    /// that refuse are drawn again, a few times; then it does as [`place`](Self::place).
    ///
    /// # Errors
    /// As [`place`](Self::place).
    pub fn place_cheap(
        &mut self,
        request: &Request,
        now: Instant,
        random: &mut impl Random,
    ) -> Result<Decision, Unplaced> {
        self.handle_timeout(now);
        let places = self.board.places.len() as u64;
        let mut asked: Vec<Refusal> = Vec::new();
        let mut first: Option<Pick> = None;
        for _ in 0..DRAWS {
            let Ok(slot) = u32::try_from(random.below(places)) else {
                break;
            };
            if first.is_some_and(|first| first.slot == slot) {
                continue;
            }
            match (self.ask((request, Barred::NONE), slot), first) {
                (Err(refusal), _) => {
                    let new = |r: &Refusal| asked.iter().all(|known| known.node() != r.node());
                    asked.extend(refusal.filter(new));
                }
                (Ok(pick), None) => first = Some(pick),
                (Ok(second), Some(first)) => {
                    let (f, s) = ((first.cost, first.slot), (second.cost, second.slot));
                    let better = if s < f { second } else { first };
                    let refusals = self.listed(asked.len(), asked.into_iter());
                    let asking = (request, Barred::NONE);
                    let (at, size) = ((better.slot, better.devices), self.board.size(request));
                    let terms = self.board.terms(asking, at, &size);
                    let tagged = (&Arc::new(request.clone().tag(0)), request.tag_value());
                    return self.reserve(tagged, better, (terms, refusals));
                }
            }
        }
        self.place(request, now)
    }

    /// All that is asked about one node, with nothing kept.
    fn ask(&self, asking: Asking<'_>, slot: u32) -> Result<Pick, Option<Refusal>> {
        let (request, _) = asking;
        let board = &self.board;
        let saw_load = AtomicBool::new(false);
        let Some((devices, node)) = board.node_part(request, slot, &saw_load) else {
            return Err(board.kept_refusal(asking, slot));
        };
        let part = |sensitivity| board.part(asking, slot, devices, (sensitivity, &saw_load));
        let (group, always) = (part(Sensitivity::Group)?, part(Sensitivity::Always)?);
        let Some(cost) = board.cost(slot, &board.size(request), (node, group, always)) else {
            return Err(board.kept_refusal(asking, slot));
        };
        Ok(Pick {
            slot,
            devices,
            cost,
        })
    }

    fn unplaced(&self, request: &Request, shape: usize, asked: &[Refusal]) -> Unplaced {
        let seats = self.board.places.iter().filter_map(|p| p.seat.as_ref());
        let mut could = seats.filter(|seat| {
            let fits = seat.node.capacity().fits(request.ask()).is_ok();
            fits && request.accepts_model(seat.node.model())
        });
        if self.present == 0 {
            Unplaced::NoNodes
        } else if could.next().is_none() {
            Unplaced::NeverFits {
                nodes: self.present,
            }
        } else {
            Unplaced::Refused(self.refusals(request, shape, asked))
        }
    }

    /// The refusals that were met now, and then those that are kept with the shape.
    fn refusals(&self, request: &Request, shape: usize, asked: &[Refusal]) -> Refusals {
        let (count, slots) = self.shapes.refusing(shape);
        let asking = (request, self.shapes.barred(shape));
        let kept = slots.filter_map(|slot| self.board.kept_refusal(asking, slot));
        self.listed(count + asked.len(), asked.iter().copied().chain(kept))
    }

    fn listed(&self, count: usize, refusals: impl Iterator<Item = Refusal>) -> Refusals {
        let mut listed = Refusals::default();
        listed.count_as(count);
        for refusal in refusals.take(self.board.rules.reasons) {
            if let Some(slot) = self.board.slot_of(refusal.node())
                && let Some(seat) = self.board.seat(slot)
            {
                listed.keep(Arc::clone(&seat.name), refusal);
            }
        }
        listed
    }

    fn reserve(
        &mut self,
        (request, tag): (&Arc<Request>, u64),
        pick: Pick,
        (terms, refusals): (Vec<Term>, Refusals),
    ) -> Result<Decision, Unplaced> {
        let Pick {
            slot,
            devices,
            cost,
        } = pick;
        let now = self.board.now;
        let node = self.board.id_of(slot);
        let reservation = ReservationId::new(self.next_claim);
        let claim = Claim::new(reservation, request, node, now);
        let claim = claim.with_devices(devices).with_tag(tag);
        let reserves = &mut self.board.rules.reserves;
        for at in 0..reserves.len() {
            let Some(reserve) = reserves.get_mut(at) else {
                break;
            };
            if let Err(reason) = reserve.reserve(&claim) {
                let by = reserve.name();
                reserves.iter_mut().take(at).for_each(|r| r.release(&claim));
                self.counts.unplaced += 1;
                return Err(Unplaced::NotReserved { by, reason });
            }
        }
        let number = reservation.number();
        let Some((seat, table)) = self.board.seat_and_table(slot) else {
            return Err(Unplaced::NoNodes);
        };
        seat.free.take(request.ask(), devices);
        seat.claims.push(number);
        let load = expected(request, seat.node.capacity());
        seat.on_the_way.reserved((table, slot), number, load);
        let name = Arc::clone(&seat.name);
        self.next_claim += 1;
        self.counts.reserved += 1;
        let until = now + self.board.rules.hold;
        self.lapses.push_back((until, number));
        let held = Held {
            request: Arc::clone(request),
            node,
            devices,
            tag,
            load,
            stage: Stage::Reserved,
        };
        self.held.insert(number, held);
        self.board.member(request, slot, true);
        self.board.changed(slot);
        Ok(Decision {
            reservation,
            node,
            name,
            devices,
            tag,
            until,
            cost,
            terms,
            refusals,
        })
    }
}

#[cfg(test)]
mod tests;
