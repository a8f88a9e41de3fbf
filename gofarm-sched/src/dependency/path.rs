//! Paths through a graph: the hot one and the critical one.

use alloc::vec;
use alloc::vec::Vec;
use core::hash::Hash;
use core::time::Duration;

use gofarm_core::time::Instant;

use super::call::seconds;
use super::{Edge, ServiceGraph};

/// The longest chain of latencies from a service.
///
/// See [`ServiceGraph`] for an example.
#[derive(Clone, Debug, PartialEq)]
pub struct CriticalPath<'a, K> {
    steps: Vec<Step<'a, K>>,
    latency: Duration,
}

impl<'a, K> CriticalPath<'a, K> {
    /// From the service that was asked about to the last one.
    #[must_use]
    pub fn steps(&self) -> &[Step<'a, K>] {
        &self.steps
    }

    /// The sum of the latencies between the steps.
    #[must_use]
    pub const fn latency(&self) -> Duration {
        self.latency
    }
}

/// One service of a path, or several that call each other in a circle.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<'a, K> {
    services: Vec<&'a K>,
    latency: Duration,
}

impl<'a, K> Step<'a, K> {
    /// The service, or all services of the circle in no special order.
    #[must_use]
    pub fn services(&self) -> &[&'a K] {
        &self.services
    }

    /// The latency of the call by which this step is reached; zero for the first.
    #[must_use]
    pub const fn latency(&self) -> Duration {
        self.latency
    }

    /// Whether its services call each other in a circle.
    #[must_use]
    pub fn is_cycle(&self) -> bool {
        self.services.len() > 1
    }
}

impl<K: Eq + Hash + Clone> ServiceGraph<K> {
    /// From a service along the edge with the most traffic each time, up to a service that calls no other, or whose
    /// hottest edge leads back.
    #[must_use]
    pub fn hot_path(&self, now: Instant, root: &K) -> Vec<Edge<'_, K>> {
        let mut path = Vec::new();
        let Some(mut node) = self.room.node(root) else {
            return path;
        };
        let mut passed = vec![false; self.room.node_slots()];
        loop {
            if let Some(passed) = passed.get_mut(node) {
                *passed = true;
            }
            let warmth = |id: &usize| {
                let edge = self.room.edge(*id);
                edge.map_or(0.0, |edge| edge.sums.warmth(now, self.config.half_life))
            };
            let hottest = self
                .live_from(now, node)
                .max_by(|a, b| warmth(a).total_cmp(&warmth(b)));
            let Some(id) = hottest else { return path };
            let Some(to) = self.room.edge(id).map(|edge| edge.to) else {
                return path;
            };
            if passed.get(to).copied().unwrap_or(true) {
                return path;
            }
            path.extend(self.view(now, id));
            node = to;
        }
    }

    /// The chain of calls from a service whose latencies add up to the most; `None` for a service that is not known.
    ///
    /// Services that call each other in a circle are one [`Step`]; calls between them add nothing. O(services + edges).
    #[must_use]
    pub fn critical_path(&self, now: Instant, root: &K) -> Option<CriticalPath<'_, K>> {
        let root = self.room.node(root)?;
        let components = self.components(now, root);
        // Components come callees first, so what follows each is known when it is looked at.
        let mut best: Vec<Option<Hop>> = Vec::with_capacity(components.members.len());
        for members in &components.members {
            let own = best.len();
            let mut longest: Option<Hop> = None;
            for id in members.iter().flat_map(|node| self.live_from(now, *node)) {
                let Some(edge) = self.room.edge(id) else {
                    continue;
                };
                let Some(to) = components.of.get(edge.to).copied().flatten() else {
                    continue;
                };
                if to == own {
                    continue;
                }
                let after = best.get(to).copied().flatten().map_or(0.0, |hop| hop.total);
                let total = edge.sums.latency() + after;
                if longest.is_none_or(|hop| total > hop.total) {
                    longest = Some(Hop {
                        total,
                        latency: edge.sums.latency(),
                        to,
                    });
                }
            }
            best.push(longest);
        }
        Some(self.follow(&components, &best))
    }

    fn follow(&self, components: &Components, best: &[Option<Hop>]) -> CriticalPath<'_, K> {
        let mut at = components.members.len().checked_sub(1);
        let (mut steps, mut reached_by) = (Vec::new(), 0.0);
        let total = best.last().copied().flatten().map_or(0.0, |hop| hop.total);
        while let Some(component) = at {
            let members = components.members.get(component).into_iter().flatten();
            steps.push(Step {
                services: members.filter_map(|node| self.room.key(*node)).collect(),
                latency: seconds(reached_by),
            });
            let hop = best.get(component).copied().flatten();
            reached_by = hop.map_or(0.0, |hop| hop.latency);
            at = hop.map(|hop| hop.to);
        }
        CriticalPath {
            steps,
            latency: seconds(total),
        }
    }

    /// The strongly connected components that a service leads to, callees before callers, its own last (Tarjan 1972, without
    /// recursion).
    fn components(&self, now: Instant, root: usize) -> Components {
        let slots = self.room.node_slots();
        let mut found = Components {
            of: vec![None; slots],
            members: Vec::new(),
        };
        let mut order: Vec<Option<usize>> = vec![None; slots];
        let mut low = vec![0; slots];
        let mut stack = Vec::new();
        let mut visited = 0;
        let mut work = vec![Visit::of(root, self.callees_of(now, root))];
        while let Some(visit) = work.last_mut() {
            let node = visit.node;
            if !visit.entered {
                visit.entered = true;
                set(&mut order, node, Some(visited));
                set(&mut low, node, visited);
                visited += 1;
                stack.push(node);
            }
            if let Some(next) = visit.callees.pop() {
                match order.get(next).copied().flatten() {
                    None => work.push(Visit::of(next, self.callees_of(now, next))),
                    Some(seen) if found.of.get(next).copied().flatten().is_none() => {
                        lower(&mut low, node, seen);
                    }
                    Some(_) => {}
                }
                continue;
            }
            work.pop();
            let reached = low.get(node).copied().unwrap_or(0);
            if let Some(caller) = work.last() {
                lower(&mut low, caller.node, reached);
            }
            if order.get(node).copied().flatten() == Some(reached) {
                let start = stack.iter().rposition(|n| *n == node).unwrap_or(0);
                let members = stack.split_off(start);
                for member in &members {
                    set(&mut found.of, *member, Some(found.members.len()));
                }
                found.members.push(members);
            }
        }
        found
    }

    fn callees_of(&self, now: Instant, node: usize) -> Vec<usize> {
        let live = self.live_from(now, node);
        live.filter_map(|id| Some(self.room.edge(id)?.to)).collect()
    }
}

/// The best way on from a component.
#[derive(Clone, Copy, Debug)]
struct Hop {
    total: f64,
    latency: f64,
    to: usize,
}

struct Components {
    /// By service: which component it is in, as far as it was reached.
    of: Vec<Option<usize>>,
    members: Vec<Vec<usize>>,
}

struct Visit {
    node: usize,
    callees: Vec<usize>,
    entered: bool,
}

impl Visit {
    const fn of(node: usize, callees: Vec<usize>) -> Self {
        Self {
            node,
            callees,
            entered: false,
        }
    }
}

fn set<T>(values: &mut [T], at: usize, value: T) {
    if let Some(slot) = values.get_mut(at) {
        *slot = value;
    }
}

fn lower(values: &mut [usize], at: usize, value: usize) {
    if let Some(slot) = values.get_mut(at) {
        *slot = value.min(*slot);
    }
}
