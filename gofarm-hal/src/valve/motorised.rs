//! [`Motorised`]: a motor turns the valve from one end to the other.

use core::time::Duration;

use gofarm_core::time::{Instant, millis};

use super::current::CurrentWatch;
use super::{
    Bridge, Config, ConfigError, Confirm, CurrentLimits, Drive, EndSwitches, Fault, Position,
    Sense, Stroke,
};

/// A drive that runs a motor until the valve is at its end.
///
/// With [end switches](MotorisedConfig::end_switches) it stops where they say, and has stalled if that takes too long.
/// Without them it runs for the travel time and the margin, against the stop that such valves have.
///
/// The valve stays where it is when power is lost in between.
#[derive(Clone, Debug)]
pub struct Motorised {
    travel: Duration,
    margin: Duration,
    dead_time: Duration,
    leave: Option<Duration>,
    phase: Phase,
    wanted: Option<(Position, Instant)>,
    last: Option<(Position, Instant)>,
    switches: Option<EndSwitches>,
    current: CurrentWatch,
    fault: Option<Fault>,
}

/// The configuration of a motorised valve.
///
/// ```
/// use gofarm_core::time::secs;
/// use gofarm_hal::valve::{Confirm, MotorisedConfig};
///
/// let config = MotorisedConfig::new(secs(8)).end_switches(secs(1)).confirm(Confirm::EndSwitch);
/// ```
pub type MotorisedConfig = Config<Motorised>;

#[derive(Clone, Copy, Debug)]
enum Phase {
    Resting,
    Dead { to: Position, until: Instant },
    Turning { to: Position, since: Instant },
}

impl MotorisedConfig {
    /// A valve that needs `travel` from one end to the other, without end switches, with a margin of a quarter of the
    /// travel and 500 ms between directions.
    pub const fn new(travel: Duration) -> Self {
        Self::of(Motorised {
            travel,
            margin: match travel.checked_div(4) {
                Some(quarter) => quarter,
                None => travel,
            },
            dead_time: millis(500),
            leave: None,
            phase: Phase::Resting,
            wanted: None,
            last: None,
            switches: None,
            current: CurrentWatch::NONE,
            fault: None,
        })
    }

    /// With end switches: it must have left the one that it stands on after `leave`, and reach the other one within
    /// the travel time and the margin.
    pub const fn end_switches(mut self, leave: Duration) -> Self {
        self.drive.leave = Some(leave);
        self
    }

    /// With another margin on the travel time than a quarter of it, for cold, age and low voltage.
    pub const fn margin(mut self, time: Duration) -> Self {
        self.drive.margin = time;
        self
    }

    /// With another pause between directions than 500 ms, in which the motor comes to a stand.
    pub const fn dead_time(mut self, time: Duration) -> Self {
        self.drive.dead_time = time;
        self
    }

    /// With limits on the current of the motor: over the upper one it has stalled or is shorted.
    pub const fn current(mut self, limits: CurrentLimits) -> Self {
        self.drive.current.limit(limits);
        self
    }
}

impl Motorised {
    fn begin(&mut self, to: Position, now: Instant) {
        // After a reset nobody knows which side was on.
        let (side, off) = *self.last.get_or_insert((to.opposite(), now));
        let free = if side == to {
            now
        } else {
            off + self.dead_time
        };
        self.phase = if now < free {
            Phase::Dead { to, until: free }
        } else {
            self.current.switched_on(now);
            Phase::Turning { to, since: now }
        };
    }

    fn switch_off(&mut self, now: Instant) {
        if let Phase::Turning { to, .. } = self.phase {
            self.last = Some((to, now));
            self.current.switched_off();
        }
        self.phase = Phase::Resting;
    }

    fn end(&mut self, result: Result<(), Fault>, now: Instant) -> Stroke {
        self.switch_off(now);
        match result {
            Ok(()) => Stroke::Done,
            Err(fault) => Stroke::Failed(fault),
        }
    }

