//! [`Autonomy`]: link and battery in, what work may do out.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::{Action, AutonomyConfig, AutonomyEvent, LinkMode, WorkRule};
use crate::ConfigError;

/// Which work of a policy: its place in the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct WorkId(usize);

/// The state of a farm that may be cut off, with the rules for `N` kinds of work.
///
/// Contract: tell it of each change of the link and of each measured charge; when [`poll_timeout`](Self::poll_timeout)
/// is due, call [`handle_timeout`](Self::handle_timeout); after each of these, drain [`poll_event`](Self::poll_event)
/// or ask [`action`](Self::action) before work is started. It starts connected.
///
/// See the [module](super) for an example.
#[derive(Clone, Copy, Debug)]
pub struct Autonomy<const N: usize> {
    config: AutonomyConfig,
    rules: [WorkRule; N],
    works: [Work; N],
    link: Link,
    mode: LinkMode,
    /// When the mode last changed; `None` until it first does.
    mode_since: Option<Instant>,
    /// While cut off: when the link went.
    lost_at: Option<Lost>,
    charge: Option<f32>,
    told_mode: LinkMode,
    horizon: Horizon,
    /// The latest time that it was told of.
    seen: Instant,
}

#[derive(Clone, Copy, Debug)]
enum Link {
    Up(Instant),
    Down(Instant),
}

/// The loss, as an instant and the time before it that a restart has cost.
#[derive(Clone, Copy, Debug)]
struct Lost {
    at: Instant,
    before: Duration,
}

impl Lost {
    fn age(&self, now: Instant) -> Duration {
        self.before.saturating_add(now.saturating_since(self.at))
    }

    /// When the loss is so old.
    fn reaches(&self, age: Duration) -> Instant {
        self.at + age.saturating_sub(self.before)
    }
}

#[derive(Clone, Copy, Debug)]
struct Work {
    action: Action,
    told: Action,
    /// When the action last changed; `None` until it first does.
    since: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Horizon {
    Ahead,
    Reached(Duration),
    Told,
}

impl<const N: usize> Autonomy<N> {
    /// A farm that is connected, with a full battery or none.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule; also if two rules have one name.
    pub fn new(config: AutonomyConfig, rules: [WorkRule; N]) -> Result<Self, ConfigError> {
        config.check()?;
        rules.iter().try_for_each(WorkRule::check)?;
        for (i, rule) in rules.iter().enumerate() {
            if rules.iter().take(i).any(|r| r.name() == rule.name()) {
                return Err(ConfigError::new("rules", "one for each name"));
            }
        }
        Ok(Self {
            config,
            rules,
            works: [Work {
                action: Action::Run,
                told: Action::Run,
                since: None,
            }; N],
            link: Link::Up(Instant::ZERO),
            mode: LinkMode::Connected,
            mode_since: None,
            lost_at: None,
            charge: None,
            told_mode: LinkMode::Connected,
            horizon: Horizon::Ahead,
            seen: Instant::ZERO,
        })
    }

    /// Goes on after a restart of a farm that had been cut off for `cut_off_for`; how long the restart took is the
    /// caller's to add, if it is known.
    pub fn resume_cut_off(&mut self, now: Instant, cut_off_for: Duration) {
        self.link = Link::Down(now);
        self.lost_at = Some(Lost {
            at: now,
            before: cut_off_for,
        });
        self.mode = LinkMode::CutOff;
        self.mode_since = Some(now);
        self.settle(now);
    }

    /// Takes in whether the link is up; repeating what is known changes nothing.
    pub fn handle_link(&mut self, now: Instant, up: bool) {
        match (self.link, up) {
            (Link::Up(_), false) => self.link = Link::Down(now),
            (Link::Down(_), true) => self.link = Link::Up(now),
            (Link::Up(_), true) | (Link::Down(_), false) => {}
        }
        self.settle(now);
    }

    /// Takes in the battery's charge, 0..=1; `None` for a farm on the grid. A number that is not finite is not known,
    /// and changes nothing.
    pub fn handle_charge(&mut self, now: Instant, charge: Option<f32>) {
        match charge {
            Some(charge) if charge.is_finite() => self.charge = Some(charge.clamp(0.0, 1.0)),
            Some(_) => {}
            None => self.charge = None,
        }
        self.settle(now);
    }

    /// Does what time alone brings.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.settle(now);
    }

