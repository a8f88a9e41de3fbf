//! Who calls whom: start orders, paths, and a graph in bounded memory.

use alloc::collections::BTreeSet;
use core::time::Duration;

use gofarm_core::time::{Instant, millis, minutes, secs};
use gofarm_sched::dependency::{Call, GraphConfig, ServiceGraph, start_order};
use proptest::prelude::*;

const NOW: Instant = Instant::from_secs(1_000);

fn graph(edges: &[(u32, u32, u64)]) -> ServiceGraph<u32> {
    let mut graph = GraphConfig::new().build().unwrap();
    for (from, to, latency) in edges {
        graph.record(NOW, from, to, Call::ok(millis(*latency)));
    }
    graph
}

#[test]
fn services_start_in_waves_that_need_only_earlier_ones() {
    let rows: [(&[(u32, u32)], &[&[u32]]); 4] = [
        (&[], &[]),
        (&[(2, 1), (2, 1)], &[&[1], &[2]]),
        (&[(3, 1), (2, 1), (4, 3), (4, 2)], &[&[1], &[2, 3], &[4]]),
        (&[(1, 9), (2, 9), (1, 2), (5, 6)], &[&[6, 9], &[2, 5], &[1]]),
    ];
    for (needs, waves) in rows {
        assert_eq!(start_order(needs.iter().copied()).unwrap(), waves);
    }
}

#[test]
fn a_cycle_is_named_in_full() {
    let rows: [(&[(&str, &str)], &str); 3] = [
        (&[("pump", "pump")], "pump needs pump"),
        (&[("a", "b"), ("b", "a"), ("c", "a")], "a needs b needs a"),
        (
            &[
                ("x", "c"),
                ("c", "d"),
                ("d", "b"),
                ("b", "c"),
                ("d", "e"),
                ("z", "x"),
            ],
            "b needs c needs d needs b",
        ),
    ];
    for (needs, cycle) in rows {
        let error = start_order(needs.iter().copied()).unwrap_err();
        assert_eq!(error.to_string(), format!("cyclic dependency: {cycle}"));
    }
}

#[test]
fn the_critical_path_has_the_longest_sum_and_not_the_most_steps() {
    let graph = graph(&[
        (1, 2, 10),
        (2, 3, 10),
        (3, 4, 10),
        (1, 5, 50),
        (5, 4, 1),
        (9, 1, 500),
    ]);
    let path = graph.critical_path(NOW, &1).unwrap();
    let steps: Vec<u32> = path
        .steps()
        .iter()
        .map(|step| *step.services()[0])
        .collect();
    assert_eq!((path.latency(), steps), (millis(51), vec![1, 5, 4]));
    let latencies: Vec<Duration> = path.steps().iter().map(|step| step.latency()).collect();
    assert_eq!(latencies, [millis(0), millis(50), millis(1)]);
    assert_eq!(graph.critical_path(NOW, &77), None);
    assert_eq!(graph.critical_path(NOW, &4).unwrap().steps().len(), 1);
}

#[test]
fn a_circle_is_one_step_of_the_critical_path() {
    // 2, 3 and 4 call each other; out of the circle it is longest by 4.
    let graph = graph(&[
        (1, 2, 5),
        (2, 3, 100),
        (3, 4, 100),
        (4, 2, 100),
        (3, 6, 7),
        (4, 5, 20),
        (1, 1, 999),
    ]);
    let path = graph.critical_path(NOW, &1).unwrap();
    assert_eq!(path.latency(), millis(25));
    let steps: Vec<BTreeSet<u32>> = path
        .steps()
        .iter()
        .map(|step| step.services().iter().map(|s| **s).collect())
        .collect();
    assert_eq!(
        steps,
        [
            BTreeSet::from([1]),
            BTreeSet::from([2, 3, 4]),
            BTreeSet::from([5])
        ]
    );
    assert!(path.steps()[1].is_cycle());
    // Asked from within, the circle is the first step.
    assert_eq!(graph.critical_path(NOW, &4).unwrap().latency(), millis(20));
}

#[test]
fn the_hot_path_follows_traffic_and_ends_where_it_would_come_back() {
    let mut graph = graph(&[(1, 2, 1), (1, 3, 900), (2, 4, 1), (4, 1, 1), (4, 5, 1)]);
    for (from, to, calls) in [(1, 2, 50), (2, 4, 10), (4, 5, 20)] {
        for _ in 0..calls {
            graph.record(NOW, &from, &to, Call::ok(millis(1)));
        }
    }
    let path = |graph: &ServiceGraph<u32>| -> Vec<u32> {
        graph
            .hot_path(NOW, &1)
            .iter()
            .map(|edge| *edge.to)
            .collect()
    };
    assert_eq!(path(&graph), [2, 4, 5]);
    for _ in 0..100 {
        graph.record(NOW, &4, &1, Call::ok(millis(1)));
    }
    assert_eq!(path(&graph), [2, 4]);
    assert!(graph.hot_path(NOW, &5).is_empty());
}

