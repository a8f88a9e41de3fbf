//! Leases, domains, and 1 000 farms that lose nodes.

use alloc::collections::{BTreeMap, BTreeSet};

use gofarm_core::random::{Random, SplitMix64};
use gofarm_core::time::{Instant, millis, secs};
use gofarm_sched::eviction::{
    Answer, Event, EvictionConfig, Evictor, NodeState, Place, Rebuild, Stakes, UnknownNode, WorkId,
};
use gofarm_sched::node::NodeId;

fn node(slot: u32) -> NodeId {
    NodeId::new(slot, 0)
}

fn at(seconds: u64) -> Instant {
    Instant::from_secs(seconds)
}

/// `count` nodes in `north`, one more in `south`; node 0 has works 0, 1 and 2, of which the last is critical.
fn farm(count: u32) -> Evictor {
    let mut evictor = Evictor::new(EvictionConfig::new());
    (0..count).for_each(|slot| evictor.handle_node(at(0), node(slot), "north", 1));
    evictor.handle_node(at(0), node(count), "south", 1);
    for (work, stakes) in [
        (0, Stakes::Ordinary),
        (1, Stakes::Ordinary),
        (2, Stakes::CropCritical),
    ] {
        evictor
            .handle_placed(at(0), WorkId::new(work), node(0), stakes)
            .unwrap();
    }
    evictor
}

fn beat(evictor: &mut Evictor, now: Instant, slots: impl IntoIterator<Item = u32>) {
    let mut random = SplitMix64::new(3);
    for slot in slots {
        evictor
            .handle_heartbeat(now, node(slot), 1, &mut random)
            .unwrap();
    }
}

fn events(evictor: &mut Evictor) -> Vec<Event> {
    core::iter::from_fn(|| evictor.poll_event()).collect()
}

fn rebuilds(events: &[Event]) -> Vec<Rebuild> {
    let rebuild = |event: &Event| match event {
        Event::Rebuild(rebuild) => Some(*rebuild),
        _ => None,
    };
    events.iter().filter_map(rebuild).collect()
}

#[test]
fn critical_work_goes_first_at_the_pace_of_the_domain_and_into_it() {
    let mut evictor = farm(4);
    assert_eq!(evictor.poll_timeout(), Some(at(40)));
    beat(&mut evictor, at(30), 1..5);
    let mut order = Vec::new();
    while let Some(now) = evictor.poll_timeout().filter(|now| *now < at(60)) {
        evictor.handle_timeout(now);
        for rebuild in rebuilds(&events(&mut evictor)) {
            assert_eq!(
                (rebuild.place(), rebuild.from()),
                (Place::SameDomain, node(0))
            );
            assert_eq!(
                evictor.handle_rebuilt(now, &rebuild, node(1)),
                Answer::Accepted
            );
            order.push((now, rebuild.work().number(), rebuild.is_critical()));
        }
    }
    let lost = at(40);
    assert_eq!(
        order,
        [
            (lost, 2, true),
            (lost + millis(100), 0, false),
            (lost + millis(200), 1, false)
        ]
    );
    assert_eq!(
        (
            evictor.counts().lost,
            evictor.counts().rebuilt,
            evictor.waiting()
        ),
        (3, 3, 0)
    );
}

#[test]
fn a_suspected_link_slows_rebuilding_down_and_being_cut_off_stops_it() {
    // 3 of 4 nodes of the north vanish together.
    let mut evictor = farm(4);
    beat(&mut evictor, at(30), [3, 4]);
    evictor.handle_timeout(at(40));
    let seen = events(&mut evictor);
    assert!(seen.contains(&Event::LinkSuspected(node(2))), "{seen:?}");
    assert_eq!(rebuilds(&seen).len(), 1);
    evictor.handle_timeout(at(49));
    assert_eq!(rebuilds(&events(&mut evictor)).len(), 0);
    evictor.handle_timeout(at(50));
    assert_eq!(rebuilds(&events(&mut evictor)).len(), 1);
    beat(&mut evictor, at(51), 1..3);
    assert!(events(&mut evictor).contains(&Event::LinkTrusted(node(1))));
    // All vanish: it is this side that is cut off.
    let mut evictor = farm(4);
    evictor.handle_timeout(at(40));
    let seen = events(&mut evictor);
    assert_eq!((rebuilds(&seen).len(), evictor.waiting()), (0, 3));
    assert_eq!(evictor.poll_timeout(), None);
    // The node that had the work is back: nothing was rebuilt, all of it was kept.
    beat(&mut evictor, at(90), 0..5);
    evictor.handle_timeout(at(90));
    assert_eq!(rebuilds(&events(&mut evictor)).len(), 0);
    assert_eq!((evictor.counts().kept, evictor.waiting()), (3, 0));
}

