//! Nodes of different sizes: what a request would do to each of them.

use gofarm_core::time::{Instant, secs};
use gofarm_sched::load::{Load, StalePolicy, after};
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::Scheduler;
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};

const GIB: u64 = 1 << 30;
const START: Instant = Instant::from_secs(100);

fn farm(nodes: &[(&str, u32, u64, f32)]) -> (Scheduler, Vec<NodeId>) {
    let builder = Scheduler::builder().slow_start(secs(0));
    let mut sched = builder.build().unwrap();
    let ids = nodes.iter().map(|&(name, cpu, memory, load)| {
        let id = sched.add_node(Node::new(name, Resources::new(cpu, memory * GIB)));
        (id, load)
    });
    let ids: Vec<_> = ids.collect();
    for &(id, load) in &ids {
        let load = Load::idle().cpu(load).memory(0.2);
        sched.observe(id, load, START).unwrap();
    }
    (sched, ids.into_iter().map(|(id, _)| id).collect())
}

fn work(cpu: u32, memory: u64) -> Request {
    Request::new(Ask::new(cpu, memory * GIB))
}

#[test]
fn work_that_would_fill_an_idle_node_goes_to_a_large_one() {
    let machines = [
        ("gateway", 2_000, 4, 0.05),
        ("greenhouse", 4_000, 8, 0.2),
        ("cloud", 32_000, 64, 0.2),
    ];
    let (mut sched, _) = farm(&machines);
    let large = sched.place(&work(2_000, 1), START).unwrap();
    assert_eq!(large.node_name(), "cloud", "{large:#}");
    sched.abandon(large).unwrap();
    // What is small for each of them goes where the least load is.
    let small = sched.place(&work(10, 0), START).unwrap();
    assert_eq!(small.node_name(), "gateway", "{small:#}");
}

#[test]
fn a_large_node_that_is_busy_is_not_large() {
    let (mut sched, _) = farm(&[("small", 4_000, 8, 0.1), ("large", 8_000, 16, 0.8)]);
    let decision = sched.place(&work(1_000, 1), START).unwrap();
    assert_eq!(decision.node_name(), "small", "{decision:#}");
}

#[test]
fn a_load_that_is_said_as_a_share_is_the_same_on_each_node() {
    let (mut sched, _) = farm(&[("small", 2_000, 2, 0.1), ("large", 32_000, 64, 0.2)]);
    let said = work(1_000, 1).expected(Load::idle().cpu(0.5).memory(0.5));
    let decision = sched.place(&said, START).unwrap();
    assert_eq!(decision.node_name(), "small", "{decision:#}");
}

#[test]
fn terms_are_of_the_load_with_the_request() {
    let (mut sched, _) = farm(&[("a", 4_000, 8, 0.0), ("b", 4_000, 8, 0.0)]);
    let decision = sched.place(&work(2_000, 0), START).unwrap();
    let cost = |name| {
        let mut terms = decision.terms().iter();
        terms.find(|term| term.name() == name).unwrap().cost()
    };
    // 0.3 of 0.5 processors, 0.25 of 0.2 memory.
    assert!((cost("cpu") / cost("memory") - 3.0).abs() < 1e-3);
}

#[test]
fn a_stale_node_comes_last_however_large() {
    let builder = Scheduler::builder().stale(after(secs(2)), StalePolicy::Penalise);
    let mut sched = builder.slow_start(secs(0)).build().unwrap();
    let huge = sched.add_node(Node::new("huge", Resources::new(256_000, 512 * GIB)));
    let tiny = sched.add_node(Node::new("tiny", Resources::new(1_000, GIB)));
    sched.observe(huge, Load::idle(), START).unwrap();
    sched.observe(tiny, Load::idle(), START).unwrap();
    let now = START + secs(3);
    sched.observe(tiny, Load::idle(), now).unwrap();
    assert_eq!(sched.place(&work(1_000, 1), now).unwrap().node(), tiny);
}

#[test]
fn a_node_that_comes_changes_what_is_large() {
    let (mut sched, ids) = farm(&[("small", 4_000, 8, 0.1), ("middle", 8_000, 16, 0.12)]);
    let request = work(2_000, 2);
    let decision = sched.place(&request, START).unwrap();
    assert_eq!(decision.node(), ids[1], "{decision:#}");
    sched.abandon(decision).unwrap();
    let large = sched.add_node(Node::new("large", Resources::new(32_000, 64 * GIB)));
    let load = Load::idle().cpu(0.12).memory(0.2);
    sched.observe(large, load, START).unwrap();
    let decision = sched.place(&request, START).unwrap();
    assert_eq!(decision.node(), large, "{decision:#}");
}
