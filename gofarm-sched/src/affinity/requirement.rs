//! [`NodeRequirement`]: what the labels of a node must be.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::placement::{Candidate, Filter, Reason, Score};

/// What a label's value must be; match it fully.
///
/// Source: Kubernetes, *Node affinity*, operators; [`AsRequested`](Self::AsRequested) takes the place of the
/// `nodeSelector`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// One of these.
    In(Vec<Cow<'static, str>>),
    /// None of these; a node without the label passes.
    NotIn(Vec<Cow<'static, str>>),
    /// Anything.
    Exists,
    /// Missing.
    DoesNotExist,
    /// A whole number above this one.
    Gt(i64),
    /// A whole number below this one.
    Lt(i64),
    /// The value that the request has under the same key; a request without the key passes everywhere.
    AsRequested,
}

/// A requirement on one label of a node, for all requests or those of one group.
///
/// Several requirements are several filters, all of which must pass.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_sched::affinity::{NodeRequirement, Operator};
/// use gofarm_sched::node::{Node, NodeId};
/// use gofarm_sched::placement::{Candidate, Filter, Groups};
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::{Ask, Resources};
///
/// let free = Resources::new(4_000, 8 << 30);
/// let (small, large) = (Node::new("a", free).label("tank", "400"), Node::new("b", free).label("tank", "900"));
/// let rule = NodeRequirement::new("tank", Operator::Gt(500)).only("spraying");
/// let (task, groups) = (Request::new(Ask::new(100, 0)).group("spraying"), Groups::new());
/// let at = |slot, node| Candidate::new(&task, (NodeId::new(slot, 0), node), &free, &groups, Instant::ZERO);
/// assert!(rule.refuse(&at(0, &small)).is_some());
/// assert!(rule.refuse(&at(1, &large)).is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeRequirement {
    key: Cow<'static, str>,
    operator: Operator,
    only: Option<Cow<'static, str>>,
}

impl NodeRequirement {
    /// A requirement on the label with this key.
    #[must_use]
    pub fn new(key: impl Into<Cow<'static, str>>, operator: Operator) -> Self {
        Self {
            key: key.into(),
            operator,
            only: None,
        }
    }

    /// For the requests of this group only; for all until it is set.
    #[must_use]
    pub fn only(mut self, group: impl Into<Cow<'static, str>>) -> Self {
        self.only = Some(group.into());
        self
    }

    fn kept(&self, candidate: &Candidate<'_>) -> bool {
        if self.only.is_some() && self.only.as_deref() != candidate.request().group_name() {
            return true;
        }
        let value = candidate.node().labels().get(&self.key);
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.operator {
            Operator::In(values) => value.is_some_and(|value| values.iter().any(|v| v == value)),
            Operator::NotIn(values) => value.is_none_or(|value| values.iter().all(|v| v != value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Gt(bound) => number().is_some_and(|n| n > *bound),
            Operator::Lt(bound) => number().is_some_and(|n| n < *bound),
            Operator::AsRequested => {
                let wanted = candidate.request().labels().get(&self.key);
                wanted.is_none() || wanted == value
            }
        }
    }
}

impl Filter for NodeRequirement {
    fn name(&self) -> &'static str {
        "node labels"
    }

    fn refuse(&self, candidate: &Candidate<'_>) -> Option<Reason> {
        let key = match self.key {
            Cow::Borrowed(key) => Some(key),
            Cow::Owned(_) => None,
        };
        (!self.kept(candidate)).then_some(Reason::Label(key))
    }
}

impl Score for NodeRequirement {
    fn name(&self) -> &'static str {
        "node labels"
    }

    /// 0 where the labels are as they should be, 1 where they are not.
    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        if self.kept(candidate) { 0.0 } else { 1.0 }
    }
}
