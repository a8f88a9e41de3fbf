//! Spreading over zones, hosts and other labels.

use gofarm_core::time::{Instant, secs};
use gofarm_sched::affinity::{NodeRequirement, Operator};
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::{Candidate, Filter, Groups, Reason, Scheduler, Score};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};
use gofarm_sched::topology::SpreadOver;
use proptest::prelude::*;

const START: Instant = Instant::from_secs(100);
const FREE: Resources = Resources::new(4_000, 8 << 30);

fn farm(zones: &[&str]) -> (Vec<(NodeId, Node)>, Groups) {
    let mut groups = Groups::new();
    let nodes = zones.iter().enumerate().map(|(slot, zone)| {
        let node = Node::new("n", FREE);
        let node = if zone.is_empty() {
            node
        } else {
            node.zone(zone)
        };
        groups.node_added(&node);
        (NodeId::new(u32::try_from(slot).unwrap(), 0), node)
    });
    let nodes = nodes.collect();
    (nodes, groups)
}

fn request() -> Request {
    Request::new(Ask::NOTHING).group("g")
}

fn ask<T>(
    rule: impl Fn(&Candidate<'_>) -> T,
    request: &Request,
    groups: &Groups,
    at: &(NodeId, Node),
) -> T {
    rule(&Candidate::new(
        request,
        (at.0, &at.1),
        &FREE,
        groups,
        Instant::ZERO,
    ))
}

#[test]
fn skew_is_counted_as_kubernetes_does() {
    // Members in zones a, b, c; max skew; whether each zone takes one more.
    let table: [([u32; 3], u32, [bool; 3]); 5] = [
        ([0, 0, 0], 1, [true, true, true]),
        ([1, 0, 0], 1, [false, true, true]),
        ([2, 2, 1], 1, [false, false, true]),
        ([2, 2, 1], 2, [true, true, true]),
        ([3, 1, 1], 2, [false, true, true]),
    ];
    for (members, skew, takes) in table {
        let (nodes, mut groups) = farm(&["a", "b", "c"]);
        for (node, count) in nodes.iter().zip(members) {
            (0..count).for_each(|_| groups.placed("g", node.0, &node.1));
        }
        let rule = SpreadOver::zone().max_skew(skew).unwrap();
        for (node, takes) in nodes.iter().zip(takes) {
            let refused = ask(|c| rule.refuse(c), &request(), &groups, node);
            assert_eq!(refused.is_none(), takes, "{members:?} {skew} {node:?}");
        }
    }
}

#[test]
fn a_node_without_the_label_is_refused_and_costs_most() {
    let (nodes, groups) = farm(&["a", ""]);
    let rule = SpreadOver::zone();
    let refused = ask(|c| rule.refuse(c), &request(), &groups, &nodes[1]);
    assert_eq!(refused, Some(Reason::Other("has no domain to spread over")));
    assert_eq!(ask(|c| rule.cost(c), &request(), &groups, &nodes[1]), 1.0);
    // Without a group there is nothing to spread.
    let single = Request::new(Ask::NOTHING);
    assert_eq!(ask(|c| rule.refuse(c), &single, &groups, &nodes[1]), None);
    assert_eq!(ask(|c| rule.cost(c), &single, &groups, &nodes[1]), 0.0);
}

#[test]
fn with_too_few_domains_the_emptiest_counts_as_empty() {
    let (nodes, mut groups) = farm(&["a"]);
    groups.placed("g", nodes[0].0, &nodes[0].1);
    let refused = |rule: SpreadOver| ask(|c| rule.refuse(c), &request(), &groups, &nodes[0]);
    assert_eq!(refused(SpreadOver::zone()), None);
    assert!(refused(SpreadOver::zone().min_domains(2)).is_some());
}

#[test]
fn a_refusal_says_what_would_be_too_much() {
    let (nodes, mut groups) = farm(&["a", "b"]);
    groups.placed("g", nodes[0].0, &nodes[0].1);
    let rule = SpreadOver::zone();
    let reason = ask(|c| rule.refuse(c), &request(), &groups, &nodes[0]).unwrap();
    assert_eq!(
        reason.to_string(),
        "its domain would have 2 of the group, the emptiest has 0: more than 1 apart"
    );
}

#[test]
fn a_rule_for_one_group_leaves_others_alone() {
    let (nodes, mut groups) = farm(&["a", "b", ""]);
    groups.placed("g", nodes[0].0, &nodes[0].1);
    let other = SpreadOver::zone().only("h");
    let own = SpreadOver::zone().only("g");
    for (rule, concerns) in [(own, true), (other, false)] {
        for at in [0, 2] {
            let refused = ask(|c| rule.refuse(c), &request(), &groups, &nodes[at]);
            assert_eq!(refused.is_some(), concerns);
            let cost = ask(|c| rule.cost(c), &request(), &groups, &nodes[at]);
            assert_eq!(cost > 0.0, concerns);
        }
    }
}

/// Machines at a site, each a zone of its own: two on the farm and one that is rented.
fn rented() -> (Scheduler, [NodeId; 3]) {
    let mut sched = Scheduler::builder()
        .filter(NodeRequirement::new("site", Operator::AsRequested))
        .filter(SpreadOver::zone())
        .slow_start(secs(0))
        .build()
        .unwrap();
    let ids = [("shed", "farm"), ("barn", "farm"), ("cloud", "rented")].map(|(name, site)| {
        let node = Node::new(name, FREE).zone(name).label("site", site);
        sched.add_node(node)
    });
    (sched, ids)
}

#[test]
fn a_domain_that_a_request_may_not_use_is_not_the_emptiest() {
    let (mut sched, [.., cloud]) = rented();
    let at_home = Request::new(Ask::new(100, 0))
        .group("g")
        .label("site", "farm");
    for _ in 0..6 {
        let decision = sched.place(&at_home, START).unwrap();
        assert_ne!(decision.node(), cloud);
        sched.commit(decision, START).unwrap();
    }
    // It counts for work that may go there, and gets it until it has as much.
    let anywhere = Request::new(Ask::new(100, 0)).group("g");
    for _ in 0..3 {
        let decision = sched.place(&anywhere, START).unwrap();
        assert_eq!(decision.node(), cloud);
        sched.commit(decision, START).unwrap();
    }
}

#[test]
fn a_domain_counts_from_when_it_can_be_used() {
    let (mut sched, [shed, barn, cloud]) = rented();
    let at_home = Request::new(Ask::new(100, 0))
        .group("g")
        .label("site", "farm");
    let place = |sched: &mut Scheduler| {
        let node = sched.place(&at_home, START).map(|d| d.node());
        node.ok()
    };
    for expected in [shed, barn, shed, barn] {
        assert_eq!(place(&mut sched), Some(expected));
    }
    let moved = Node::new("cloud", FREE).zone("cloud").label("site", "farm");
    sched.update_node(cloud, moved).unwrap();
    assert_eq!(place(&mut sched), Some(cloud));
    // Full is not the same as forbidden: it is the emptiest, and no other may have more.
    let full = Node::new("cloud", FREE).zone("cloud").label("site", "farm");
    sched.update_node(cloud, full).unwrap();
    sched.cordon(cloud).unwrap();
    assert_eq!(place(&mut sched), None);
}

#[test]
fn a_skew_of_0_is_no_rule() {
    assert_eq!(
        SpreadOver::host().max_skew(0).unwrap_err().field(),
        "max_skew"
    );
}

#[test]
fn a_request_with_the_label_is_spread_only_as_far_as_it_can_be() {
    let (nodes, mut groups) = farm(&["a", "b"]);
    groups.placed("g", nodes[0].0, &nodes[0].1);
    let rule = SpreadOver::zone().unless("spread anyhow");
    let anyhow = request().label("spread anyhow", "yes");
    let refused = |request: &Request| ask(|c| rule.refuse(c), request, &groups, &nodes[0]);
    assert!(refused(&request()).is_some());
    assert_eq!(refused(&anyhow), None);
    let cost = |node| ask(|c| rule.cost(c), &anyhow, &groups, node);
    assert!(cost(&nodes[1]) < cost(&nodes[0]));
}

proptest! {
    #[test]
    fn hard_spread_never_exceeds_its_skew_and_always_leaves_a_place(
        zones in proptest::collection::vec(0_usize..5, 1..12),
        skew in 1_u32..4,
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 1..60),
    ) {
        let names = ["a", "b", "c", "d", "e"];
        let (nodes, mut groups) = farm(&zones.iter().map(|z| names[*z]).collect::<Vec<_>>());
        let rule = SpreadOver::zone().max_skew(skew).unwrap();
        for pick in picks {
            let free: Vec<_> = nodes.iter()
                .filter(|node| ask(|c| rule.refuse(c), &request(), &groups, node).is_none())
                .collect();
            prop_assert!(!free.is_empty());
            let node = free[pick.index(free.len())];
            groups.placed("g", node.0, &node.1);
            let counts: Vec<u32> = zones.iter().map(|z| groups.in_domain("g", "zone", names[*z])).collect();
            prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= skew);
        }
    }

    #[test]
    fn a_fuller_domain_never_costs_less(members in proptest::collection::vec(0_u32..50, 2..5)) {
        let (nodes, mut groups) = farm(&["a", "b", "c", "d"][..members.len()]);
        for (node, count) in nodes.iter().zip(&members) {
            (0..*count).for_each(|_| groups.placed("g", node.0, &node.1));
        }
        let rule = SpreadOver::zone();
        let costs: Vec<f32> = nodes.iter().map(|n| ask(|c| rule.cost(c), &request(), &groups, n)).collect();
        for (i, a) in members.iter().enumerate() {
            prop_assert!((0.0..=1.0).contains(&costs[i]));
            for (j, b) in members.iter().enumerate() {
                prop_assert_eq!(a.cmp(b), costs[i].total_cmp(&costs[j]));
            }
        }
    }
}
