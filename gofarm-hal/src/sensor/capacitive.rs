//! Capacitive soil moisture probes with an analog output, read by any converter.
//!
//! They cost little and drift, no two are alike, and a cable that is off reads as very dry or very wet soil: the field is
//! watered for ever, or never. So a probe has its own two points, dry and wet, and its rails: near the ends of the
//! converter a count is no soil but a fault. Most of them count *down* when it gets wet.
//!
//! What it gives is relative: 0 % is the dry soil of its calibration and 100 % the wet one. With the water content of
//! both known, a [`TwoPoint`] makes it absolute.
//!
//! ```
//! use gofarm_hal::sensor::adc::AdcRange;
//! use gofarm_hal::sensor::capacitive::{Capacitive, CapacitiveFault};
//!
//! const PROBE: Capacitive = match Capacitive::new(AdcRange::new(12, 3_300), 2_900, 1_300) {
//!     Ok(probe) => probe,
//!     Err(_) => panic!("dry and wet are the same"),
//! };
//! assert_eq!(PROBE.reading(2_100)?.moisture, 50.0);
//! assert_eq!(PROBE.reading(1_290)?.moisture, 100.0); // a little wetter than wet
//! assert_eq!(PROBE.reading(4_080), Err(CapacitiveFault::HighRail { counts: 4_080 }));
//! assert_eq!(PROBE.reading(0), Err(CapacitiveFault::LowRail { counts: 0 }));
//! # Ok::<(), CapacitiveFault>(())
//! ```

use gofarm_core::Device;
use gofarm_core::error::{Classify, Kind};

use super::adc::AdcRange;
use crate::calibration::{CalibrationError, OutOfCalibration, TwoPoint};

/// A probe: its points, its rails, and how it follows the temperature.
///
/// | | default | why |
/// |---|---|---|
/// | `rails` | 2 % and 98 % of the converter | the output of a probe that works keeps clear of both ends |
/// | `margin` | 10 % of the span | soil is a little drier or wetter than that of the calibration |
/// | `temperature_coefficient` | 0 counts/K | it differs from probe to probe, and has to be measured |
///
/// See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Capacitive {
    dry: u16,
    wet: u16,
    line: TwoPoint,
    rails: (u32, u32),
    /// Counts a kelvin, from the temperature of the calibration on.
    coefficient: f32,
    calibrated_at: f32,
}

impl Capacitive {
    /// A probe that counts `dry` in dry and `wet` in wet soil.
    ///
    /// # Errors
    /// [`CalibrationError`] if both are the same.
    pub const fn new(adc: AdcRange, dry: u16, wet: u16) -> Result<Self, CalibrationError> {
        let line = match TwoPoint::new((dry as f32, 0.0), (wet as f32, 100.0)) {
            Ok(line) => line,
            Err(error) => return Err(error),
        };
        let end = adc.most() / 50;
        let probe = Self {
            dry,
            wet,
            line,
            rails: (end, adc.most() - end),
            coefficient: 0.0,
            calibrated_at: 25.0,
        };
        Ok(probe.margin(10))
    }

    /// With other counts at and beyond which there is no soil but a fault.
    #[must_use]
    pub const fn rails(mut self, low: u32, high: u32) -> Self {
        self.rails = (low, high);
        self
    }

    /// With another margin beyond dry and wet in which it reads 0 and 100 %, in percent of the span between them.
    #[must_use]
    pub const fn margin(mut self, percent: u8) -> Self {
        let (dry, wet) = (self.dry as f32, self.wet as f32);
        let margin = (wet - dry) * (percent as f32 / 100.0);
        if let Ok(line) = TwoPoint::new((dry, 0.0), (wet, 100.0)) {
            self.line = line.valid_to(dry - margin).valid_to(wet + margin);
        }
        self
    }

    /// Takes out how the count follows the temperature: `counts_per_kelvin`, and the temperature of the calibration in
    /// Cel. What is not finite is taken as 0 counts a kelvin.
    #[must_use]
    pub const fn temperature_coefficient(
        mut self,
        counts_per_kelvin: f32,
        calibrated_at: f32,
    ) -> Self {
        if counts_per_kelvin.is_finite() && calibrated_at.is_finite() {
            self.coefficient = counts_per_kelvin;
            self.calibrated_at = calibrated_at;
        } else {
            self.coefficient = 0.0;
        }
        self
    }

    /// What so many counts mean, at the temperature of the calibration.
    ///
    /// # Errors
    /// [`CapacitiveFault`] at the rails and beyond the calibration.
    pub fn reading(&self, counts: u32) -> Result<CapacitiveReading, CapacitiveFault> {
        self.reading_at(counts, self.calibrated_at)
    }

    /// What so many counts mean at a soil temperature, in Cel.
    ///
    /// # Errors
    /// [`CapacitiveFault`] at the rails, beyond the calibration, and if the temperature is not a number.
    pub fn reading_at(
        &self,
        counts: u32,
        temperature: f32,
    ) -> Result<CapacitiveReading, CapacitiveFault> {
        let (low, high) = self.rails;
        if counts <= low {
            return Err(CapacitiveFault::LowRail { counts });
        }
        if counts >= high {
            return Err(CapacitiveFault::HighRail { counts });
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a converter has 24 bits at most, which f32 holds"
        )]
        let raw = counts as f32 - self.coefficient * (temperature - self.calibrated_at);
        let moisture = self.line.value(raw)?;
        Ok(CapacitiveReading {
            moisture: moisture.clamp(0.0, 100.0),
        })
    }
}

/// What a capacitive probe gives.
///
/// See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Device)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[device(model = "capacitive-soil", version = 1)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the part measures nothing else, and tests write readings"
)]
pub struct CapacitiveReading {
    /// Moisture between the dry and the wet soil of the calibration; what is within the margin is 0 or 100.
    #[prop(range = 0.0..=100.0, unit = "%")]
    pub moisture: f32,
}

/// Why a count is no moisture.
///
/// See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CapacitiveFault {
    /// At the lower end of the converter: no supply, a cable that is off, a short to ground.
    #[error(
        "{counts} counts are at the lower rail: the probe is off, or its output shorted to ground"
    )]
    LowRail {
        /// What was read.
        counts: u32,
    },
    /// At the upper end of the converter: a short to the supply, or a cable that is off and pulled up.
    #[error(
        "{counts} counts are at the upper rail: the probe is off, or its output shorted to the supply"
    )]
    HighRail {
        /// What was read.
        counts: u32,
    },
    /// Much drier than dry or wetter than wet.
    #[error(transparent)]
    OutOfCalibration(#[from] OutOfCalibration),
}

impl Classify for CapacitiveFault {
    fn kind(&self) -> Kind {
        match self {
            Self::LowRail { .. } | Self::HighRail { .. } => Kind::Permanent,
            Self::OutOfCalibration(error) => error.kind(),
        }
    }
}
