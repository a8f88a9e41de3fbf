//! [`ScalingRules`]: how fast the number of workers may change in one direction.

use core::time::Duration;

use super::recent::Recent;
use crate::ConfigError;
use gofarm_core::time::Instant;

const MAX_POLICIES: usize = 4;

/// How much may change within a period; the terms of Kubernetes' `HPAScalingPolicy`.
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_sched::autoscale::{ScalingPolicy, ScalingRules};
///
/// let gentle = ScalingRules::DOWN.only(ScalingPolicy::replicas(1, secs(60)));
/// assert_ne!(gentle, ScalingRules::DOWN);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ScalingPolicy {
    change: Change,
    period: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Change {
    Replicas(u32),
    Percent(u32),
}

impl ScalingPolicy {
    /// At most so many workers more or fewer than at the start of the period; from 1, period over 0 s up to 30 min.
    #[must_use]
    pub const fn replicas(replicas: u32, period: Duration) -> Self {
        Self {
            change: Change::Replicas(replicas),
            period,
        }
    }

    /// At most so many percent more or fewer than at the start of the period; from 1, period over 0 s up to 30 min.
    ///
    /// The number that may be reached is rounded up when adding and down when removing, so that one worker can
    /// always come or go.
    #[must_use]
    pub const fn percent(percent: u32, period: Duration) -> Self {
        Self {
            change: Change::Percent(percent),
            period,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let (Change::Replicas(value) | Change::Percent(value)) = self.change;
        if value == 0 {
            return Err(ConfigError::new("policy value", "at least 1"));
        }
        if self.period.is_zero() || self.period > Duration::from_secs(1_800) {
            return Err(ConfigError::new(
                "policy period",
                "over 0 s and at most 30 min",
            ));
        }
        Ok(())
    }

    fn up_from(&self, start: i64) -> i64 {
        match self.change {
            Change::Replicas(value) => start.saturating_add(value.into()),
            Change::Percent(value) => {
                let grown = start.saturating_mul(100 + i64::from(value));
                grown / 100 + i64::from(grown % 100 > 0)
            }
        }
    }

    fn down_from(&self, start: i64) -> i64 {
        match self.change {
            Change::Replicas(value) => start.saturating_sub(value.into()),
            Change::Percent(value) => start.saturating_mul(100 - i64::from(value.min(100))) / 100,
        }
    }
}

/// Which of several policies counts; the values of Kubernetes' `selectPolicy`. Match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PolicySelect {
    /// The one that allows the greatest change.
    Max,
    /// The one that allows the smallest change.
    Min,
    /// None: no change in this direction.
    Disabled,
}

/// A stabilisation window and up to four policies for one direction.
///
/// ```
/// use gofarm_core::time::{minutes, secs};
/// use gofarm_sched::autoscale::{PolicySelect, ScalingPolicy, ScalingRules};
///
/// // 4 workers or 10 % a minute, whichever is more, and only what ten minutes agree on.
/// let down = ScalingRules::DOWN
///     .stabilization_window(minutes(10))
///     .only(ScalingPolicy::replicas(4, secs(60)))
///     .and(ScalingPolicy::percent(10, secs(60)))
///     .select(PolicySelect::Max);
/// # let _ = down;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "rules do nothing until an autoscaler follows them"]
pub struct ScalingRules {
    window: Duration,
    select: PolicySelect,
    policies: [Option<ScalingPolicy>; MAX_POLICIES],
    /// More were given than there is room for.
    #[cfg_attr(feature = "serde", serde(skip))]
    too_many: bool,
}

impl ScalingRules {
    /// Kubernetes' default for adding: at once, 4 workers or 100 % in 15 s, whichever is more.
    pub const UP: Self = Self::of(
        Duration::ZERO,
        [
            Some(ScalingPolicy::replicas(4, Duration::from_secs(15))),
            Some(ScalingPolicy::percent(100, Duration::from_secs(15))),
            None,
            None,
        ],
    );

