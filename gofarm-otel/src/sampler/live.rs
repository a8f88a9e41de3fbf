//! The sampler of a running service, shared by its tasks and changed while it runs: [`Sampler`].

mod control;
mod shared;

pub use control::Control;

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use gofarm_core::DeviceId;
use gofarm_core::observe::Observer;

use super::parent_based::Trust;
use super::{Decision, Head, LateKeep, Limits, Phase, Ratio, Sample};
use crate::clock::Moment;
use shared::Shared;

/// Decides which traces a service keeps; clones share one state.
///
/// Spans with a parent follow it, see [`ParentBased`](super::ParentBased); what is said below is about traces that
/// begin here. A decision reads one atomic and neither allocates nor waits.
///
/// A method that takes `self` makes a new sampler and leaves earlier clones as they were: first describe it, then
/// hand it out, then change it through its [`control`](Self::control).
///
/// ```
/// use core::time::Duration;
/// use gofarm_core::DeviceId;
/// use gofarm_core::trace_context::TraceId;
/// use gofarm_otel::clock::Moment;
/// use gofarm_otel::sampler::{Decision, Head, Parent, Percent, Sample, Sampler};
///
/// let sampler = Sampler::device_hash(10.percent()).device(DeviceId::new("gw-7")?).escalate_on_error();
/// let head = Head::new(TraceId::new([1; 16]).ok_or("zero")?, Parent::None, "POST /valves");
///
/// let start = Moment::from_nanos(0);
/// let decision = sampler.sample(&head);
/// // ... the request fails ...
/// let end = Moment::from_nanos(3_000_000);
/// sampler.record(end, true, end.since(start));
/// if decision == Decision::Drop {
///     assert!(sampler.keep_late(end)); // write the span down after all
/// }
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Sampler {
    plan: Plan,
    shared: Arc<Shared>,
}

/// What a sampler was made from.
#[derive(Clone, Debug)]
struct Plan {
    rule: Rule,
    ratio: Ratio,
    device: Option<DeviceId>,
    remote: Trust,
    dynamic: Option<Limits>,
    late: Option<LateKeep>,
}

/// How a share of the traces is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    TraceId,
    DeviceHash,
    /// By the trace id, whatever a parent decided.
    Orphan,
}

impl Sampler {
    /// A share of all traces, the same ones in each process; see [`Ratio`].
    #[must_use]
    pub fn ratio(ratio: Ratio) -> Self {
        Self::of(Rule::TraceId, ratio)
    }

    /// A share of this device's traces, by [`DeviceHash`](super::DeviceHash).
    ///
    /// Until it is told its [`device`](Self::device) it hashes the trace id alone.
    #[must_use]
    pub fn device_hash(ratio: Ratio) -> Self {
        Self::of(Rule::DeviceHash, ratio)
    }

    /// Everything, also where a parent decided against it.
    #[must_use]
    pub fn always_on() -> Self {
        Self::of(Rule::Orphan, Ratio::ALWAYS)
    }

    /// Nothing, also where a parent decided for it; a request that somebody debugs is kept all the same.
    #[must_use]
    pub fn always_off() -> Self {
        Self::of(Rule::Orphan, Ratio::NEVER)
    }

    fn of(rule: Rule, ratio: Ratio) -> Self {
        Self::build(Plan {
            rule,
            ratio,
            device: None,
            remote: Trust::Followed,
            dynamic: None,
            late: None,
        })
    }

