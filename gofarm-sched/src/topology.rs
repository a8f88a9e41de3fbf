//! [`SpreadOver`]: the members of a group apart from each other, over zones, hosts or any other label.
//!
//! Three copies of an irrigation controller in one shed are one copy when the shed loses power. The usual answer,
//! "never two on a host", leaves the fourth copy without a place on a farm of three hosts. So this follows the
//! *topology spread constraints* of Kubernetes: what is bounded is the *skew*, how many more members a domain has
//! than the one with the fewest, and a group may grow as long as it grows evenly.
//!
//! The same value is a [`Filter`] (hard: a node beyond [`max_skew`](SpreadOver::max_skew) is refused) and a
//! [`Score`] (soft: an emptier domain is better), as it is given to the scheduler. What a farm should begin with:
//! hosts hard, zones soft with a weight of [`ZONE_WEIGHT`](SpreadOver::ZONE_WEIGHT).
//!
//! It spreads one group at a time, when its members are placed; it moves no running work. Domains that the request
//! cannot use do not count ([`Candidate::domains`]), as with `nodeAffinityPolicy: Honor`: work that must stay on the farm
//! is spread over the farm's zones, and the cloud is not the emptiest of them. A domain whose nodes are all full or
//! cordoned still counts as one that could take more, as in Kubernetes, so a hard rule may leave work without a place;
//! soft rules never do.

use alloc::borrow::Cow;

use crate::ConfigError;
use crate::placement::{Candidate, Filter, Reason, Score, Sensitivity};

/// Spreads a request's group over the domains of a node label.
///
/// A request without a group is left alone. A node *without the label* is in no domain: as a filter this refuses
/// it, and as a score it costs 1, as `DoNotSchedule` and `ScheduleAnyway` do in Kubernetes.
///
/// Cost per candidate: O(1) while a domain has no member of the group, O(domains) after that.
///
/// Source: Kubernetes, *Pod Topology Spread Constraints* (`maxSkew`, `minDomains`,
/// `nodeAffinityPolicy: Honor`).
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_sched::node::{Node, NodeId};
/// use gofarm_sched::placement::{Candidate, Filter, Groups, Score};
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::{Ask, Resources};
/// use gofarm_sched::topology::SpreadOver;
///
/// let free = Resources::new(4_000, 8 << 30);
/// let shed = Node::new("a", free).host("shed-1");
/// let barn = Node::new("b", free).host("barn-1");
/// let (a, b) = (NodeId::new(0, 0), NodeId::new(1, 0));
/// let mut groups = Groups::new();
/// groups.node_added(&shed);
/// groups.node_added(&barn);
/// groups.placed("irrigation", a, &shed);
///
/// let request = Request::new(Ask::new(500, 0)).group("irrigation");
/// let at = |id, node| Candidate::new(&request, (id, node), &free, &groups, Instant::ZERO);
/// let hosts = SpreadOver::host();
/// assert!(hosts.refuse(&at(a, &shed)).is_some());
/// assert!(hosts.refuse(&at(b, &barn)).is_none());
/// assert!(hosts.cost(&at(b, &barn)) < hosts.cost(&at(a, &shed)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SpreadOver {
    key: Cow<'static, str>,
    name: &'static str,
    max_skew: u32,
    min_domains: u32,
    only: Option<Cow<'static, str>>,
    unless: Option<Cow<'static, str>>,
}

impl SpreadOver {
    /// The weight that zones have as a score by default.
    pub const ZONE_WEIGHT: u32 = 30;

    /// Over the label `zone`; meant as a score with [`ZONE_WEIGHT`](Self::ZONE_WEIGHT).
    #[must_use]
    pub const fn zone() -> Self {
        Self::over(Cow::Borrowed("zone"), "zone spread")
    }

    /// Over the label `host`; meant as a filter.
    #[must_use]
    pub const fn host() -> Self {
        Self::over(Cow::Borrowed("host"), "host spread")
    }

