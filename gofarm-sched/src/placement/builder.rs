//! [`SchedulerBuilder`]: the rules that a scheduler is made of.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::time::secs;

use super::{Bind, Filter, Permit, Reserve, Scheduler, Score, Sensitivity};
use crate::ConfigError;
use crate::load::{LoadWeights, StaleAfter, StalePolicy, after};

/// The rules of a [`Scheduler`]; see [`Scheduler::builder`].
#[derive(Debug)]
#[must_use = "nothing is there before `build`"]
pub struct SchedulerBuilder {
    rules: Rules,
}

#[derive(Debug)]
pub(super) struct Rules {
    pub(super) weights: LoadWeights,
    pub(super) load_weight: f32,
    pub(super) stale: StaleAfter,
    pub(super) policy: StalePolicy,
    pub(super) limit: Option<f32>,
    pub(super) hold: Duration,
    pub(super) settling: Duration,
    pub(super) in_flight: Duration,
    pub(super) slow_start: Duration,
    pub(super) half_life: Duration,
    pub(super) shapes: usize,
    pub(super) reasons: usize,
    pub(super) filters: Vec<Filtering>,
    pub(super) scores: Vec<Scoring>,
    pub(super) reserves: Vec<Box<dyn Reserve>>,
    pub(super) permits: Vec<Box<dyn Permit>>,
    pub(super) binds: Vec<Box<dyn Bind>>,
}

/// A filter with what it said of itself when it was added.
#[derive(Debug)]
pub(super) struct Filtering {
    pub(super) sensitivity: Sensitivity,
    pub(super) plugin: Box<dyn Filter>,
}

impl Filtering {
    pub(super) fn new(plugin: Box<dyn Filter>) -> Self {
        Self {
            sensitivity: plugin.sensitivity(),
            plugin,
        }
    }
}

/// A score with its weight and what it said of itself when it was added.
#[derive(Debug)]
pub(super) struct Scoring {
    pub(super) weight: f32,
    pub(super) sensitivity: Sensitivity,
    sees_devices: bool,
    pub(super) plugin: Box<dyn Score>,
}

impl Scoring {
    pub(super) fn new(weight: f32, plugin: Box<dyn Score>) -> Self {
        Self {
            weight,
            sensitivity: plugin.sensitivity(),
            sees_devices: plugin.sees_devices(),
            plugin,
        }
    }
}

impl Rules {
    /// Whether it matters which of a node's accelerators the work gets.
    pub(super) fn chooses_devices(&self) -> bool {
        let mut scores = self.scores.iter();
        scores.any(|s| s.sees_devices && s.sensitivity == Sensitivity::Node)
    }
}

impl SchedulerBuilder {
    pub(super) fn new() -> Self {
        Self {
            rules: Rules {
                weights: LoadWeights::default(),
                load_weight: 100.0,
                stale: after(secs(10)),
                policy: StalePolicy::Penalise,
                limit: Some(0.92),
                hold: secs(30),
                settling: secs(10),
                in_flight: secs(60),
                slow_start: secs(30),
                half_life: secs(30),
                shapes: 256,
                reasons: 8,
                filters: Vec::new(),
                scores: Vec::new(),
                reserves: Vec::new(),
                permits: Vec::new(),
                binds: Vec::new(),
            },
        }
    }

    /// What each metric counts in a node's load.
    pub const fn weights(mut self, weights: LoadWeights) -> Self {
        self.rules.weights = weights;
        self
    }

    /// What the load counts beside the scores of plugins; 100 until it is set, 0 leaves it out.
    pub const fn load_weight(mut self, weight: f32) -> Self {
        self.rules.load_weight = weight;
        self
    }

    /// When a metric is stale, and what it counts for then; 10 s and [`StalePolicy::Penalise`] until it is set. Which
    /// metrics a node has to report is said by the [`node_table`](crate::node_table).
    pub const fn stale(mut self, after: StaleAfter, policy: StalePolicy) -> Self {
        self.rules.stale = after;
        self.rules.policy = policy;
        self
    }

    /// The load by itself over which a node takes no new work, above 0 and up to 1; 0.92 until it is set.
    ///
    /// The last known load counts, also a stale one, with the estimates of what is on its way to the node, so that a
    /// burst between two reports cannot overload it. While metrics begin to show new work, it counts twice for the
    /// time of [`settling`](Self::settling): a node may refuse for a moment what it could take. Estimates are
    /// bounded: each metric counts as at most its full scale, and an estimate lapses with its reservation
    /// ([`hold`](Self::hold)) or after [`in_flight`](Self::in_flight), so that a node cannot stay over the limit by
    /// estimates alone. A node of which nothing is known, and to which nothing is on its way, is not over the limit.
    pub const fn limit(mut self, load: f32) -> Self {
        self.rules.limit = Some(load);
        self
    }

