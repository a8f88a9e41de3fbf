//! [`ServiceGraph`]: every call in, who calls whom out.

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;
use core::hash::Hash;
use core::time::Duration;

use gofarm_core::time::Instant;

use super::call::Sums;
use super::room::Room;
use super::{Call, EdgeStats};
use crate::ConfigError;

/// The caps and times of a [`ServiceGraph`].
///
/// Defaults: 1 024 services and 4 096 edges, alpha 0.2 for latency and errors, traffic halves in 60 s, an edge counts for paths
/// until it has not been called for 10 min.
///
/// ```
/// use gofarm_sched::dependency::{GraphConfig, ServiceGraph};
///
/// let graph: ServiceGraph<&str> = GraphConfig::new().most_edges(100).build()?;
/// assert_eq!(graph.edges(), 0);
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a configuration does nothing until it is built"]
pub struct GraphConfig {
    pub(super) most_services: u32,
    pub(super) most_edges: u32,
    pub(super) alpha: f64,
    pub(super) half_life: Duration,
    pub(super) live_for: Duration,
}

impl GraphConfig {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            most_services: 1_024,
            most_edges: 4_096,
            alpha: 0.2,
            half_life: Duration::from_secs(60),
            live_for: Duration::from_secs(600),
        }
    }

    /// How many services are kept; 2 to 1 000 000.
    pub const fn most_services(mut self, services: u32) -> Self {
        self.most_services = services;
        self
    }

    /// How many edges are kept; 1 to 1 000 000.
    pub const fn most_edges(mut self, edges: u32) -> Self {
        self.most_edges = edges;
        self
    }

    /// What part of the smoothed latency and error rate the newest call is; over 0 and up to 1.
    pub const fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// After how long a call counts half as traffic; over 0 s.
    pub const fn half_life(mut self, time: Duration) -> Self {
        self.half_life = time;
        self
    }

    /// How long after its last call an edge counts for paths and callees; over 0 s.
    pub const fn live_for(mut self, time: Duration) -> Self {
        self.live_for = time;
        self
    }

    /// Makes an empty graph.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn build<K: Eq + Hash + Clone>(self) -> Result<ServiceGraph<K>, ConfigError> {
        if !(2..=1_000_000).contains(&self.most_services) {
            return Err(ConfigError::new("most_services", "from 2 to 1 000 000"));
        }
        if !(1..=1_000_000).contains(&self.most_edges) {
            return Err(ConfigError::new("most_edges", "from 1 to 1 000 000"));
        }
        if !(self.alpha > 0.0 && self.alpha <= 1.0) {
            return Err(ConfigError::new("alpha", "over 0 and up to 1"));
        }
        if self.half_life.is_zero() {
            return Err(ConfigError::new("half_life", "over 0 s"));
        }
        if self.live_for.is_zero() {
            return Err(ConfigError::new("live_for", "over 0 s"));
        }
        Ok(ServiceGraph {
            config: self,
            room: Room::new(),
            evicted_edges: 0,
            evicted_services: 0,
        })
    }
}

impl Default for GraphConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// Services and the calls between them, in bounded memory.
///
/// ```
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_sched::dependency::{Call, GraphConfig, ServiceGraph};
///
/// let mut graph: ServiceGraph<&str> = GraphConfig::new().build()?;
/// let now = Instant::from_secs(1);
/// graph.record(now, &"irrigation", &"weather", Call::ok(millis(40)));
/// graph.record(now, &"irrigation", &"valves", Call::ok(millis(5)));
/// graph.record(now, &"weather", &"cache", Call::failed(millis(3)));
///
/// let ahead: Vec<_> = graph.downstream(now, &"irrigation").into_iter().copied().collect();
/// assert_eq!(ahead, ["weather", "valves", "cache"]);
/// let path = graph.critical_path(now, &"irrigation").unwrap();
/// assert_eq!(path.latency(), millis(43));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ServiceGraph<K> {
    pub(super) config: GraphConfig,
    pub(super) room: Room<K>,
    evicted_edges: u64,
    evicted_services: u64,
}

/// One edge of a graph, as of a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge<'a, K> {
    /// Who calls.
    pub from: &'a K,
    /// Who is called.
    pub to: &'a K,
    /// What the calls have shown.
    pub stats: EdgeStats,
}

impl<K: Eq + Hash + Clone> ServiceGraph<K> {
    /// Takes in a call from one service to another; a service may call itself.
    pub fn record(&mut self, now: Instant, from: &K, to: &K, call: Call) {
        let GraphConfig {
            alpha, half_life, ..
        } = self.config;
        if let Some(sums) = self.room.find_mut(from, to) {
            sums.add(now, &call, alpha, half_life);
            return;
        }
        self.make_room(now, from, to);
        self.room.insert(from, to, Sums::first(now, &call));
    }

