//! Placement as its users see it.

#![expect(
    clippy::unwrap_used,
    clippy::std_instead_of_alloc,
    clippy::print_stdout,
    reason = "what fails here fails the test"
)]

use std::sync::{Arc, Mutex};
use std::time::Instant as Wall;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, minutes, secs};
use gofarm_sched::load::{Load, StalePolicy, after};
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::{
    Bind, Candidate, Claim, Decision, Filter, NotCommitted, Permission, Permit, Reason, Reserve,
    Scheduler, Score, Sensitivity, Unplaced,
};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources, Share};

const START: Instant = Instant::from_secs(100);

fn node(name: &str) -> Node {
    Node::new(name, Resources::new(4_000, 8 << 30))
}

fn small() -> Request {
    Request::new(Ask::new(100, 1 << 20))
}

#[derive(Debug)]
struct Harvest;

impl Filter for Harvest {
    fn name(&self) -> &'static str {
        "harvest deadline"
    }
    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Always
    }
    fn refuse(&self, candidate: &Candidate<'_>) -> Option<Reason> {
        let left = candidate
            .node()
            .powered_until()?
            .saturating_since(candidate.now());
        (left < minutes(48 * 60)).then_some(Reason::LosesPower(left))
    }
}

#[derive(Debug)]
struct Fullness;

impl Score for Fullness {
    fn name(&self) -> &'static str {
        "fullness"
    }
    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        let whole = candidate.node().capacity().cpu_milli();
        1.0 - candidate.free().cpu_milli() as f32 / whole.max(1) as f32
    }
}

#[test]
fn a_decision_prints_its_reasons() {
    let mut sched = Scheduler::builder().filter(Harvest).build().unwrap();
    let solar = sched.add_node(node("node-03").power_until(START + minutes(31 * 60 + 5)));
    let grid = sched.add_node(node("node-07"));
    sched.observe(solar, Load::idle(), START).unwrap();
    sched
        .observe(grid, Load::idle().cpu(0.4).memory(0.2), START)
        .unwrap();
    let now = START + minutes(1);
    sched.observe(solar, Load::idle(), now).unwrap();
    sched
        .observe(grid, Load::idle().cpu(0.4).memory(0.2), now)
        .unwrap();
    let decision = sched.place(&small(), now + secs(1)).unwrap();
    let short = decision.to_string();
    assert_eq!(short, format!("node-07  {:.2}", decision.cost()));
    let long = format!("{decision:#}");
    assert!(long.starts_with(&format!("{short} = cpu ")), "{long}");
    assert!(
        long.ends_with(" (0 is idle); refused: node-03 (loses power in 31 h)"),
        "{long}"
    );
}

#[test]
fn a_refusal_is_told_also_of_a_node_that_would_not_have_been_chosen() {
    for (reasons, told) in [(8, 2), (1, 1), (0, 0)] {
        let builder = Scheduler::builder().filter(Harvest).reasons(reasons);
        let mut sched = builder.slow_start(secs(0)).build().unwrap();
        for (name, cpu) in [("a", 0.1), ("b", 0.5), ("c", 0.9)] {
            let powered = node(name).power_until(START + minutes(60));
            let id = sched.add_node(if name == "a" { node(name) } else { powered });
            sched.observe(id, Load::idle().cpu(cpu), START).unwrap();
        }
        let decision = sched.place(&small(), START).unwrap();
        assert_eq!(decision.node_name(), "a");
        let refusals = decision.refusals();
        assert_eq!((refusals.len(), refusals.iter().count()), (told, told));
    }
}