    /// Over any label: `water`, `feeder`.
    #[must_use]
    pub fn label(key: impl Into<Cow<'static, str>>) -> Self {
        Self::over(key.into(), "label spread")
    }

    const fn over(key: Cow<'static, str>, name: &'static str) -> Self {
        Self {
            key,
            name,
            max_skew: 1,
            min_domains: 1,
            only: None,
            unless: None,
        }
    }

    /// The same under another name in reasons.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// How many more members than the emptiest domain a domain may have, from 1; 1 until it is set.
    ///
    /// As a filter this is the bound; as a score it is the skew that costs 0.5.
    ///
    /// # Errors
    /// It is 0, which no placement could keep.
    pub fn max_skew(mut self, max_skew: u32) -> Result<Self, ConfigError> {
        if max_skew == 0 {
            return Err(ConfigError::new("max_skew", "at least 1"));
        }
        self.max_skew = max_skew;
        Ok(self)
    }

    /// While there are fewer domains than this, the emptiest counts as empty; 1 until it is set.
    ///
    /// It keeps a group from piling up in one zone while the link to the others is down.
    #[must_use]
    pub const fn min_domains(mut self, domains: u32) -> Self {
        self.min_domains = domains;
        self
    }

    /// For the requests of this group only; for those of all groups until it is set.
    #[must_use]
    pub fn only(mut self, group: impl Into<Cow<'static, str>>) -> Self {
        self.only = Some(group.into());
        self
    }

    /// As a filter not for requests that have this label, whatever its value; as a score for them as well.
    ///
    /// It is for work that must run even where the skew cannot be kept, as after the loss of a zone: ask without the
    /// label first, and again with it when every node refuses.
    #[must_use]
    pub fn unless(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.unless = Some(key.into());
        self
    }

    /// The label's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The group that is spread; `None` where the rule does not concern the request.
    fn group<'a>(&self, candidate: &Candidate<'a>) -> Option<&'a str> {
        let group = candidate.request().group_name()?;
        let concerns = self.only.as_deref().is_none_or(|only| only == group);
        concerns.then_some(group)
    }

    /// How many members are in the candidate's domain, and in the emptiest one; `None` where it has no domain.
    fn counts(&self, candidate: &Candidate<'_>, group: &str) -> Option<(u32, u32)> {
        let domain = candidate.node().labels().get(&self.key)?;
        let there = candidate.groups().in_domain(group, &self.key, domain);
        if there == 0 {
            return Some((0, 0));
        }
        let enough = self.min_domains <= 1 || {
            let needed = usize::try_from(self.min_domains).unwrap_or(usize::MAX);
            candidate.domains(&self.key).take(needed).count() == needed
        };
        let fewest = if enough {
            candidate.fewest(group, &self.key)
        } else {
            0
        };
        Some((there, fewest))
    }
}

impl Filter for SpreadOver {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Group
    }

    fn refuse(&self, candidate: &Candidate<'_>) -> Option<Reason> {
        let group = self.group(candidate)?;
        let labels = candidate.request().labels();
        if (self.unless.as_deref()).is_some_and(|key| labels.get(key).is_some()) {
            return None;
        }
        let Some((there, fewest)) = self.counts(candidate, group) else {
            return Some(Reason::Other("has no domain to spread over"));
        };
        // With the new member: there + 1 - fewest > max_skew.
        (there.saturating_sub(fewest) >= self.max_skew).then_some(Reason::TooClose {
            there,
            fewest,
            max_skew: self.max_skew,
        })
    }
}

impl Score for SpreadOver {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Group
    }

    /// 0 in a domain with the fewest members; `e / (e + max_skew)` with `e` more of them than there.
    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        let Some(group) = self.group(candidate) else {
            return 0.0;
        };
        let Some((there, fewest)) = self.counts(candidate, group) else {
            return 1.0;
        };
        let excess = f64::from(there.saturating_sub(fewest));
        #[expect(clippy::cast_possible_truncation, reason = "a share, 0 to 1")]
        let cost = (excess / (excess + f64::from(self.max_skew))) as f32;
        cost
    }
}
