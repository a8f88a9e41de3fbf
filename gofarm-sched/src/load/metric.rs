//! [`Metric`]: the terms of a load.

use core::fmt;

/// One term of a load; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Metric {
    /// Share of the processors in use.
    Cpu = 0,
    /// Memory pressure.
    Memory = 1,
    /// Network latency, 95th percentile.
    Network = 2,
    /// Share of time spent waiting for disks.
    IoWait = 3,
    /// Round trip of the application's calls, 90th percentile.
    App = 4,
}

impl Metric {
    /// How many there are.
    pub const COUNT: usize = 5;

    /// All of them, in the order in which values are kept.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Cpu,
        Self::Memory,
        Self::Network,
        Self::IoWait,
        Self::App,
    ];

    /// The name in lower case, as reasons print it: `io wait`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Network => "network",
            Self::IoWait => "io wait",
            Self::App => "app",
        }
    }

    /// The UCUM unit of its values: `1` for shares, `s` for latencies.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Cpu | Self::Memory | Self::IoWait => "1",
            Self::Network | Self::App => "s",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