#[test]
fn a_node_that_returns_opens_late_and_takes_a_growing_share() {
    let mut evictor = farm(4);
    beat(&mut evictor, at(30), 1..5);
    evictor.handle_timeout(at(40));
    let critical = rebuilds(&events(&mut evictor))[0];
    assert_eq!(
        evictor.handle_rebuilt(at(40), &critical, node(1)),
        Answer::Accepted
    );
    assert_eq!(
        (
            evictor.share(at(40), node(0)),
            evictor.share(at(40), node(1))
        ),
        (0.0, 1.0)
    );
    beat(&mut evictor, at(45), [0]);
    let seen = events(&mut evictor);
    let Event::NodeReturned { open_from, .. } = seen[0] else {
        panic!("{seen:?}")
    };
    assert!(open_from >= at(45) && open_from < at(55));
    assert_eq!(
        seen[1],
        Event::Stop {
            work: critical.work(),
            on: node(0)
        }
    );
    let share = |after| evictor.share(open_from + secs(after), node(0));
    assert_eq!((share(0), share(60)), (0.1, 1.0));
    assert!((share(30) - 0.55).abs() < 1e-3);
    assert_eq!(evictor.counts().kept, 2);
    // Many that return together open at different times.
    let mut evictor = Evictor::new(EvictionConfig::new());
    (0..100).for_each(|slot| evictor.handle_node(at(0), node(slot), "north", 1));
    evictor.handle_timeout(at(40));
    events(&mut evictor);
    let mut random = SplitMix64::new(9);
    for slot in 0..100 {
        evictor
            .handle_heartbeat(at(60), node(slot), 1, &mut random)
            .unwrap();
    }
    let seen = events(&mut evictor);
    let opened = seen.iter().filter_map(|event| match event {
        Event::NodeReturned { open_from, .. } => Some(open_from.saturating_since(at(60)).as_secs()),
        _ => None,
    });
    let mut by_second = BTreeMap::new();
    opened.for_each(|second| *by_second.entry(second).or_insert(0) += 1);
    assert_eq!(by_second.len(), 10);
    assert!(
        by_second.values().all(|opened| *opened < 25),
        "{by_second:?}"
    );
}

#[test]
fn only_the_answer_to_the_last_attempt_counts() {
    let mut evictor = farm(4);
    beat(&mut evictor, at(39), 1..5);
    evictor.handle_timeout(at(40));
    let first = rebuilds(&events(&mut evictor))[0];
    // Nobody answers for 30 s; it is asked again, anywhere.
    beat(&mut evictor, at(69), 1..5);
    evictor.handle_timeout(at(70));
    evictor.handle_timeout(at(71));
    let again = rebuilds(&events(&mut evictor));
    let second = *again.iter().find(|r| r.work() == first.work()).unwrap();
    assert_eq!(second.place(), Place::Anywhere);
    assert_eq!(
        evictor.handle_rebuilt(at(72), &first, node(1)),
        Answer::Superseded
    );
    assert_eq!(
        evictor.handle_unplaced(at(72), &first),
        Err(Answer::Superseded)
    );
    assert_eq!(
        evictor.handle_rebuilt(at(72), &second, node(4)),
        Answer::Accepted
    );
    assert_eq!(
        evictor.handle_rebuilt(at(72), &second, node(4)),
        Answer::Superseded
    );
    // Its home stays the domain that it was first placed in.
    assert_eq!(evictor.node_of(first.work()), Some(node(4)));
    assert_eq!(evictor.domain(first.work()), Some("north"));
}

#[test]
fn a_node_that_started_anew_has_lost_its_work() {
    let mut evictor = farm(4);
    let mut random = SplitMix64::new(1);
    evictor
        .handle_heartbeat(at(5), node(0), 2, &mut random)
        .unwrap();
    evictor.handle_timeout(at(5));
    assert_eq!(
        (rebuilds(&events(&mut evictor)).len(), evictor.counts().lost),
        (1, 3)
    );
    let never = evictor.handle_heartbeat(at(5), node(77), 1, &mut random);
    assert_eq!(never, Err(UnknownNode));
}

