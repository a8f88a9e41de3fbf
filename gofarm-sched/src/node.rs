//! What a node is: its name, its resources, and where it stands.
//!
//! Zones, hosts and whatever else divides a farm are *labels*, as in Kubernetes: a key and a value. A rule about
//! zones is then a rule about the label `zone`, and a farm that spreads its work over water circuits needs no new
//! kind of rule.

mod labels;

pub use labels::Labels;

use alloc::boxed::Box;

use gofarm_core::time::Instant;

use crate::resource::Resources;

/// A node in a scheduler: stays the same while the node is there, and is not given to another one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NodeId {
    slot: u32,
    generation: u32,
}

impl NodeId {
    /// A node by its place in a table and how often that place was given away before.
    #[must_use]
    pub const fn new(slot: u32, generation: u32) -> Self {
        Self { slot, generation }
    }

    /// The place in the table, dense from 0.
    #[must_use]
    pub const fn slot(self) -> usize {
        self.slot as usize
    }

    /// How often the place was given away before.
    #[must_use]
    pub const fn generation(self) -> u32 {
        self.generation
    }
}

/// What is known of a node before any work runs on it.
///
/// ```
/// use gofarm_sched::node::Node;
/// use gofarm_sched::resource::Resources;
///
/// let node = Node::new("node-07", Resources::new(4_000, 8 << 30))
///     .zone("north")
///     .host("shed-2")
///     .label("water", "circuit-3");
/// assert_eq!(node.labels().get("zone"), Some("north"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    name: Box<str>,
    capacity: Resources,
    labels: Labels,
    accelerator_model: Option<Box<str>>,
    power_until: Option<Instant>,
}

impl Node {
    /// A node with a name for people and its resources.
    #[must_use]
    pub fn new(name: &str, capacity: Resources) -> Self {
        Self {
            name: name.into(),
            capacity,
            labels: Labels::new(),
            accelerator_model: None,
            power_until: None,
        }
    }

    /// The zone: what fails together through power, water or uplink. The label `zone`.
    #[must_use]
    pub fn zone(self, zone: &str) -> Self {
        self.label("zone", zone)
    }

    /// The host: the machine that several nodes may share. The label `host`.
    #[must_use]
    pub fn host(self, host: &str) -> Self {
        self.label("host", host)
    }

    /// A label; the last value of a key counts.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.set(key, value);
        self
    }

    /// The model of all its accelerators.
    #[must_use]
    pub fn accelerator_model(mut self, model: &str) -> Self {
        self.accelerator_model = Some(model.into());
        self
    }

    /// The node runs on stored energy, which lasts until then.
    #[must_use]
    pub const fn power_until(mut self, end: Instant) -> Self {
        self.power_until = Some(end);
        self
    }

    pub(crate) const fn set_power_until(&mut self, end: Option<Instant>) {
        self.power_until = end;
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All that it has.
    #[must_use]
    pub const fn capacity(&self) -> &Resources {
        &self.capacity
    }

    /// Its labels.
    #[must_use]
    pub const fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The model of its accelerators, if it was said.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.accelerator_model.as_deref()
    }

    /// When its stored energy ends; `None` for a node on the grid.
    #[must_use]
    pub const fn powered_until(&self) -> Option<Instant> {
        self.power_until
    }
}
