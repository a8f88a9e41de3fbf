//! [`Valve`]: a guard that is wired to its pins.

use core::time::Duration;

use gofarm_core::command::{Command, CommandId, Journal, Lease};
use gofarm_core::contract::Action;
use gofarm_core::time::{Instant, UnixMillis, millis, minutes};

use super::bridge::NoPin;
use super::{
    Alone, BridgePins, Config, ConfigError, Drive, EndSwitches, Event, Guard, Latching,
    LatchingConfig, Motorised, MotorisedConfig, PinError, Pins, Refusal, Solenoid, SolenoidConfig,
    Turns, Verdict,
};
use crate::flow_meter::Flow;

/// A guarded valve on its pins.
///
/// [`poll`](Self::poll) sets the pins; all else tells the [`Guard`] something, whose contract holds here: poll after
/// every call, and at [`poll_timeout`](Self::poll_timeout) at the latest.
///
/// A pin that cannot be set makes `poll` fail. The valve then closes and goes on trying, so keep polling.
///
/// Dropping it leaves the pins as they are: close first.
///
/// See the [module](super) for an example.
#[derive(Debug)]
pub struct Valve<D: Drive, P, J = (), S: Turns = Alone, const N: usize = 16> {
    guard: Guard<D, J, S, N>,
    pins: P,
    /// What the pins were set to last; `None` if that is not known.
    applied: Option<D::Output>,
    /// When pins that failed are tried again.
    retry: Option<Instant>,
}

/// For simulations, whose pins can be cloned.
impl<D: Drive, P: Clone, J, S: Turns, const N: usize> Clone for Valve<D, P, J, S, N>
where
    Guard<D, J, S, N>: Clone,
{
    fn clone(&self) -> Self {
        Self {
            guard: self.guard.clone(),
            pins: self.pins.clone(),
            applied: self.applied,
            retry: self.retry,
        }
    }
}

/// A latching valve on an H-bridge; for one with a boost converter see [`BridgePins::with_boost`] and [`Valve::wire`].
pub type LatchingValve<A, B, J = (), C = NoPin, S = Alone, const N: usize = 16> =
    Valve<Latching, BridgePins<A, B, C>, J, S, N>;

/// A solenoid valve on a coil driver `P`, [`PwmCoil`](super::PwmCoil) or [`SwitchedCoil`](super::SwitchedCoil).
pub type SolenoidValve<P, J = (), S = Alone, const N: usize = 16> = Valve<Solenoid, P, J, S, N>;

/// A motorised valve on an H-bridge.
pub type MotorisedValve<A, B, J = (), S = Alone, const N: usize = 16> =
    Valve<Motorised, BridgePins<A, B>, J, S, N>;

/// How far ahead a command may expire where nothing is stored.
const VALIDITY: Duration = minutes(10);

impl<A, B> LatchingValve<A, B>
where
    BridgePins<A, B>: Pins<super::Bridge>,
{
    /// A latching valve without storage: `a` high opens, `b` high closes.
    ///
    /// It counts from the start of the clock, which has to be the start of the device. It cannot know which commands
    /// it ran before a restart, so it takes only those that expire within 10 minutes and not before 10 minutes after
    /// the start; see [`Lease::longest_validity`].
    ///
    /// # Errors
    /// [`ConfigError`] naming the option that cannot work.
    ///
    /// ```
    /// # use core::convert::Infallible;
    /// # use embedded_hal::digital::{ErrorType, OutputPin};
    /// # struct Pin;
    /// # impl ErrorType for Pin { type Error = Infallible; }
    /// # impl OutputPin for Pin {
    /// #     fn set_low(&mut self) -> Result<(), Infallible> { Ok(()) }
    /// #     fn set_high(&mut self) -> Result<(), Infallible> { Ok(()) }
    /// # }
    /// # let (a, b) = (Pin, Pin);
    /// # let now = gofarm_core::time::Instant::ZERO;
    /// use gofarm_core::time::{millis, secs};
    /// use gofarm_hal::valve::{LatchingConfig, LatchingValve};
    ///
    /// let config = LatchingConfig::new().pulse(millis(100)).min_off(secs(10));
    /// let mut valve = LatchingValve::new(a, b, config)?;
    /// valve.poll(now)?;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub fn new(a: A, b: B, config: LatchingConfig) -> Result<Self, ConfigError> {
        let valve = Valve::wire(BridgePins::new(a, b), config, (), Instant::ZERO)?;
        Ok(valve.longest_validity(VALIDITY))
    }
}

