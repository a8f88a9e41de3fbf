//! Who is spared after a silence, and who is not.

use gofarm_core::time::Instant;
use gofarm_sched::affinity::{NodeRequirement, Operator};
use gofarm_sched::load::Load;
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::Scheduler;
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};

const NAMES: [&str; 3] = ["a", "b", "c"];

fn node(name: &str) -> Node {
    Node::new(name, Resources::new(4_000, 8 << 30)).label("name", name)
}

fn farm() -> (Scheduler, [NodeId; 3]) {
    let own = NodeRequirement::new("name", Operator::AsRequested);
    let mut sched = Scheduler::builder().filter(own).build().unwrap();
    let ids = NAMES.map(|name| sched.add_node(node(name)));
    (sched, ids)
}

/// Whether each node starts slowly.
fn slow(sched: &mut Scheduler, now: Instant) -> [bool; 3] {
    NAMES.map(|name| {
        let request = Request::new(Ask::new(100, 0)).label("name", name);
        let decision = sched.place(&request, now).unwrap();
        let slow = decision.terms().iter().any(|t| t.name() == "slow start");
        sched.abandon(decision).unwrap();
        slow
    })
}

/// The nodes report every 10 s from one time up to another.
fn report(sched: &mut Scheduler, nodes: &[NodeId], from: u64, to: u64) {
    for second in (from..=to).step_by(10) {
        for id in nodes {
            sched
                .observe(*id, Load::idle(), Instant::from_secs(second))
                .unwrap();
        }
    }
}

#[test]
fn a_scheduler_that_starts_spares_no_node() {
    let (mut sched, [a, b, c]) = farm();
    for (id, second) in [(a, 100), (b, 101), (c, 115)] {
        sched
            .observe(id, Load::idle(), Instant::from_secs(second))
            .unwrap();
    }
    assert_eq!(slow(&mut sched, Instant::from_secs(115)), [false; 3]);
}

#[test]
fn a_node_that_joins_others_is_spared() {
    let (mut sched, [a, b, c]) = farm();
    report(&mut sched, &[a, b], 100, 140);
    report(&mut sched, &[c], 141, 141);
    assert_eq!(
        slow(&mut sched, Instant::from_secs(141)),
        [false, false, true]
    );
}

#[test]
fn a_node_that_was_silent_alone_is_spared() {
    let (mut sched, [a, b, c]) = farm();
    report(&mut sched, &[a, b, c], 100, 200);
    report(&mut sched, &[a, b], 210, 300);
    report(&mut sched, &[c], 300, 300);
    assert_eq!(
        slow(&mut sched, Instant::from_secs(300)),
        [false, false, true]
    );
}

#[test]
fn nodes_that_were_all_silent_are_not_spared() {
    let (mut sched, nodes) = farm();
    report(&mut sched, &nodes, 100, 200);
    report(&mut sched, &nodes, 300, 300);
    assert_eq!(slow(&mut sched, Instant::from_secs(300)), [false; 3]);
    // Unless one of them was known to be away.
    sched.not_ready(nodes[1]).unwrap();
    report(&mut sched, &nodes, 310, 310);
    assert_eq!(
        slow(&mut sched, Instant::from_secs(310)),
        [false, true, false]
    );
}
