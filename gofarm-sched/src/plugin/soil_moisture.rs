//! [`SoilMoistureTopology`]: work near the moisture data that it decides by.

use alloc::string::String;
use core::marker::PhantomData;
use core::time::Duration;

use gofarm_core::time::{Instant, minutes, secs};
use hashbrown::HashMap;

use super::Shared;
use crate::ConfigError;
use crate::node::NodeId;
use crate::placement::{Candidate, Score, Sensitivity};

/// A volumetric water content of soil in m³/m³, 0..=1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct VolumetricMoisture(f32);

impl VolumetricMoisture {
    /// A water content.
    ///
    /// # Errors
    /// It is not in 0..=1.
    pub fn new(share: f32) -> Result<Self, ConfigError> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(ConfigError::new("moisture", "in 0..=1 m³/m³"))
        }
    }

    /// In m³/m³.
    #[must_use]
    pub const fn share(self) -> f32 {
        self.0
    }
}

/// For each plot: how wet it is, and when and with what delay its newest data came to each node.
///
/// ```
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_sched::node::NodeId;
/// use gofarm_sched::plugin::{MoistureMap, VolumetricMoisture};
///
/// let mut map = MoistureMap::new();
/// let (now, node) = (Instant::from_secs(60), NodeId::new(0, 0));
/// map.measured("7", VolumetricMoisture::new(0.31)?, now);
/// map.received("7", node, now, millis(80));
/// assert_eq!(map.moisture("7").map(|m| m.share()), Some(0.31));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MoistureMap {
    plots: HashMap<String, Plot>,
}

#[derive(Clone, Debug, Default)]
struct Plot {
    moisture: Option<(VolumetricMoisture, Instant)>,
    nodes: HashMap<NodeId, (Instant, Duration)>,
}

impl MoistureMap {
    /// Nothing known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How wet a plot was; an older measurement than the last one changes nothing.
    pub fn measured(&mut self, plot: &str, moisture: VolumetricMoisture, at: Instant) {
        let last = &mut self.plots.entry_ref(plot).or_default().moisture;
        if last.is_none_or(|(_, last)| last <= at) {
            *last = Some((moisture, at));
        }
    }

    /// A node has a plot's data of that time, which took so long to come to it; older data changes nothing.
    pub fn received(&mut self, plot: &str, node: NodeId, measured: Instant, delay: Duration) {
        let nodes = &mut self.plots.entry_ref(plot).or_default().nodes;
        let last = nodes.entry(node).or_insert((measured, delay));
        if last.0 <= measured {
            *last = (measured, delay);
        }
    }

    /// A node is gone, and its copies of the data with it.
    pub fn node_removed(&mut self, node: NodeId) {
        for plot in self.plots.values_mut() {
            plot.nodes.remove(&node);
        }
    }

    /// How wet a plot is, if that was ever measured.
    #[must_use]
    pub fn moisture(&self, plot: &str) -> Option<VolumetricMoisture> {
        Some(self.plots.get(plot)?.moisture?.0)
    }

    /// The plots that are known, in no order.
    pub fn plots(&self) -> impl Iterator<Item = &str> {
        self.plots.keys().map(|plot| &**plot)
    }

    fn at(&self, plot: &str, node: NodeId) -> Option<(Instant, Duration)> {
        self.plots.get(plot)?.nodes.get(&node).copied()
    }
}

/// Prefers the nodes that have the newest moisture data of the request's plot, and get it soonest.
///
/// The plot is the request's label `plot`; a request without one costs 0 everywhere. The cost is half the age of the
/// node's copy over 15 min and half its delay over 1 s, each at most the whole half. A node without data of the
/// plot costs 1, or what [`missing`](Self::missing) says.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use gofarm_sched::plugin::{MoistureMap, SoilMoistureTopology};
///
/// let moisture = Arc::new(Mutex::new(MoistureMap::new()));
/// let plugin = SoilMoistureTopology::new(moisture.clone()).missing(0.8)?;
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SoilMoistureTopology<H> {
    handle: H,
    full_age: Duration,
    full_delay: Duration,
    missing: f32,
    map: PhantomData<fn(&MoistureMap)>,
}

impl<H: Shared<MoistureMap>> SoilMoistureTopology<H> {
    /// By the data behind this handle.
    #[must_use]
    pub const fn new(handle: H) -> Self {
        Self {
            handle,
            full_age: minutes(15),
            full_delay: secs(1),
            missing: 1.0,
            map: PhantomData,
        }
    }

    /// The age and the delay that are as bad as it gets.
    ///
    /// # Errors
    /// One of them is zero.
    pub fn full_scale(mut self, age: Duration, delay: Duration) -> Result<Self, ConfigError> {
        if age.is_zero() || delay.is_zero() {
            return Err(ConfigError::new("full_scale", "above 0 s"));
        }
        self.full_age = age;
        self.full_delay = delay;
        Ok(self)
    }

    /// The cost of a node without data of the plot; 1 until it is set.
    ///
    /// # Errors
    /// It is not in 0..=1.
    pub fn missing(mut self, cost: f32) -> Result<Self, ConfigError> {
        if !(0.0..=1.0).contains(&cost) {
            return Err(ConfigError::new("missing", "in 0..=1"));
        }
        self.missing = cost;
        Ok(self)
    }
}

impl<H: Shared<MoistureMap>> Score for SoilMoistureTopology<H> {
    fn name(&self) -> &'static str {
        "soil moisture"
    }

    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Always
    }

    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        let Some(plot) = candidate.request().labels().get("plot") else {
            return 0.0;
        };
        let data = self.handle.read(|map| map.at(plot, candidate.id()));
        data.map_or(self.missing, |(measured, delay)| {
            let age = candidate.now().saturating_since(measured);
            0.5 * share(age, self.full_age) + 0.5 * share(delay, self.full_delay)
        })
    }
}

/// A time over its full scale, at most 1.
pub(super) fn share(time: Duration, full: Duration) -> f32 {
    (time.as_secs_f32() / full.as_secs_f32()).min(1.0)
}