impl<A, B, J: Journal, const N: usize> LatchingValve<A, B, J, NoPin, Alone, N>
where
    BridgePins<A, B>: Pins<super::Bridge>,
{
    /// A latching valve after a start, with what its journal kept: `a` high opens, `b` high closes.
    ///
    /// # Errors
    /// [`ConfigError`] naming the option that cannot work.
    pub fn restore(
        a: A,
        b: B,
        config: LatchingConfig,
        journal: J,
        now: Instant,
    ) -> Result<Self, ConfigError> {
        Self::wire(BridgePins::new(a, b), config, journal, now)
    }
}

impl<A, B, J: Journal, const N: usize> MotorisedValve<A, B, J, Alone, N>
where
    BridgePins<A, B>: Pins<super::Bridge>,
{
    /// A motorised valve after a start, with what its journal kept: `a` high opens, `b` high closes.
    ///
    /// # Errors
    /// [`ConfigError`] naming the option that cannot work.
    pub fn restore(
        a: A,
        b: B,
        config: MotorisedConfig,
        journal: J,
        now: Instant,
    ) -> Result<Self, ConfigError> {
        Self::wire(BridgePins::new(a, b), config, journal, now)
    }
}

impl<P: Pins<super::Coil>, J: Journal, const N: usize> SolenoidValve<P, J, Alone, N> {
    /// A solenoid valve after a start, with what its journal kept.
    ///
    /// # Errors
    /// [`ConfigError`] naming the option that cannot work.
    pub fn restore(
        coil: P,
        config: SolenoidConfig,
        journal: J,
        now: Instant,
    ) -> Result<Self, ConfigError> {
        Self::wire(coil, config, journal, now)
    }
}

impl<D: Drive, P: Pins<D::Output>, J: Journal, const N: usize> Valve<D, P, J, Alone, N> {
    /// Any drive on any pins, after a start, with what its journal kept.
    ///
    /// # Errors
    /// [`ConfigError`] naming the option that cannot work.
    pub fn wire(pins: P, config: Config<D>, journal: J, now: Instant) -> Result<Self, ConfigError> {
        Ok(Self {
            guard: Guard::restore(config, journal, now)?,
            pins,
            applied: None,
            retry: None,
        })
    }

    /// With a supply that it shares with others.
    #[must_use]
    pub fn on<S: Turns>(self, supply: S) -> Valve<D, P, J, S, N> {
        Valve {
            guard: self.guard.on(supply),
            pins: self.pins,
            applied: self.applied,
            retry: self.retry,
        }
    }
}

impl<D: Drive, P: Pins<D::Output>, J: Journal, S: Turns, const N: usize> Valve<D, P, J, S, N> {
    /// The interval at which pins that failed are tried again.
    const PIN_RETRY: Duration = millis(100);

    /// With another limit on how far ahead a command's expiry may be; see [`Lease::longest_validity`].
    #[must_use]
    pub fn longest_validity(mut self, validity: Duration) -> Self {
        self.guard = self.guard.longest_validity(validity);
        self
    }

    /// Declares that no command from before can come again; see [`Lease::commission`].
    ///
    /// # Errors
    /// The journal's error if this could not be persisted; nothing has changed then.
    pub fn commission(&mut self) -> Result<(), J::Error> {
        self.guard.commission()
    }