#[test]
fn metrics_that_no_node_reports_cost_nothing() {
    for policy in [StalePolicy::Penalise, StalePolicy::Refuse] {
        let builder = Scheduler::builder().stale(after(secs(10)), policy);
        let mut sched = builder.slow_start(secs(0)).build().unwrap();
        let [a, b] = ["a", "b"].map(|name| sched.add_node(node(name)));
        let load = |cpu| Load::new().cpu(cpu).memory(0.3).io_wait(0.0);
        sched.observe(a, load(0.1), START).unwrap();
        sched.observe(b, load(0.6), START).unwrap();
        let decision = sched.place(&small(), START).unwrap();
        assert_eq!(decision.node(), a);
        assert!(decision.cost() < 0.5, "{decision:#}");
        let names: Vec<_> = decision.terms().iter().map(|term| term.name()).collect();
        assert_eq!(names, ["cpu", "memory", "io wait"]);
        // From when one node reports it, the others are late with it.
        let network = Load::new().network_p95(secs(0));
        sched.observe(b, network, START).unwrap();
        let decision = sched.place(&small(), START).unwrap();
        assert_eq!(decision.node(), b, "{decision:#}");
    }
}

#[test]
fn power_that_ends_sooner_or_later_counts_at_once() {
    let mut sched = Scheduler::builder().filter(Harvest).build().unwrap();
    let id = sched.add_node(node("mast").host("mast"));
    for (end, takes) in [
        (Some(START + minutes(60)), false),
        (Some(START + minutes(60 * 60)), true),
        (Some(START), false),
        (None, true),
    ] {
        sched.set_power_until(id, end).unwrap();
        assert_eq!(sched.place(&small(), START).is_ok(), takes);
        assert_eq!(sched.node(id).unwrap().powered_until(), end);
    }
    // All else stays.
    assert_eq!(sched.node(id).unwrap().labels().get("host"), Some("mast"));
    assert!(sched.set_power_until(NodeId::new(7, 0), None).is_err());
}

#[test]
fn bad_input_is_said_by_type() {
    let mut sched = Scheduler::builder().build().unwrap();
    let stranger = NodeId::new(4, 0);
    assert!(sched.observe(stranger, Load::idle(), START).is_err());
    assert!(sched.cordon(stranger).is_err());
    assert!(sched.remove_node(stranger).is_err());
    assert!(sched.failed(stranger, START).is_err());
    let mut random = SplitMix64::new(1);
    let cheap = sched.place_cheap(&small(), START, &mut random);
    assert_eq!(cheap, Err(Unplaced::NoNodes));
    assert_eq!(sched.place(&small(), START), Err(Unplaced::NoNodes));
    sched.add_node(node("a"));
    let never = Request::new(Ask::new(1, 1).share(Share::Whole(1)));
    let error = sched.place(&never, START).unwrap_err();
    assert_eq!(error, Unplaced::NeverFits { nodes: 1 });
    assert_eq!(error.kind(), Kind::Permanent);
    for builder in [
        Scheduler::builder().load_weight(f32::NAN),
        Scheduler::builder().load_weight(0.0),
        Scheduler::builder().score(-1, Fullness),
        Scheduler::builder().score(f64::INFINITY, Fullness),
        Scheduler::builder().limit(1.5),
        Scheduler::builder().shapes(0),
        Scheduler::builder().hold(secs(0)),
    ] {
        assert!(builder.build().is_err());
    }
}

#[test]
fn a_full_node_takes_no_work_until_the_load_falls() {
    let mut sched = Scheduler::builder().build().unwrap();
    let only = sched.add_node(node("a"));
    let full = Load::idle().cpu(1.0).memory(1.0).network_p95(secs(1));
    sched
        .observe(only, full.io_wait(1.0).app_p90(secs(1)), START)
        .unwrap();
    let Err(Unplaced::Refused(refusals)) = sched.place(&small(), START) else {
        panic!("it is full");
    };
    let (name, refusal) = refusals.iter().next().unwrap();
    assert_eq!(name, "a");
    assert!(matches!(refusal.reason(), Reason::Overloaded { .. }));
    sched.observe(only, Load::idle(), START + secs(1)).unwrap();
    assert!(sched.place(&small(), START + secs(1)).is_ok());
}

