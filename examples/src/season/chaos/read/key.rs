//! [`Key`]: what a script may say of a failure.

use core::fmt;

use crate::season::chaos::time_text::LAST_DAY;
use crate::season::chaos::trouble::TroubleKind;

/// A key of a script; what `by` is depends on what goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Key {
    /// `failure`: the list of failures.
    Failure,
    /// `at`: when it begins.
    At,
    /// `lasts`: how long it lasts.
    Lasts,
    /// `what`: the name of the kind.
    What,
    /// `gateway`: its number.
    Gateway,
    /// `field`: its number.
    Field,
    /// `probe`: its number.
    Probe,
    /// `by` of a clock.
    Jump,
    /// `by` of a probe.
    Drift,
    /// `by` of commands.
    Delay,
    /// `holds` of a valve.
    Holds,
}

/// What a failure of this kind says besides [`Key::ALWAYS`].
pub(super) const fn of(kind: TroubleKind) -> &'static [Key] {
    match kind {
        TroubleKind::BrokerDown | TroubleKind::GoodFirmware | TroubleKind::BadFirmware => &[],
        TroubleKind::GatewayCut
        | TroubleKind::ClockUnknown
        | TroubleKind::GatewayPowerCut
        | TroubleKind::DiskFull
        | TroubleKind::DiskSlow
        | TroubleKind::GoodConfig
        | TroubleKind::BadConfig => &[Key::Gateway],
        TroubleKind::ClockJump => &[Key::Gateway, Key::Jump],
        TroubleKind::NodePowerCut | TroubleKind::RadioCut | TroubleKind::Duplicates => {
            &[Key::Field]
        }
        TroubleKind::Delays => &[Key::Field, Key::Delay],
        TroubleKind::ValveStuck => &[Key::Field, Key::Holds],
        TroubleKind::ProbeStuck => &[Key::Field, Key::Probe],
        TroubleKind::ProbeLies => &[Key::Field, Key::Probe, Key::Drift],
    }
}

impl Key {
    /// What every failure says.
    pub(super) const ALWAYS: [Self; 3] = [Self::At, Self::Lasts, Self::What];

    /// As it stands in the text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::At => "at",
            Self::Lasts => "lasts",
            Self::What => "what",
            Self::Gateway => "gateway",
            Self::Field => "field",
            Self::Probe => "probe",
            Self::Jump | Self::Drift | Self::Delay => "by",
            Self::Holds => "holds",
        }
    }

    pub(super) const fn wanted(self) -> Wanted {
        Wanted(self)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the value of a key has to be.
pub(super) struct Wanted(Key);

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Key::Failure => f.write_str("a list of tables, each under [[failure]]"),
            Key::At => write!(
                f,
                "a moment such as \"day 40 06:00\" within day 1..={LAST_DAY}"
            ),
            Key::Lasts | Key::Delay | Key::Holds => {
                f.write_str("a length such as \"72h\" or \"1h 30m\"")
            }
            Key::Jump => f.write_str("a length with or without sign such as \"-2h\""),
            Key::Drift => f.write_str("a number in m3/m3"),
            Key::Gateway => f.write_str("an integer within 1..=2"),
            Key::Field => f.write_str("an integer within 1..=3"),
            Key::Probe => f.write_str("an integer within 0..=2"),
            Key::What => {
                let names = TroubleKind::ALL.map(TroubleKind::name);
                write!(f, "one of {}", names.join(", "))
            }
        }
    }
}

/// The names of keys, with commas.
pub(super) struct List<'a>(pub(super) &'a [Key]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|key| key.name()).collect();
        f.write_str(&names.join(", "))
    }
}
