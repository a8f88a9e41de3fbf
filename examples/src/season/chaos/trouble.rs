//! [`Trouble`]: what goes wrong, and with what.

mod kind;

use core::fmt;
use core::time::Duration;

use gofarm_core::time::hours;
use jiff::SignedDuration;

pub use self::kind::TroubleKind;

use super::number::{FieldNumber, GatewayNumber, ProbeNumber};
use super::time_text::Length;

/// What goes wrong, and with what. What the cloud sends out is here as well, the good beside the bad.
///
/// The run matches all of it. As text it says what is the case while it lasts.
///
/// ```
/// use gofarm_examples::season::chaos::{GatewayNumber, Trouble};
///
/// let gateway = GatewayNumber::new(1).expect("there are two");
/// let cut = Trouble::GatewayCut { gateway };
/// assert_eq!(cut.to_string(), "gateway 1 has no way to the broker");
/// assert_eq!(cut.kind().name(), "gateway_cut");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trouble {
    /// A gateway has no way to the broker, and so none to the other gateway or the cloud.
    GatewayCut {
        /// The gateway.
        gateway: GatewayNumber,
    },
    /// The broker is killed, and started again when it ends.
    BrokerDown,
    /// A gateway's wall clock steps, and steps back when it ends.
    ClockJump {
        /// The gateway.
        gateway: GatewayNumber,
        /// How far its clock is ahead, or behind if negative: 1 s to 24 h either way.
        by: SignedDuration,
    },
    /// A gateway starts again at once, and does not know the wall time until it ends.
    ClockUnknown {
        /// The gateway.
        gateway: GatewayNumber,
    },
    /// A probe gives the record that it gave last.
    ProbeStuck {
        /// Its field.
        field: FieldNumber,
        /// The probe.
        probe: ProbeNumber,
    },
    /// A probe drifts away from the truth; see [`Failure::drift`](super::Failure::drift).
    ProbeLies {
        /// Its field.
        field: FieldNumber,
        /// The probe.
        probe: ProbeNumber,
        /// How far off it is at the end, in m³/m³: -0.2 to 0.2, not 0.
        by: f64,
    },
    /// The first close that is driven while it lasts does not move the valve: its node does all it can, and water runs on.
    ///
    /// It begins with a close and not with the clock, because a valve that is closed all the while would show nothing.
    ValveStuck {
        /// Its field.
        field: FieldNumber,
        /// How long after that close it stays open at most; it comes loose earlier where the failure ends. 1 s to 6 h.
        holds: Duration,
    },
    /// A valve's node has no power.
    NodePowerCut {
        /// Its field.
        field: FieldNumber,
    },
    /// A gateway has no power.
    GatewayPowerCut {
        /// The gateway.
        gateway: GatewayNumber,
    },
    /// The radio between a valve's node and its gateway carries nothing.
    RadioCut {
        /// Its field.
        field: FieldNumber,
    },
    /// The radio delivers each message to the node twice.
    Duplicates {
        /// Its field.
        field: FieldNumber,
    },
    /// The radio delivers each command to the node late.
    Delays {
        /// Its field.
        field: FieldNumber,
        /// How late: 1 s to 1 h. Later than its validity, a command is refused by the node.
        by: Duration,
    },
    /// A gateway's disk has no room.
    DiskFull {
        /// The gateway.
        gateway: GatewayNumber,
    },
    /// A gateway's disk takes long for each commit.
    DiskSlow {
        /// The gateway.
        gateway: GatewayNumber,
    },
    /// The cloud pushes a configuration that a gateway should take.
    GoodConfig {
        /// The gateway.
        gateway: GatewayNumber,
    },
    /// The cloud pushes a configuration that a gateway should refuse.
    BadConfig {
        /// The gateway.
        gateway: GatewayNumber,
    },
    /// The cloud rolls out a firmware image that works.
    GoodFirmware,
    /// The cloud rolls out a firmware image that does not work, and that nodes should roll back.
    BadFirmware,
}

impl Trouble {
    /// The furthest a clock jumps either way.
    pub const FURTHEST_JUMP: Duration = hours(24);
    /// The furthest a probe is off either way, in m³/m³.
    pub const FURTHEST_DRIFT: f64 = 0.2;
    /// The longest a valve stays open against its close.
    pub const LONGEST_HOLD: Duration = hours(6);
    /// The longest a command is delayed: a controller waits two hours for word of one.
    pub const LONGEST_DELAY: Duration = hours(1);