#[test]
fn a_node_that_fails_fast_is_not_a_fast_node() {
    let mut sched = Scheduler::builder().slow_start(secs(0)).build().unwrap();
    let failing = sched.add_node(node("a"));
    let steady = sched.add_node(node("b"));
    let observe = |sched: &mut Scheduler, now| {
        sched.observe(failing, Load::idle(), now).unwrap();
        sched.observe(steady, Load::idle().cpu(0.02), now).unwrap();
    };
    observe(&mut sched, START);
    let first = sched.place(&small(), START).unwrap();
    assert_eq!(first.node(), failing);
    sched.abandon(first).unwrap();
    (0..3).for_each(|_| sched.failed(failing, START).unwrap());
    let second = sched.place(&small(), START).unwrap();
    assert_eq!(second.node(), steady);
    sched.abandon(second).unwrap();
    let later = START + minutes(10);
    observe(&mut sched, later);
    assert_eq!(sched.place(&small(), later).unwrap().node(), failing);
}

#[test]
fn a_node_that_comes_back_starts_slowly() {
    let mut sched = Scheduler::builder().build().unwrap();
    let [a, b] = ["a", "b"].map(|name| sched.add_node(node(name)));
    let load = Load::idle().cpu(0.3);
    for id in [a, b] {
        sched.observe(id, load, START).unwrap();
    }
    sched.cordon(a).unwrap();
    let now = START + minutes(2);
    sched.uncordon(a, now).unwrap();
    let observe_after = |sched: &mut Scheduler, now| {
        for id in [a, b] {
            sched.observe(id, load, now).unwrap();
        }
    };
    observe_after(&mut sched, now);
    // Both were silent for long, but only one was cordoned.
    let decision = sched.place(&small(), now).unwrap();
    assert_eq!(decision.node(), b);
    assert!(!starts_slowly(&decision));
    sched.cordon(b).unwrap();
    let forced = sched.place(&small(), now).unwrap();
    assert!(starts_slowly(&forced));
    sched.uncordon(b, now).unwrap();
    sched.abandon(decision).unwrap();
    sched.abandon(forced).unwrap();
    let now = now + secs(29);
    observe_after(&mut sched, now);
    let now = now + secs(9);
    observe_after(&mut sched, now);
    sched.cordon(a).unwrap();
    sched.uncordon(a, now).unwrap();
    assert_eq!(sched.place(&small(), now).unwrap().node(), b);
}

fn starts_slowly(decision: &Decision) -> bool {
    let mut terms = decision.terms().iter();
    terms.any(|term| term.name() == "slow start")
}

#[test]
fn a_stale_node_comes_last_or_not_at_all() {
    for (policy, placed) in [(StalePolicy::Penalise, true), (StalePolicy::Refuse, false)] {
        let builder = Scheduler::builder().stale(after(secs(2)), policy);
        let mut sched = builder.slow_start(secs(0)).build().unwrap();
        let [a, b] = ["a", "b"].map(|name| sched.add_node(node(name)));
        sched.observe(a, Load::idle(), START).unwrap();
        sched.observe(b, Load::idle().cpu(0.5), START).unwrap();
        assert_eq!(sched.place(&small(), START + secs(2)).unwrap().node(), a);
        sched
            .observe(b, Load::idle().cpu(0.5), START + secs(3))
            .unwrap();
        assert_eq!(sched.place(&small(), START + secs(3)).unwrap().node(), b);
        sched.cordon(b).unwrap();
        assert_eq!(sched.place(&small(), START + secs(3)).is_ok(), placed);
    }
}

/// A quota of two, an approval that waits once, and a list of starts; each logs.
#[derive(Clone, Debug, Default)]
struct Ledger(Arc<Mutex<(u32, u32, u32)>>);

impl Reserve for Ledger {
    fn name(&self) -> &'static str {
        "quota"
    }
    fn reserve(&mut self, _: &Claim<'_>) -> Result<(), Reason> {
        let mut held = self.0.lock().unwrap();
        if held.0 == 2 {
            return Err(Reason::Quota);
        }
        held.0 += 1;
        Ok(())
    }
    fn release(&mut self, _: &Claim<'_>) {
        self.0.lock().unwrap().0 -= 1;
    }
}

