//! [`DriverVersion`] of a node's accelerators, and the [`DriverRange`] that work needs.

use core::fmt;
use core::num::ParseIntError;
use core::str::FromStr;

use crate::ConfigError;

/// The version of a driver: up to three numbers, `535` or `550.54.15`; missing ones are 0.
///
/// ```
/// use gofarm_sched::resource::DriverVersion;
///
/// let version: DriverVersion = "550.54.15".parse()?;
/// assert!(version > DriverVersion::new(550, 54, 9));
/// assert_eq!(DriverVersion::new(535, 0, 0).to_string(), "535");
/// # Ok::<(), gofarm_sched::resource::DriverVersionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DriverVersion {
    major: u32,
    minor: u32,
    patch: u32,
}

impl DriverVersion {
    /// A version by its numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }
}

/// Without the numbers at the end that are 0, except for the first.
impl fmt::Display for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        if (self.minor, self.patch) != (0, 0) {
            write!(f, ".{}", self.minor)?;
        }
        if self.patch != 0 {
            write!(f, ".{}", self.patch)?;
        }
        Ok(())
    }
}

/// Why a text is not a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DriverVersionError {
    /// It has more than three numbers.
    #[error("a driver version has more than three numbers")]
    TooLong,
    /// One of them is not a number.
    #[error("number {number} of a driver version: {source}")]
    Number {
        /// Which one, from 1.
        number: usize,
        /// Why.
        source: ParseIntError,
    },
}

impl gofarm_core::error::Classify for DriverVersionError {
    fn kind(&self) -> gofarm_core::error::Kind {
        gofarm_core::error::Kind::Invalid
    }
}

impl FromStr for DriverVersion {
    type Err = DriverVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut numbers = [0; 3];
        for (at, part) in text.split('.').enumerate() {
            let number = numbers.get_mut(at).ok_or(DriverVersionError::TooLong)?;
            *number = part.parse().map_err(|source| DriverVersionError::Number {
                number: at + 1,
                source,
            })?;
        }
        let [major, minor, patch] = numbers;
        Ok(Self::new(major, minor, patch))
    }
}

/// Which versions of a driver will do: from one on, below another, both, or any.
///
/// ```
/// use gofarm_sched::resource::{DriverRange, DriverVersion};
///
/// let range = DriverRange::at_least(DriverVersion::new(550, 0, 0)).below(DriverVersion::new(570, 0, 0))?;
/// let old = range.check(Some(DriverVersion::new(535, 0, 0))).unwrap_err();
/// assert_eq!(old.to_string(), "driver 535 < 550");
/// # Ok::<(), gofarm_sched::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DriverRange {
    at_least: Option<DriverVersion>,
    below: Option<DriverVersion>,
}

impl DriverRange {
    /// Any version, and none that is known.
    pub const ANY: Self = Self {
        at_least: None,
        below: None,
    };

    /// From this version on.
    #[must_use]
    pub const fn at_least(version: DriverVersion) -> Self {
        Self {
            at_least: Some(version),
            below: None,
        }
    }

    /// The same, but only below this version.
    ///
    /// # Errors
    /// No version is in the range.
    pub fn below(mut self, version: DriverVersion) -> Result<Self, ConfigError> {
        if self.at_least.is_some_and(|least| least >= version) {
            return Err(ConfigError::new("below", "above the lowest version"));
        }
        self.below = Some(version);
        Ok(self)
    }

    /// Whether a node's driver will do; one that is not known does for [`ANY`](Self::ANY) only.
    ///
    /// # Errors
    /// Which bound it breaks.
    pub fn check(&self, driver: Option<DriverVersion>) -> Result<(), DriverMismatch> {
        let Some(has) = driver else {
            return if *self == Self::ANY {
                Ok(())
            } else {
                Err(DriverMismatch::Unknown)
            };
        };
        if let Some(at_least) = self.at_least.filter(|least| has < *least) {
            return Err(DriverMismatch::TooOld { has, at_least });
        }
        match self.below.filter(|below| has >= *below) {
            Some(below) => Err(DriverMismatch::TooNew { has, below }),
            None => Ok(()),
        }
    }
}

/// Why a driver will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DriverMismatch {
    /// Its version is not known.
    #[error("driver is not known")]
    Unknown,
    /// It is older than the lowest version.
    #[error("driver {has} < {at_least}")]
    TooOld {
        /// The node's.
        has: DriverVersion,
        /// The lowest that will do.
        at_least: DriverVersion,
    },
    /// It is not below the bound.
    #[error("driver {has} >= {below}")]
    TooNew {
        /// The node's.
        has: DriverVersion,
        /// What it must be below.
        below: DriverVersion,
    },
}