    /// When time alone next changes something; may be now or earlier if it was not yet handled.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let mode = self.mode_due();
        let horizon = match (self.horizon, self.lost_at) {
            (Horizon::Ahead, Some(lost)) => Some(lost.reaches(self.config.horizon)),
            _ => None,
        };
        let works = self.rules.iter().zip(&self.works);
        let works = works.filter_map(|(rule, work)| self.work_due(rule, work));
        works.chain(mode).chain(horizon).min()
    }

    /// What has changed and was not told yet.
    pub fn poll_event(&mut self) -> Option<AutonomyEvent> {
        if self.told_mode != self.mode {
            self.told_mode = self.mode;
            return Some(AutonomyEvent::ModeChanged(self.mode));
        }
        if let Horizon::Reached(age) = self.horizon {
            self.horizon = Horizon::Told;
            return Some(AutonomyEvent::HorizonReached(age));
        }
        let mut works = self.works.iter_mut().zip(&self.rules).enumerate();
        works.find_map(|(i, (work, rule))| {
            (work.told != work.action).then(|| {
                work.told = work.action;
                AutonomyEvent::ActionChanged {
                    work: WorkId(i),
                    name: rule.name(),
                    action: work.action,
                }
            })
        })
    }

    /// What this work may do.
    #[must_use]
    pub fn action(&self, work: WorkId) -> Action {
        self.works
            .get(work.0)
            .map_or(Action::Run, |work| work.action)
    }

    /// The work with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<WorkId> {
        self.rules
            .iter()
            .position(|rule| rule.name() == name)
            .map(WorkId)
    }

    /// Every kind of work and what it may do.
    pub fn works(&self) -> impl Iterator<Item = (WorkId, &WorkRule, Action)> {
        let works = self.rules.iter().zip(&self.works).enumerate();
        works.map(|(i, (rule, work))| (WorkId(i), rule, work.action))
    }

    /// Whether the farm is cut off.
    #[must_use]
    pub const fn mode(&self) -> LinkMode {
        self.mode
    }

    /// For how long the farm has been cut off, from the loss of the link; `None` while connected. Worth saving now and
    /// then, for [`resume_cut_off`](Self::resume_cut_off).
    #[must_use]
    pub fn cut_off_for(&self, now: Instant) -> Option<Duration> {
        self.lost_at.map(|lost| lost.age(now))
    }

    /// The times that it follows.
    pub const fn config(&self) -> &AutonomyConfig {
        &self.config
    }

    fn settle(&mut self, now: Instant) {
        self.seen = now;
        if self.mode_due().is_some_and(|due| due <= now) {
            self.change_mode(now);
        }
        let age = self.cut_off_for(now);
        if let (Some(age), Horizon::Ahead) = (age, self.horizon)
            && age >= self.config.horizon
        {
            self.horizon = Horizon::Reached(age);
        }
        for (rule, work) in self.rules.iter().zip(&mut self.works) {
            let held = rule.by_time(age).max(rule.by_charge(self.charge, 0.0));
            if held > work.action {
                *work = work.with(held, now);
                continue;
            }
            let freed = rule
                .by_time(age)
                .max(rule.by_charge(self.charge, self.config.spare_charge));
            if freed < work.action && work.free_at(&self.config) <= now {
                *work = work.with(freed, now);
            }
        }
    }

    fn change_mode(&mut self, now: Instant) {
        self.mode_since = Some(now);
        match self.link {
            Link::Down(at) => {
                self.mode = LinkMode::CutOff;
                self.lost_at = Some(Lost {
                    at,
                    before: Duration::ZERO,
                });
            }
            Link::Up(_) => {
                self.mode = LinkMode::Connected;
                self.lost_at = None;
                self.horizon = Horizon::Ahead;
            }
        }
    }

    /// When the mode changes if the link stays as it is.
    fn mode_due(&self) -> Option<Instant> {
        let believed = match (self.mode, self.link) {
            (LinkMode::Connected, Link::Down(at)) => at + self.config.cut_off_after,
            (LinkMode::CutOff, Link::Up(at)) => at + self.config.return_after,
            _ => return None,
        };
        let stayed = self.mode_since.map(|since| since + self.config.least_stay);
        Some(stayed.map_or(believed, |stayed| stayed.max(believed)))
    }

    /// When time alone changes what this work may do, if link and charge stay as they are.
    fn work_due(&self, rule: &WorkRule, work: &Work) -> Option<Instant> {
        let held = self.lost_at.and_then(|lost| {
            let stricter = |age: &Duration| rule.by_time(Some(*age)) > work.action;
            rule.times()
                .filter(stricter)
                .min()
                .map(|age| lost.reaches(age))
        });
        let by_charge = rule.by_charge(self.charge, self.config.spare_charge);
        let free_at = work.free_at(&self.config);
        let age = self.cut_off_for(free_at.max(self.seen));
        let freed = (rule.by_time(age).max(by_charge) < work.action).then_some(free_at);
        held.into_iter().chain(freed).min()
    }
}

impl Work {
    const fn with(self, action: Action, now: Instant) -> Self {
        Self {
            action,
            told: self.told,
            since: Some(now),
        }
    }

    /// The earliest time at which it may be let go.
    fn free_at(&self, config: &AutonomyConfig) -> Instant {
        let since = self.since.map(|since| since + config.least_stay);
        since.unwrap_or(Instant::ZERO)
    }
}
