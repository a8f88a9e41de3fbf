//! [`TroubleKind`]: the kinds of trouble, by name.

use core::fmt;
use core::time::Duration;

use gofarm_core::time::days;

/// A [`Trouble`](super::Trouble) without its targets and amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the variant of Trouble by its name")]
pub enum TroubleKind {
    GatewayCut,
    BrokerDown,
    ClockJump,
    ClockUnknown,
    ProbeStuck,
    ProbeLies,
    ValveStuck,
    NodePowerCut,
    GatewayPowerCut,
    RadioCut,
    Duplicates,
    Delays,
    DiskFull,
    DiskSlow,
    GoodConfig,
    BadConfig,
    GoodFirmware,
    BadFirmware,
}

impl TroubleKind {
    /// All kinds, in the order of declaration.
    pub const ALL: [Self; 18] = [
        Self::GatewayCut,
        Self::BrokerDown,
        Self::ClockJump,
        Self::ClockUnknown,
        Self::ProbeStuck,
        Self::ProbeLies,
        Self::ValveStuck,
        Self::NodePowerCut,
        Self::GatewayPowerCut,
        Self::RadioCut,
        Self::Duplicates,
        Self::Delays,
        Self::DiskFull,
        Self::DiskSlow,
        Self::GoodConfig,
        Self::BadConfig,
        Self::GoodFirmware,
        Self::BadFirmware,
    ];

    /// Its name in scripts and reports: `gateway_cut`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GatewayCut => "gateway_cut",
            Self::BrokerDown => "broker_down",
            Self::ClockJump => "clock_jump",
            Self::ClockUnknown => "clock_unknown",
            Self::ProbeStuck => "probe_stuck",
            Self::ProbeLies => "probe_lies",
            Self::ValveStuck => "valve_stuck",
            Self::NodePowerCut => "node_power_cut",
            Self::GatewayPowerCut => "gateway_power_cut",
            Self::RadioCut => "radio_cut",
            Self::Duplicates => "duplicates",
            Self::Delays => "delays",
            Self::DiskFull => "disk_full",
            Self::DiskSlow => "disk_slow",
            Self::GoodConfig => "good_config",
            Self::BadConfig => "bad_config",
            Self::GoodFirmware => "good_firmware",
            Self::BadFirmware => "bad_firmware",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The longest that it lasts in a script; the least is 1 s.
    ///
    /// What stops all work of a part is held to days. Water may run while a node is dark, so that is held to a day.
    #[must_use]
    pub const fn longest(self) -> Duration {
        match self {
            Self::NodePowerCut => days(1),
            Self::BrokerDown
            | Self::ClockJump
            | Self::ClockUnknown
            | Self::GatewayPowerCut
            | Self::DiskFull => days(3),
            Self::RadioCut | Self::DiskSlow => days(7),
            Self::GatewayCut
            | Self::GoodConfig
            | Self::BadConfig
            | Self::GoodFirmware
            | Self::BadFirmware => days(14),
            Self::ProbeStuck
            | Self::ProbeLies
            | Self::ValveStuck
            | Self::Duplicates
            | Self::Delays => days(30),
        }
    }
}

impl fmt::Display for TroubleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = TroubleKind::ALL.map(TroubleKind::name).into();
        assert_eq!(names.len(), TroubleKind::ALL.len());
        for kind in TroubleKind::ALL {
            assert_eq!(TroubleKind::named(kind.name()), Some(kind));
        }
        assert_eq!(TroubleKind::named("flood"), None);
    }
}
