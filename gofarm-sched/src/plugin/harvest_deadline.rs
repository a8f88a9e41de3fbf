//! [`HarvestDeadline`]: no harvest on a node whose power ends before it.

use alloc::borrow::Cow;
use core::time::Duration;

use crate::placement::{Candidate, Filter, Reason, Sensitivity};

/// Refuses nodes on stored energy that ends too soon.
///
/// A node whose energy lasts exactly that long passes, and so does one that does not run on stored energy. It
/// concerns every request until [`labelled`](Self::labelled) says which.
///
/// ```
/// use gofarm_core::time::{Instant, hours};
/// use gofarm_sched::node::{Node, NodeId};
/// use gofarm_sched::placement::{Candidate, Filter, Groups};
/// use gofarm_sched::plugin::HarvestDeadline;
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::{Ask, Resources};
///
/// let free = Resources::new(4_000, 8 << 30);
/// let node = Node::new("node-03", free).power_until(Instant::ZERO + hours(31));
/// let (request, groups) = (Request::new(Ask::NOTHING), Groups::new());
/// let candidate = Candidate::new(&request, (NodeId::new(0, 0), &node), &free, &groups, Instant::ZERO);
/// let reason = HarvestDeadline::hours(48).refuse(&candidate).ok_or("31 h are too few")?;
/// assert_eq!(reason.to_string(), "loses power in 31 h");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HarvestDeadline {
    within: Duration,
    label: Option<Cow<'static, str>>,
}

impl HarvestDeadline {
    /// Power is needed for so many hours.
    #[must_use]
    pub const fn hours(hours: u64) -> Self {
        Self {
            within: gofarm_core::time::hours(hours),
            label: None,
        }
    }

    /// For requests that have this label only, whatever its value.
    #[must_use]
    pub fn labelled(mut self, key: impl Into<Cow<'static, str>>) -> Self {
        self.label = Some(key.into());
        self
    }
}

impl Filter for HarvestDeadline {
    fn name(&self) -> &'static str {
        "harvest deadline"
    }

    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Always
    }

    fn refuse(&self, candidate: &Candidate<'_>) -> Option<Reason> {
        let labels = candidate.request().labels();
        if self
            .label
            .as_deref()
            .is_some_and(|key| labels.get(key).is_none())
        {
            return None;
        }
        let end = candidate.node().powered_until()?;
        let left = end.saturating_since(candidate.now());
        (left < self.within).then_some(Reason::LosesPower(left))
    }
}