    /// Goes on, and sets the pins.
    ///
    /// # Errors
    /// [`PinError`] if a pin could not be set. The stroke is void, the valve closes, and the next poll tries again.
    pub fn poll(&mut self, now: Instant) -> Result<(), PinError> {
        self.guard.poll(now);
        let output = self.guard.output();
        if self.applied == Some(output) {
            return Ok(());
        }
        match self.pins.set(output) {
            Ok(()) => {
                self.applied = Some(output);
                self.retry = None;
                Ok(())
            }
            Err(error) => {
                self.applied = None;
                self.retry = Some(now + Self::PIN_RETRY);
                self.guard.failed(now);
                Err(error)
            }
        }
    }

    /// When to poll next; `None` while it is closed. An instant that has passed means at once.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let guard = self.guard.poll_timeout();
        match self.retry {
            Some(retry) => Some(guard.map_or(retry, |at| at.min(retry))),
            None => guard,
        }
    }

    /// See [`Guard::accept`].
    pub fn accept<A: Action>(
        &mut self,
        command: &Command<A>,
        now: Instant,
        wall: Option<UnixMillis>,
    ) -> Verdict {
        self.guard.accept(command, now, wall)
    }

    /// See [`Guard::open_by_hand`].
    ///
    /// # Errors
    /// [`Refusal`]; nothing has changed then.
    pub fn open_by_hand(&mut self, run: Duration, now: Instant) -> Result<(), Refusal> {
        self.guard.open_by_hand(run, now)
    }

    /// See [`Guard::close_by_hand`].
    pub fn close_by_hand(&mut self, hold: Duration, now: Instant) {
        self.guard.close_by_hand(hold, now);
    }

    /// See [`Guard::close`].
    pub fn close(&mut self, now: Instant) {
        self.guard.close(now);
    }

    /// See [`Guard::link_lost`].
    pub fn link_lost(&mut self, now: Instant) {
        self.guard.link_lost(now);
    }

    /// See [`Guard::end_after`].
    pub fn end_after(&mut self, millilitres: u64) -> bool {
        self.guard.end_after(millilitres)
    }

    /// See [`Guard::reserve`].
    pub fn reserve(&mut self, millivolts: u16, now: Instant) {
        self.guard.reserve(millivolts, now);
    }

    /// See [`Guard::flow`].
    pub fn flow(&mut self, flow: Flow, now: Instant) {
        self.guard.flow(flow, now);
    }

    /// See [`Guard::end_switches`].
    pub fn end_switches(&mut self, switches: EndSwitches, now: Instant) {
        self.guard.end_switches(switches, now);
    }

    /// See [`Guard::current`].
    pub fn current(&mut self, milliamps: u16, now: Instant) {
        self.guard.current(milliamps, now);
    }

    /// See [`Guard::boost`].
    pub fn boost(&mut self, millivolts: u16, now: Instant) {
        self.guard.boost(millivolts, now);
    }

    /// See [`Guard::poll_event`].
    pub fn poll_event(&mut self) -> Option<Event> {
        self.guard.poll_event()
    }

    /// See [`Guard::poll_indeterminate`].
    pub fn poll_indeterminate(&mut self) -> Option<CommandId> {
        self.guard.poll_indeterminate()
    }

    /// See [`Guard::is_closed`].
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.guard.is_closed()
    }

    /// See [`Guard::is_open`].
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.guard.is_open()
    }

    /// See [`Guard::is_leaking`].
    #[must_use]
    pub fn is_leaking(&self) -> bool {
        self.guard.is_leaking()
    }

    /// The lease under it: its state, tally and losses.
    #[must_use]
    pub const fn lease(&self) -> &Lease<J, N> {
        self.guard.lease()
    }

    /// The pins.
    #[must_use]
    pub const fn pins(&self) -> &P {
        &self.pins
    }

    /// The pins and the journal, given back as they are; close first.
    #[must_use]
    pub fn into_parts(self) -> (P, J) {
        (self.pins, self.guard.into_journal())
    }
}
