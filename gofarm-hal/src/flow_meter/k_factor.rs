//! [`KFactor`]: how much water a pulse is.

use gofarm_core::error::{Classify, Kind};

/// How many pulses a meter gives for how much water, as a ratio of whole numbers.
///
/// ```
/// use gofarm_hal::flow_meter::KFactor;
///
/// let turbine = KFactor::per_litre(450)?;
/// let water_meter = KFactor::new(1, 10_000)?;      // one pulse every 10 litres
/// let calibrated = KFactor::new(4_523, 10_000)?;   // 452.3 pulses a litre
/// assert!(KFactor::per_litre(0).is_err());
/// # Ok::<(), gofarm_hal::flow_meter::KFactorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct KFactor {
    pulses: u32,
    millilitres: u32,
}

impl KFactor {
    /// The most of either number.
    pub const MAX: u32 = 10_000_000;

    /// So many `pulses` for so many `millilitres`, both 1 to [`KFactor::MAX`].
    ///
    /// # Errors
    /// [`KFactorError`] if one of them is not.
    pub const fn new(pulses: u32, millilitres: u32) -> Result<Self, KFactorError> {
        if pulses == 0 || pulses > Self::MAX || millilitres == 0 || millilitres > Self::MAX {
            return Err(KFactorError {
                pulses,
                millilitres,
            });
        }
        Ok(Self {
            pulses,
            millilitres,
        })
    }

    /// So many pulses a litre, 1 to [`KFactor::MAX`]; what datasheets call K.
    ///
    /// # Errors
    /// [`KFactorError`] if it is not.
    pub const fn per_litre(pulses: u32) -> Result<Self, KFactorError> {
        Self::new(pulses, 1_000)
    }

    /// The pulses of the ratio.
    #[must_use]
    pub const fn pulses(self) -> u32 {
        self.pulses
    }

    /// The millilitres of the ratio.
    #[must_use]
    pub const fn millilitres(self) -> u32 {
        self.millilitres
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for KFactor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename = "KFactor")]
        struct Raw {
            pulses: u32,
            millilitres: u32,
        }
        let raw = Raw::deserialize(deserializer)?;
        Self::new(raw.pulses, raw.millilitres).map_err(serde::de::Error::custom)
    }
}

/// A ratio that no meter has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error(
    "{pulses} pulses for {millilitres} ml are not both from 1 to {}",
    KFactor::MAX
)]
pub struct KFactorError {
    /// The pulses that were offered.
    pub pulses: u32,
    /// The millilitres that were offered.
    pub millilitres: u32,
}

impl Classify for KFactorError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}
