//! [`SimulatorBuilder`]: the rules that a run is played with.

use alloc::boxed::Box;

use super::{Simulator, Trace};
use crate::ConfigError;
use crate::autonomy::{Autonomy, AutonomyConfig, DISASTER_72_H};
use crate::eviction::EvictionConfig;
use crate::load::LoadWeights;
use crate::mode::ModeConfig;
use crate::placement::{Candidate, Filter, Reason, SchedulerBuilder, Sensitivity};
use crate::topology::SpreadOver;

use super::shedding::Shedding;

/// With this label, hard spread rules are lifted.
pub(super) const SPREAD_ANYHOW: &str = "gofarm.simulator/spread-anyhow";
/// With this label, work goes into the zone of its value.
pub(super) const HOME: &str = "gofarm.simulator/home";

/// The rules that a run is played with; see [`Simulator::builder`].
#[derive(Debug)]
#[must_use = "nothing runs before `start`"]
pub struct SimulatorBuilder {
    scheduler: SchedulerBuilder,
    rules: Rules,
    eviction: EvictionConfig,
    shedding: Result<Box<dyn Shedding>, ConfigError>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) mode: ModeConfig,
    pub(super) weights: LoadWeights,
    pub(super) preempts: bool,
    pub(super) spreads: bool,
}

impl SimulatorBuilder {
    pub(super) fn new(scheduler: SchedulerBuilder) -> Self {
        Self {
            scheduler,
            rules: Rules {
                mode: ModeConfig::new(),
                weights: LoadWeights::default(),
                preempts: true,
                spreads: false,
            },
            eviction: EvictionConfig::new(),
            shedding: Autonomy::new(AutonomyConfig::new(), DISASTER_72_H)
                .map(|autonomy| Box::new(autonomy) as Box<dyn Shedding>),
        }
    }

    /// What each metric counts, for placement and for modes alike.
    ///
    /// Weights that the scheduler's own builder was given are replaced by them.
    pub fn weights(mut self, weights: LoadWeights) -> Self {
        self.scheduler = self.scheduler.weights(weights);
        self.rules.weights = weights;
        self
    }

    /// Adds a hard spread rule, which is lifted only for crop-critical work that no node would take otherwise.
    ///
    /// One that is given to the scheduler's own builder as a filter is never lifted.
    pub fn spread(mut self, rule: SpreadOver) -> Self {
        self.scheduler = self.scheduler.filter(rule.unless(SPREAD_ANYHOW));
        self.rules.spreads = true;
        self
    }

    /// How lost work is rebuilt.
    pub const fn eviction(mut self, config: EvictionConfig) -> Self {
        self.eviction = config;
        self
    }

    /// When a node moves between its modes.
    pub const fn mode(mut self, config: ModeConfig) -> Self {
        self.rules.mode = config;
        self
    }

    /// What is shed when the farm is cut off or short of power; [`DISASTER_72_H`] until it is set.
    ///
    /// Rules and work meet by name: [`WorkSpec::kind`](super::WorkSpec::kind).
    pub fn autonomy<const N: usize>(mut self, autonomy: Autonomy<N>) -> Self {
        self.shedding = Ok(Box::new(autonomy));
        self
    }

    /// No work makes room for other work.
    pub const fn without_preemption(mut self) -> Self {
        self.rules.preempts = false;
        self
    }

    /// Starts a run of a trace; the seed draws which metrics are lost, their noise, and when nodes open.
    ///
    /// # Errors
    /// A rule of the scheduler is out of its range.
    pub fn start(self, trace: &Trace, seed: u64) -> Result<Simulator<'_>, ConfigError> {
        let scheduler = self.scheduler.filter(Home).build()?;
        let shedding = self.shedding?;
        Ok(Simulator::new(
            trace,
            scheduler,
            self.eviction,
            shedding,
            self.rules,
            seed,
        ))
    }
}

/// Work that is rebuilt goes back into the failure domain that it was in.
#[derive(Debug)]
struct Home;

impl Filter for Home {
    fn name(&self) -> &'static str {
        "home domain"
    }

    /// Work could be elsewhere as well: the other domains count for spreading, as they do for it without this label.
    fn sensitivity(&self) -> Sensitivity {
        Sensitivity::Group
    }

    fn refuse(&self, candidate: &Candidate<'_>) -> Option<Reason> {
        let home = candidate.request().labels().get(HOME)?;
        let node = candidate.node();
        let domain = node.labels().get("zone").unwrap_or(node.name());
        (domain != home).then_some(Reason::Other("is not in the domain that it was lost in"))
    }
}
