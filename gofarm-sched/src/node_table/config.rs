//! [`NodeTableConfig`]: what a table scores by.

use gofarm_core::time::secs;

use crate::ConfigError;
use crate::load::{LoadWeights, StaleAfter, StalePolicy, after};

/// Weights, the rule for stale metrics, and how far the scores may lag behind the figures of all nodes.
///
/// The default is [`LoadWeights::default`], metrics that are stale after 2 s and then penalised (ten samples of 200 ms
/// missed), a tolerance of 0.05, and no least deviation.
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_sched::load::{StalePolicy, after};
/// use gofarm_sched::node_table::NodeTableConfig;
///
/// let config = NodeTableConfig::new().stale(after(secs(10)), StalePolicy::Hold).tolerance(0.01)?;
/// assert_eq!(config.stale_rule(), (after(secs(10)), StalePolicy::Hold));
/// assert!(config.tolerance(-1.0).is_err());
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct NodeTableConfig {
    pub(super) weights: LoadWeights,
    pub(super) after: StaleAfter,
    pub(super) policy: StalePolicy,
    pub(super) tolerance: f32,
    pub(super) least_deviation: f32,
}

impl NodeTableConfig {
    /// The default.
    #[must_use]
    pub fn new() -> Self {
        Self {
            weights: LoadWeights::default(),
            after: after(secs(2)),
            policy: StalePolicy::Penalise,
            tolerance: 0.05,
            least_deviation: 0.0,
        }
    }

    /// The same with other weights.
    #[must_use]
    pub const fn weights(mut self, weights: LoadWeights) -> Self {
        self.weights = weights;
        self
    }

    /// The same with another rule for stale metrics.
    #[must_use]
    pub const fn stale(mut self, after: StaleAfter, policy: StalePolicy) -> Self {
        self.after = after;
        self.policy = policy;
        self
    }

    /// The same with another tolerance, 0..=0.5.
    ///
    /// All nodes are scored anew when a coefficient (weight by standard deviation) has moved by more than this part
    /// of itself, or the averages by more than this many standard deviations, weighted and added up. Until then only
    /// nodes that changed are, so that a score may be off by up to a quarter of the tolerance, times 1 plus the
    /// node's weighted |z|; the order of two nodes may be wrong only where they are closer than that. 0 scores all
    /// nodes anew after each change.
    ///
    /// # Errors
    /// The tolerance is outside 0..=0.5.
    pub fn tolerance(mut self, tolerance: f32) -> Result<Self, ConfigError> {
        if !(0.0..=0.5).contains(&tolerance) {
            return Err(ConfigError::new("tolerance", "from 0 to 0.5"));
        }
        self.tolerance = tolerance;
        Ok(self)
    }

    /// The same with a least standard deviation, as a share of each metric's full scale, 0..=1.
    ///
    /// A z-score makes much of little where all nodes are alike: of nodes at 0.500 and 0.501 one is bad and the other
    /// good. With 0.01, nodes that are closer than 1 % of the full scale are nearly equal, and small changes of such
    /// nodes do not begin an epoch. The default is 0: any difference counts.
    ///
    /// # Errors
    /// The share is outside 0..=1.
    pub fn least_deviation(mut self, share: f32) -> Result<Self, ConfigError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(ConfigError::new("least_deviation", "from 0 to 1"));
        }
        self.least_deviation = share;
        Ok(self)
    }

    /// The weights.
    #[must_use]
    pub const fn load_weights(&self) -> &LoadWeights {
        &self.weights
    }

    /// When a metric is stale, and what it counts for then.
    #[must_use]
    pub const fn stale_rule(&self) -> (StaleAfter, StalePolicy) {
        (self.after, self.policy)
    }
}

impl Default for NodeTableConfig {
    fn default() -> Self {
        Self::new()
    }
}
