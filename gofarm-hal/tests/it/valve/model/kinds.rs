//! The valves that are explored, each with the events that can happen to it.

use core::fmt::Debug;
use core::time::Duration;

use gofarm_core::time::{millis, secs};
use gofarm_hal::flow_meter::FlowLimits;
use gofarm_hal::valve::{
    Bridge, Coil, Config, Confirm, CurrentLimits, Drive, Latching, LatchingConfig, Motorised,
    MotorisedConfig, ReserveLimits, Solenoid, SolenoidConfig,
};

use super::judge::Role;

/// What can happen to a valve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    OpenShort,
    OpenLong,
    OpenAgain,
    CloseCommand,
    LinkLost,
    OpenByHand,
    CloseByHand,
    ReserveLow,
    ReserveReady,
    PinsBreak,
    PinsMend,
    ResetKept,
    ResetLost,
    Short,
    Next,
    Late,
    ToTheEnd,
    Back,
    Flow,
    Still,
    Settled,
    Milliamps(u16),
    Charged,
    AtOpenEnd,
    AtClosedEnd,
    BetweenEnds,
}

/// A kind of valve with its configuration.
pub(super) trait Kind: Clone + Debug + 'static {
    type Drive: Drive<Output: 'static> + Clone + Debug;

    /// What can happen to it.
    const EVENTS: &'static [Happening];
    /// The first event in them that only this kind knows.
    const OWN: usize = 18;
    /// What it has to tell at least once, or the exploration has missed something.
    const TELLS: &'static [&'static str];
    /// The fewest states that the exploration has to find.
    const STATES: usize;
    const CONFIRM: Confirm;
    /// The full strokes after which it may give up.
    const STROKES: u16 = 1;
    /// From the end of a permission to the first current that closes, without a fault.
    const BEGINS_WITHIN: Duration;
    /// The longest stroke.
    const STROKE: Duration;
    const DEAD_TIME: Duration;

    fn config() -> Config<Self::Drive>;
    fn role(output: <Self::Drive as Drive>::Output) -> Role;
}

pub(super) const MIN_OFF: Duration = millis(500);
pub(super) const SETTLE: Duration = millis(100);
pub(super) const RETRY: Duration = millis(200);
pub(super) const SLOW_RETRY: Duration = secs(1);

fn rules<D>(config: Config<D>) -> Config<D> {
    config
        .min_off(MIN_OFF)
        .max_by_hand(secs(2))
        .retry(RETRY, 2, SLOW_RETRY)
        .reserve(ReserveLimits::new(3_000, 3_300))
}

fn bridge(output: Bridge) -> Role {
    match output {
        Bridge::Off | Bridge::Charge => Role::Off,
        Bridge::Open => Role::Opens,
        Bridge::Close => Role::Closes,
    }
}

macro_rules! events {
    ($($own:expr),*) => {{
        use Happening::*;
        &[
            OpenShort, OpenLong, OpenAgain, CloseCommand, LinkLost, OpenByHand, CloseByHand, ReserveLow,
            ReserveReady, PinsBreak, PinsMend, ResetKept, ResetLost, Short, Next, Late, ToTheEnd, Back, $($own),*
        ]
    }};
}

/// A latching valve with a boost converter, which nothing confirms.
#[derive(Clone, Debug)]
pub(super) struct BoostedLatching;

impl Kind for BoostedLatching {
    type Drive = Latching;

    const EVENTS: &'static [Happening] = events![Charged, Milliamps(3_000), Milliamps(500)];
    const TELLS: &'static [&'static str] = &[
        "opened",
        "closing",
        "unconfirmed",
        "over_current",
        "not_charged",
        "pin",
        "overdue",
        "reserve_low",
    ];
    const STATES: usize = 90_000;
    const CONFIRM: Confirm = Confirm::Nothing;
    const STROKES: u16 = 2;
    const BEGINS_WITHIN: Duration = millis(20 + 300);
    const STROKE: Duration = millis(20 + 300 + 100);
    const DEAD_TIME: Duration = millis(20);

    fn config() -> Config<Latching> {
        rules(LatchingConfig::new())
            .boost(9_000, millis(300))
            .current(CurrentLimits::new(100, 2_000))
            .close_strokes(Self::STROKES)
    }

    fn role(output: Bridge) -> Role {
        bridge(output)
    }
}

