//! [`NodeHealth`]: nodes whose battery, link and probes are sound come first.

use core::marker::PhantomData;
use core::time::Duration;

use gofarm_core::time::{Instant, minutes, secs};
use hashbrown::HashMap;

use super::Shared;
use super::soil_moisture::share;
use crate::ConfigError;
use crate::node::NodeId;
use crate::placement::{Candidate, Score, Sensitivity};

/// What a node reports of itself; what it does not report is unknown, not bad.
///
/// Shares that are not in 0..=1 count as unknown.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Health {
    battery: Option<f32>,
    round_trip: Option<Duration>,
    plausible: Option<f32>,
}

impl Health {
    /// Nothing reported.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            battery: None,
            round_trip: None,
            plausible: None,
        }
    }

    /// The charge of its battery, 0..=1; 1 for a node on the grid.
    #[must_use]
    pub fn battery(mut self, charge: f32) -> Self {
        self.battery = Some(charge).filter(|c| (0.0..=1.0).contains(c));
        self
    }

    /// The round trip to it.
    #[must_use]
    pub const fn round_trip(mut self, time: Duration) -> Self {
        self.round_trip = Some(time);
        self
    }

    /// The share of its probes' readings that were plausible, 0..=1.
    #[must_use]
    pub fn plausible(mut self, share: f32) -> Self {
        self.plausible = Some(share).filter(|s| (0.0..=1.0).contains(s));
        self
    }
}

/// The last report of each node.
#[derive(Clone, Debug, Default)]
pub struct HealthMap {
    nodes: HashMap<NodeId, (Instant, Health)>,
}

impl HealthMap {
    /// No reports.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A node's report, in place of its last one.
    pub fn report(&mut self, node: NodeId, health: Health, at: Instant) {
        self.nodes.insert(node, (at, health));
    }

    /// A node is gone.
    pub fn node_removed(&mut self, node: NodeId) {
        self.nodes.remove(&node);
    }
}

/// Prefers healthy nodes: 0.4 battery, 0.3 round trip over 1 s, 0.3 plausibility of its probes.
///
/// Terms that are unknown are left out. A node that reported nothing, or nothing for 5 min, costs 1: nobody knows
/// that it is well.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_sched::node::NodeId;
/// use gofarm_sched::plugin::{Health, HealthMap, NodeHealth};
///
/// let health = Arc::new(Mutex::new(HealthMap::new()));
/// let plugin = NodeHealth::new(health.clone());
/// let report = Health::new().battery(0.8).round_trip(millis(40)).plausible(1.0);
/// health.lock().map_err(|_| "poisoned")?.report(NodeId::new(0, 0), report, Instant::ZERO);
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug)]
pub struct NodeHealth<H> {
    handle: H,
    fresh_for: Duration,
    full_round_trip: Duration,
    map: PhantomData<fn(&HealthMap)>,
}

impl<H: Shared<HealthMap>> NodeHealth<H> {
    /// By the reports behind this handle.
    #[must_use]
    pub const fn new(handle: H) -> Self {
        Self {
            handle,
            fresh_for: minutes(5),
            full_round_trip: secs(1),
            map: PhantomData,
        }
    }

    /// How long a report counts, the bound included; 5 min until it is set.
    #[must_use]
    pub const fn fresh_for(mut self, time: Duration) -> Self {
        self.fresh_for = time;
        self
    }

    /// The round trip that is as bad as it gets; 1 s until it is set.
    ///
    /// # Errors
    /// It is zero.
    pub fn full_round_trip(mut self, time: Duration) -> Result<Self, ConfigError> {
        if time.is_zero() {
            return Err(ConfigError::new("full_round_trip", "above 0 s"));
        }
        self.full_round_trip = time;
        Ok(self)
    }
}

impl<H: Shared<HealthMap>> Score for NodeHealth<H> {
    fn name(&self) -> &'static str {
        "node health"
    }

    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Always
    }

    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        let report = self
            .handle
            .read(|map| map.nodes.get(&candidate.id()).copied());
        let fresh =
            report.filter(|(at, _)| candidate.now().saturating_since(*at) <= self.fresh_for);
        let Some((_, health)) = fresh else {
            return 1.0;
        };
        let terms = [
            (0.4, health.battery.map(|charge| 1.0 - charge)),
            (
                0.3,
                health
                    .round_trip
                    .map(|time| share(time, self.full_round_trip)),
            ),
            (0.3, health.plausible.map(|share| 1.0 - share)),
        ];
        let (mut sum, mut known) = (0.0, 0.0);
        for (weight, cost) in terms {
            if let Some(cost) = cost {
                sum += weight * cost;
                known += weight;
            }
        }
        if known > 0.0 { sum / known } else { 1.0 }
    }
}
