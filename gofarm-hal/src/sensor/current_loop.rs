//! 4-20 mA: pressure, level and flow over long cables, with the limits of NAMUR NE 43.
//!
//! A current loop says that it is broken: a cut cable carries nothing, a short all there is. That is lost if currents are
//! scaled and then held against the range of the measurement, where 0 mA reads as an empty tank. So the current is
//! judged first, by the bands of NAMUR recommendation NE 43:
//!
//! | current | meaning |
//! |---|---|
//! | up to 3.6 mA | [`LoopFault::Open`]: cable cut, transmitter dead, or it says that it failed |
//! | above that, below 3.8 mA | [`LoopFault::UnderRange`] |
//! | 3.8 to 20.5 mA | the measurement, of which 4 to 20 mA are its range |
//! | above that, below 21 mA | [`LoopFault::OverRange`] |
//! | 21 mA and more | [`LoopFault::Short`]: shorted, or the transmitter says that it failed |
//!
//! Transmitters that fail may say so with 3.6 or 21.0 mA exactly, so these belong to the failures.
//!
//! All in integers: microamperes, and values in a unit as small as the caller likes.
//!
//! ```
//! use gofarm_hal::sensor::adc::AdcRange;
//! use gofarm_hal::sensor::current_loop::{CurrentLoop, LoopFault};
//!
//! // 150 ohm at 3.3 V and 12 bits; a level of 0 to 5 m, in mm.
//! const LEVEL: CurrentLoop = match CurrentLoop::new(AdcRange::new(12, 3_300), 150_000) {
//!     Ok(input) => input.scaled(0, 5_000),
//!     Err(_) => panic!("21 mA are beyond the converter"),
//! };
//! assert_eq!(LEVEL.value(2_234), Ok(2_501)); // 12.00 mA
//! assert_eq!(LEVEL.value(3), Err(LoopFault::Open { microamperes: 16 }));
//! ```

use gofarm_core::error::{Classify, Kind};

use super::adc::AdcRange;

/// The limits of NE 43, in uA.
const OPEN: u32 = 3_600;
const UNDER: u32 = 3_800;
const OVER: u32 = 20_500;
const SHORT: u32 = 21_000;

/// An input for 4-20 mA: a converter over a shunt.
///
/// See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CurrentLoop {
    adc: AdcRange,
    milliohms: u32,
    /// The values at 4 and at 20 mA.
    scale: (i32, i32),
}

impl CurrentLoop {
    /// A converter over a shunt of `milliohms`; values are microamperes until it is [`scaled`](Self::scaled).
    ///
    /// # Errors
    /// [`LoopConfigError`] if the converter reaches no further than 21 mA, so that a short could not be told from a
    /// full tank, or has less than 16 counts between open and under-range.
    pub const fn new(adc: AdcRange, milliohms: u32) -> Result<Self, LoopConfigError> {
        let input = Self {
            adc,
            milliohms,
            scale: (4_000, 20_000),
        };
        if milliohms == 0 {
            return Err(LoopConfigError::Resolution {
                nanoamperes: u32::MAX,
            });
        }
        let reach = input.microamperes(adc.most());
        if reach <= SHORT {
            return Err(LoopConfigError::Reach {
                microamperes: reach,
            });
        }
        // One count may be no more than a sixteenth of the 200 uA between the bands.
        let step = adc.full_scale() as u64 * 1_000_000 / milliohms as u64 / adc.most() as u64;
        if step > 12_500 {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "limited in the line itself"
            )]
            let nanoamperes = if step < u32::MAX as u64 {
                step as u32
            } else {
                u32::MAX
            };
            return Err(LoopConfigError::Resolution { nanoamperes });
        }
        Ok(input)
    }

    /// The same input with values of its own: `at_4_ma` and `at_20_ma`, either may be the higher.
    #[must_use]
    pub const fn scaled(mut self, at_4_ma: i32, at_20_ma: i32) -> Self {
        self.scale = (at_4_ma, at_20_ma);
        self
    }

    /// The current of so many counts, in uA, rounded, not judged.
    #[must_use]
    pub const fn microamperes(&self, counts: u32) -> u32 {
        if self.milliohms == 0 {
            return u32::MAX;
        }
        let milliohms = self.milliohms as u64;
        let current = (self.adc.microvolts(counts) as u64 * 1_000 + milliohms / 2) / milliohms;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "limited in the line itself"
        )]
        if current < u32::MAX as u64 {
            current as u32
        } else {
            u32::MAX
        }
    }

    /// The current of so many counts, in uA.
    ///
    /// # Errors
    /// [`LoopFault`] outside 3.8 to 20.5 mA.
    pub const fn current(&self, counts: u32) -> Result<u32, LoopFault> {
        let microamperes = self.microamperes(counts);
        match microamperes {
            0..=OPEN => Err(LoopFault::Open { microamperes }),
            _ if microamperes < UNDER => Err(LoopFault::UnderRange { microamperes }),
            UNDER..=OVER => Ok(microamperes),
            _ if microamperes < SHORT => Err(LoopFault::OverRange { microamperes }),
            _ => Err(LoopFault::Short { microamperes }),
        }
    }

    /// The value of so many counts, in the unit of the scale, rounded; a little outside of it between 3.8 and 4 mA, and
    /// between 20 and 20.5 mA.
    ///
    /// # Errors
    /// [`LoopFault`] outside 3.8 to 20.5 mA.
    pub const fn value(&self, counts: u32) -> Result<i32, LoopFault> {
        let microamperes = match self.current(counts) {
            Ok(microamperes) => microamperes,
            Err(fault) => return Err(fault),
        };
        let (low, high) = (self.scale.0 as i64, self.scale.1 as i64);
        let parts = (microamperes as i64 - 4_000) * (high - low);
        let value = low + (parts + if parts < 0 { -8_000 } else { 8_000 }) / 16_000;
        // A scale at the very ends of its type has no room outside of it.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "limited in the line itself"
        )]
        Ok(if value > i32::MAX as i64 {
            i32::MAX
        } else if value < i32::MIN as i64 {
            i32::MIN
        } else {
            value as i32
        })
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for CurrentLoop {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Stored {
            adc: AdcRange,
            milliohms: u32,
            scale: (i32, i32),
        }
        let stored = Stored::deserialize(deserializer)?;
        let input = Self::new(stored.adc, stored.milliohms).map_err(serde::de::Error::custom)?;
        Ok(input.scaled(stored.scale.0, stored.scale.1))
    }
}