/// A latching valve that a flow meter confirms.
#[derive(Clone, Debug)]
pub(super) struct Metered;

impl Kind for Metered {
    type Drive = Latching;

    const EVENTS: &'static [Happening] = events![Flow, Still, Settled];
    const TELLS: &'static [&'static str] = &[
        "opened",
        "closing",
        "closed",
        "leak",
        "leak_ended",
        "no_flow",
        "overdue",
        "reserve_ready",
    ];
    const STATES: usize = 250_000;
    const CONFIRM: Confirm = Confirm::Flow;
    const BEGINS_WITHIN: Duration = millis(20);
    const STROKE: Duration = millis(20 + 100);
    const DEAD_TIME: Duration = millis(20);

    fn config() -> Config<Latching> {
        rules(LatchingConfig::new())
            .flow(FlowLimits::new(100).settle(SETTLE))
            .confirm(Confirm::Flow)
    }

    fn role(output: Bridge) -> Role {
        bridge(output)
    }
}

/// A solenoid that its spring closes, confirmed by its current.
#[derive(Clone, Debug)]
pub(super) struct NormallyClosed;

impl Kind for NormallyClosed {
    type Drive = Solenoid;

    const EVENTS: &'static [Happening] = events![Milliamps(3_000), Milliamps(500), Milliamps(0)];
    const TELLS: &'static [&'static str] = &[
        "opened",
        "closing",
        "closed",
        "over_current",
        "under_current",
        "pin",
    ];
    const STATES: usize = 100_000;
    const CONFIRM: Confirm = Confirm::Current;
    const BEGINS_WITHIN: Duration = Duration::ZERO;
    const STROKE: Duration = millis(100);
    const DEAD_TIME: Duration = Duration::ZERO;

    fn config() -> Config<Solenoid> {
        rules(SolenoidConfig::normally_closed())
            .hold(30)
            .current(CurrentLimits::new(100, 1_200).inrush(600, millis(50)))
            .confirm(Confirm::Current)
    }

    fn role(output: Coil) -> Role {
        match output {
            Coil::Off => Role::Closes,
            Coil::Full | Coil::Hold(_) => Role::Opens,
        }
    }
}

/// A solenoid that its spring opens.
#[derive(Clone, Debug)]
pub(super) struct NormallyOpen;

impl Kind for NormallyOpen {
    type Drive = Solenoid;

    const EVENTS: &'static [Happening] = events![Milliamps(3_000), Milliamps(500), Milliamps(0)];
    const TELLS: &'static [&'static str] = &[
        "opened",
        "closing",
        "unconfirmed",
        "over_current",
        "under_current",
        "pin",
    ];
    const STATES: usize = 150_000;
    const CONFIRM: Confirm = Confirm::Nothing;
    const BEGINS_WITHIN: Duration = Duration::ZERO;
    const STROKE: Duration = millis(100);
    const DEAD_TIME: Duration = Duration::ZERO;

    fn config() -> Config<Solenoid> {
        rules(SolenoidConfig::normally_open())
            .hold(30)
            .current(CurrentLimits::new(100, 1_200).inrush(600, millis(50)))
    }

    fn role(output: Coil) -> Role {
        match output {
            Coil::Off => Role::OpensByItself,
            Coil::Full | Coil::Hold(_) => Role::Closes,
        }
    }
}

/// A motor with end switches.
#[derive(Clone, Debug)]
pub(super) struct Motor;

impl Kind for Motor {
    type Drive = Motorised;

    const EVENTS: &'static [Happening] =
        events![AtOpenEnd, AtClosedEnd, BetweenEnds, Milliamps(3_000)];
    const TELLS: &'static [&'static str] = &[
        "opened",
        "closing",
        "closed",
        "stalled",
        "over_current",
        "pin",
    ];
    const STATES: usize = 150_000;
    const CONFIRM: Confirm = Confirm::EndSwitch;
    const BEGINS_WITHIN: Duration = millis(50);
    const STROKE: Duration = millis(50 + 500);
    const DEAD_TIME: Duration = millis(50);

    fn config() -> Config<Motorised> {
        rules(MotorisedConfig::new(millis(400)))
            .margin(millis(100))
            .dead_time(millis(50))
            .end_switches(millis(80))
            .current(CurrentLimits::new(100, 2_000))
            .confirm(Confirm::EndSwitch)
    }

    fn role(output: Bridge) -> Role {
        bridge(output)
    }
}
