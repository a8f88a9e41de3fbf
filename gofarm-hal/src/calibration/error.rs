//! Why there is no calibration, and why a calibration gives no value.

use gofarm_core::error::{Classify, Kind};

/// Why points or coefficients make no calibration.
///
/// ```
/// use gofarm_hal::calibration::{CalibrationError, TwoPoint};
///
/// let same = TwoPoint::new((812.0, 0.0), (812.0, 100.0));
/// assert_eq!(same, Err(CalibrationError::NotSorted { index: 1 }));
/// assert_eq!(same.unwrap_err().to_string(), "the count of point 1 does not come after that of the point before");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum CalibrationError {
    /// A number is NaN or infinite, or becomes so between two points.
    #[error("number {index} is not finite or leads to one that is not")]
    NotFinite {
        /// Which point or coefficient, from 0.
        index: usize,
    },
    /// Counts have to rise from point to point.
    #[error("the count of point {index} does not come after that of the point before")]
    NotSorted {
        /// Which point, from 0.
        index: usize,
    },
    /// Values have to rise, or to fall, all the way: a probe with a bump cannot be read backwards.
    #[error("the values turn round at point {index}")]
    NotMonotone {
        /// The first point, from 0, that goes the other way.
        index: usize,
    },
}

impl Classify for CalibrationError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// A count outside the range in which its probe was calibrated.
///
/// ```
/// use gofarm_hal::calibration::TwoPoint;
///
/// let line = TwoPoint::new((3_000.0, 0.0), (1_200.0, 100.0))?;
/// let error = line.value(4_095.0).unwrap_err();
/// assert_eq!(error.to_string(), "4095 is outside the calibrated 1200..=3000");
/// # Ok::<(), gofarm_hal::calibration::CalibrationError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[error("{raw} is outside the calibrated {low}..={high}")]
pub struct OutOfCalibration {
    raw: f32,
    low: f32,
    high: f32,
}

impl OutOfCalibration {
    pub(super) const fn new(raw: f32, low: f32, high: f32) -> Self {
        Self { raw, low, high }
    }

    /// The count that was read.
    #[must_use]
    pub const fn raw(&self) -> f32 {
        self.raw
    }

    /// The lowest and the highest count that were calibrated.
    #[must_use]
    pub const fn range(&self) -> (f32, f32) {
        (self.low, self.high)
    }
}

/// The probe reads what it cannot read: as a broken one, until somebody looks after it.
impl Classify for OutOfCalibration {
    fn kind(&self) -> Kind {
        Kind::Permanent
    }
}
