//! [`Latching`]: a short pulse moves the valve, a magnet holds it.

use core::time::Duration;

use gofarm_core::time::{Instant, millis};

use super::current::CurrentWatch;
use super::{
    Bridge, Config, ConfigError, Confirm, CurrentLimits, Drive, Fault, Position, Sense, Stroke,
};

/// A drive that moves a latching valve with one pulse in either direction.
///
/// It stays where it is without power, which saves a battery and is why it stays open when nobody closes it.
///
/// A pulse ends with the first poll after its length. A program that polls late pulses longer; where that can burn the
/// coil, limit it in hardware.
#[derive(Clone, Debug)]
pub struct Latching {
    pulse: Duration,
    dead_time: Duration,
    boost: Option<Boost>,
    phase: Phase,
    wanted: Option<(Position, Instant)>,
    /// The side that was on last, and when it went off.
    last: Option<(Position, Instant)>,
    millivolts: u16,
    current: CurrentWatch,
    fault: Option<Fault>,
}

/// The configuration of a latching valve.
///
/// ```
/// use gofarm_core::time::{millis, secs};
/// use gofarm_hal::valve::{CurrentLimits, LatchingConfig};
///
/// let config = LatchingConfig::new()
///     .pulse(millis(80))
///     .boost(9_000, secs(3)) // a 9 V coil on a 3.6 V battery
///     .current(CurrentLimits::new(100, 2_000));
/// ```
pub type LatchingConfig = Config<Latching>;

#[derive(Clone, Copy, Debug)]
struct Boost {
    target: u16,
    limit: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Resting,
    Dead { to: Position, until: Instant },
    Charging { to: Position, until: Instant },
    Pulsing { to: Position, until: Instant },
}

impl LatchingConfig {
    /// A valve with pulses of 100 ms and 20 ms between directions, which nothing confirms.
    pub const fn new() -> Self {
        Self::of(Latching {
            pulse: millis(100),
            dead_time: millis(20),
            boost: None,
            phase: Phase::Resting,
            wanted: None,
            last: None,
            millivolts: 0,
            current: CurrentWatch::NONE,
            fault: None,
        })
    }

    /// With another length of a pulse than 100 ms; datasheets ask for 20 to 150 ms.
    pub const fn pulse(mut self, time: Duration) -> Self {
        self.drive.pulse = time;
        self
    }

    /// With another pause between opposite directions than 20 ms.
    pub const fn dead_time(mut self, time: Duration) -> Self {
        self.drive.dead_time = time;
        self
    }

    /// With a boost converter, which charges a capacitor to `target` mV before each pulse, within `limit`.
    ///
    /// If it is not charged by then, no pulse opens the valve. One that closes it is given all the same, as it may
    /// be enough, and is then tried again.
    pub const fn boost(mut self, target: u16, limit: Duration) -> Self {
        self.drive.boost = Some(Boost { target, limit });
        self
    }

    /// With limits on the current of the coil.
    pub const fn current(mut self, limits: CurrentLimits) -> Self {
        self.drive.current.limit(limits);
        self
    }
}

impl Default for LatchingConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl Latching {
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
            match self.boost {
                Some(boost) => {
                    // What was measured before may have leaked away.
                    self.millivolts = 0;
                    Phase::Charging {
                        to,
                        until: now + boost.limit,
                    }
                }
                None => self.pulse_to(to, now),
            }
        };
    }

    fn pulse_to(&mut self, to: Position, now: Instant) -> Phase {
        self.current.switched_on(now);
        Phase::Pulsing {
            to,
            until: now + self.pulse,
        }
    }

    fn switch_off(&mut self, now: Instant) {
        if let Phase::Pulsing { to, .. } = self.phase {
            self.last = Some((to, now));
            self.current.switched_off();
            self.millivolts = 0;
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

    /// Whether the capacitor holds, or held when the pulse began, what a pulse needs.
    fn charged(&self) -> Result<(), Fault> {
        match self.boost {
            Some(Boost { target, .. }) if self.millivolts < target => Err(Fault::NotCharged {
                millivolts: self.millivolts,
                target,
            }),
            Some(_) | None => Ok(()),
        }
    }
}

impl Drive for Latching {
    type Output = Bridge;

    fn check(&self, confirm: Confirm) -> Result<(), ConfigError> {
        if self.pulse.is_zero() {
            return Err(ConfigError::new("pulse", "longer than 0"));
        }
        if self.boost.is_some_and(|boost| boost.limit.is_zero()) {
            return Err(ConfigError::new("boost limit", "longer than 0"));
        }
        self.current.check(confirm)
    }

    fn start(&mut self, to: Position, now: Instant) {
        self.wanted = Some((to, now));
        self.fault = None;
    }

    fn poll(&mut self, now: Instant) -> Stroke {
        if let Some(fault) = self.fault.take() {
            // The pins learn only now that they have to be off.
            self.last = self.last.map(|(side, _)| (side, now));
            return Stroke::Failed(fault);
        }
        if let Some((to, _)) = self.wanted.take() {
            match self.phase {
                Phase::Pulsing { to: side, .. } if side == to => {}
                Phase::Pulsing { .. } => {
                    self.switch_off(now);
                    self.phase = Phase::Dead {
                        to,
                        until: now + self.dead_time,
                    };
                    return Stroke::Moving;
                }
                Phase::Charging { until, .. } => self.phase = Phase::Charging { to, until },
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
            Phase::Charging { to, until } => {
                let charged = self.charged();
                if charged.is_ok() || (now >= until && to == Position::Closed) {
                    self.phase = self.pulse_to(to, now);
                } else if now >= until {
                    return self.end(charged, now);
                }
                Stroke::Moving
            }
            Phase::Pulsing { until, .. } if now < until => Stroke::Moving,
            Phase::Pulsing { .. } => {
                let verdict = self.charged().and_then(|()| self.current.verdict());
                self.end(verdict, now)
            }
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
            // While it pulses the voltage falls, and what counts is the one that the pulse began with.
            Sense::Boost(millivolts) if !matches!(self.phase, Phase::Pulsing { .. }) => {
                self.millivolts = millivolts;
            }
            Sense::Boost(_) | Sense::EndSwitches(_) => {}
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
            Phase::Charging { .. } => Bridge::Charge,
            Phase::Pulsing { to, .. } => match to {
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
            Phase::Charging { .. } if self.charged().is_ok() => Some(Instant::ZERO),
            Phase::Dead { until, .. }
            | Phase::Charging { until, .. }
            | Phase::Pulsing { until, .. } => Some(until),
        }
    }

    fn is_proven(&self) -> bool {
        self.current.is_proven()
    }

    fn draws(&self, _: Position) -> bool {
        true
    }
}
