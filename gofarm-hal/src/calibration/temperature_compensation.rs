//! [`TemperatureCompensation`]: electrical conductivity as it would be at 25 Cel.

use gofarm_core::error::{Classify, Kind};

/// Electrical conductivity brought to 25 Cel: `EC / (1 + a (T - 25))`.
///
/// Conductivity grows by about 2 % a kelvin, so without this a warm afternoon looks like salt. The linear law holds from
/// 0 to 30 Cel: M. Hayashi (2004, Environmental Monitoring and Assessment 96, 119-128) found `a` of natural waters
/// between 0.0175 and 0.0198, 0.0187 in the mean, with errors below about 2 % from 10 Cel. In frozen soil it means
/// nothing; temperatures outside 0..=60 Cel are refused.
///
/// Ask first whether the probe does it by itself: most with RS-485 or SDI-12 do, and twice is wrong.
///
/// ```
/// use gofarm_hal::calibration::TemperatureCompensation;
///
/// let water = TemperatureCompensation::DEFAULT;
/// assert_eq!(water.to_25_celsius(1_000.0, 25.0)?, 1_000.0); // uS/cm
/// assert_eq!(water.to_25_celsius(810.0, 15.0)?.round(), 1_000.0);
/// assert!(water.to_25_celsius(1_000.0, -40.0).is_err()); // a thermometer that came loose
/// # Ok::<(), gofarm_hal::calibration::CompensationError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TemperatureCompensation {
    coefficient: f32,
}

impl TemperatureCompensation {
    /// 0.019 a kelvin.
    pub const DEFAULT: Self = Self { coefficient: 0.019 };
    /// The temperatures at which it answers, in Cel.
    pub const TEMPERATURES: (f32, f32) = (0.0, 60.0);
    /// The coefficients that are taken, a kelvin: 0.03 is that of pure water, 0.01 that of acids.
    pub const COEFFICIENTS: (f32, f32) = (0.01, 0.03);

    /// With a coefficient of one's own, a kelvin; `None` outside [`COEFFICIENTS`](Self::COEFFICIENTS).
    #[must_use]
    pub const fn new(coefficient: f32) -> Option<Self> {
        let (low, high) = Self::COEFFICIENTS;
        if coefficient >= low && coefficient <= high {
            Some(Self { coefficient })
        } else {
            None
        }
    }

    /// What a conductivity measured at `temperature` Cel would be at 25 Cel, in its own unit.
    ///
    /// # Errors
    /// [`CompensationError`] if the temperature is outside [`TEMPERATURES`](Self::TEMPERATURES) or the conductivity is
    /// negative or not finite.
    pub const fn to_25_celsius(
        &self,
        conductivity: f32,
        temperature: f32,
    ) -> Result<f32, CompensationError> {
        let (low, high) = Self::TEMPERATURES;
        if !(temperature >= low && temperature <= high) {
            return Err(CompensationError::Temperature(temperature));
        }
        if !(conductivity >= 0.0 && conductivity.is_finite()) {
            return Err(CompensationError::Conductivity(conductivity));
        }
        // At the most 1.0 - 0.03 * 25, so the divisor is 0.25 or more.
        Ok(conductivity / (1.0 + self.coefficient * (temperature - 25.0)))
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for TemperatureCompensation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Stored {
            coefficient: f32,
        }
        let Stored { coefficient } = serde::Deserialize::deserialize(deserializer)?;
        let refused = || serde::de::Error::custom("a coefficient outside 0.01..=0.03 a kelvin");
        Self::new(coefficient).ok_or_else(refused)
    }
}

/// Why a conductivity cannot be brought to 25 Cel.
///
/// See [`TemperatureCompensation`].
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CompensationError {
    /// The temperature.
    #[error("conductivity cannot be compensated at {0} Cel, only at 0 to 60 Cel")]
    Temperature(f32),
    /// The conductivity.
    #[error("{0} is no conductivity")]
    Conductivity(f32),
}

impl Classify for CompensationError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absurd_is_refused() {
        let water = TemperatureCompensation::DEFAULT;
        for temperature in [-0.1, 60.1, 85.0, -127.0, f32::NAN, f32::INFINITY] {
            let refused = water.to_25_celsius(100.0, temperature);
            assert!(matches!(refused, Err(CompensationError::Temperature(_))));
        }
        for conductivity in [-1.0, f32::NAN, f32::INFINITY] {
            let refused = water.to_25_celsius(conductivity, 20.0);
            assert!(matches!(refused, Err(CompensationError::Conductivity(_))));
        }
        for coefficient in [0.0, 0.009, 0.031, f32::NAN] {
            assert_eq!(TemperatureCompensation::new(coefficient), None);
        }
    }

    #[test]
    fn colder_water_conducts_less_than_at_25_celsius() {
        let water = TemperatureCompensation::new(0.02).unwrap();
        let rows = [
            (5.0, 600.0),
            (15.0, 800.0),
            (25.0, 1_000.0),
            (35.0, 1_200.0),
        ];
        for (temperature, measured) in rows {
            let at_25 = water.to_25_celsius(measured, temperature).unwrap();
            assert!((at_25 - 1_000.0).abs() < 0.01, "{temperature}: {at_25}");
        }
    }
}
