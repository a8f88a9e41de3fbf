//! [`Solenoid`]: current moves the valve and holds it, a spring brings it back.

use core::time::Duration;

use gofarm_core::time::{Instant, millis};

use super::current::CurrentWatch;
use super::{
    Coil, Config, ConfigError, Confirm, CurrentLimits, Drive, Fault, Position, Sense, Stroke,
};

/// A drive that pulls a coil in at full current and then holds it at less.
///
/// A *normally closed* valve is closed by its spring: with the power, or the program, gone it closes. A *normally
/// open* one has to be powered to be closed, for as long as it is closed. It opens when its energy runs out, and no
/// program can help that: use it where water that runs is the lesser harm.
#[derive(Clone, Debug)]
pub struct Solenoid {
    at_rest: Position,
    pull_in: Duration,
    hold: u8,
    release: Duration,
    phase: Phase,
    wanted: Option<(Position, Instant)>,
    current: CurrentWatch,
    /// The current that was measured last while the coil was off.
    off_milliamps: Option<u16>,
    fault: Option<Fault>,
}

/// The configuration of a solenoid valve.
///
/// ```
/// use gofarm_core::time::millis;
/// use gofarm_hal::valve::SolenoidConfig;
///
/// let config = SolenoidConfig::normally_closed().pull_in(millis(60)).hold(30);
/// ```
pub type SolenoidConfig = Config<Solenoid>;

#[derive(Clone, Copy, Debug)]
enum Phase {
    Released,
    Releasing { until: Instant },
    PullingIn { until: Instant },
    Holding,
}

impl SolenoidConfig {
    /// A valve that its spring closes.
    pub const fn normally_closed() -> Self {
        Self::with(Position::Closed)
    }

    /// A valve that its spring opens, and that is powered while it is closed.
    pub const fn normally_open() -> Self {
        Self::with(Position::Open)
    }

    const fn with(at_rest: Position) -> Self {
        Self::of(Solenoid {
            at_rest,
            pull_in: millis(100),
            hold: 100,
            release: millis(100),
            phase: Phase::Released,
            wanted: None,
            current: CurrentWatch::NONE,
            off_milliamps: None,
            fault: None,
        })
        .close_strokes(1)
    }

    /// With another time at full current than 100 ms.
    pub const fn pull_in(mut self, time: Duration) -> Self {
        self.drive.pull_in = time;
        self
    }

    /// With a duty cycle to hold it with, 1 to 100 %; 100 % if not said.
    ///
    /// A third is usual; cold springs and old coils need more, and a close that is not confirmed is the better sign
    /// than a computed one. It needs [`PwmCoil`](super::PwmCoil).
    pub const fn hold(mut self, percent: u8) -> Self {
        self.drive.hold = percent;
        self
    }

    /// With another time that the spring needs than 100 ms.
    pub const fn release(mut self, time: Duration) -> Self {
        self.drive.release = time;
        self
    }

    /// With limits on the current of the coil at full current; while it is held they are scaled with the duty cycle.
    pub const fn current(mut self, limits: CurrentLimits) -> Self {
        self.drive.current.limit(limits);
        self
    }
}

impl Solenoid {
    fn switch_off(&mut self) {
        self.current.switched_off();
        self.off_milliamps = None;
        self.phase = Phase::Released;
    }

    const fn is_on(&self) -> bool {
        matches!(self.phase, Phase::PullingIn { .. } | Phase::Holding)
    }
}

impl Drive for Solenoid {
    type Output = Coil;

    fn check(&self, confirm: Confirm) -> Result<(), ConfigError> {
        if self.pull_in.is_zero() {
            return Err(ConfigError::new("pull_in", "longer than 0"));
        }
        if self.hold == 0 || self.hold > 100 {
            return Err(ConfigError::new("hold", "from 1 to 100 %"));
        }
        self.current.check(confirm)
    }

    fn start(&mut self, to: Position, now: Instant) {
        self.wanted = Some((to, now));
        self.fault = None;
    }

    fn poll(&mut self, now: Instant) -> Stroke {
        if let Some(fault) = self.fault.take() {
            return Stroke::Failed(fault);
        }
        if let Some((to, _)) = self.wanted.take() {
            if to == self.at_rest {
                self.switch_off();
                self.phase = Phase::Releasing {
                    until: now + self.release,
                };
            } else if !matches!(self.phase, Phase::PullingIn { .. }) {
                self.current.switched_on(now);
                self.phase = Phase::PullingIn {
                    until: now + self.pull_in,
                };
            }
            return Stroke::Moving;
        }
        match self.phase {
            Phase::Released | Phase::Holding => Stroke::Resting,
            Phase::Releasing { until } | Phase::PullingIn { until } if now < until => {
                Stroke::Moving
            }
            Phase::Releasing { .. } => {
                self.phase = Phase::Released;
                Stroke::Done
            }
            Phase::PullingIn { .. } => match self.current.verdict() {
                Ok(()) => {
                    self.phase = Phase::Holding;
                    Stroke::Done
                }
                Err(fault) => {
                    self.switch_off();
                    Stroke::Failed(fault)
                }
            },
        }
    }

    fn sense(&mut self, sense: Sense, now: Instant) {
        let Sense::Current(milliamps) = sense else {
            return;
        };
        if !self.is_on() {
            self.off_milliamps = Some(milliamps);
            return;
        }
        let fault = self.current.sample(milliamps, now).or_else(|| {
            let limit = self.current.under_at(self.hold)?;
            let is_broken = matches!(self.phase, Phase::Holding) && milliamps < limit;
            is_broken.then_some(Fault::UnderCurrent { milliamps, limit })
        });
        if fault.is_some() {
            self.switch_off();
            self.fault = fault;
        }
    }

    fn rest(&mut self, _: Instant) {
        self.switch_off();
        self.wanted = None;
        self.fault = None;
    }

    fn output(&self) -> Coil {
        match self.phase {
            Phase::Released | Phase::Releasing { .. } => Coil::Off,
            Phase::PullingIn { .. } => Coil::Full,
            Phase::Holding => Coil::Hold(self.hold),
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
            Phase::Released | Phase::Holding => None,
            Phase::Releasing { until } | Phase::PullingIn { until } => Some(until),
        }
    }

    fn is_proven(&self) -> bool {
        if self.is_on() {
            self.current.is_proven()
        } else {
            // A relay whose contacts have welded goes on feeding the coil.
            let limit = self.current.under_at(self.hold);
            limit
                .zip(self.off_milliamps)
                .is_some_and(|(limit, off)| off < limit)
        }
    }

    fn draws(&self, to: Position) -> bool {
        to != self.at_rest
    }
}
