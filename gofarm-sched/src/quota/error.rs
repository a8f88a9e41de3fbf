//! [`QuotaError`]: which bound, how much of it is in use, and what was asked.

use core::fmt;

use gofarm_core::error::{Classify, Kind};

use super::Growth;

/// One bound of a quota; match it fully.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Bound {
    /// The processors that are requested, in thousandths.
    RequestedCpu,
    /// The memory that is requested, in bytes.
    RequestedMemory,
    /// The processors that may be taken at the most, in thousandths.
    LimitCpu,
    /// The memory that may be taken at the most, in bytes.
    LimitMemory,
    /// How many pieces of work there are.
    Count,
}

impl Bound {
    /// Its name, and the unit of its numbers with the space before it.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::RequestedCpu => ("requested cpu", " m"),
            Self::RequestedMemory => ("requested memory", " B"),
            Self::LimitCpu => ("limit of cpu", " m"),
            Self::LimitMemory => ("limit of memory", " B"),
            Self::Count => ("pieces of work", ""),
        }
    }
}

/// Why a quota does not do what it was asked for; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum QuotaError {
    /// The tenant has no quota in this environment.
    NoQuota,
    /// A bound would be exceeded.
    Exceeded {
        /// Which one.
        bound: Bound,
        /// How much there is of it.
        allowed: u64,
        /// How much of that is in use.
        used: u64,
        /// How much was asked for on top.
        asked: u64,
    },
    /// It may not grow without this.
    NeedsConsent {
        /// What it needs.
        needed: Growth,
    },
    /// The charge has lapsed, or was released.
    Gone,
}

impl fmt::Display for QuotaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoQuota => f.write_str("the tenant has no quota in this environment"),
            Self::Exceeded {
                bound,
                allowed,
                used,
                asked,
            } => {
                let (name, unit) = bound.words();
                write!(
                    f,
                    "{name}: {asked}{unit} asked, {used}{unit} of {allowed}{unit} in use"
                )
            }
            Self::NeedsConsent { needed } => f.write_str(match needed {
                Growth::Automatic => "the quota may grow by itself",
                Growth::Approved => "the quota grows by approval only",
                Growth::ApprovedAndCanary => "the quota grows by approval and canary only",
            }),
            Self::Gone => f.write_str("the charge has lapsed or was released"),
        }
    }
}

impl core::error::Error for QuotaError {}

impl Classify for QuotaError {
    fn kind(&self) -> Kind {
        match self {
            Self::Exceeded { .. } => Kind::Overloaded,
            Self::NoQuota | Self::NeedsConsent { .. } => Kind::Permanent,
            Self::Gone => Kind::Invalid,
        }
    }
}
