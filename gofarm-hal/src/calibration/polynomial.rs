//! [`Polynomial`]: what a manufacturer gives as one.

use super::{Beyond, CalibrationError, OutOfCalibration, admit};

/// A polynomial with `N` coefficients, the constant one first, over a range of counts.
///
/// A polynomial runs away outside the data that it was fitted to, so its range is part of it. It is computed by Horner's
/// rule.
///
/// ```
/// use gofarm_hal::calibration::Polynomial;
///
/// // 1.5 + 0.02 x + 0.0001 x^2, fitted from 0 to 500.
/// let curve = Polynomial::new([1.5, 0.02, 0.000_1], (0.0, 500.0))?;
/// assert_eq!(curve.value(100.0)?, 4.5);
/// assert!(curve.value(501.0).is_err());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Stored<N>", into = "Stored<N>"))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Polynomial<const N: usize> {
    coefficients: [f32; N],
    range: (f32, f32),
    beyond: Beyond,
}

impl<const N: usize> Polynomial<N> {
    /// The polynomial of `coefficients`, that of x^0 first, valid from the lower to the higher count of `range`.
    ///
    /// # Errors
    /// [`CalibrationError`] if a number is not finite (a bound of the range counts as number `N`), if the lower bound
    /// is not below the higher, or if the polynomial may leave the finite numbers within its range.
    pub const fn new(coefficients: [f32; N], range: (f32, f32)) -> Result<Self, CalibrationError> {
        const { assert!(N >= 1, "a polynomial has a coefficient") };
        let (low, high) = range;
        if !low.is_finite() || !high.is_finite() {
            return Err(CalibrationError::NotFinite { index: N });
        }
        if low >= high {
            return Err(CalibrationError::NotSorted { index: 1 });
        }
        // The sum of all terms' sizes at the far end bounds every step of Horner's rule in the range.
        let far = low.abs().max(high.abs());
        let mut bound = 0.0;
        let mut index = N;
        while index > 0 {
            index -= 1;
            bound = bound * far + coefficients[index].abs();
            if !bound.is_finite() {
                return Err(CalibrationError::NotFinite { index });
            }
        }
        Ok(Self {
            coefficients,
            range,
            beyond: Beyond::Refuse,
        })
    }

    /// The same polynomial with another answer to counts beyond its range.
    #[must_use]
    pub const fn beyond(mut self, beyond: Beyond) -> Self {
        self.beyond = beyond;
        self
    }

    /// The lowest and the highest count for which it is valid.
    #[must_use]
    pub const fn range(&self) -> (f32, f32) {
        self.range
    }

    /// The value of a count.
    ///
    /// # Errors
    /// [`OutOfCalibration`] if the count is not a number, or is beyond the range and that is refused.
    pub const fn value(&self, raw: f32) -> Result<f32, OutOfCalibration> {
        let raw = match admit(raw, self.range.0, self.range.1, self.beyond) {
            Ok(raw) => raw,
            Err(error) => return Err(error),
        };
        let mut value = 0.0;
        let mut index = N;
        while index > 0 {
            index -= 1;
            value = value * raw + self.coefficients[index];
        }
        Ok(value)
    }
}

#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Stored<const N: usize> {
    #[serde(with = "super::array")]
    coefficients: [f32; N],
    range: (f32, f32),
    beyond: Beyond,
}

#[cfg(feature = "serde")]
impl<const N: usize> From<Polynomial<N>> for Stored<N> {
    fn from(curve: Polynomial<N>) -> Self {
        Self {
            coefficients: curve.coefficients,
            range: curve.range,
            beyond: curve.beyond,
        }
    }
}

#[cfg(feature = "serde")]
impl<const N: usize> TryFrom<Stored<N>> for Polynomial<N> {
    type Error = CalibrationError;

    fn try_from(stored: Stored<N>) -> Result<Self, CalibrationError> {
        Ok(Self::new(stored.coefficients, stored.range)?.beyond(stored.beyond))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_that_run_away_are_refused() {
        let rows: [([f32; 3], (f32, f32), CalibrationError); 4] = [
            (
                [0.0, f32::NAN, 0.0],
                (0.0, 1.0),
                CalibrationError::NotFinite { index: 1 },
            ),
            (
                [0.0, 0.0, 1e30],
                (-1e10, 1.0),
                CalibrationError::NotFinite { index: 1 },
            ),
            (
                [0.0; 3],
                (0.0, f32::INFINITY),
                CalibrationError::NotFinite { index: 3 },
            ),
            (
                [0.0; 3],
                (1.0, 1.0),
                CalibrationError::NotSorted { index: 1 },
            ),
        ];
        for (coefficients, range, error) in rows {
            assert_eq!(Polynomial::new(coefficients, range), Err(error));
        }
    }

    #[test]
    fn horner_gives_what_the_terms_give() {
        let curve = Polynomial::new([2.0, -3.0, 0.0, 0.5], (-4.0, 4.0)).unwrap();
        for x in [-4.0_f32, -1.0, 0.0, 0.5, 4.0] {
            let terms = 2.0 - 3.0 * x + 0.5 * x * x * x;
            assert_eq!(curve.value(x), Ok(terms), "{x}");
        }
    }
}
