//! [`Piecewise`]: a table with lines between its points.

use super::two_point::between;
use super::{Beyond, CalibrationError, OutOfCalibration, admit};

/// A table of `N` points, at least two, with straight lines between them.
///
/// Counts rise from point to point; values rise all the way or fall all the way (equal neighbours are allowed), so a
/// higher count never means first more and then less. It is valid from the first point to the last.
///
/// ```
/// use gofarm_hal::calibration::Piecewise;
///
/// // A lying cylinder: level in mm to volume in l.
/// const TANK: Piecewise<4> = match Piecewise::new([(0.0, 0.0), (250.0, 196.0), (750.0, 804.0), (1_000.0, 1_000.0)]) {
///     Ok(table) => table,
///     Err(_) => panic!("the table is not monotone"),
/// };
/// assert_eq!(TANK.value(500.0)?, 500.0);
/// # Ok::<(), gofarm_hal::calibration::OutOfCalibration>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Stored<N>", into = "Stored<N>"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Piecewise<const N: usize> {
    points: [(f32, f32); N],
    beyond: Beyond,
}

impl<const N: usize> Piecewise<N> {
    /// The table of `points`, each a count and its value, by rising count; fewer than two do not compile.
    ///
    /// # Errors
    /// [`CalibrationError`] if they are not finite, not sorted or not monotone.
    pub const fn new(points: [(f32, f32); N]) -> Result<Self, CalibrationError> {
        const { assert!(N >= 2, "a table has two points or more") };
        let mut falls = false;
        let mut rises = false;
        let mut index = 0;
        while index < N {
            let (count, value) = points[index];
            if !count.is_finite() || !value.is_finite() {
                return Err(CalibrationError::NotFinite { index });
            }
            if index > 0 {
                let (before, last) = points[index - 1];
                if count <= before {
                    return Err(CalibrationError::NotSorted { index });
                }
                if !(count - before).is_finite() || !(value - last).is_finite() {
                    return Err(CalibrationError::NotFinite { index });
                }
                rises |= value > last;
                falls |= value < last;
                if rises && falls {
                    return Err(CalibrationError::NotMonotone { index });
                }
            }
            index += 1;
        }
        Ok(Self {
            points,
            beyond: Beyond::Refuse,
        })
    }

    /// The same table with another answer to counts beyond its ends.
    #[must_use]
    pub const fn beyond(mut self, beyond: Beyond) -> Self {
        self.beyond = beyond;
        self
    }

    /// The points.
    #[must_use]
    pub const fn points(&self) -> &[(f32, f32); N] {
        &self.points
    }

    /// The value of a count.
    ///
    /// # Errors
    /// [`OutOfCalibration`] if the count is not a number, or is beyond the table and that is refused.
    pub fn value(&self, raw: f32) -> Result<f32, OutOfCalibration> {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return Err(OutOfCalibration::new(raw, 0.0, 0.0)); // never: a table has points
        };
        let raw = admit(raw, first.0, last.0, self.beyond)?;
        let after = self.points.partition_point(|point| point.0 < raw);
        let at = |index: usize| self.points.get(index).copied();
        Ok(match (after.checked_sub(1).and_then(at), at(after)) {
            (Some(low), Some(high)) => between(low, high, raw),
            _ => first.1,
        })
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored<const N: usize> {
    #[serde(with = "super::array")]
    points: [(f32, f32); N],
    beyond: Beyond,
}

#[cfg(feature = "serde")]
impl<const N: usize> From<Piecewise<N>> for Stored<N> {
    fn from(table: Piecewise<N>) -> Self {
        Self {
            points: table.points,
            beyond: table.beyond,
        }
    }
}

#[cfg(feature = "serde")]
impl<const N: usize> TryFrom<Stored<N>> for Piecewise<N> {
    type Error = CalibrationError;

    fn try_from(stored: Stored<N>) -> Result<Self, CalibrationError> {
        Ok(Self::new(stored.points)?.beyond(stored.beyond))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_checked_point_by_point() {
        let rows = [
            (
                [(0.0, 0.0), (1.0, 1.0), (1.0, 2.0)],
                CalibrationError::NotSorted { index: 2 },
            ),
            (
                [(0.0, 0.0), (-1.0, 1.0), (1.0, 2.0)],
                CalibrationError::NotSorted { index: 1 },
            ),
            (
                [(0.0, 0.0), (1.0, 1.0), (2.0, 0.5)],
                CalibrationError::NotMonotone { index: 2 },
            ),
            (
                [(0.0, 2.0), (1.0, 1.0), (2.0, 1.5)],
                CalibrationError::NotMonotone { index: 2 },
            ),
            (
                [(0.0, 0.0), (f32::NAN, 1.0), (2.0, 2.0)],
                CalibrationError::NotFinite { index: 1 },
            ),
            (
                [(0.0, -f32::MAX), (1.0, f32::MAX), (2.0, f32::MAX)],
                CalibrationError::NotFinite { index: 1 },
            ),
        ];
        for (points, error) in rows {
            assert_eq!(Piecewise::new(points), Err(error), "{points:?}");
        }
    }

    #[test]
    fn a_table_gives_its_own_points_and_lines_between() {
        let table = Piecewise::new([(0.0, 9.0), (2.0, 5.0), (3.0, 5.0), (7.0, -3.0)]).unwrap();
        for (count, value) in *table.points() {
            assert_eq!(table.value(count), Ok(value));
        }
        assert_eq!(table.value(1.0), Ok(7.0));
        assert_eq!(table.value(2.5), Ok(5.0));
        assert_eq!(table.value(5.0), Ok(1.0));
        assert!(table.value(7.1).is_err());
        assert_eq!(table.beyond(Beyond::Clamp).value(-1.0), Ok(9.0));
        assert_eq!(table.beyond(Beyond::Clamp).value(8.0), Ok(-3.0));
    }
}