impl Permit for Ledger {
    fn name(&self) -> &'static str {
        "approval"
    }
    fn permit(&mut self, _: &Claim<'_>) -> Permission {
        let mut held = self.0.lock().unwrap();
        held.1 += 1;
        match held.1 {
            1 => Permission::Wait,
            2 => Permission::Granted,
            _ => Permission::Denied(Reason::Other("no")),
        }
    }
}

impl Bind for Ledger {
    fn name(&self) -> &'static str {
        "start queue"
    }
    fn bind(&mut self, _: &Claim<'_>) -> Result<(), Reason> {
        self.0.lock().unwrap().2 += 1;
        Ok(())
    }
}

#[test]
fn what_was_reserved_is_released_once() {
    let ledger = Ledger::default();
    let builder = Scheduler::builder().reserve(ledger.clone());
    let builder = builder.permit(ledger.clone()).bind(ledger.clone());
    let mut sched = builder.build().unwrap();
    let id = sched.add_node(node("a"));
    let held = || *ledger.0.lock().unwrap();
    let first = sched.place(&small(), START).unwrap();
    let second = sched.place(&small(), START).unwrap();
    let third = sched.place(&small(), START);
    assert!(matches!(
        third,
        Err(Unplaced::NotReserved { by: "quota", .. })
    ));
    let waiting = sched.commit(&first, START);
    assert_eq!(waiting, Err(NotCommitted::Waiting { by: "approval" }));
    let placement = sched.commit(&first, START).unwrap();
    assert!(matches!(
        sched.commit(&second, START),
        Err(NotCommitted::Denied { .. })
    ));
    assert_eq!(held(), (1, 3, 1));
    sched.completed(placement, START).unwrap();
    assert_eq!(held().0, 0);
    let _forgotten = sched.place(&small(), START).unwrap();
    assert_eq!(held().0, 1);
    sched.handle_timeout(START + secs(30));
    assert_eq!((held().0, sched.counts().lapsed), (0, 1));
    let _lost = sched.place(&small(), START).unwrap();
    sched.remove_node(id).unwrap();
    assert_eq!((held().0, sched.counts().lost), (0, 1));
}

#[test]
fn a_scheduler_can_be_sent_and_shared() {
    fn both<T: Send + Sync>() {}
    both::<Scheduler>();
}

#[test]
fn a_decision_asks_only_about_nodes_that_changed() {
    const NODES: u32 = 1_500;
    const SHAPES: u32 = 90;
    const ROUNDS: u32 = 200;
    let builder = Scheduler::builder().score(50, Fullness).slow_start(secs(0));
    let builder = builder.stale(after(secs(60)), StalePolicy::Hold);
    let mut sched = builder.no_limit().reasons(1).build().unwrap();
    for at in 0..NODES {
        let id = sched.add_node(Node::new("n", Resources::new(64_000, 64 << 30)));
        let load = Load::idle()
            .cpu((at % 37) as f32 / 40.0)
            .memory((at % 11) as f32 / 12.0);
        sched.observe(id, load, START).unwrap();
    }
    let requests: Vec<Request> = (1..=SHAPES)
        .map(|n| Request::new(Ask::new(n, 1 << 16)))
        .collect();
    let round = |sched: &mut Scheduler| {
        for request in &requests {
            let decision = sched.place(request, START).unwrap();
            sched.commit(decision, START).unwrap();
        }
    };
    round(&mut sched);
    let before = sched.counts();
    let began = Wall::now();
    (0..ROUNDS).for_each(|_| round(&mut sched));
    let took = began.elapsed();
    let decisions = u64::from(SHAPES * ROUNDS);
    let asked = sched.counts().asked_node - before.asked_node;
    println!(
        "{decisions} decisions in {took:?}: {:.0} a second, {:.1} nodes asked for each",
        decisions as f64 / took.as_secs_f64(),
        asked as f64 / decisions as f64
    );
    // Each of the 90 placements since a shape's last one changed one node; seldom, all nodes are scored again.
    assert!(asked < decisions * 150, "{asked}");
}