    /// The sampler of `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, or `None` if there is none of that name.
    ///
    /// `always_on`, `always_off`, `traceidratio`, and each of them behind `parentbased_`. As the specification asks, an
    /// argument that is missing or no ratio counts as 1. `traceidratio` without a parent ignores what other
    /// processes decided.
    ///
    /// ```
    /// use gofarm_otel::sampler::Sampler;
    ///
    /// let sampler = Sampler::from_names("parentbased_traceidratio", "0.1").ok_or("unknown")?;
    /// assert_eq!(sampler.current_ratio().to_string(), "10 %");
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn from_names(name: &str, argument: &str) -> Option<Self> {
        let ratio = || {
            let ratio = argument
                .trim()
                .parse()
                .ok()
                .and_then(|r| Ratio::new(r).ok());
            Self::ratio(ratio.unwrap_or(Ratio::ALWAYS))
        };
        Some(match name {
            "always_on" => Self::always_on(),
            "always_off" => Self::always_off(),
            "traceidratio" => ratio().ignore_remote(),
            "parentbased_always_on" => Self::ratio(Ratio::ALWAYS),
            "parentbased_always_off" => Self::ratio(Ratio::NEVER),
            "parentbased_traceidratio" => ratio(),
            _ => return None,
        })
    }

    fn build(plan: Plan) -> Self {
        Self {
            shared: Arc::new(Shared::new(&plan)),
            plan,
        }
    }

    /// This sampler for that device.
    #[must_use]
    pub fn device(mut self, device: DeviceId) -> Self {
        self.plan.device = Some(device);
        Self::build(self.plan)
    }

    /// This sampler, but what other processes decided does not count, as on an address that strangers reach.
    #[must_use]
    pub fn ignore_remote(mut self) -> Self {
        self.plan.remote = Trust::Ignored;
        Self::build(self.plan)
    }

    /// This sampler with a ratio that follows load, failures and slowness; see [`Dynamic`](super::Dynamic).
    #[must_use]
    pub fn dynamic(mut self, limits: Limits) -> Self {
        self.plan.dynamic = Some(limits);
        Self::build(self.plan)
    }

    /// This sampler with a budget for what fails without being sampled; see [`LateKeep`].
    #[must_use]
    pub fn late_keep(mut self, budget: LateKeep) -> Self {
        self.plan.late = Some(budget);
        Self::build(self.plan)
    }

    /// [`dynamic`](Self::dynamic) and [`late_keep`](Self::late_keep), each with its defaults where it is not yet on.
    #[must_use]
    pub fn escalate_on_error(mut self) -> Self {
        self.plan.dynamic.get_or_insert_default();
        self.plan.late.get_or_insert_default();
        Self::build(self.plan)
    }

    /// The handle by which the sampler is changed while it runs.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::new(Arc::clone(&self.shared))
    }

    /// Counts a request that ended, whether it was sampled or not; a layer calls it once for each.
    ///
    /// Without [`dynamic`](Self::dynamic) it does nothing. With it, it costs one relaxed addition, one more if the
    /// request failed or was slow, and ten times in a window a short calculation on whichever task comes first.
    pub fn record(&self, now: Moment, failed: bool, duration: Duration) {
        self.shared.record(now, failed, duration);
    }

    /// Whether a span that failed at `now` and was not sampled may be kept; takes its token.
    ///
    /// Without [`late_keep`](Self::late_keep) it may not.
    #[must_use = "the token is taken"]
    pub fn keep_late(&self, now: Moment) -> bool {
        self.shared.keep_late(now)
    }

    /// Whether a span that failed may be kept late at all: if not, nobody needs to remember what it would say.
    #[must_use]
    pub(crate) fn keeps_late(&self) -> bool {
        self.shared.keeps_late()
    }

    /// Lets the ratio follow the time where no request does so.
    pub fn poll(&self, now: Moment) {
        self.shared.poll(now);
    }

    /// The ratio in force.
    #[must_use]
    pub fn current_ratio(&self) -> Ratio {
        self.shared.ratio()
    }

    /// The phase of a dynamic sampler.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        self.shared.phase()
    }

    /// Tells an observer what is in force and what happened since the last call, by any clone.
    pub fn observe(&self, observer: &impl Observer) {
        super::signal::observe(observer, &self.shared.report());
    }
}

impl Sample for Sampler {
    fn sample(&self, head: &Head<'_>) -> Decision {
        self.shared.sample(head)
    }
}

impl fmt::Debug for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampler")
            .field("rule", &self.plan.rule)
            .field("ratio", &self.current_ratio())
            .finish_non_exhaustive()
    }
}