#[test]
fn the_work_of_a_removed_node_is_rebuilt_and_its_answers_do_not_count() {
    let mut evictor = farm(4);
    evictor.handle_removed(at(5), node(0)).unwrap();
    assert_eq!(evictor.handle_removed(at(5), node(0)), Err(UnknownNode));
    assert_eq!(evictor.state(node(0)), None);
    evictor.handle_timeout(at(5));
    let critical = rebuilds(&events(&mut evictor))[0];
    assert_eq!(
        (critical.work(), critical.from()),
        (WorkId::new(2), node(0))
    );
    assert_eq!(evictor.holder(critical.work()), None);
    // Rebuilt on a node that goes in that moment: asked again, of another node.
    evictor.handle_removed(at(5), node(1)).unwrap();
    let answer = evictor.handle_rebuilt(at(5), &critical, node(1));
    assert_eq!(answer, Answer::NodeLost);
    beat(&mut evictor, at(35), 2..5);
    let mut placed = BTreeSet::new();
    while let Some(now) = evictor.poll_timeout().filter(|now| *now < at(60)) {
        evictor.handle_timeout(now);
        for rebuild in rebuilds(&events(&mut evictor)) {
            assert_eq!(
                evictor.handle_rebuilt(now, &rebuild, node(2)),
                Answer::Accepted
            );
            placed.insert(rebuild.work().number());
        }
    }
    assert_eq!(placed, BTreeSet::from([0, 1, 2]));
    assert_eq!((evictor.counts().lost, evictor.counts().rebuilt), (3, 3));
    // One that was unknown when it was removed is not counted as ready a second time: all that is left can go.
    for slot in 2..5 {
        evictor.handle_removed(at(90), node(slot)).unwrap();
    }
    evictor.handle_timeout(at(200));
    assert_eq!(rebuilds(&events(&mut evictor)).len(), 0);
    assert_eq!((evictor.waiting(), evictor.poll_timeout()), (3, None));
}

#[test]
fn work_that_ended_is_not_rebuilt_and_a_copy_on_a_lost_node_is_stopped() {
    let mut evictor = farm(4);
    evictor.handle_ended(WorkId::new(0));
    evictor.handle_ended(WorkId::new(77));
    beat(&mut evictor, at(30), 1..5);
    // Work 2 is asked for and work 1 waits; both end before anyone answers.
    evictor.handle_timeout(at(40));
    let asked = rebuilds(&events(&mut evictor))[0];
    assert_eq!(asked.work(), WorkId::new(2));
    for work in [1, 2] {
        evictor.handle_ended(WorkId::new(work));
    }
    assert_eq!(
        evictor.handle_rebuilt(at(41), &asked, node(1)),
        Answer::Superseded
    );
    let counts = evictor.counts();
    assert_eq!((counts.lost, counts.ended, counts.rebuilt), (2, 2, 0));
    assert_eq!(evictor.waiting(), 0);
    evictor.handle_timeout(at(59));
    assert_eq!(rebuilds(&events(&mut evictor)).len(), 0);
    // What it may still run is stopped when it is back; what ended before it was lost is not known there.
    beat(&mut evictor, at(60), [0]);
    let stopped: BTreeSet<u64> = events(&mut evictor)
        .iter()
        .filter_map(|event| match event {
            Event::Stop { work, on } if *on == node(0) => Some(work.number()),
            _ => None,
        })
        .collect();
    assert_eq!(stopped, BTreeSet::from([1, 2]));
}

