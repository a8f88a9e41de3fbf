//! Laws of the scheduler that need its inside: what is kept equals what is asked anew.

#![expect(clippy::cast_possible_truncation, reason = "small numbers")]

use alloc::vec::Vec;

use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, millis, secs};
use proptest::prelude::*;

use super::*;
use crate::load::{Load, StalePolicy, after};
use crate::node::{Node, NodeId};
use crate::placement::{Candidate, Filter, PlacementId, Reason, Score};
use crate::resource::{Ask, Resources, Share};

/// Says something that depends on exactly what its sensitivity allows.
#[derive(Debug)]
struct Probe(Sensitivity);

impl Probe {
    fn level(&self, c: &Candidate<'_>) -> u32 {
        let group = c.request().group_name().unwrap_or("");
        let zone = c.node().labels().get("zone").unwrap_or("");
        match self.0 {
            Sensitivity::Node => c.free().cpu_milli() / 300,
            Sensitivity::Group => {
                c.groups().in_domain(group, "zone", zone) * 3 + c.groups().on_node(group, c.id())
                    - c.fewest(group, "zone")
            }
            Sensitivity::Always => {
                (c.now().as_micros() / 700_000 + c.id().slot() as u64 * 3) as u32
            }
        }
    }
}

impl Filter for Probe {
    fn name(&self) -> &'static str {
        "probe"
    }
    fn sensitivity(&self) -> Sensitivity {
        self.0
    }
    fn refuse(&self, c: &Candidate<'_>) -> Option<Reason> {
        (self.level(c) % 7 == 6).then_some(Reason::Other("probed"))
    }
}

impl Score for Probe {
    fn name(&self) -> &'static str {
        "probe"
    }
    fn sensitivity(&self) -> Sensitivity {
        self.0
    }
    fn sees_devices(&self) -> bool {
        self.0 == Sensitivity::Node
    }
    fn of_node(&self, _: &Node, free: &Resources) -> f32 {
        free.cpu_milli() as f32 + free.devices().total_free() as f32
    }
    fn cost(&self, c: &Candidate<'_>) -> f32 {
        assert_eq!(c.of_node(), Some(self.of_node(c.node(), c.free())));
        let device = c.devices().iter().next().unwrap_or(0);
        ((self.level(c) * 5 + device as u32 * 3) % 11) as f32 / 10.0
    }
}

#[derive(Clone, Debug)]
enum Step {
    Add(u8),
    Remove(u8),
    Update(u8, u8),
    Cordon(u8, bool),
    Observe(u8, u8),
    Failed(u8),
    Place(u8),
    Cheap(u8),
    Commit(u8),
    Abandon(u8),
    Complete(u8),
    Fail(u8),
    Lose(u8),
    Wait(u16),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => any::<u8>().prop_map(Step::Add),
        1 => any::<u8>().prop_map(Step::Remove),
        1 => any::<(u8, u8)>().prop_map(|(a, b)| Step::Update(a, b)),
        1 => any::<(u8, bool)>().prop_map(|(a, b)| Step::Cordon(a, b)),
        4 => any::<(u8, u8)>().prop_map(|(a, b)| Step::Observe(a, b)),
        1 => any::<u8>().prop_map(Step::Failed),
        10 => any::<u8>().prop_map(Step::Place),
        1 => any::<u8>().prop_map(Step::Cheap),
        5 => any::<u8>().prop_map(Step::Commit),
        1 => any::<u8>().prop_map(Step::Abandon),
        3 => any::<u8>().prop_map(Step::Complete),
        1 => any::<u8>().prop_map(Step::Fail),
        1 => any::<u8>().prop_map(Step::Lose),
        2 => (0_u16..9_000).prop_map(Step::Wait),
    ]
}

fn node(kind: u8) -> Node {
    let capacity = Resources::new(500 + 250 * u32::from(kind % 5), 4 << 20)
        .accelerators(usize::from(kind % 3));
    Node::new("n", capacity).zone(["north", "south", "east"][usize::from(kind % 7) % 3])
}

fn request(kind: u8) -> Request {
    let share = match kind % 5 {
        0 => Share::Part(300),
        1 => Share::Whole(1),
        _ => Share::None,
    };
    let ask = Ask::new(50 + 40 * u32::from(kind % 4), 64 << 10).share(share);
    match kind % 3 {
        0 => Request::new(ask),
        1 => Request::new(ask).group("pumps"),
        _ => Request::new(ask)
            .group("vision")
            .expected(Load::idle().cpu(0.05)),
    }
}