    /// What it is, without its targets and amounts.
    #[must_use]
    pub const fn kind(&self) -> TroubleKind {
        match self {
            Self::GatewayCut { .. } => TroubleKind::GatewayCut,
            Self::BrokerDown => TroubleKind::BrokerDown,
            Self::ClockJump { .. } => TroubleKind::ClockJump,
            Self::ClockUnknown { .. } => TroubleKind::ClockUnknown,
            Self::ProbeStuck { .. } => TroubleKind::ProbeStuck,
            Self::ProbeLies { .. } => TroubleKind::ProbeLies,
            Self::ValveStuck { .. } => TroubleKind::ValveStuck,
            Self::NodePowerCut { .. } => TroubleKind::NodePowerCut,
            Self::GatewayPowerCut { .. } => TroubleKind::GatewayPowerCut,
            Self::RadioCut { .. } => TroubleKind::RadioCut,
            Self::Duplicates { .. } => TroubleKind::Duplicates,
            Self::Delays { .. } => TroubleKind::Delays,
            Self::DiskFull { .. } => TroubleKind::DiskFull,
            Self::DiskSlow { .. } => TroubleKind::DiskSlow,
            Self::GoodConfig { .. } => TroubleKind::GoodConfig,
            Self::BadConfig { .. } => TroubleKind::BadConfig,
            Self::GoodFirmware => TroubleKind::GoodFirmware,
            Self::BadFirmware => TroubleKind::BadFirmware,
        }
    }

    /// The gateway that it is about, if it is about one.
    #[must_use]
    pub const fn gateway(&self) -> Option<GatewayNumber> {
        match *self {
            Self::GatewayCut { gateway }
            | Self::ClockJump { gateway, .. }
            | Self::ClockUnknown { gateway }
            | Self::GatewayPowerCut { gateway }
            | Self::DiskFull { gateway }
            | Self::DiskSlow { gateway }
            | Self::GoodConfig { gateway }
            | Self::BadConfig { gateway } => Some(gateway),
            _ => None,
        }
    }

    /// The field that it is about, if it is about one.
    #[must_use]
    pub const fn field(&self) -> Option<FieldNumber> {
        match *self {
            Self::ProbeStuck { field, .. }
            | Self::ProbeLies { field, .. }
            | Self::ValveStuck { field, .. }
            | Self::NodePowerCut { field }
            | Self::RadioCut { field }
            | Self::Duplicates { field }
            | Self::Delays { field, .. } => Some(field),
            _ => None,
        }
    }

    /// The probe of that field that it is about, if it is about one.
    #[must_use]
    pub const fn probe(&self) -> Option<ProbeNumber> {
        match *self {
            Self::ProbeStuck { probe, .. } | Self::ProbeLies { probe, .. } => Some(probe),
            _ => None,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::GatewayCut { gateway } => {
                write!(f, "gateway {gateway} has no way to the broker")
            }
            Self::BrokerDown => f.write_str("the broker is down"),
            Self::ClockJump { gateway, by } => {
                let side = if by.is_negative() { "behind" } else { "ahead" };
                let by = Length(by.unsigned_abs());
                write!(f, "the clock of gateway {gateway} is {by} {side}")
            }
            Self::ClockUnknown { gateway } => {
                write!(f, "gateway {gateway} starts without knowing the time")
            }
            Self::ProbeStuck { field, probe } => {
                write!(f, "probe {probe} of field {field} is stuck")
            }
            Self::ProbeLies { field, probe, by } => {
                let by = format_args!("{by:+} m3/m3");
                write!(f, "probe {probe} of field {field} drifts away by {by}")
            }
            Self::ValveStuck { field, holds } => {
                let holds = Length(holds);
                write!(
                    f,
                    "the valve of field {field} sticks open once, for {holds}"
                )
            }
            Self::NodePowerCut { field } => {
                write!(f, "the valve's node of field {field} has no power")
            }
            Self::GatewayPowerCut { gateway } => write!(f, "gateway {gateway} has no power"),
            Self::RadioCut { field } => write!(f, "the radio of field {field} carries nothing"),
            Self::Duplicates { field } => {
                write!(f, "the radio of field {field} delivers twice")
            }
            Self::Delays { field, by } => {
                let by = Length(by);
                write!(f, "the radio of field {field} delivers commands {by} late")
            }
            Self::DiskFull { gateway } => write!(f, "the disk of gateway {gateway} is full"),
            Self::DiskSlow { gateway } => write!(f, "the disk of gateway {gateway} is slow"),
            Self::GoodConfig { gateway } => {
                write!(
                    f,
                    "the cloud pushes a good configuration to gateway {gateway}"
                )
            }
            Self::BadConfig { gateway } => {
                write!(
                    f,
                    "the cloud pushes a bad configuration to gateway {gateway}"
                )
            }
            Self::GoodFirmware => f.write_str("the cloud rolls out a good firmware image"),
            Self::BadFirmware => f.write_str("the cloud rolls out a bad firmware image"),
        }
    }
}
