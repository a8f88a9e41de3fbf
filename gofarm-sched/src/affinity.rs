//! Work beside other work, away from it, and on nodes with certain labels.
//!
//! A task that opens valves through a gateway belongs beside that gateway: each hop between them is one more thing
//! that can be cut. Two databases belong apart, so that one flood does not take both. [`Affinity`] says so about
//! groups and the domains of a label, as Kubernetes' inter-pod affinity does; [`NodeRequirement`] says what the
//! labels of a node itself must be, with Kubernetes' operators.
//!
//! Both are rules of the scheduler, not of a request, and each can be required (as a [`Filter`]) or preferred (as a
//! [`Score`]). What differs from request to request comes from the request's labels: `controller = gateway-7`.

mod requirement;

pub use requirement::{NodeRequirement, Operator};

use alloc::borrow::Cow;

use crate::placement::{Candidate, Filter, Reason, Score, Sensitivity};
use crate::request::Request;

/// The other work of an [`Affinity`]; match it fully.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    /// This group, for every request.
    Group(Cow<'static, str>),
    /// The group that is the value of this label of the request; a request without the label is left alone.
    Label(Cow<'static, str>),
}

impl Peer {
    /// A group by its name.
    #[must_use]
    pub fn group(name: impl Into<Cow<'static, str>>) -> Self {
        Self::Group(name.into())
    }

    /// The group that a label of the request names.
    #[must_use]
    pub fn label(key: impl Into<Cow<'static, str>>) -> Self {
        Self::Label(key.into())
    }

    fn of<'a>(&'a self, request: &'a Request) -> Option<&'a str> {
        match self {
            Self::Group(group) => Some(group),
            Self::Label(key) => request.labels().get(key),
        }
    }
}

/// Places work in the same domain as a group, or in another domain than it.
///
/// - *Beside*, required: the node's domain has a member of the group. If no member runs anywhere the work waits,
///   except where the group is its own: then it is the first. A node without the label is refused.
/// - *Away*, required: the node's domain has no member of the group. A node without the label is in no domain, so
///   it is away from everything.
/// - Preferred: 0 where the rule is kept and 1 where it is not; 0 on every node while no member runs anywhere.
///
/// A rule works in one direction: where tasks are kept away from databases, a new database may still come to the
/// tasks. For both directions give both rules.
///
/// Source: Kubernetes, *Inter-pod affinity and anti-affinity*.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_sched::affinity::{Affinity, Peer};
/// use gofarm_sched::node::{Node, NodeId};
/// use gofarm_sched::placement::{Candidate, Filter, Groups};
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::{Ask, Resources};
///
/// let free = Resources::new(4_000, 8 << 30);
/// let (shed, barn) = (Node::new("a", free).host("shed"), Node::new("b", free).host("barn"));
/// let mut groups = Groups::new();
/// groups.placed("gateway-7", NodeId::new(0, 0), &shed);
///
/// let rule = Affinity::beside(Peer::label("controller"), "host").only("irrigation");
/// let task = Request::new(Ask::new(100, 0)).group("irrigation").label("controller", "gateway-7");
/// let at = |slot, node| Candidate::new(&task, (NodeId::new(slot, 0), node), &free, &groups, Instant::ZERO);
/// assert!(rule.refuse(&at(0, &shed)).is_none());
/// assert!(rule.refuse(&at(1, &barn)).is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Affinity {
    side: Side,
    peer: Peer,
    key: Cow<'static, str>,
    only: Option<Cow<'static, str>>,
    name: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    Beside,
    Away,
}

impl Affinity {
    /// In a domain of this node label where the peer runs.
    #[must_use]
    pub fn beside(peer: Peer, key: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Side::Beside, peer, key.into(), "affinity")
    }

    /// In a domain of this node label where the peer does not run.
    #[must_use]
    pub fn away(peer: Peer, key: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Side::Away, peer, key.into(), "anti-affinity")
    }

    const fn new(side: Side, peer: Peer, key: Cow<'static, str>, name: &'static str) -> Self {
        Self {
            side,
            peer,
            key,
            only: None,
            name,
        }
    }

    /// For the requests of this group only; for all until it is set.
    #[must_use]
    pub fn only(mut self, group: impl Into<Cow<'static, str>>) -> Self {
        self.only = Some(group.into());
        self
    }

    /// The same under another name in reasons.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Whose work the candidate is to be beside or away from; `None` where the rule does not concern it.
    fn peer<'a>(&'a self, request: &'a Request) -> Option<&'a str> {
        if self.only.is_some() && self.only.as_deref() != request.group_name() {
            return None;
        }
        self.peer.of(request)
    }

    fn kept(&self, candidate: &Candidate<'_>, peer: &str) -> bool {
        let domain = candidate.node().labels().get(&self.key);
        let there = domain.map(|d| candidate.groups().in_domain(peer, &self.key, d));
        match self.side {
            Side::Beside => there.is_some_and(|there| there > 0),
            Side::Away => there.is_none_or(|there| there == 0),
        }
    }
}

impl Filter for Affinity {
    fn name(&self) -> &'static str {
        self.name
    }

    /// The peer is another group than the request's, and what depends on that may change at any time.
    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Always
    }

    fn refuse(&self, candidate: &Candidate<'_>) -> Option<Reason> {
        let peer = self.peer(candidate.request())?;
        let labelled = candidate.node().labels().get(&self.key).is_some();
        let first = self.side == Side::Beside
            && labelled
            && candidate.request().group_name() == Some(peer)
            && candidate.groups().is_empty(peer);
        (!first && !self.kept(candidate, peer)).then_some(Reason::Affinity)
    }
}

impl Score for Affinity {
    fn name(&self) -> &'static str {
        self.name
    }

    /// See the filter.
    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Always
    }

    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        let Some(peer) = self.peer(candidate.request()) else {
            return 0.0;
        };
        if candidate.groups().is_empty(peer) || self.kept(candidate, peer) {
            0.0
        } else {
            1.0
        }
    }
}
