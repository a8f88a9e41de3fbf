//! From what a probe counts to what it measures: curves that know where they are valid.
//!
//! A capacitive probe in dry air, a pH electrode that has aged, a level sensor in a bent tank: each needs numbers from a
//! bucket or a buffer solution, and each goes wrong beyond them. A line through two points that is followed far outside
//! of them turns a broken cable into a plausible value. So each curve here has a range in which it was calibrated, and
//! says what becomes of a count [beyond](Beyond) it. Construction is `const` and checks the points, so a wrong table in
//! the firmware does not compile, and one that came over a link is an error.
//!
//! | curve | for |
//! |---|---|
//! | [`TwoPoint`] | probes that are linear: dry and wet, two buffer solutions |
//! | [`Piecewise`] | a table: tank level to volume, a probe against oven-dried samples |
//! | [`Polynomial`] | what a manufacturer gives as one |
//! | [`TemperatureCompensation`] | electrical conductivity, to 25 Cel |
//!
//! ```
//! use gofarm_hal::calibration::{Beyond, TwoPoint};
//!
//! // A pH electrode in the buffers 4.01 and 7.00; it may measure up to pH 9.
//! const PH: TwoPoint = match TwoPoint::new((2_032.0, 4.01), (1_500.0, 7.00)) {
//!     Ok(line) => line.valid_to(1_150.0),
//!     Err(_) => panic!("the electrode reads the same in both buffers"),
//! };
//! assert!((PH.value(1_766.0)? - 5.505).abs() < 1e-5);
//! assert!(PH.value(4_095.0).is_err()); // the cable is off
//! assert_eq!(PH.beyond(Beyond::Clamp).value(4_095.0), Ok(4.01));
//! # Ok::<(), gofarm_hal::calibration::OutOfCalibration>(())
//! ```
//!
//! What this does not do: it fits no curve, and it does not know that a calibration has become old.

#[cfg(feature = "serde")]
mod array;
mod error;
mod piecewise;
mod polynomial;
mod temperature_compensation;
mod two_point;

pub use error::{CalibrationError, OutOfCalibration};
pub use piecewise::Piecewise;
pub use polynomial::Polynomial;
pub use temperature_compensation::{CompensationError, TemperatureCompensation};
pub use two_point::TwoPoint;

/// What becomes of a count outside the range that was calibrated.
///
/// See the [module](self). What is not a number is refused by both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum Beyond {
    /// It is an error: the probe is broken, or stands where nobody calibrated it.
    #[default]
    Refuse,
    /// It gives the value at the end of the range.
    Clamp,
}

/// The count to take in place of `raw`, inside `low..=high`.
const fn admit(raw: f32, low: f32, high: f32, beyond: Beyond) -> Result<f32, OutOfCalibration> {
    if raw >= low && raw <= high {
        return Ok(raw);
    }
    match beyond {
        Beyond::Clamp if raw < low => Ok(low),
        Beyond::Clamp if raw > high => Ok(high),
        Beyond::Clamp | Beyond::Refuse => Err(OutOfCalibration::new(raw, low, high)),
    }
}