    /// No load by itself keeps new work away.
    pub const fn no_limit(mut self) -> Self {
        self.rules.limit = None;
        self
    }

    /// How long a reservation is held before it lapses; 30 s until it is set.
    pub const fn hold(mut self, time: Duration) -> Self {
        self.rules.hold = time;
        self
    }

    /// How long after its commit work needs to show in metrics; 10 s until it is set.
    ///
    /// A metric measured later than that replaces the expected load of the request.
    pub const fn settling(mut self, time: Duration) -> Self {
        self.rules.settling = time;
        self
    }

    /// How long after its commit the expected load counts if no metric replaces it; 60 s until it is set.
    pub const fn in_flight(mut self, time: Duration) -> Self {
        self.rules.in_flight = time;
        self
    }

    /// How long a node that comes back is spared; 30 s until it is set, zero for not at all.
    ///
    /// It begins when the node is no longer cordoned, with its first metrics after [`Scheduler::not_ready`], and with
    /// those that are its first ever or come after as long a silence; the last two only where nodes have been reporting
    /// for that long: when the scheduler itself starts, or nobody was heard, all nodes are as new. The cost of the node
    /// begins half way to the worst and falls to its own in 16 steps, so that it gets some work at once and not all of
    /// it.
    pub const fn slow_start(mut self, time: Duration) -> Self {
        self.rules.slow_start = time;
        self
    }

    /// After how long half of a node's failures are forgotten; 30 s until it is set.
    ///
    /// With `f` failures remembered, the cost is `1 - 2^-f` of the way to the worst. It is halved in steps, each
    /// half-life, and below one sixteenth it is nothing.
    pub const fn failure_half_life(mut self, time: Duration) -> Self {
        self.rules.half_life = time;
        self
    }

    /// Of how many shapes of requests costs are kept, at least 1; 256 until it is set.
    ///
    /// Each costs about 20 bytes for every node. A request of another shape takes the place of the shape that was
    /// not asked for longest, and asks all nodes.
    pub const fn shapes(mut self, count: usize) -> Self {
        self.rules.shapes = count;
        self
    }

    /// How many refusals a decision keeps with their reasons; 8 until it is set.
    ///
    /// Filters of [`Sensitivity::Always`] are asked about so many nodes more than the decision needs.
    pub const fn reasons(mut self, count: usize) -> Self {
        self.rules.reasons = count;
        self
    }

    /// Adds a filter: a node does the work only if no filter refuses. They are asked in the order added.
    pub fn filter(mut self, filter: impl Filter + 'static) -> Self {
        self.rules.filters.push(Filtering::new(Box::new(filter)));
        self
    }

    /// Adds a score with its weight beside the 100 of the load, above 0.
    pub fn score(mut self, weight: impl Into<f64>, score: impl Score + 'static) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what is too large is refused in build"
        )]
        let weight = weight.into() as f32;
        self.rules
            .scores
            .push(Scoring::new(weight, Box::new(score)));
        self
    }

    /// Adds what a placement needs beside its node.
    pub fn reserve(mut self, reserve: impl Reserve + 'static) -> Self {
        self.rules.reserves.push(Box::new(reserve));
        self
    }

    /// Adds a last word before work starts.
    pub fn permit(mut self, permit: impl Permit + 'static) -> Self {
        self.rules.permits.push(Box::new(permit));
        self
    }

    /// Adds what starts work.
    pub fn bind(mut self, bind: impl Bind + 'static) -> Self {
        self.rules.binds.push(Box::new(bind));
        self
    }

    /// Makes the scheduler, without nodes.
    ///
    /// # Errors
    /// A weight, the limit or the number of shapes is out of range, no weight is above 0, or the time to hold or
    /// the half-life is zero.
    pub fn build(self) -> Result<Scheduler, ConfigError> {
        let rules = self.rules;
        let total = rules.load_weight + rules.scores.iter().map(|s| s.weight).sum::<f32>();
        let sound = |weight: f32| weight.is_finite() && weight > 0.0;
        if !(rules.load_weight.is_finite() && rules.load_weight >= 0.0) {
            return Err(ConfigError::new("load_weight", "finite and at least 0"));
        }
        if !rules.scores.iter().all(|s| sound(s.weight)) || !sound(total) {
            return Err(ConfigError::new(
                "score",
                "finite and above 0 in its weight",
            ));
        }
        if rules
            .limit
            .is_some_and(|limit| !(limit > 0.0 && limit <= 1.0))
        {
            return Err(ConfigError::new("limit", "above 0 and at most 1"));
        }
        if rules.shapes == 0 {
            return Err(ConfigError::new("shapes", "at least 1"));
        }
        for (field, time) in [("hold", rules.hold), ("failure_half_life", rules.half_life)] {
            if time.is_zero() {
                return Err(ConfigError::new(field, "longer than zero"));
            }
        }
        Ok(Scheduler::new(rules, total))
    }
}
