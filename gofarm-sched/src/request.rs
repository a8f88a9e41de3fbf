//! What work asks for: resources, the load that it is expected to bring, and what it belongs to.
//!
//! Two requests that are equal have the same *shape*: filters and scores answer the same for both, and so their
//! answers can be kept. An identity of its own (a name, an id, a time) therefore does not belong into a request, except
//! as its [`tag`](Request::tag), which is no part of the shape.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use crate::load::Load;
use crate::node::Labels;
use crate::resource::Ask;

/// A piece of work to be placed.
///
/// ```
/// use gofarm_sched::load::Load;
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::Ask;
///
/// let request = Request::new(Ask::new(500, 256 << 20))
///     .expected(Load::idle().cpu(0.1))
///     .group("irrigation")
///     .label("plot", "7");
/// assert_eq!(request, request.clone());
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    ask: Ask,
    expected: Load,
    priority: i32,
    group: Option<Box<str>>,
    tenant: Option<Box<str>>,
    models: Vec<Box<str>>,
    labels: Labels,
    tag: u64,
}

impl Request {
    /// Work that asks for resources, and of which no load is known.
    #[must_use]
    pub const fn new(ask: Ask) -> Self {
        Self {
            ask,
            expected: Load::new(),
            priority: 0,
            group: None,
            tenant: None,
            models: Vec::new(),
            labels: Labels::new(),
            tag: 0,
        }
    }

    /// The load that it will add to its node; it counts until the node's own metrics show it.
    ///
    /// Shares are of the node that it gets, whatever its size. Processors and memory of which nothing is said follow from
    /// what is asked for, as shares of the node's capacity: where nodes differ, leave them out.
    #[must_use]
    pub const fn expected(mut self, load: Load) -> Self {
        self.expected = load;
        self
    }

    /// The priority: more is more urgent, 0 is ordinary.
    #[must_use]
    pub const fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// The group of equal work (a service, a job) that spreading and affinity look at.
    #[must_use]
    pub fn group(mut self, group: &str) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The tenant whose quota it uses.
    #[must_use]
    pub fn tenant(mut self, tenant: &str) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// A model of accelerator that it can use; any model if none is said.
    #[must_use]
    pub fn model(mut self, model: &str) -> Self {
        if let Err(at) = self.models.binary_search_by(|known| (**known).cmp(model)) {
            self.models.insert(at, model.into());
        }
        self
    }

    /// A label for plugins to look at: `plot`, `emergency`.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.set(key, value);
        self
    }

    /// What the caller knows this piece of work by; 0 until it is set.
    ///
    /// It is in the [`Decision`](crate::placement::Decision), and in the [`Claim`](crate::placement::Claim) that plugins
    /// after scoring see. It is no part of the shape: requests that differ in it alone are equal, and filters and scores
    /// do not see it.
    ///
    /// ```
    /// use gofarm_sched::request::Request;
    /// use gofarm_sched::resource::Ask;
    ///
    /// let request = Request::new(Ask::new(500, 256 << 20));
    /// assert_eq!(request.clone().tag(7), request.tag(8));
    /// ```
    #[must_use]
    pub const fn tag(mut self, tag: u64) -> Self {
        self.tag = tag;
        self
    }

    /// The resources.
    #[must_use]
    pub const fn ask(&self) -> &Ask {
        &self.ask
    }

    /// The expected load.
    #[must_use]
    pub const fn expected_load(&self) -> &Load {
        &self.expected
    }

    /// The priority.
    #[must_use]
    pub const fn urgency(&self) -> i32 {
        self.priority
    }

    /// The group.
    #[must_use]
    pub fn group_name(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// The tenant.
    #[must_use]
    pub fn tenant_name(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// The models of accelerator that it can use, ascending; empty for any.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.iter().map(|model| &**model)
    }

    /// Whether it can use a node's model of accelerator.
    #[must_use]
    pub fn accepts_model(&self, model: Option<&str>) -> bool {
        self.models.is_empty() || model.is_some_and(|model| self.models().any(|m| m == model))
    }

    /// The tag.
    #[must_use]
    pub const fn tag_value(&self) -> u64 {
        self.tag
    }

    /// Its labels.
    #[must_use]
    pub const fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The expected load as bits, for equality and hashes: unknown is one value.
    fn expected_bits(&self) -> [u32; crate::load::Metric::COUNT] {
        self.expected
            .values()
            .map(|v| if v.is_nan() { u32::MAX } else { v.to_bits() })
    }
}

impl PartialEq for Request {
    /// Equal where filters and scores cannot tell them apart: whatever the tags are.
    fn eq(&self, other: &Self) -> bool {
        self.ask == other.ask
            && self.priority == other.priority
            && self.expected_bits() == other.expected_bits()
            && self.group == other.group
            && self.tenant == other.tenant
            && self.models == other.models
            && self.labels == other.labels
    }
}

impl Eq for Request {}

impl Hash for Request {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ask.hash(state);
        self.priority.hash(state);
        self.expected_bits().hash(state);
        self.group.hash(state);
        self.tenant.hash(state);
        self.models.hash(state);
        self.labels.hash(state);
    }
}
