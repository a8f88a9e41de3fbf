//! [`Config`]: the rules of a guard together with the settings of a drive.

use core::fmt;
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};
use gofarm_core::time::{hours, minutes, secs};

use crate::flow_meter::FlowLimits;

/// What confirms that a valve has closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Confirm {
    /// Nothing can. After the stated number of [full strokes](Config::close_strokes) the valve is taken as closed and
    /// that is reported as [`Unconfirmed`](super::Event::Unconfirmed).
    ///
    /// What is guaranteed then: so many strokes were driven to their full length, each without a fault that the
    /// hardware could show. Not that no water runs.
    #[default]
    Nothing,
    /// A flow meter that shows no flow once it has settled after a stroke.
    ///
    /// It proves that no water runs, not that the valve would hold any: with the pump off an open valve looks the
    /// same, until the pump starts and the flow is a [leak](super::Event::Leak).
    Flow,
    /// The end switch at the closed end, on, with the other one off.
    EndSwitch,
    /// A measured current within its limits during the stroke, and no current once a coil is off.
    ///
    /// It proves that the stroke reached the coil, not that the plunger moved.
    Current,
}

/// At which voltage of its store a valve closes while it still can.
///
/// One stroke takes `E` joules out of `C` farads. To have it at `V0`, the least voltage at which the drive still
/// works, take `low` = √(`V0`² + 2 `E` / `C`), and add the strokes of a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReserveLimits {
    pub(super) low: u16,
    pub(super) ready: u16,
}

impl ReserveLimits {
    /// Closes at `low` mV and below, and opens again once `ready` mV has been reached.
    #[must_use]
    pub const fn new(low: u16, ready: u16) -> Self {
        Self { low, ready }
    }
}

/// The rules that hold for every kind of valve.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) min_on: Duration,
    pub(super) min_off: Duration,
    pub(super) max_run: Duration,
    pub(super) by_hand: Duration,
    pub(super) confirm: Confirm,
    pub(super) strokes: u16,
    pub(super) retry: Duration,
    pub(super) tries: u16,
    pub(super) slow_retry: Duration,
    pub(super) reserve: Option<ReserveLimits>,
    pub(super) flow: Option<FlowLimits>,
}

/// How one valve is guarded and driven.
///
/// [`LatchingConfig`](super::LatchingConfig), [`SolenoidConfig`](super::SolenoidConfig) and
/// [`MotorisedConfig`](super::MotorisedConfig) are this with the settings of their drive. The options here are those of
/// every valve.
///
/// ```
/// use gofarm_core::time::{millis, minutes, secs};
/// use gofarm_hal::flow_meter::FlowLimits;
/// use gofarm_hal::valve::{Confirm, LatchingConfig, ReserveLimits};
///
/// let config = LatchingConfig::new()
///     .pulse(millis(100))
///     .min_off(secs(10))
///     .max_run(minutes(90))
///     .flow(FlowLimits::new(200))
///     .confirm(Confirm::Flow)
///     .reserve(ReserveLimits::new(3_300, 3_600));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a configuration does nothing until a valve is made with it"]
pub struct Config<D> {
    pub(super) rules: Rules,
    pub(super) drive: D,
}

impl<D> Config<D> {
    /// The rules' defaults with the settings of any drive, for hardware that this crate does not know.
    pub const fn of(drive: D) -> Self {
        Self {
            rules: Rules {
                min_on: Duration::ZERO,
                min_off: Duration::ZERO,
                max_run: hours(2),
                by_hand: minutes(30),
                confirm: Confirm::Nothing,
                strokes: 3,
                retry: secs(1),
                tries: 5,
                slow_retry: secs(60),
                reserve: None,
                flow: None,
            },
            drive,
        }
    }

    /// With a shortest time for which it is worth opening; 0 if not said.
    ///
    /// It refuses leases that are shorter. It never delays a close: whatever closes a valve is a matter of safety, or
    /// somebody's wish that safety never questions.
    pub const fn min_on(mut self, time: Duration) -> Self {
        self.rules.min_on = time;
        self
    }

    /// With a shortest time between a close and the next open; 0 if not said.
    ///
    /// It counts from the end of the close. After a reset nobody knows how long the valve has been off, so it counts
    /// from the end of the close that follows the reset.
    pub const fn min_off(mut self, time: Duration) -> Self {
        self.rules.min_off = time;
        self
    }