    /// Whether the motor has to stop now, and why.
    fn turned(&self, to: Position, since: Instant, now: Instant) -> Option<Result<(), Fault>> {
        let turned = now.saturating_since(since);
        let is_over = turned >= self.travel.saturating_add(self.margin);
        let Some(leave) = self.leave else {
            return is_over.then(|| self.current.verdict());
        };
        match self.switches {
            Some(EndSwitches {
                open: true,
                closed: true,
            }) if is_over => Some(Err(Fault::Switches)),
            Some(switches) if switches.position() == Some(to) => Some(self.current.verdict()),
            Some(switches) if switches.position().is_some() && turned >= leave => {
                Some(Err(Fault::Stalled))
            }
            Some(_) | None => is_over.then_some(Err(Fault::Stalled)),
        }
    }
}

impl Drive for Motorised {
    type Output = Bridge;

    fn check(&self, confirm: Confirm) -> Result<(), ConfigError> {
        if self.travel.is_zero() {
            return Err(ConfigError::new("travel", "longer than 0"));
        }
        if self
            .leave
            .is_some_and(|leave| leave.is_zero() || leave > self.travel)
        {
            return Err(ConfigError::new(
                "end_switches",
                "left after more than 0 and within the travel time",
            ));
        }
        self.current.check(confirm)
    }

    fn start(&mut self, to: Position, now: Instant) {
        self.wanted = Some((to, now));
        self.fault = None;
        // Where it stood before says nothing of where this stroke leads.
        self.switches = None;
    }

    fn poll(&mut self, now: Instant) -> Stroke {
        if let Some(fault) = self.fault.take() {
            // The pins learn only now that they have to be off.
            self.last = self.last.map(|(side, _)| (side, now));
            return Stroke::Failed(fault);
        }
        if let Some((to, _)) = self.wanted.take() {
            match self.phase {
                Phase::Turning { to: side, .. } if side == to => {}
                Phase::Turning { .. } => {
                    self.switch_off(now);
                    self.phase = Phase::Dead {
                        to,
                        until: now + self.dead_time,
                    };
                    return Stroke::Moving;
                }
                Phase::Resting | Phase::Dead { .. } => {
                    self.begin(to, now);
                    return Stroke::Moving;
                }
            }
        }
        match self.phase {
            Phase::Resting => Stroke::Resting,
            Phase::Dead { to, until } => {
                if now >= until {
                    self.begin(to, now);
                }
                Stroke::Moving
            }
            Phase::Turning { to, since } => match self.turned(to, since, now) {
                Some(result) => self.end(result, now),
                None => Stroke::Moving,
            },
        }
    }

    fn sense(&mut self, sense: Sense, now: Instant) {
        match sense {
            Sense::Current(milliamps) => {
                if let Some(fault) = self.current.sample(milliamps, now) {
                    self.switch_off(now);
                    self.fault = Some(fault);
                }
            }
            Sense::EndSwitches(switches) => self.switches = Some(switches),
            Sense::Boost(_) => {}
        }
    }

    fn rest(&mut self, now: Instant) {
        self.switch_off(now);
        self.wanted = None;
        self.fault = None;
    }

    fn output(&self) -> Bridge {
        match self.phase {
            Phase::Resting | Phase::Dead { .. } => Bridge::Off,
            Phase::Turning { to, .. } => match to {
                Position::Open => Bridge::Open,
                Position::Closed => Bridge::Close,
            },
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if let Some((_, asked)) = self.wanted {
            return Some(asked);
        }
        if self.fault.is_some() {
            return Some(Instant::ZERO);
        }
        match self.phase {
            Phase::Resting => None,
            Phase::Dead { until, .. } => Some(until),
            Phase::Turning { to, since } => {
                let standing = self.switches.and_then(EndSwitches::position);
                if standing == Some(to) && self.leave.is_some() {
                    return Some(since);
                }
                let over = since + self.travel.saturating_add(self.margin);
                match self.leave {
                    Some(leave) if standing.is_some() => Some(over.min(since + leave)),
                    Some(_) | None => Some(over),
                }
            }
        }
    }

    fn is_proven(&self) -> bool {
        self.current.is_proven()
    }

    fn draws(&self, _: Position) -> bool {
        true
    }
}
