//! [`RolloutSnapshot`]: what must survive a restart.

use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::Instant;

use super::tally::Tally;
use super::{HoldCause, Phase, Rollout, RolloutConfig, Share};
use crate::ConfigError;

/// The state of a rollout without its configuration; no instant of this device is in it.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_sched::rollout::{Rollout, RolloutConfig, Share};
///
/// let mut rollout = RolloutConfig::new().build(7)?;
/// let _ = rollout.start(Instant::from_secs(500));
/// let saved = rollout.snapshot();
///
/// let after = Rollout::restore(RolloutConfig::new(), &saved, Instant::from_secs(2)).unwrap();
/// assert_eq!(after.share(), Share::percent(1));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RolloutSnapshot {
    id: u64,
    phase: Phase,
    approved: bool,
    stage: u16,
    /// The share of that stage in hundredths of a percent, to notice another plan.
    share: u16,
    watched: Duration,
    calls: u64,
    errors: u64,
    held: Option<HoldCause>,
}

/// Why a snapshot was not restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RestoreError {
    /// The configuration breaks a rule.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The plan has no such stage: it is another plan.
    #[error("stage {stage} with a share of {permyriad}/10000 is not in the plan")]
    OtherPlan {
        /// The stage of the snapshot, from 0.
        stage: u16,
        /// Its share in hundredths of a percent.
        permyriad: u16,
    },
}

impl Classify for RestoreError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

impl Rollout {
    /// What must survive a restart; save it after each event, and now and then for the time that was watched.
    #[must_use]
    pub fn snapshot(&self) -> RolloutSnapshot {
        RolloutSnapshot {
            id: self.id,
            phase: self.phase,
            approved: self.approved,
            stage: u16::try_from(self.stage).unwrap_or(u16::MAX),
            share: self.stage().map_or(0, |s| s.share().as_permyriad()),
            watched: self.watched,
            calls: self.tally.calls(),
            errors: self.tally.errors(),
            held: self.held,
        }
    }

    /// Goes on from a snapshot; the time of the restart does not count.
    ///
    /// # Errors
    /// [`RestoreError`], if the configuration breaks a rule or has another plan: then nobody can say who has what, and a
    /// person must decide.
    pub fn restore(
        config: RolloutConfig,
        saved: &RolloutSnapshot,
        now: Instant,
    ) -> Result<Self, RestoreError> {
        config.check()?;
        let stage = usize::from(saved.stage);
        let planned = config.plan.stages().get(stage).map(|s| s.share());
        if planned != Some(Share::permyriad(saved.share)) {
            return Err(RestoreError::OtherPlan {
                stage: saved.stage,
                permyriad: saved.share,
            });
        }
        let mut rollout = Self::new(config, saved.id);
        rollout.phase = saved.phase;
        rollout.approved = saved.approved;
        rollout.stage = stage;
        rollout.watched = saved.watched;
        rollout.tally = Tally::restored(now, saved.calls, saved.errors);
        rollout.held = saved.held;
        rollout.reported_at = Some(now);
        Ok(rollout)
    }
}
