//! [`InferencePlacement`]: the fleet as filter, score and reserve of a scheduler.

use super::fleet::NO_ACCELERATORS;
use super::{Fleet, Job};
use crate::ConfigError;
use crate::placement::{Candidate, Claim, Filter, Reason, Reserve, Score, Sensitivity};
use crate::plugin::{Shared, SharedMut};

use super::accelerated_node::Fit;

/// Places the requests that have the label [`Job::LABEL`]; give it to a scheduler as filter, score and reserve.
///
/// - As a *filter* it refuses nodes that may not run the model, whose driver will not do, or that have no memory in
///   one piece for it.
/// - As a *score* it costs 0.5 where the model has to be downloaded, and up to 0.5 for the share that would be left
///   of the free piece that its memory is taken from: tight holes are filled first, and the largest pieces stay whole.
/// - As a *reserve* it takes the memory, best fit, and gives it back when the claim ends. Without it nothing holds
///   the memory.
///
/// A request that asks for a share of accelerators as well gets one block on each device that the scheduler chose
/// for it, and no other device of that node is tried. Other requests are left alone.
///
/// It is asked anew for every decision. A candidate costs a read of the handle for each of filter and score, which
/// looks at all blocks that are taken on the node.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_sched::inference::{AcceleratedNode, Fleet, InferencePlacement, Job, ModelDigest};
/// use gofarm_sched::node::Node;
/// use gofarm_sched::placement::Scheduler;
/// use gofarm_sched::request::Request;
/// use gofarm_sched::resource::{Ask, Resources};
///
/// let weeds = ModelDigest::of(b"the model");
/// let fleet = Arc::new(Mutex::new(Fleet::new()));
/// let inference = InferencePlacement::new(fleet.clone());
/// let mut sched = Scheduler::builder()
///     .filter(inference.clone())
///     .score(100, inference.clone())
///     .reserve(inference)
///     .build()?;
/// let barn = sched.add_node(Node::new("barn", Resources::new(4_000, 8 << 30)));
/// let cloud = sched.add_node(Node::new("cloud-1", Resources::new(4_000, 8 << 30)));
/// {
///     let mut fleet = fleet.lock().map_err(|_| "poisoned")?;
///     fleet.define("weeds", Job::new(weeds, 6 << 30)?);
///     fleet.insert(barn, AcceleratedNode::new().accelerator(8 << 30)?.present(weeds))?;
///     fleet.insert(cloud, AcceleratedNode::new().accelerator(80 << 30)?)?;
/// }
/// let request = Request::new(Ask::new(500, 1 << 30)).label(Job::LABEL, "weeds");
/// let decision = sched.place(&request, Instant::from_secs(1))?;
/// assert_eq!(decision.node(), barn); // it has the model, and 2 GiB would be left
/// assert_eq!(fleet.lock().map_err(|_| "poisoned")?.blocks(&decision).len(), 1);
/// sched.commit(decision, Instant::from_secs(1))?;
///
/// let decision = sched.place(&request, Instant::from_secs(2))?;
/// assert_eq!(decision.node(), cloud);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct InferencePlacement<H> {
    handle: H,
    download: f32,
}

impl<H: Shared<Fleet>> InferencePlacement<H> {
    /// By the fleet behind this handle.
    #[must_use]
    pub const fn new(handle: H) -> Self {
        Self {
            handle,
            download: 0.5,
        }
    }

    /// What a download costs, 0..=1, the rest is for what is left of free pieces; 0.5 until it is set.
    ///
    /// # Errors
    /// It is not in 0..=1.
    pub fn download_cost(mut self, share: f32) -> Result<Self, ConfigError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(ConfigError::new("download_cost", "in 0..=1"));
        }
        self.download = share;
        Ok(self)
    }

    /// Where a candidate would be loaded; `None` if it is no inference job.
    fn fit(&self, candidate: &Candidate<'_>) -> Option<Result<Fit, Reason>> {
        self.handle.read(|fleet| {
            let job: Result<&Job, Reason> = fleet.job(candidate.request())?;
            Some(job.and_then(|job| {
                let node = fleet.node(candidate.id()).ok_or(NO_ACCELERATORS)?;
                node.fit(job, candidate.devices())
            }))
        })
    }
}

impl<H: Shared<Fleet>> Filter for InferencePlacement<H> {
    fn name(&self) -> &'static str {
        "inference"
    }

    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Always
    }

    fn refuse(&self, candidate: &Candidate<'_>) -> Option<Reason> {
        self.fit(candidate)?.err()
    }
}

impl<H: Shared<Fleet>> Score for InferencePlacement<H> {
    fn name(&self) -> &'static str {
        "inference"
    }

    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Always
    }

    fn cost(&self, candidate: &Candidate<'_>) -> f32 {
        match self.fit(candidate) {
            None => 0.0,
            Some(Err(_)) => 1.0,
            Some(Ok(fit)) => {
                let download = if fit.present { 0.0 } else { self.download };
                download + (1.0 - self.download) * fit.left
            }
        }
    }
}

impl<H: SharedMut<Fleet>> Reserve for InferencePlacement<H> {
    fn name(&self) -> &'static str {
        "inference"
    }

    fn reserve(&mut self, claim: &Claim<'_>) -> Result<(), Reason> {
        self.handle.write(|fleet| fleet.reserve(claim))
    }

    fn release(&mut self, claim: &Claim<'_>) {
        self.handle.write(|fleet| fleet.release(claim));
    }
}
