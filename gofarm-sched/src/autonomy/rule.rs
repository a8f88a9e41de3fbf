//! [`WorkRule`]: what happens to one kind of work.

use core::fmt;
use core::time::Duration;

use crate::ConfigError;

/// What work may do; match it fully. Later values are stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Action {
    /// It runs as always.
    Run,
    /// It runs less often, or on less data; how much less is the work's own affair.
    Slow,
    /// It does not run.
    Stop,
}

impl Action {
    /// The name in lower case, for labels: `slow`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Slow => "slow",
            Self::Stop => "stop",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind of work and what happens to it when the farm is cut off or short of power.
///
/// ```
/// use gofarm_core::time::hours;
/// use gofarm_sched::autonomy::WorkRule;
///
/// const RULES: [WorkRule; 2] = [
///     WorkRule::essential("irrigation"),
///     WorkRule::deferrable("leaf images").slows_after(hours(4)).stops_after(hours(12)).stops_below(0.4).rule(),
/// ];
/// assert!(RULES[0].is_essential());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WorkRule {
    name: &'static str,
    limits: Option<Limits>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Limits {
    slows_after: Option<Duration>,
    stops_after: Option<Duration>,
    slows_below: f32,
    stops_below: f32,
}

/// A [`WorkRule`] in the making, for work that can wait.
///
/// See [`WorkRule`] for an example.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "it is no rule before `rule` is called"]
pub struct Deferrable {
    name: &'static str,
    limits: Limits,
}

impl WorkRule {
    /// Work on which the crop depends, or by which the farm is known to be alive: it always runs.
    #[must_use]
    pub const fn essential(name: &'static str) -> Self {
        Self { name, limits: None }
    }

    /// Work that can wait; it runs always until a limit is set.
    pub const fn deferrable(name: &'static str) -> Deferrable {
        Deferrable {
            name,
            limits: Limits {
                slows_after: None,
                stops_after: None,
                slows_below: 0.0,
                stops_below: 0.0,
            },
        }
    }

    /// The rules of two lists: of [`DISASTER_72_H`], and the farm's own.
    ///
    /// ```
    /// use gofarm_sched::autonomy::{Autonomy, AutonomyConfig, DISASTER_72_H, WorkRule};
    ///
    /// const RULES: [WorkRule; 10] = WorkRule::join(&DISASTER_72_H, &[WorkRule::essential("milking")]);
    /// let autonomy: Autonomy<10> = Autonomy::new(AutonomyConfig::new(), RULES)?;
    /// assert!(autonomy.find("milking").is_some());
    /// # Ok::<(), gofarm_sched::ConfigError>(())
    /// ```
    ///
    /// # Panics
    /// `N` is not the number of all rules; in a constant, that does not compile.
    #[must_use]
    pub const fn join<const N: usize>(first: &[Self], more: &[Self]) -> [Self; N] {
        assert!(
            first.len() + more.len() == N,
            "N is not the number of all rules"
        );
        let mut all = [Self::essential(""); N];
        let (first_of_all, rest) = all.split_at_mut(first.len());
        first_of_all.copy_from_slice(first);
        rest.copy_from_slice(more);
        all
    }

    /// The name of the work.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it always runs.
    #[must_use]
    pub const fn is_essential(&self) -> bool {
        self.limits.is_none()
    }

    /// What the time without a link asks for; `None` while there is one.
    pub(super) fn by_time(&self, cut_off_for: Option<Duration>) -> Action {
        let (Some(limits), Some(time)) = (&self.limits, cut_off_for) else {
            return Action::Run;
        };
        let passed = |after: Option<Duration>| after.is_some_and(|after| time >= after);
        strictest(passed(limits.slows_after), passed(limits.stops_after))
    }

    /// What a battery's charge asks for, with `spare` added to the thresholds; `None` if there is none, or it is unknown.
    pub(super) fn by_charge(&self, charge: Option<f32>, spare: f32) -> Action {
        let (Some(limits), Some(charge)) = (&self.limits, charge) else {
            return Action::Run;
        };
        let below = |limit: f32| limit > 0.0 && charge < (limit + spare).min(1.0);
        strictest(below(limits.slows_below), below(limits.stops_below))
    }

    /// The times without a link at which something changes.
    pub(super) fn times(&self) -> impl Iterator<Item = Duration> {
        self.limits
            .into_iter()
            .flat_map(|limits| [limits.slows_after, limits.stops_after])
            .flatten()
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let Some(limits) = &self.limits else {
            return Ok(());
        };
        let share = |limit: f32| (0.0..=1.0).contains(&limit);
        if !share(limits.slows_below) || !share(limits.stops_below) {
            return Err(ConfigError::new("slows_below, stops_below", "from 0 to 1"));
        }
        if limits.slows_below > 0.0 && limits.slows_below < limits.stops_below {
            return Err(ConfigError::new("slows_below", "not below stops_below"));
        }
        if let (Some(slows), Some(stops)) = (limits.slows_after, limits.stops_after)
            && slows > stops
        {
            return Err(ConfigError::new("slows_after", "not after stops_after"));
        }
        Ok(())
    }
}

const fn strictest(slow: bool, stop: bool) -> Action {
    match (slow, stop) {
        (_, true) => Action::Stop,
        (true, false) => Action::Slow,
        (false, false) => Action::Run,
    }
}

impl Deferrable {
    /// It is slowed when the farm has been cut off for so long; 0 h means at once.
    pub const fn slows_after(mut self, time: Duration) -> Self {
        self.limits.slows_after = Some(time);
        self
    }

    /// It stops when the farm has been cut off for so long; 0 h means at once.
    pub const fn stops_after(mut self, time: Duration) -> Self {
        self.limits.stops_after = Some(time);
        self
    }

    /// It is slowed when the battery holds less than this share, 0..=1, connected or not.
    pub const fn slows_below(mut self, charge: f32) -> Self {
        self.limits.slows_below = charge;
        self
    }

    /// It stops when the battery holds less than this share, 0..=1, connected or not: the higher, the sooner it is shed.
    pub const fn stops_below(mut self, charge: f32) -> Self {
        self.limits.stops_below = charge;
        self
    }

    /// The rule.
    #[must_use]
    pub const fn rule(self) -> WorkRule {
        WorkRule {
            name: self.name,
            limits: Some(self.limits),
        }
    }
}

const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3_600)
}

/// Rules for 72 h alone: what the crop needs goes on, video analysis stops at once.
///
/// With the battery, video analysis and training stop first (below 0.6), then images of leaves (0.4), forecasts (0.2) and
/// history (0.15); essential work is never shed. [`WorkRule::join`] adds a farm's own.
pub const DISASTER_72_H: [WorkRule; 9] = [
    WorkRule::essential("heartbeat"),
    WorkRule::essential("irrigation"),
    WorkRule::essential("climate control"),
    WorkRule::essential("alarms"),
    WorkRule::deferrable("sensor history")
        .slows_after(hours(24))
        .slows_below(0.3)
        .stops_below(0.15)
        .rule(),
    WorkRule::deferrable("leaf images")
        .slows_after(hours(4))
        .stops_after(hours(24))
        .stops_below(0.4)
        .rule(),
    WorkRule::deferrable("forecasts")
        .slows_after(hours(12))
        .slows_below(0.4)
        .stops_below(0.2)
        .rule(),
    WorkRule::deferrable("video analysis")
        .stops_after(hours(0))
        .stops_below(0.6)
        .rule(),
    WorkRule::deferrable("model training")
        .stops_after(hours(0))
        .stops_below(0.6)
        .rule(),
];