    /// The services that this one calls, with the most traffic first.
    #[must_use]
    pub fn callees(&self, now: Instant, service: &K) -> Vec<Edge<'_, K>> {
        let Some(node) = self.room.node(service) else {
            return Vec::new();
        };
        let live = self.live_from(now, node);
        self.hottest_first(live.filter_map(|edge| self.view(now, edge)))
    }

    /// The services that call this one, with the most traffic first. Scans all edges.
    #[must_use]
    pub fn callers(&self, now: Instant, service: &K) -> Vec<Edge<'_, K>> {
        let Some(node) = self.room.node(service) else {
            return Vec::new();
        };
        let edges = self.room.edges().filter(|(_, edge)| edge.to == node);
        let live = edges.filter(|(_, edge)| self.is_live(now, &edge.sums));
        self.hottest_first(live.filter_map(|(id, _)| self.view(now, id)))
    }

    /// All services that this one leads to, itself left out: nearest first, then by traffic.
    #[must_use]
    pub fn downstream(&self, now: Instant, service: &K) -> Vec<&K> {
        let Some(root) = self.room.node(service) else {
            return Vec::new();
        };
        let mut seen = vec![false; self.room.node_slots()];
        let mut queue = VecDeque::from([root]);
        let mut found = Vec::new();
        if let Some(seen) = seen.get_mut(root) {
            *seen = true;
        }
        while let Some(node) = queue.pop_front() {
            let mut next: Vec<(f64, usize)> = self
                .live_from(now, node)
                .filter_map(|id| self.room.edge(id))
                .map(|edge| (edge.sums.warmth(now, self.config.half_life), edge.to))
                .collect();
            next.sort_by(|a, b| b.0.total_cmp(&a.0));
            for (_, to) in next {
                if let Some(seen) = seen.get_mut(to)
                    && !core::mem::replace(seen, true)
                {
                    queue.push_back(to);
                    found.extend(self.room.key(to));
                }
            }
        }
        found
    }

    /// What the calls from one service to another have shown.
    #[must_use]
    pub fn stats(&self, now: Instant, from: &K, to: &K) -> Option<EdgeStats> {
        let sums = self.room.find(from, to)?;
        Some(sums.stats(now, self.config.half_life))
    }

    /// How many services are known.
    #[must_use]
    pub fn services(&self) -> usize {
        self.room.node_count()
    }

    /// How many edges are known.
    #[must_use]
    pub fn edges(&self) -> usize {
        self.room.edge_count()
    }

    /// Edges that were pushed out, those of services that were pushed out included.
    #[must_use]
    pub const fn evicted_edges(&self) -> u64 {
        self.evicted_edges
    }

    /// Services that were pushed out.
    #[must_use]
    pub const fn evicted_services(&self) -> u64 {
        self.evicted_services
    }

    /// The caps and times that it follows.
    pub const fn config(&self) -> &GraphConfig {
        &self.config
    }

    /// The ids of the edges from a service that were called of late, itself left out.
    pub(super) fn live_from(&self, now: Instant, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.room.outgoing(node).iter().copied().filter(move |id| {
            self.room
                .edge(*id)
                .is_some_and(|edge| edge.to != node && self.is_live(now, &edge.sums))
        })
    }

    pub(super) fn view(&self, now: Instant, id: usize) -> Option<Edge<'_, K>> {
        let edge = self.room.edge(id)?;
        Some(Edge {
            from: self.room.key(edge.from)?,
            to: self.room.key(edge.to)?,
            stats: edge.sums.stats(now, self.config.half_life),
        })
    }

    fn is_live(&self, now: Instant, sums: &Sums) -> bool {
        now.saturating_since(sums.last()) <= self.config.live_for
    }

    fn hottest_first<'a>(&self, edges: impl Iterator<Item = Edge<'a, K>>) -> Vec<Edge<'a, K>>
    where
        K: 'a,
    {
        let mut edges: Vec<_> = edges.collect();
        edges.sort_by(|a, b| {
            let traffic = |edge: &Edge<'a, K>| edge.stats.calls_per_second();
            traffic(b).total_cmp(&traffic(a))
        });
        edges
    }

    /// Pushes out the coldest, so that an edge between these two fits.
    fn make_room(&mut self, now: Instant, from: &K, to: &K) {
        let half_life = self.config.half_life;
        let most_edges = usize::try_from(self.config.most_edges).unwrap_or(usize::MAX);
        let most_services = usize::try_from(self.config.most_services).unwrap_or(usize::MAX);
        while self.room.edge_count() >= most_edges {
            let Some(coldest) = self.room.coldest_edge(|sums| sums.warmth(now, half_life)) else {
                break;
            };
            self.evicted_edges += 1;
            self.evicted_services += self.room.remove_edge(coldest);
        }
        while self.room.node_count() + self.room.missing(from, to) > most_services {
            let keep = [self.room.node(from), self.room.node(to)];
            let warmth = |sums: &Sums| sums.warmth(now, half_life);
            let Some(coldest) = self.room.coldest_node(warmth, keep) else {
                break;
            };
            for edge in self.room.edges_of(coldest) {
                self.evicted_edges += 1;
                self.evicted_services += self.room.remove_edge(edge);
            }
        }
    }
}
