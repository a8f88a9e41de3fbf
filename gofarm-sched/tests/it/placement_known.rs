//! What a scheduler knows of the work that it placed, so that its caller need not.

use alloc::sync::Arc;
use std::sync::Mutex;

use gofarm_core::random::SplitMix64;
use gofarm_core::time::{Instant, secs};
use gofarm_sched::load::Load;
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::{Bind, Claim, Reason, Scheduler};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};

const START: Instant = Instant::from_secs(100);
const WHOLE: Resources = Resources::new(4_000, 8 << 30);

fn work(tag: u64) -> Request {
    Request::new(Ask::new(500, 1 << 30)).group("pumps").tag(tag)
}

/// Which work was started where.
#[derive(Clone, Debug, Default)]
struct Starts(Arc<Mutex<Vec<(u64, NodeId)>>>);

impl Bind for Starts {
    fn name(&self) -> &'static str {
        "starts"
    }
    fn bind(&mut self, claim: &Claim<'_>) -> Result<(), Reason> {
        self.0.lock().unwrap().push((claim.tag(), claim.node()));
        Ok(())
    }
}

#[test]
fn who_starts_work_knows_which_it_is() {
    let starts = Starts::default();
    let mut sched = Scheduler::builder().bind(starts.clone()).build().unwrap();
    let id = sched.add_node(Node::new("a", WHOLE));
    let mut random = SplitMix64::new(3);
    for tag in [41, 42] {
        let decision = sched.place(&work(tag), START).unwrap();
        assert_eq!(decision.tag(), tag);
        sched.commit(decision, START).unwrap();
        let cheap = sched.place_cheap(&work(tag + 10), START, &mut random);
        sched.commit(cheap.unwrap(), START).unwrap();
    }
    assert_eq!(
        *starts.0.lock().unwrap(),
        [41, 51, 42, 52].map(|tag| (tag, id))
    );
    // One shape: it was asked about once, and then when the node had changed.
    assert_eq!(work(1), work(2));
}

#[test]
fn what_was_placed_is_known_until_it_ends() {
    let mut sched = Scheduler::builder().build().unwrap();
    let [a, b] = ["a", "b"].map(|name| sched.add_node(Node::new(name, WHOLE)));
    let decision = sched.place(&work(7), START).unwrap();
    let reservation = decision.reservation();
    assert_eq!(sched.placements_on(a).count(), 0);
    let placement = sched.commit(decision, START).unwrap();
    let claim = sched.placement(placement).unwrap();
    assert_eq!((claim.node(), claim.tag(), claim.id()), (a, 7, reservation));
    assert_eq!(claim.request(), &work(0));
    let here: Vec<_> = sched
        .placements_on(a)
        .map(|(id, claim)| (id, claim.tag()))
        .collect();
    assert_eq!(here, [(placement, 7)]);
    assert_eq!(sched.placements_on(b).count(), 0);
    sched.completed(placement, START).unwrap();
    assert!(sched.placement(placement).is_none());
    assert_eq!(sched.placements_on(a).count(), 0);
}

#[test]
fn failed_work_ends_and_its_node_costs_more() {
    let builder = Scheduler::builder().slow_start(secs(0));
    let mut sched = builder.build().unwrap();
    let [a, b] = ["a", "b"].map(|name| sched.add_node(Node::new(name, WHOLE)));
    for id in [a, b] {
        sched.observe(id, Load::idle(), START).unwrap();
    }
    let decision = sched.place(&work(1), START).unwrap();
    assert_eq!(decision.node(), a);
    let placement = sched.commit(decision, START).unwrap();
    sched.work_failed(placement, START).unwrap();
    assert_eq!(sched.free(a), Some(&WHOLE));
    assert!(sched.work_failed(placement, START).is_err());
    assert_eq!(sched.place(&work(2), START).unwrap().node(), b);
}

#[test]
fn a_lost_node_comes_back_by_reporting() {
    let mut sched = Scheduler::builder().build().unwrap();
    let id = sched.add_node(Node::new("a", WHOLE));
    sched.observe(id, Load::idle(), START).unwrap();
    let decision = sched.place(&work(1), START).unwrap();
    let placement = sched.commit(decision, START).unwrap();
    let _reserved = sched.place(&work(2), START).unwrap();
    assert_eq!(sched.lost(id), Ok(vec![placement]));
    assert_eq!((sched.counts().lost, sched.free(id)), (1, Some(&WHOLE)));
    assert!(sched.completed(placement, START).is_err());
    assert!(sched.place(&work(3), START).is_err());
    sched.observe(id, Load::idle(), START + secs(5)).unwrap();
    assert_eq!(sched.place(&work(3), START + secs(5)).unwrap().node(), id);
    sched.remove_node(id).unwrap();
    assert!(sched.lost(id).is_err());
}

#[test]
fn all_of_a_lost_node_is_free_also_where_it_had_become_too_small() {
    let mut sched = Scheduler::builder().build().unwrap();
    let id = sched.add_node(Node::new("a", WHOLE));
    for tag in 0..3 {
        let decision = sched.place(&work(tag), START).unwrap();
        sched.commit(decision, START).unwrap();
    }
    let smaller = Resources::new(600, 2 << 30);
    sched.update_node(id, Node::new("a", smaller)).unwrap();
    assert_eq!(sched.lost(id).unwrap().len(), 3);
    assert_eq!(sched.free(id), Some(&smaller));
}