#[test]
fn what_to_scale_ahead_comes_nearest_first_and_each_once() {
    let mut graph = graph(&[
        (1, 2, 1),
        (1, 3, 1),
        (3, 4, 1),
        (4, 1, 1),
        (2, 4, 1),
        (8, 1, 1),
    ]);
    graph.record(NOW, &1, &3, Call::ok(millis(1)));
    assert_eq!(graph.downstream(NOW, &1), [&3, &2, &4]);
    assert_eq!(graph.downstream(NOW, &8), [&1, &3, &2, &4]);
    let names = |edges: Vec<gofarm_sched::dependency::Edge<'_, u32>>| -> Vec<(u32, u32)> {
        edges.iter().map(|edge| (*edge.from, *edge.to)).collect()
    };
    assert_eq!(names(graph.callees(NOW, &1)), [(1, 3), (1, 2)]);
    assert_eq!(names(graph.callers(NOW, &4)).len(), 2);
    let later = NOW + minutes(10) + secs(1);
    assert_eq!((graph.downstream(later, &1).len(), graph.edges()), (0, 6));
}

#[test]
fn an_edge_shows_traffic_latency_and_errors() {
    let mut graph = graph(&[]);
    // 10 calls a second for 10 minutes, each tenth of them fails
    for step in 0..6_000_u64 {
        let call = if step % 10 == 0 {
            Call::failed(millis(40))
        } else {
            Call::ok(millis(40))
        };
        graph.record(NOW + millis(100 * step), &1, &2, call);
    }
    let end = NOW + secs(600);
    let stats = graph.stats(end, &1, &2).unwrap();
    assert_eq!(
        (stats.calls(), stats.errors(), stats.latency()),
        (6_000, 600, millis(40))
    );
    assert!((stats.calls_per_second() - 10.0).abs() < 0.1, "{stats:?}");
    assert!(stats.error_rate() > 0.0 && stats.error_rate() < 0.3);
    let faded = graph.stats(end + secs(60), &1, &2).unwrap();
    assert!((faded.calls_per_second() * 2.0 - stats.calls_per_second()).abs() < 1e-9);
    // A call that is told of late counts as of the latest.
    graph.record(NOW, &1, &2, Call::ok(millis(40)));
    assert_eq!(graph.stats(end, &1, &2).unwrap().calls(), 6_001);
}

#[test]
fn the_coldest_edge_makes_room_and_is_counted() {
    let mut graph: ServiceGraph<u32> = GraphConfig::new().most_edges(3).build().unwrap();
    for (from, to, calls) in [(1, 2, 5), (1, 3, 1), (2, 3, 3)] {
        for _ in 0..calls {
            graph.record(NOW, &from, &to, Call::ok(millis(1)));
        }
    }
    graph.record(NOW, &1, &4, Call::ok(millis(1)));
    assert_eq!(
        (
            graph.edges(),
            graph.evicted_edges(),
            graph.evicted_services()
        ),
        (3, 1, 0)
    );
    assert_eq!(graph.stats(NOW, &1, &3), None);
    assert!(graph.stats(NOW, &2, &3).is_some());

    let mut graph: ServiceGraph<u32> = GraphConfig::new().most_services(3).build().unwrap();
    for (from, to, calls) in [(1, 2, 5), (2, 3, 3)] {
        for _ in 0..calls {
            graph.record(NOW, &from, &to, Call::ok(millis(1)));
        }
    }
    graph.record(NOW, &1, &4, Call::ok(millis(1)));
    assert_eq!(
        (
            graph.services(),
            graph.edges(),
            graph.evicted_edges(),
            graph.evicted_services()
        ),
        (3, 2, 1, 1)
    );
    assert_eq!(graph.downstream(NOW, &1).len(), 2);
}

#[test]
fn figures_out_of_range_are_refused_by_name() {
    let config = GraphConfig::new;
    let rows = [
        (config().most_services(1), "most_services"),
        (config().most_edges(0), "most_edges"),
        (config().alpha(0.0), "alpha"),
        (config().half_life(secs(0)), "half_life"),
        (config().live_for(secs(0)), "live_for"),
    ];
    for (config, field) in rows {
        assert_eq!(config.build::<u32>().unwrap_err().field(), field);
    }
}

/// The longest sum over all ways that pass no circle twice, by trying all of them.
fn longest(edges: &[(u32, u32, u64)], groups: &[BTreeSet<u32>], at: usize) -> u64 {
    let group = |node: u32| groups.iter().position(|g| g.contains(&node)).unwrap();
    let out = edges
        .iter()
        .filter(|(from, to, _)| group(*from) == at && group(*to) != at);
    out.map(|(_, to, latency)| latency + longest(edges, groups, group(*to)))
        .max()
        .unwrap_or(0)
}

