//! Scores that keep what is left usable.

use gofarm_core::time::Instant;
use gofarm_sched::node::{Node, NodeId};
use gofarm_sched::packing::{
    BalancedAllocation, BestFit, Fragmentation, LeastAllocated, Mix, Stranding,
};
use gofarm_sched::placement::{Candidate, Groups, Score};
use gofarm_sched::request::Request;
use gofarm_sched::resource::{Ask, Resources, Share};
use proptest::prelude::*;

fn cost(score: &dyn Score, request: &Request, node: &Node, free: &Resources) -> f32 {
    let groups = Groups::new();
    let at = (NodeId::new(0, 0), node);
    score.cost(&Candidate::new(request, at, free, &groups, Instant::ZERO))
}

fn whole(cpu_milli: u32, count: u8) -> Request {
    Request::new(Ask::new(cpu_milli, 1 << 30).share(Share::Whole(count)))
}

fn part(cpu_milli: u32, part: u16) -> Request {
    Request::new(Ask::new(cpu_milli, 1 << 30).share(Share::Part(part)))
}

fn mix(requests: &[Request]) -> Mix {
    let mut mix = Mix::new();
    requests.iter().for_each(|request| mix.count(request));
    mix
}

fn node(cpu_milli: u32, accelerators: usize) -> Node {
    Node::new(
        "n",
        Resources::new(cpu_milli, 64 << 30).accelerators(accelerators),
    )
}

fn requests() -> impl Strategy<Value = Request> {
    let shares = prop_oneof![
        Just(Share::None),
        (0..=1_000_u16).prop_map(Share::Part),
        (0..=17_u8).prop_map(Share::Whole),
    ];
    let memory = prop_oneof![Just(0), 0..1_u64 << 40, Just(u64::MAX)];
    let cpu = prop_oneof![0..100_000_u32, Just(u32::MAX)];
    let model = prop_oneof![Just(None), Just(Some("T4")), Just(Some("G2"))];
    (cpu, memory, shares, model).prop_map(|(cpu, memory, share, model)| {
        let request = Request::new(Ask::new(cpu, memory).share(share));
        model.map_or(request.clone(), |model| request.model(model))
    })
}

fn nodes() -> impl Strategy<Value = Node> {
    let cpu = prop_oneof![0..200_000_u32, Just(u32::MAX)];
    let memory = prop_oneof![Just(0), 0..1_u64 << 41, Just(u64::MAX)];
    (cpu, memory, 0..=16_usize, any::<bool>()).prop_map(|(cpu, memory, accelerators, named)| {
        let node = Node::new("n", Resources::new(cpu, memory).accelerators(accelerators));
        if named {
            node.accelerator_model("T4")
        } else {
            node
        }
    })
}

fn scores(mix: &Mix) -> Vec<Box<dyn Score>> {
    vec![
        Box::new(Stranding::new(mix)),
        Box::new(Fragmentation::new(mix)),
        Box::new(BestFit::new(Resources::new(128_000, 0).accelerators(8))),
        Box::new(LeastAllocated::new()),
        Box::new(BalancedAllocation::new()),
    ]
}

proptest! {
    #[test]
    fn costs_are_finite_and_from_0_to_1(
        seen in prop::collection::vec(requests(), 0..40),
        node in nodes(),
        running in prop::collection::vec(requests(), 0..8),
        request in requests(),
    ) {
        let mut free = *node.capacity();
        for request in running {
            let devices = free.devices().choices(request.ask().devices()).next();
            if let Some(devices) = devices {
                free.take(request.ask(), devices);
            }
        }
        for score in scores(&mix(&seen)) {
            let cost = cost(&*score, &request, &node, &free);
            prop_assert!((0.0..=1.0).contains(&cost), "{}: {cost}", score.name());
        }
    }

    #[test]
    fn an_empty_mix_is_neutral(request in requests(), node in nodes()) {
        let free = node.capacity();
        prop_assert_eq!(cost(&Stranding::new(&Mix::new()), &request, &node, free), 0.5);
        prop_assert_eq!(cost(&Fragmentation::new(&Mix::new()), &request, &node, free), 0.5);
    }

    #[test]
    fn the_order_of_counting_does_not_matter(
        seen in prop::collection::vec(requests(), 1..40),
        node in nodes(),
        request in requests(),
    ) {
        let forth = mix(&seen);
        let back = mix(&seen.iter().rev().cloned().collect::<Vec<_>>());
        for (one, other) in scores(&forth).iter().zip(scores(&back)) {
            let free = node.capacity();
            prop_assert_eq!(
                cost(&**one, &request, &node, free),
                cost(&*other, &request, &node, free)
            );
        }
    }

    #[test]
    fn a_mix_is_bounded(sizes in prop::collection::vec(1..2_000_u32, 0..3_000)) {
        let mut mix = Mix::new();
        for cpu in &sizes {
            mix.count(&whole(*cpu, 1));
        }
        prop_assert!(mix.kinds() <= Mix::LIMIT);
        prop_assert_eq!(mix.total(), sizes.len() as u64);
    }
}