    /// With a longest run, whatever a contract allows and however often a lease is renewed; 2 h if not said.
    pub const fn max_run(mut self, time: Duration) -> Self {
        self.rules.max_run = time;
        self
    }

    /// With a longest run opened by hand; 30 min if not said.
    pub const fn max_by_hand(mut self, time: Duration) -> Self {
        self.rules.by_hand = time;
        self
    }

    /// With what confirms a close; [`Confirm::Nothing`] if not said.
    pub const fn confirm(mut self, by: Confirm) -> Self {
        self.rules.confirm = by;
        self
    }

    /// With the number of full strokes after which a valve that nothing can confirm is taken as closed; 3 if not said.
    ///
    /// One is enough for a solenoid, which is off or not; its configuration starts with that.
    pub const fn close_strokes(mut self, strokes: u16) -> Self {
        self.rules.strokes = strokes;
        self
    }

    /// With the pauses between strokes that close: `pause` for the first `tries`, then `slow` for ever.
    ///
    /// 1 s, 5 tries and 60 s if not said. After so many tries [`Event::Overdue`](super::Event::Overdue) is reported.
    pub const fn retry(mut self, pause: Duration, tries: u16, slow: Duration) -> Self {
        self.rules.retry = pause;
        self.rules.tries = tries;
        self.rules.slow_retry = slow;
        self
    }

    /// With limits on the stored energy: low, it closes at once and does not open.
    ///
    /// Until it has heard of the reserve it does not open either.
    pub const fn reserve(mut self, limits: ReserveLimits) -> Self {
        self.rules.reserve = Some(limits);
        self
    }

    /// With a flow meter of its own: flow while it is closed is a leak, none while it is open is a blocked line.
    pub const fn flow(mut self, limits: FlowLimits) -> Self {
        self.rules.flow = Some(limits);
        self
    }
}

/// Short, as every valve shows it.
impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules")
            .field("confirm", &self.confirm)
            .finish_non_exhaustive()
    }
}

impl Rules {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        // One by one: where the options are constants nothing is left of it.
        let refuse = |is_wrong: bool, field, rule| {
            if is_wrong {
                Err(ConfigError::new(field, rule))
            } else {
                Ok(())
            }
        };
        refuse(
            self.max_run < self.min_on,
            "max_run",
            "at least the minimum on time",
        )?;
        refuse(self.strokes == 0, "close_strokes", "at least 1")?;
        refuse(
            self.confirm == Confirm::Nothing && self.strokes > self.tries,
            "close_strokes",
            "at most the tries in quick succession, as nothing confirms them",
        )?;
        refuse(self.tries == 0, "tries", "at least 1")?;
        refuse(self.retry.is_zero(), "retry", "longer than 0")?;
        refuse(
            self.slow_retry < self.retry,
            "slow retry",
            "at least the first pause",
        )?;
        refuse(
            self.reserve.is_some_and(|r| r.ready <= r.low),
            "reserve",
            "ready at a higher voltage than low",
        )?;
        refuse(
            self.confirm == Confirm::Flow && self.flow.is_none(),
            "confirm",
            "by something else, as no flow limits are set",
        )
    }
}

/// An option of a valve that cannot work; no valve was made.
///
/// ```
/// use gofarm_core::command::RamJournal;
/// use gofarm_core::time::{Instant, millis};
/// use gofarm_hal::valve::{Guard, LatchingConfig};
///
/// let config = LatchingConfig::new().pulse(millis(0));
/// let error = Guard::<_, RamJournal>::restore(config, RamJournal::new(), Instant::ZERO).unwrap_err();
/// assert_eq!(error.to_string(), "pulse must be longer than 0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("{field} must be {rule}")]
pub struct ConfigError {
    field: &'static str,
    rule: &'static str,
}

impl ConfigError {
    /// An error that names the option and what it must be: `longer than 0`.
    #[must_use]
    pub const fn new(field: &'static str, rule: &'static str) -> Self {
        Self { field, rule }
    }

    /// The name of the option.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// What the option must be.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }
}

impl Classify for ConfigError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