    /// Kubernetes' default for removing: what 300 s agree on, then all of it at once.
    pub const DOWN: Self = Self::of(
        Duration::from_secs(300),
        [
            Some(ScalingPolicy::percent(100, Duration::from_secs(15))),
            None,
            None,
            None,
        ],
    );

    const fn of(window: Duration, policies: [Option<ScalingPolicy>; MAX_POLICIES]) -> Self {
        Self {
            window,
            select: PolicySelect::Max,
            policies,
            too_many: false,
        }
    }

    /// How long all recommendations must agree before the number changes in this direction; 0 s to 1 h.
    pub const fn stabilization_window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Which policy counts where there are several. Default [`PolicySelect::Max`].
    pub const fn select(mut self, select: PolicySelect) -> Self {
        self.select = select;
        self
    }

    /// This policy in place of all others.
    pub const fn only(mut self, policy: ScalingPolicy) -> Self {
        self.policies = [Some(policy), None, None, None];
        self.too_many = false;
        self
    }

    /// One more policy; at most four.
    pub const fn and(mut self, policy: ScalingPolicy) -> Self {
        let mut i = 0;
        while i < MAX_POLICIES {
            if self.policies[i].is_none() {
                self.policies[i] = Some(policy);
                return self;
            }
            i += 1;
        }
        self.too_many = true;
        self
    }

    pub(super) const fn window(&self) -> Duration {
        self.window
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.window > Duration::from_secs(3_600) {
            return Err(ConfigError::new("stabilization_window", "from 0 s to 1 h"));
        }
        if self.too_many || self.policies.iter().all(Option::is_none) {
            return Err(ConfigError::new("policies", "from 1 to 4"));
        }
        self.policies
            .iter()
            .flatten()
            .try_for_each(ScalingPolicy::check)
    }
}

/// Rules with what they have to remember: the net change within each policy's period.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    rules: ScalingRules,
    changes: [Recent<i64>; MAX_POLICIES],
}

impl Pace {
    pub(super) fn new(rules: ScalingRules) -> Self {
        Self {
            rules,
            changes: rules
                .policies
                .map(|policy| Recent::new(policy.map_or(Duration::ZERO, |policy| policy.period))),
        }
    }

    pub(super) fn record(&mut self, now: Instant, change: i64) {
        for recent in &mut self.changes {
            recent.record(now, change, i64::saturating_add);
        }
    }

    /// The most workers that may be reached now; never below `current`.
    pub(super) fn up_limit(&self, now: Instant, current: u32) -> u32 {
        let limits = self.limits(now, current, ScalingPolicy::up_from);
        self.selected(limits, i64::max, i64::min)
            .and_then(|limit| u32::try_from(limit.min(u32::MAX.into())).ok())
            .map_or(current, |limit| limit.max(current))
    }

    /// The fewest workers that may be left now; never above `current`.
    pub(super) fn down_limit(&self, now: Instant, current: u32) -> u32 {
        let limits = self.limits(now, current, ScalingPolicy::down_from);
        self.selected(limits, i64::min, i64::max)
            .map_or(current, |limit| {
                u32::try_from(limit.max(0)).map_or(current, |limit| limit.min(current))
            })
    }

    fn limits(
        &self,
        now: Instant,
        current: u32,
        limit: impl Fn(&ScalingPolicy, i64) -> i64,
    ) -> impl Iterator<Item = i64> {
        let policies = self.rules.policies.iter().zip(&self.changes);
        policies.filter_map(move |(policy, recent)| {
            let change = recent.live(now).fold(0, i64::saturating_add);
            let start = i64::from(current).saturating_sub(change);
            policy.as_ref().map(|policy| limit(policy, start))
        })
    }

    fn selected(
        &self,
        limits: impl Iterator<Item = i64>,
        greatest: fn(i64, i64) -> i64,
        smallest: fn(i64, i64) -> i64,
    ) -> Option<i64> {
        match self.rules.select {
            PolicySelect::Max => limits.reduce(greatest),
            PolicySelect::Min => limits.reduce(smallest),
            PolicySelect::Disabled => None,
        }
    }
}