/// What really runs where, beside what the evictor thinks.
struct World {
    evictor: Evictor,
    random: SplitMix64,
    now: Instant,
    /// Whether a node runs, whether its link works, how often it started, and the copies on it.
    nodes: Vec<(bool, bool, u64, BTreeSet<WorkId>)>,
    accepted: u64,
    /// Rebuilds whose answer comes late.
    late: Vec<(Rebuild, u32)>,
    /// Copies to be stopped as soon as their node can be reached.
    stops: Vec<(WorkId, NodeId)>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut evictor = Evictor::new(EvictionConfig::new());
        let mut nodes = Vec::new();
        for slot in 0..9_u32 {
            evictor.handle_node(
                at(0),
                node(slot),
                ["north", "south", "east"][slot as usize % 3],
                1,
            );
            nodes.push((true, true, 1, BTreeSet::new()));
        }
        for work in 0..30_u64 {
            let on = u32::try_from(work % 9).unwrap();
            let stakes = if work % 3 == 0 {
                Stakes::CropCritical
            } else {
                Stakes::Ordinary
            };
            evictor
                .handle_placed(at(0), WorkId::new(work), node(on), stakes)
                .unwrap();
            nodes[on as usize].3.insert(WorkId::new(work));
        }
        let random = SplitMix64::new(seed);
        Self {
            evictor,
            random,
            now: at(0),
            nodes,
            accepted: 0,
            late: Vec::new(),
            stops: Vec::new(),
        }
    }

    fn rebuilt(&mut self, rebuild: Rebuild, on: u32) {
        let up = self.nodes[on as usize].0;
        if up {
            self.nodes[on as usize].3.insert(rebuild.work());
        }
        match self.evictor.handle_rebuilt(self.now, &rebuild, node(on)) {
            Answer::Accepted => self.accepted += 1,
            // Who rebuilt it takes it away again.
            Answer::Superseded => self.stops.push((rebuild.work(), node(on))),
            Answer::NodeLost => {}
        }
    }

    fn stop_copies(&mut self) {
        for (work, on) in core::mem::take(&mut self.stops) {
            if self.evictor.holder(work) == Some(on) {
                continue;
            }
            if self.nodes[on.slot()].1 {
                self.nodes[on.slot()].3.remove(&work);
            } else {
                self.stops.push((work, on));
            }
        }
    }

    fn step(&mut self, calm: bool) {
        self.now += secs(5);
        for slot in 0..self.nodes.len() {
            if calm {
                if !self.nodes[slot].0 {
                    self.nodes[slot].2 += 1;
                }
                (self.nodes[slot].0, self.nodes[slot].1) = (true, true);
            } else {
                match self.random.below(60) {
                    0 => {
                        self.nodes[slot].0 = false;
                        self.nodes[slot].3.clear();
                    }
                    1 => self.nodes[slot].1 = false,
                    2..=4 => self.nodes[slot].1 = true,
                    5..=7 if !self.nodes[slot].0 => {
                        self.nodes[slot].0 = true;
                        self.nodes[slot].2 += 1;
                    }
                    _ => {}
                }
            }
            let (up, linked, boot, _) = self.nodes[slot];
            if up && linked {
                let id = node(u32::try_from(slot).unwrap());
                self.evictor
                    .handle_heartbeat(self.now, id, boot, &mut self.random)
                    .unwrap();
            }
        }
        self.evictor.handle_timeout(self.now);
        while let Some(event) = self.evictor.poll_event() {
            match event {
                Event::Stop { work, on } => self.stops.push((work, on)),
                Event::Rebuild(rebuild) => {
                    let on = u32::try_from(self.random.below(9)).unwrap();
                    let ready = self.evictor.state(node(on)) == Some(NodeState::Ready);
                    match self.random.below(if calm { 2 } else { 5 }) {
                        _ if !ready => drop(self.evictor.handle_unplaced(self.now, &rebuild)),
                        2 => {}
                        3 => self.late.push((rebuild, on)),
                        _ => self.rebuilt(rebuild, on),
                    }
                }
                _ => {}
            }
        }
        if self.random.below(4) == 0
            && let Some((rebuild, on)) = self.late.pop()
        {
            self.rebuilt(rebuild, on);
        }
        self.stop_copies();
        let counts = self.evictor.counts();
        let waiting = self.evictor.waiting() as u64;
        assert_eq!(
            counts.lost,
            counts.rebuilt + counts.kept + counts.ended + waiting
        );
        assert_eq!(counts.rebuilt, self.accepted);
    }
}

#[test]
fn no_work_is_lost_and_each_lost_one_is_rebuilt_once_in_1000_farms() {
    let mut rebuilt = 0;
    for seed in 0..if cfg!(miri) { 2 } else { 1_000 } {
        let mut world = World::new(seed);
        (0..120).for_each(|_| world.step(false));
        (0..120).for_each(|_| world.step(true));
        assert_eq!(world.evictor.waiting(), 0, "seed {seed}");
        for work in (0..30).map(WorkId::new) {
            let copies = (0..9).filter(|slot| world.nodes[*slot].3.contains(&work));
            let copies: Vec<usize> = copies.collect();
            let holder = world.evictor.node_of(work).unwrap().slot();
            assert_eq!(copies, [holder], "seed {seed}, {work:?}");
        }
        rebuilt += world.accepted;
    }
    assert!(
        rebuilt > 1_000 || cfg!(miri),
        "the farms lost next to nothing: {rebuilt}"
    );
}