/// Why a current is no measurement (NAMUR NE 43).
///
/// See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "the recommendation has four bands")]
pub enum LoopFault {
    /// 3.6 mA or less: the cable is cut, the transmitter dead, or it says that it failed.
    #[error("{microamperes} uA: the loop is open, or the transmitter reports a failure")]
    Open {
        /// The current, in uA.
        microamperes: u32,
    },
    /// Above 3.6 and below 3.8 mA: less than the transmitter can measure.
    #[error("{microamperes} uA: below what the transmitter can measure")]
    UnderRange {
        /// The current, in uA.
        microamperes: u32,
    },
    /// Above 20.5 and below 21 mA: more than the transmitter can measure.
    #[error("{microamperes} uA: above what the transmitter can measure")]
    OverRange {
        /// The current, in uA.
        microamperes: u32,
    },
    /// 21 mA or more: shorted, or the transmitter says that it failed.
    #[error("{microamperes} uA: the loop is shorted, or the transmitter reports a failure")]
    Short {
        /// The current, in uA.
        microamperes: u32,
    },
}

impl Classify for LoopFault {
    fn kind(&self) -> Kind {
        match self {
            Self::Open { .. } | Self::Short { .. } => Kind::Permanent,
            Self::UnderRange { .. } | Self::OverRange { .. } => Kind::Transient,
        }
    }
}

/// Why a converter and a shunt make no input for 4-20 mA.
///
/// See [`CurrentLoop::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum LoopConfigError {
    /// It ends at or before 21 mA.
    #[error(
        "the converter ends at {microamperes} uA, and must see more than 21000 uA: take a smaller shunt"
    )]
    Reach {
        /// The current at the highest count, in uA.
        microamperes: u32,
    },
    /// A count is more than 12.5 uA.
    #[error(
        "a count is {nanoamperes} nA, and must be 12500 nA or less: take a larger shunt or more bits"
    )]
    Resolution {
        /// The current of one count, in nA.
        nanoamperes: u32,
    },
}

impl Classify for LoopConfigError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 24 bits at 2.5 V over 100 ohm: 25 mA, and 1.5 nA a count.
    const FINE: CurrentLoop = match CurrentLoop::new(AdcRange::new(24, 2_500), 100_000) {
        Ok(input) => input,
        Err(_) => panic!("fine"),
    };

    fn counts(microamperes: u32) -> u32 {
        let counts = u64::from(microamperes) * u64::from((1_u32 << 24) - 1) / 25_000;
        u32::try_from(counts).unwrap() + 1
    }

    #[test]
    fn every_band_of_ne_43_has_its_edges() {
        type Fault = fn(u32) -> LoopFault;
        let open: Fault = |microamperes| LoopFault::Open { microamperes };
        let under: Fault = |microamperes| LoopFault::UnderRange { microamperes };
        let over: Fault = |microamperes| LoopFault::OverRange { microamperes };
        let short: Fault = |microamperes| LoopFault::Short { microamperes };
        let rows = [
            (0, Some(open)),
            (3_600, Some(open)),
            (3_601, Some(under)),
            (3_799, Some(under)),
            (3_800, None),
            (20_500, None),
            (20_501, Some(over)),
            (20_999, Some(over)),
            (21_000, Some(short)),
            (25_000, Some(short)),
        ];
        for (microamperes, fault) in rows {
            let expected = fault.map_or(Ok(microamperes), |fault| Err(fault(microamperes)));
            assert_eq!(FINE.current(counts(microamperes)), expected);
        }
    }

    #[test]
    fn values_are_scaled_and_rounded_both_ways() {
        let rows = [
            ((0, 16_000), 4_001, 1),
            ((0, 1_000), 12_000, 500),
            ((1_000, 0), 4_000, 1_000),
            ((-50, 50), 3_800, -51),
            ((i32::MIN, i32::MAX), 20_500, i32::MAX),
            ((i32::MIN, i32::MAX), 3_800, i32::MIN),
        ];
        for ((low, high), microamperes, expected) in rows {
            let input = FINE.scaled(low, high);
            assert_eq!(input.value(counts(microamperes)), Ok(expected));
        }
    }

    #[test]
    fn inputs_that_cannot_see_a_short_are_refused() {
        let adc = AdcRange::new(12, 3_300);
        let refused = CurrentLoop::new(adc, 165_000);
        assert_eq!(
            refused,
            Err(LoopConfigError::Reach {
                microamperes: 20_000
            })
        );
        assert!(CurrentLoop::new(adc, 100_000).is_ok());
        let coarse = CurrentLoop::new(AdcRange::new(8, 3_300), 100_000);
        assert!(matches!(coarse, Err(LoopConfigError::Resolution { .. })));
        assert!(CurrentLoop::new(adc, 0).is_err());
    }
}