fn load(kind: u8) -> Load {
    let part = f32::from(kind) / 255.0;
    match kind % 4 {
        0 => Load::new().cpu(part),
        1 => Load::idle().memory(part).io_wait(1.0 - part),
        2 => Load::idle().cpu(part).network_p95(millis(u64::from(kind))),
        _ => Load::new(),
    }
}

fn scheduler(filters: &[Sensitivity], scores: &[Sensitivity], policy: StalePolicy) -> Scheduler {
    let mut builder = Scheduler::builder()
        .stale(after(secs(5)), policy)
        .hold(secs(7))
        .shapes(6)
        .settling(secs(1))
        .slow_start(secs(4))
        .in_flight(secs(11));
    for sensitivity in filters {
        builder = builder.filter(Probe(*sensitivity));
    }
    for (at, sensitivity) in scores.iter().enumerate() {
        builder = builder.score(20 + 10 * at as u32, Probe(*sensitivity));
    }
    builder.build().unwrap()
}

/// The best of all nodes, each asked anew.
fn by_asking_all(sched: &Scheduler, request: &Request) -> Option<Pick> {
    let slots = 0..u32::try_from(sched.board.places.len()).unwrap();
    let board = &sched.board;
    let grouped = request.group_name().is_some();
    let unable = slots
        .clone()
        .filter(|slot| grouped && !board.could_take(request, *slot, &AtomicBool::new(false)));
    let unable = unable.filter_map(|slot| Some(&board.seat(slot)?.node));
    let barred = Barred::of(unable, &board.groups);
    let picks = slots.filter_map(|slot| sched.ask((request, &barred), slot).ok());
    picks.min_by(|a, b| a.cost.total_cmp(&b.cost).then(a.slot.cmp(&b.slot)))
}

fn pick<T: Copy>(list: &[T], at: u8) -> Option<(usize, T)> {
    let at = usize::from(at) % list.len().max(1);
    list.get(at).map(|found| (at, *found))
}

/// Each node knows its claims, ascending, and what it has is the sum of what they hold and what is free.
fn resources_are_whole(sched: &Scheduler) -> bool {
    (0_u32..).zip(&sched.board.places).all(|(slot, place)| {
        let Some(seat) = &place.seat else {
            return true;
        };
        let mut free = *seat.node.capacity();
        let id = sched.board.id_of(slot);
        let here = sched.held.iter().filter(|(_, held)| held.node == id);
        let mut claims: Vec<u64> = here.clone().map(|(number, _)| *number).collect();
        claims.sort_unstable();
        if claims != seat.claims {
            return false;
        }
        let mut held = here.map(|(_, held)| held);
        let fits = held.all(|held| free.take(held.request.ask(), held.devices));
        if seat.over {
            !fits || seat.free == Resources::new(0, 0)
        } else {
            fits && seat.free == free
        }
    })
}

