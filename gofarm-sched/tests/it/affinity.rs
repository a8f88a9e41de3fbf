//! Work beside and away from other work, and requirements on nodes.

use alloc::borrow::Cow;

use gofarm_core::time::Instant;
use gofarm_sched::affinity::{Affinity, NodeRequirement, Operator, Peer};
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::placement::{Candidate, Filter, Groups, Score};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources};

const FREE: Resources = Resources::new(4_000, 8 << 30);

/// Nodes: 0 in zone a with the gateway, 1 in zone a, 2 in zone b, 3 in no zone.
fn farm(gateway: bool) -> (Vec<Node>, Groups) {
    let nodes = vec![
        Node::new("0", FREE).zone("a"),
        Node::new("1", FREE).zone("a"),
        Node::new("2", FREE).zone("b"),
        Node::new("3", FREE),
    ];
    let mut groups = Groups::new();
    nodes.iter().for_each(|node| groups.node_added(node));
    if gateway {
        groups.placed("gateway", NodeId::new(0, 0), &nodes[0]);
    }
    (nodes, groups)
}

fn answers<T>(
    rule: impl Fn(&Candidate<'_>) -> T,
    request: &Request,
    (nodes, groups): &(Vec<Node>, Groups),
) -> Vec<T> {
    let ids = (0..).map(|slot| NodeId::new(slot, 0));
    let candidates = nodes.iter().zip(ids);
    candidates
        .map(|(node, id)| {
            rule(&Candidate::new(
                request,
                (id, node),
                &FREE,
                groups,
                Instant::ZERO,
            ))
        })
        .collect()
}

fn task() -> Request {
    Request::new(Ask::NOTHING)
        .group("irrigation")
        .label("controller", "gateway")
}

#[test]
fn required_affinity_in_all_its_cases() {
    let beside = || Affinity::beside(Peer::label("controller"), "zone");
    let away = || Affinity::away(Peer::group("gateway"), "zone");
    let own = || Affinity::beside(Peer::group("irrigation"), "zone");
    // Rule, whether the gateway runs, which of the four nodes pass.
    let table = [
        (beside(), true, [true, true, false, false]),
        (beside(), false, [false, false, false, false]),
        (beside().only("other"), true, [true; 4]),
        (
            beside().only("irrigation"),
            true,
            [true, true, false, false],
        ),
        (away(), true, [false, false, true, true]),
        (away(), false, [true; 4]),
        // The first of a group that wants to be together.
        (own(), true, [true, true, true, false]),
    ];
    for (rule, gateway, passes) in table {
        let passed = answers(|c| rule.refuse(c).is_none(), &task(), &farm(gateway));
        assert_eq!(passed, passes, "{rule:?} {gateway}");
    }
    // A request without the label is nobody's neighbour.
    let rule = beside();
    let free = Request::new(Ask::NOTHING);
    assert_eq!(answers(|c| rule.refuse(c), &free, &farm(true)), [None; 4]);
}

#[test]
fn preferred_affinity_costs_where_it_is_not_kept() {
    let beside = Affinity::beside(Peer::label("controller"), "zone");
    let away = Affinity::away(Peer::group("gateway"), "zone");
    assert_eq!(
        answers(|c| beside.cost(c), &task(), &farm(true)),
        [0.0, 0.0, 1.0, 1.0]
    );
    assert_eq!(answers(|c| beside.cost(c), &task(), &farm(false)), [0.0; 4]);
    assert_eq!(
        answers(|c| away.cost(c), &task(), &farm(true)),
        [1.0, 1.0, 0.0, 0.0]
    );
}

#[test]
fn node_requirements_follow_their_operators() {
    let node = |value: &str| Node::new("n", FREE).label("tank", value);
    let nodes = vec![node("400"), node("900"), node("full"), Node::new("n", FREE)];
    let farm = (nodes, Groups::new());
    let table = [
        (
            Operator::In(vec!["400".into(), "full".into()]),
            [true, false, true, false],
        ),
        (
            Operator::NotIn(vec!["400".into()]),
            [false, true, true, true],
        ),
        (Operator::Exists, [true, true, true, false]),
        (Operator::DoesNotExist, [false, false, false, true]),
        (Operator::Gt(400), [false, true, false, false]),
        (Operator::Lt(900), [true, false, false, false]),
        (Operator::AsRequested, [false, true, false, false]),
    ];
    let request = Request::new(Ask::NOTHING).label("tank", "900");
    for (operator, passes) in table {
        let rule = NodeRequirement::new("tank", operator);
        assert_eq!(
            answers(|c| rule.refuse(c).is_none(), &request, &farm),
            passes,
            "{rule:?}"
        );
        let costs = passes.map(|p| if p { 0.0 } else { 1.0 });
        assert_eq!(
            answers(|c| rule.cost(c), &request, &farm),
            costs,
            "{rule:?}"
        );
    }
    let rule = NodeRequirement::new("tank", Operator::AsRequested);
    assert_eq!(
        answers(|c| rule.refuse(c), &Request::new(Ask::NOTHING), &farm),
        [None; 4]
    );
}

#[test]
fn a_refusal_names_the_label_that_is_not_as_required() {
    let (free, groups) = (Resources::new(4_000, 8 << 30), Groups::new());
    let (node, task) = (Node::new("a", free), Request::new(Ask::NOTHING));
    let at = Candidate::new(
        &task,
        (NodeId::new(0, 0), &node),
        &free,
        &groups,
        Instant::ZERO,
    );
    let said = |key: Cow<'static, str>| {
        let rule = NodeRequirement::new(key, Operator::Exists);
        rule.refuse(&at).unwrap().to_string()
    };
    assert_eq!(said("tank".into()), "its label tank is not as required");
    let made = String::from("tank");
    assert_eq!(said(made.into()), "a label is not as required");
}
