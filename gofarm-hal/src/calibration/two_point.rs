//! [`TwoPoint`]: a line.

use super::{Beyond, CalibrationError, OutOfCalibration, admit};

/// A line through two points, each a count and its value.
///
/// Valid between the points unless it is told to be valid [further](Self::valid_to); beyond that it refuses. Counts may
/// rise or fall with the value: most capacitive probes count down when it gets wet. In the points it gives their values
/// exactly.
///
/// ```
/// use gofarm_hal::calibration::TwoPoint;
///
/// let water = TwoPoint::new((2_900.0, 0.0), (1_300.0, 100.0))?;
/// assert_eq!(water.value(2_100.0)?, 50.0);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Stored", into = "Stored"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TwoPoint {
    /// The points by rising count.
    low: (f32, f32),
    high: (f32, f32),
    /// The counts between which it is valid.
    from: f32,
    to: f32,
    beyond: Beyond,
}

impl TwoPoint {
    /// The line through `first` and `second`, in any order.
    ///
    /// # Errors
    /// [`CalibrationError`] if a number is not finite or both counts are the same.
    pub const fn new(first: (f32, f32), second: (f32, f32)) -> Result<Self, CalibrationError> {
        if !first.0.is_finite() || !first.1.is_finite() {
            return Err(CalibrationError::NotFinite { index: 0 });
        }
        let width = second.0 - first.0;
        let height = second.1 - first.1;
        if !width.is_finite() || !height.is_finite() {
            return Err(CalibrationError::NotFinite { index: 1 });
        }
        if first.0 == second.0 {
            return Err(CalibrationError::NotSorted { index: 1 });
        }
        let (low, high) = if first.0 < second.0 {
            (first, second)
        } else {
            (second, first)
        };
        Ok(Self {
            low,
            high,
            from: low.0,
            to: high.0,
            beyond: Beyond::Refuse,
        })
    }

    /// The same line, valid as far as `count` as well. One that is not finite changes nothing.
    #[must_use]
    pub const fn valid_to(mut self, count: f32) -> Self {
        if count.is_finite() && count < self.from {
            self.from = count;
        } else if count.is_finite() && count > self.to {
            self.to = count;
        }
        self
    }

    /// The same line with another answer to counts beyond its range.
    #[must_use]
    pub const fn beyond(mut self, beyond: Beyond) -> Self {
        self.beyond = beyond;
        self
    }

    /// The lowest and the highest count for which it is valid.
    #[must_use]
    pub const fn range(&self) -> (f32, f32) {
        (self.from, self.to)
    }

    /// The value of a count.
    ///
    /// # Errors
    /// [`OutOfCalibration`] if the count is not a number, or is beyond the range and that is refused.
    pub const fn value(&self, raw: f32) -> Result<f32, OutOfCalibration> {
        match admit(raw, self.from, self.to, self.beyond) {
            Ok(inside) => {
                let value = between(self.low, self.high, inside);
                if value.is_finite() {
                    return Ok(value);
                }
                // A line that was declared valid beyond what numbers hold.
                Err(OutOfCalibration::new(raw, self.from, self.to))
            }
            Err(error) => Err(error),
        }
    }
}

/// The value at `raw` on the line through two points; exact in both, and between their values if `raw` is between them.
pub(super) const fn between(low: (f32, f32), high: (f32, f32), raw: f32) -> f32 {
    let (bottom, top) = if low.1 < high.1 {
        (low.1, high.1)
    } else {
        (high.1, low.1)
    };
    if raw == high.0 {
        return high.1;
    }
    let part = (raw - low.0) / (high.0 - low.0);
    let value = low.1 + part * (high.1 - low.1);
    if raw >= low.0 && raw <= high.0 {
        // Rounding may step over the end by one bit.
        return value.clamp(bottom, top);
    }
    value
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored {
    points: [(f32, f32); 2],
    range: (f32, f32),
    beyond: Beyond,
}

#[cfg(feature = "serde")]
impl From<TwoPoint> for Stored {
    fn from(line: TwoPoint) -> Self {
        Self {
            points: [line.low, line.high],
            range: line.range(),
            beyond: line.beyond,
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Stored> for TwoPoint {
    type Error = CalibrationError;

    fn try_from(stored: Stored) -> Result<Self, CalibrationError> {
        let [first, second] = stored.points;
        let line = Self::new(first, second)?.beyond(stored.beyond);
        Ok(line.valid_to(stored.range.0).valid_to(stored.range.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_make_no_line_are_refused() {
        let rows = [
            ((f32::NAN, 0.0), (1.0, 1.0), 0),
            ((0.0, f32::INFINITY), (1.0, 1.0), 0),
            ((0.0, 0.0), (1.0, f32::NAN), 1),
            ((-f32::MAX, 0.0), (f32::MAX, 1.0), 1),
        ];
        for (first, second, index) in rows {
            let refused = Err(CalibrationError::NotFinite { index });
            assert_eq!(
                TwoPoint::new(first, second),
                refused,
                "{first:?} {second:?}"
            );
        }
    }

    #[test]
    fn a_line_ends_where_it_was_calibrated() {
        let line = TwoPoint::new((10.0, 1.0), (0.0, 0.0)).unwrap();
        for out in [-0.1, 10.1, f32::NAN, f32::INFINITY] {
            assert!(line.value(out).is_err(), "{out}");
        }
        let clamped = line.beyond(Beyond::Clamp);
        assert_eq!(clamped.value(f32::NEG_INFINITY), Ok(0.0));
        assert_eq!(clamped.value(99.0), Ok(1.0));
        assert!(clamped.value(f32::NAN).is_err());
        let wider = line.valid_to(20.0).valid_to(f32::NAN);
        assert_eq!(wider.range(), (0.0, 20.0));
        assert_eq!(wider.value(20.0), Ok(2.0));
    }
}