const SENSITIVITIES: [&[Sensitivity]; 5] = [
    &[],
    &[Sensitivity::Node],
    &[Sensitivity::Node, Sensitivity::Group],
    &[Sensitivity::Always],
    &[Sensitivity::Node, Sensitivity::Group, Sensitivity::Always],
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 1 } else { 256 }))]
    #[test]
    fn a_kept_decision_equals_one_that_asks_all(
        steps in proptest::collection::vec(step(), 1..if cfg!(miri) { 10 } else { 160 }),
        filters in 0_usize..5,
        scores in 0_usize..5,
        policy in 0_usize..4,
    ) {
        let policy = [
            StalePolicy::Ignore, StalePolicy::Hold, StalePolicy::Penalise, StalePolicy::Refuse,
        ][policy];
        let mut sched = scheduler(SENSITIVITIES[filters], SENSITIVITIES[scores], policy);
        let mut random = SplitMix64::new(7);
        let mut now = Instant::from_secs(1);
        let mut nodes: Vec<NodeId> = (0..6).map(|kind| sched.add_node(node(kind * 3))).collect();
        let (mut reserved, mut placed): (Vec<ReservationId>, Vec<PlacementId>) = Default::default();
        for step in steps {
            match step {
                Step::Add(kind) => nodes.push(sched.add_node(node(kind))),
                Step::Remove(at) => if let Some((at, id)) = pick(&nodes, at) {
                    nodes.swap_remove(at);
                    let lost = sched.remove_node(id).unwrap();
                    placed.retain(|placement| !lost.contains(placement));
                    prop_assert!(sched.observe(id, Load::idle(), now).is_err());
                },
                Step::Update(at, kind) => if let Some((_, id)) = pick(&nodes, at) {
                    sched.update_node(id, node(kind)).unwrap();
                },
                Step::Cordon(at, cordon) => if let Some((_, id)) = pick(&nodes, at) {
                    if cordon { sched.cordon(id).unwrap() } else { sched.uncordon(id, now).unwrap() }
                },
                Step::Observe(at, kind) => if let Some((_, id)) = pick(&nodes, at) {
                    sched.observe(id, load(kind), now).unwrap();
                },
                Step::Failed(at) => if let Some((_, id)) = pick(&nodes, at) {
                    sched.failed(id, now).unwrap();
                },
                Step::Place(kind) => {
                    sched.handle_timeout(now);
                    let best = by_asking_all(&sched, &request(kind));
                    match (sched.place(&request(kind), now), best) {
                        (Ok(decision), Some(best)) => {
                            prop_assert_eq!(decision.node().slot(), best.slot as usize);
                            prop_assert_eq!(decision.devices(), best.devices);
                            prop_assert_eq!(decision.cost().to_bits(), best.cost.to_bits());
                            let sum: f32 = decision.terms().iter().map(|t| t.cost()).sum();
                            prop_assert!((sum - decision.cost()).abs() < 1e-5);
                            prop_assert!(decision.terms().iter().all(|t| t.cost() >= 0.0));
                            reserved.push(decision.reservation());
                        }
                        (Err(Unplaced::Refused(refusals)), None) => {
                            prop_assert_eq!(refusals.len(), nodes.len());
                            prop_assert_eq!(refusals.iter().count(), nodes.len().min(8));
                        }
                        (Err(Unplaced::NoNodes), None) => prop_assert!(nodes.is_empty()),
                        (Err(Unplaced::NeverFits { .. }), None) => {}
                        other => prop_assert!(false, "{other:?}"),
                    }
                }
                Step::Cheap(kind) => if let Ok(d) = sched.place_cheap(&request(kind), now, &mut random) {
                    reserved.push(d.reservation());
                },
                Step::Commit(at) => if let Some((at, id)) = pick(&reserved, at) {
                    reserved.swap_remove(at);
                    placed.extend(sched.commit(id, now));
                    prop_assert_eq!(sched.commit(id, now), Err(crate::placement::NotCommitted::NotHeld));
                },
                Step::Abandon(at) => if let Some((at, id)) = pick(&reserved, at) {
                    reserved.swap_remove(at);
                    let _ = sched.abandon(id);
                    prop_assert!(sched.abandon(id).is_err());
                },
                Step::Complete(at) => if let Some((at, id)) = pick(&placed, at) {
                    placed.swap_remove(at);
                    sched.completed(id, now).unwrap();
                    prop_assert!(sched.completed(id, now).is_err());
                },
                Step::Fail(at) => if let Some((at, id)) = pick(&placed, at) {
                    placed.swap_remove(at);
                    sched.work_failed(id, now).unwrap();
                    prop_assert!(sched.work_failed(id, now).is_err());
                },
                Step::Lose(at) => if let Some((_, id)) = pick(&nodes, at) {
                    let there: Vec<_> = sched.placements_on(id).map(|(id, _)| id).collect();
                    let lost = sched.lost(id).unwrap();
                    prop_assert_eq!(&lost, &there);
                    prop_assert!(lost.iter().all(|id| sched.placement(*id).is_none()));
                    placed.retain(|placement| !lost.contains(placement));
                },
                Step::Wait(time) => {
                    now += millis(u64::from(time));
                    sched.handle_timeout(now);
                    prop_assert!(sched.poll_timeout().is_none_or(|next| next > now));
                }
            }
            prop_assert!(resources_are_whole(&sched));
            let c = sched.counts();
            let open = sched.held.values().filter(|held| held.is_reserved()).count() as u64;
            prop_assert_eq!(
                c.reserved,
                c.committed + c.abandoned + c.lapsed + c.refused_late + c.lost + open
            );
        }
        for id in placed {
            sched.completed(id, now).unwrap();
        }
        sched.handle_timeout(now + secs(3_600));
        prop_assert!(sched.held.is_empty());
        let mut seats = sched.board.places.iter().filter_map(|p| p.seat.as_ref());
        let empty = seats.all(|seat| {
            seat.free == *seat.node.capacity() && seat.on_the_way.is_empty()
        });
        prop_assert!(empty);
        prop_assert!(sched.board.groups.is_empty("pumps") && sched.board.groups.is_empty("vision"));
        prop_assert_eq!(sched.poll_timeout(), None);
    }
}
