//! [`Candidate`]: one request on one node, as filters and scores see it.

use core::sync::atomic::{AtomicBool, Ordering};

use gofarm_core::time::Instant;

use super::Groups;
use super::barred::Barred;
use crate::node::{Node, NodeId};
use crate::request::Request;
use crate::resource::{DeviceSet, Resources};

/// One request on one node: everything that a [`Filter`](super::Filter) or a [`Score`](super::Score) may look at.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    request: &'a Request,
    node: &'a Node,
    id: NodeId,
    free: &'a Resources,
    groups: &'a Groups,
    barred: &'a Barred,
    now: Instant,
    devices: DeviceSet,
    relative: f32,
    absolute: f32,
    of_node: Option<f32>,
    /// Becomes true when somebody looks at the load.
    saw_load: Option<&'a AtomicBool>,
}

impl<'a> Candidate<'a> {
    /// A request on a node, of whose resources `free` are left.
    #[must_use]
    pub const fn new(
        request: &'a Request,
        (id, node): (NodeId, &'a Node),
        free: &'a Resources,
        groups: &'a Groups,
        now: Instant,
    ) -> Self {
        Self {
            request,
            node,
            id,
            free,
            groups,
            barred: Barred::NONE,
            now,
            devices: DeviceSet::EMPTY,
            relative: 0.5,
            absolute: 0.0,
            of_node: None,
            saw_load: None,
        }
    }

    /// The same with what a score said of the node.
    pub(super) const fn with_of_node(mut self, of_node: f32) -> Self {
        self.of_node = Some(of_node);
        self
    }

    /// The same, and these domains do not count for the request.
    pub(super) const fn without(mut self, barred: &'a Barred) -> Self {
        self.barred = barred;
        self
    }

    /// The same with the accelerators that the work would get.
    #[must_use]
    pub const fn with_devices(mut self, devices: DeviceSet) -> Self {
        self.devices = devices;
        self
    }

    /// The same with the node's load: relative to the other nodes, and by itself; both 0 (idle) to 1 (worst).
    #[must_use]
    pub const fn with_load(mut self, relative: f32, absolute: f32) -> Self {
        self.relative = relative;
        self.absolute = absolute;
        self
    }

    /// The same, and `saw_load` tells whether somebody looked at the load: if nobody did, the answer stays when only
    /// loads change.
    pub(super) const fn watched(mut self, saw_load: &'a AtomicBool) -> Self {
        self.saw_load = Some(saw_load);
        self
    }

    fn look_at_load(&self) {
        if let Some(saw_load) = self.saw_load {
            saw_load.store(true, Ordering::Relaxed);
        }
    }

    /// The request.
    #[must_use]
    pub const fn request(&self) -> &'a Request {
        self.request
    }

    /// The node.
    #[must_use]
    pub const fn node(&self) -> &'a Node {
        self.node
    }

    /// The node's place in the scheduler.
    #[must_use]
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// What is left of the node, without this request.
    #[must_use]
    pub const fn free(&self) -> &'a Resources {
        self.free
    }

    /// Where the groups of work run.
    #[must_use]
    pub const fn groups(&self) -> &'a Groups {
        self.groups
    }

    /// The domains of a label that count for the request, in no order: those with a node that could hold it, were it
    /// empty, and that no filter of [`Sensitivity::Node`](super::Sensitivity::Node) refuses.
    ///
    /// [`Scheduler::place`](super::Scheduler::place) knows them; in
    /// [`place_cheap`](super::Scheduler::place_cheap), which asks only about nodes that it draws, and in a candidate that
    /// was made by itself, all domains count.
    pub fn domains<'k>(&self, key: &'k str) -> impl Iterator<Item = &'a str> + use<'a, 'k> {
        let barred = self.barred;
        let all = self.groups.domains(key);
        all.filter(move |domain| !barred.has(key, domain))
    }

    /// The members of a group in that one of the [`domains`](Self::domains) of a label which has the fewest; 0 without
    /// domains.
    #[must_use]
    pub fn fewest(&self, group: &str, key: &str) -> u32 {
        if !self.barred.has_key(key) {
            return self.groups.fewest(group, key);
        }
        let domains = self.domains(key);
        let counts = domains.map(|domain| self.groups.in_domain(group, key, domain));
        counts.min().unwrap_or(0)
    }

    /// The time of the placement.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// What [`Score::of_node`](super::Score::of_node) said of the node, for the score that is asked; `None` in a
    /// candidate that was made by itself.
    #[must_use]
    pub const fn of_node(&self) -> Option<f32> {
        self.of_node
    }

    /// The accelerators that the work would get.
    #[must_use]
    pub const fn devices(&self) -> DeviceSet {
        self.devices
    }

    /// The node's load beside that of the other nodes, 0 (idle) to 1 (worst).
    #[must_use]
    pub fn relative_load(&self) -> f32 {
        self.look_at_load();
        self.relative
    }

    /// The node's load by itself, 0 (idle) to 1 (worst): the last known one with what is on its way; 1 where nothing
    /// is known.
    #[must_use]
    pub fn absolute_load(&self) -> f32 {
        self.look_at_load();
        self.absolute
    }
}