#[test]
fn work_without_accelerators_is_not_counted() {
    let mut mix = Mix::new();
    mix.count(&Request::new(Ask::new(1_000, 1 << 30)));
    assert_eq!((mix.total(), mix.kinds()), (0, 0));
}

#[test]
fn a_begun_device_is_filled_before_another_is_begun() {
    let work = part(1_000, 500);
    let score = Stranding::new(&mix(&[work.clone(), whole(1_000, 1)]));
    let node = node(32_000, 2);
    let mut free = *node.capacity();
    let begun = free.devices().choices(Share::Part(500)).next().unwrap();
    free.take(work.ask(), begun);
    let groups = Groups::new();
    let candidate = Candidate::new(
        &work,
        (NodeId::new(0, 0), &node),
        &free,
        &groups,
        Instant::ZERO,
    );
    let costs: Vec<f32> = free
        .devices()
        .choices(Share::Part(500))
        .map(|devices| score.cost(&candidate.with_devices(devices)))
        .collect();
    assert!(costs[0] < costs[1], "{costs:?}");
    assert!(score.sees_devices());
}

#[test]
fn processors_stay_with_accelerators_that_need_them() {
    let typical = mix(&[whole(10_000, 1)]);
    let collect = Request::new(Ask::new(20_000, 1 << 30));
    let (dense, roomy) = (node(80_000, 8), node(80_000, 2));
    let at = |score: &dyn Score, node: &Node| cost(score, &collect, node, node.capacity());
    let stranding = Stranding::new(&typical);
    assert!(at(&stranding, &roomy) < at(&stranding, &dense));
    // One more job fits on both, which is all that the published score asks.
    let published = Fragmentation::new(&typical);
    assert_eq!(at(&published, &roomy), at(&published, &dense));
}

#[test]
fn fragments_are_what_typical_work_cannot_use() {
    // Half of the work needs a whole device. After it, 0.5 of the begun device are of no use for that half: 0.25.
    let score = Fragmentation::new(&mix(&[whole(0, 1), part(0, 500)]));
    let node = node(1_000, 1);
    let change = 0.25;
    let expected = 0.5 + 0.5 * change / (1.0 + change);
    let cost = cost(&score, &part(0, 500), &node, node.capacity());
    assert!((cost - expected).abs() < 1e-6, "{cost} {expected}");
}

#[test]
fn a_model_that_typical_work_refuses_is_no_loss() {
    let typical = mix(&[whole(1_000, 1).model("G2")]);
    let score = Stranding::new(&typical);
    let wanted = node(8_000, 1).accelerator_model("G2");
    let refused = node(8_000, 1).accelerator_model("T4");
    let work = part(1_000, 500);
    let at = |node: &Node| cost(&score, &work, node, node.capacity());
    assert!(at(&refused) < at(&wanted));
}

#[test]
fn kubernetes_scores_are_shares_in_use() {
    let node = Node::new("n", Resources::new(4_000, 8 << 30).accelerators(2));
    let free = node.capacity();
    let table = [
        // Half of cpu, a quarter of memory.
        (Request::new(Ask::new(2_000, 2 << 30)), 0.375, 0.125),
        // And half of the accelerators.
        (
            Request::new(Ask::new(2_000, 4 << 30).share(Share::Whole(1))),
            0.5,
            0.0,
        ),
    ];
    for (request, least, balanced) in table {
        assert_eq!(cost(&LeastAllocated::new(), &request, &node, free), least);
        assert_eq!(
            cost(&BalancedAllocation::new(), &request, &node, free),
            balanced
        );
    }
}

#[test]
fn the_best_fit_is_the_fullest() {
    let score = BestFit::new(Resources::new(16_000, 0).accelerators(2));
    let work = Request::new(Ask::new(1_000, 0));
    let at = |node: &Node| cost(&score, &work, node, node.capacity());
    assert!(at(&node(2_000, 0)) < at(&node(4_000, 0)));
    assert!(at(&node(4_000, 0)) < at(&node(4_000, 1)));
}
