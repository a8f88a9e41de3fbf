//! [`RolloutPlan`]: how many get the new version, and for how long each share is watched.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::ConfigError;

/// A part of all devices, in hundredths of a percent, 0..=10 000.
///
/// ```
/// use gofarm_sched::rollout::Share;
///
/// assert_eq!(Share::percent(1).to_string(), "1 %");
/// assert_eq!(Share::permyriad(25).to_string(), "0.25 %");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Share(u16);

impl Share {
    /// Nobody.
    pub const NONE: Self = Self(0);
    /// Everybody.
    pub const ALL: Self = Self(10_000);

    /// Whole percent; more than 100 is 100.
    #[must_use]
    pub const fn percent(percent: u16) -> Self {
        Self::permyriad(percent.saturating_mul(100))
    }

    /// Hundredths of a percent; more than 10 000 is 10 000.
    #[must_use]
    pub const fn permyriad(parts: u16) -> Self {
        Self(if parts > 10_000 { 10_000 } else { parts })
    }

    /// Hundredths of a percent.
    #[must_use]
    pub const fn as_permyriad(self) -> u16 {
        self.0
    }

    /// Whether a position in the queue is within this share.
    #[must_use]
    pub const fn holds(self, position: u16) -> bool {
        position < self.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 100 {
            0 => write!(f, "{} %", self.0 / 100),
            rest => write!(f, "{}.{rest:02} %", self.0 / 100),
        }
    }
}

/// One stage: a share, and for how long it must do well before the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Stage {
    share: Share,
    watch: Duration,
}

impl Stage {
    /// A share that is watched for so long.
    #[must_use]
    pub const fn new(share: Share, watch: Duration) -> Self {
        Self { share, watch }
    }

    /// How many have the new version.
    #[must_use]
    pub const fn share(&self) -> Share {
        self.share
    }

    /// For how long it must do well, before [`Risk`](super::Risk) makes it longer.
    #[must_use]
    pub const fn watch(&self) -> Duration {
        self.watch
    }
}

/// The stages of a rollout, growing up to everybody.
///
/// ```
/// use gofarm_core::time::minutes;
/// use gofarm_sched::rollout::{RolloutPlan, Share, Stage};
///
/// let plan = RolloutPlan::default();
/// assert_eq!(plan.stages().len(), 20);
///
/// let two = [Stage::new(Share::percent(5), minutes(30)), Stage::new(Share::ALL, minutes(30))];
/// assert_eq!(RolloutPlan::new(two)?.stages()[0].share(), Share::percent(5));
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutPlan {
    stages: Vec<Stage>,
}

impl RolloutPlan {
    /// A plan of these stages, at most 1 000.
    ///
    /// # Errors
    /// There are none or too many, a share is not above the one before, or the last is not everybody.
    pub fn new(stages: impl IntoIterator<Item = Stage>) -> Result<Self, ConfigError> {
        let stages: Vec<Stage> = stages.into_iter().take(1_001).collect();
        if stages.is_empty() || stages.len() > 1_000 {
            return Err(ConfigError::new("stages", "from 1 to 1 000"));
        }
        let mut before = Share::NONE;
        for stage in &stages {
            if stage.share <= before {
                return Err(ConfigError::new("share", "above that of the stage before"));
            }
            before = stage.share;
        }
        if before != Share::ALL {
            return Err(ConfigError::new("share", "100 % in the last stage"));
        }
        Ok(Self { stages })
    }

    /// The stages in their order.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }
}

impl Default for RolloutPlan {
    /// 1 % for 5 min, 10 % for 15 min, then 5 % more each 15 min up to 100 %, which is watched for 15 min too.
    fn default() -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let first = Stage::new(Share::percent(1), minutes(5));
        let steps = (2..=20).map(|step| Stage::new(Share::percent(step * 5), minutes(15)));
        Self {
            stages: core::iter::once(first).chain(steps).collect(),
        }
    }
}