/// Services that reach each other, by transitive closure.
fn groups(edges: &[(u32, u32, u64)], nodes: u32) -> Vec<BTreeSet<u32>> {
    let mut reach: BTreeSet<(u32, u32)> = (0..nodes).map(|n| (n, n)).collect();
    reach.extend(edges.iter().map(|(from, to, _)| (*from, *to)));
    for via in 0..nodes {
        for from in 0..nodes {
            for to in 0..nodes {
                if reach.contains(&(from, via)) && reach.contains(&(via, to)) {
                    reach.insert((from, to));
                }
            }
        }
    }
    let both = |a: u32, b: u32| reach.contains(&(a, b)) && reach.contains(&(b, a));
    let mut groups: Vec<BTreeSet<u32>> = (0..nodes)
        .map(|a| (0..nodes).filter(|b| both(a, *b)).collect())
        .collect();
    groups.sort();
    groups.dedup();
    groups
}

proptest! {
    #[test]
    fn the_critical_path_is_the_longest_over_condensed_circles(
        pairs in prop::collection::btree_map((0..8_u32, 0..8_u32), 0..1_000_u64, 1..20),
    ) {
        let edges: Vec<(u32, u32, u64)> = pairs.into_iter().map(|((a, b), l)| (a, b, l)).collect();
        let graph = graph(&edges);
        let groups = groups(&edges, 8);
        for root in 0..8 {
            let Some(path) = graph.critical_path(NOW, &root) else { continue };
            let first = groups.iter().position(|g| g.contains(&root)).unwrap();
            let expected = millis(longest(&edges, &groups, first));
            let diff = path.latency().abs_diff(expected);
            prop_assert!(diff < Duration::from_micros(1), "{:?} {expected:?}", path.latency());
            for step in path.steps() {
                let services: BTreeSet<u32> = step.services().iter().map(|s| **s).collect();
                prop_assert!(groups.contains(&services));
            }
            let sum: Duration = path.steps().iter().map(|step| step.latency()).sum();
            prop_assert!(sum.abs_diff(path.latency()) < Duration::from_micros(1));
        }
    }

    #[test]
    fn a_start_order_keeps_every_need_or_names_a_real_cycle(
        needs in prop::collection::vec((0..12_u8, 0..12_u8), 0..25),
    ) {
        match start_order(needs.iter().copied()) {
            Ok(waves) => {
                let wave = |s: u8| waves.iter().position(|wave| wave.contains(&s)).unwrap();
                for (service, needed) in &needs {
                    prop_assert!(wave(*needed) < wave(*service));
                }
                let all: BTreeSet<u8> = needs.iter().flat_map(|(a, b)| [*a, *b]).collect();
                prop_assert_eq!(waves.iter().map(Vec::len).sum::<usize>(), all.len());
            }
            Err(error) => {
                let cycle = error.cycle();
                prop_assert!(!cycle.is_empty());
                for (i, service) in cycle.iter().enumerate() {
                    let next = cycle[(i + 1) % cycle.len()];
                    prop_assert!(needs.contains(&(*service, next)));
                }
            }
        }
    }

    #[test]
    fn the_caps_hold_and_the_graph_stays_whole(
        calls in prop::collection::vec((0..20_u32, 0..20_u32, 0..30_u64), 1..400),
        most_services in 2..12_u32, most_edges in 1..20_u32,
    ) {
        let config = GraphConfig::new().most_services(most_services).most_edges(most_edges);
        let mut graph: ServiceGraph<u32> = config.build().unwrap();
        let (mut now, mut seen) = (NOW, BTreeSet::new());
        for (from, to, wait) in calls {
            now += secs(wait);
            let new = graph.stats(now, &from, &to).is_none();
            graph.record(now, &from, &to, Call::ok(millis(1)));
            seen.insert((from, to));
            prop_assert!(graph.services() <= most_services as usize);
            prop_assert!(graph.edges() <= most_edges as usize);
            prop_assert!(graph.stats(now, &from, &to).is_some());
            prop_assert!(!new || graph.stats(now, &from, &to).unwrap().calls() == 1);
            let known: Vec<(u32, u32)> =
                seen.iter().copied().filter(|(a, b)| graph.stats(now, a, b).is_some()).collect();
            prop_assert_eq!(known.len(), graph.edges());
            let services: BTreeSet<u32> = known.iter().flat_map(|(a, b)| [*a, *b]).collect();
            prop_assert_eq!(services.len(), graph.services());
            for service in services {
                let out = known.iter().filter(|(a, b)| *a == service && a != b).count();
                let live = graph.callees(now, &service);
                prop_assert!(live.len() <= out);
                prop_assert!(live.iter().all(|edge| *edge.from == service));
                graph.critical_path(now, &service).unwrap();
            }
        }
    }
}
