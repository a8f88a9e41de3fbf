//! [`Value`]: one number of a reply, exactly as it was written.

use core::fmt;

use super::reply::ValueError;

/// A number as SDI-12 writes it: a sign, 1 to 7 digits and at most one decimal point (section 4.4.8, table 11).
///
/// It is kept as a whole number and how many of its digits stand behind the point, so nothing is rounded: `+3.140` is
/// 3140 and 3. What cannot be told apart any more is `+0` from `-0`, and zeros in front.
///
/// ```
/// use gofarm_hal::sdi12::Value;
///
/// let value = Value::new(-4_56, 2).unwrap();
/// assert_eq!((value.mantissa(), value.decimals()), (-456, 2));
/// assert_eq!(value.to_string(), "-4.56");
/// assert_eq!(value.to_f32(), -4.56);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Value {
    mantissa: i32,
    decimals: u8,
}

impl Value {
    /// The most digits of a value.
    pub const MAX_DIGITS: u8 = 7;
    /// The most characters of a value: sign, digits and point.
    pub const MAX_LEN: usize = 9;
    const LIMIT: i32 = 9_999_999;

    /// `+0`.
    pub(super) const ZERO: Self = Self {
        mantissa: 0,
        decimals: 0,
    };

    /// A value of `mantissa * 10^-decimals`; `None` outside -9 999 999..=9 999 999 or with more than 7 decimals.
    #[must_use]
    pub const fn new(mantissa: i32, decimals: u8) -> Option<Self> {
        if mantissa < -Self::LIMIT || mantissa > Self::LIMIT || decimals > Self::MAX_DIGITS {
            return None;
        }
        Some(Self { mantissa, decimals })
    }

    /// A value rounded half away from zero to `decimals` digits behind the point, for who builds a sensor.
    ///
    /// `None` if the number is not finite or does not fit into seven digits.
    #[must_use]
    pub fn rounded(number: f32, decimals: u8) -> Option<Self> {
        if decimals > Self::MAX_DIGITS {
            return None;
        }
        let scaled = f64::from(number) * f64::from(power_of_ten(decimals));
        let rounded = scaled + if scaled < 0.0 { -0.5 } else { 0.5 };
        let limit = f64::from(Self::LIMIT) + 1.0;
        if rounded.is_nan() || rounded.abs() >= limit {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "seven digits, checked above; cutting off is what rounds"
        )]
        Self::new(rounded as i32, decimals)
    }

    /// The digits without the point, with their sign: -9 999 999..=9 999 999.
    #[must_use]
    pub const fn mantissa(self) -> i32 {
        self.mantissa
    }

    /// How many of the digits stand behind the point, 0..=7.
    #[must_use]
    pub const fn decimals(self) -> u8 {
        self.decimals
    }

    /// The nearest `f32`.
    ///
    /// Seven digits and every power of ten up to 10^7 are whole `f32`s, so one division rounds once and rightly.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "9 999 999 is below 2^24, so nothing is lost"
    )]
    pub fn to_f32(self) -> f32 {
        self.mantissa as f32 / power_of_ten(self.decimals) as f32
    }

    /// Reads the value at the start of `text`, and says how many bytes it took.
    pub(super) const fn parse(text: &[u8]) -> Result<(Self, usize), ValueError> {
        let negative = match text {
            [b'+', ..] => false,
            [b'-', ..] => true,
            _ => return Err(ValueError::Sign),
        };
        let mut mantissa = 0_i32;
        let mut digits = 0_u8;
        let mut decimals = None;
        let mut at = 1;
        while at < text.len() {
            match text[at] {
                digit @ b'0'..=b'9' => {
                    if digits == Self::MAX_DIGITS {
                        return Err(ValueError::TooLong);
                    }
                    mantissa = mantissa * 10 + (digit - b'0') as i32;
                    digits += 1;
                    if let Some(behind) = &mut decimals {
                        *behind += 1;
                    }
                }
                b'.' if decimals.is_none() => decimals = Some(0),
                b'.' => return Err(ValueError::Point),
                _ => break,
            }
            at += 1;
        }
        if digits == 0 {
            return Err(ValueError::NoDigit);
        }
        let value = Self {
            mantissa: if negative { -mantissa } else { mantissa },
            decimals: match decimals {
                Some(behind) => behind,
                None => 0,
            },
        };
        Ok((value, at))
    }

    /// Writes the value as it goes over the line, and says how many bytes it is.
    pub(super) fn write(self, into: &mut [u8; Self::MAX_LEN]) -> usize {
        let mut rest = self.mantissa.unsigned_abs();
        let mut digits = [0_u8; Self::MAX_DIGITS as usize];
        let mut count = 0_u8;
        // From the last digit on; a number below one gets a zero before its point if seven digits allow it.
        for digit in &mut digits {
            if rest == 0 && count > self.decimals {
                break;
            }
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
            count += 1;
        }
        let mut len = 0;
        let mut put = |byte| {
            if let Some(place) = into.get_mut(len) {
                *place = byte;
                len += 1;
            }
        };
        put(if self.mantissa < 0 { b'-' } else { b'+' });
        for place in (0..count).rev() {
            if self.decimals > 0 && place + 1 == self.decimals {
                put(b'.');
            }
            put(*digits.get(usize::from(place)).unwrap_or(&b'0'));
        }
        len
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; Self::MAX_LEN];
        let len = self.write(&mut text);
        let text = text.get(..len).unwrap_or_default();
        f.pad(core::str::from_utf8(text).unwrap_or_default())
    }
}

const fn power_of_ten(exponent: u8) -> u32 {
    10_u32.pow(exponent as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_are_written() {
        let rows: [(&str, i32, u8); 14] = [
            ("+3.14", 314, 2),
            ("-0.00045", -45, 5),
            ("+12354", 12_354, 0),
            ("+9999999", 9_999_999, 0),
            ("-999999.9", -9_999_999, 1),
            ("+.0000001", 1, 7),
            ("+0", 0, 0),
            ("-0", 0, 0),
            ("+5.", 5, 0),
            ("+.5", 5, 1),
            ("+007", 7, 0),
            ("+3.140", 3_140, 3),
            ("+1+2", 1, 0),
            ("-1OqZ", -1, 0),
        ];
        for (text, mantissa, decimals) in rows {
            let (value, _) = Value::parse(text.as_bytes()).unwrap();
            assert_eq!(
                (value.mantissa, value.decimals),
                (mantissa, decimals),
                "{text}"
            );
        }
        let wrong: [(&str, ValueError); 8] = [
            ("", ValueError::Sign),
            ("3.14", ValueError::Sign),
            (" +3", ValueError::Sign),
            ("+", ValueError::NoDigit),
            ("-.", ValueError::NoDigit),
            ("+1.2.3", ValueError::Point),
            ("+12345678", ValueError::TooLong),
            ("+1234567.8", ValueError::TooLong),
        ];
        for (text, error) in wrong {
            assert_eq!(Value::parse(text.as_bytes()), Err(error), "{text}");
        }
    }

    #[test]
    fn values_are_written_within_nine_characters() {
        let rows: [(i32, u8, &str); 9] = [
            (0, 0, "+0"),
            (0, 2, "+0.00"),
            (314, 2, "+3.14"),
            (-45, 5, "-0.00045"),
            (5, 6, "+0.000005"),
            (5, 7, "+.0000005"),
            (9_999_999, 0, "+9999999"),
            (-9_999_999, 7, "-.9999999"),
            (9_999_999, 6, "+9.999999"),
        ];
        for (mantissa, decimals, text) in rows {
            assert_eq!(Value::new(mantissa, decimals).unwrap().to_string(), text);
        }
    }

    #[test]
    fn rounding_refuses_what_does_not_fit() {
        assert_eq!(Value::rounded(21.37, 1).unwrap().to_string(), "+21.4");
        assert_eq!(Value::rounded(-0.25, 1).unwrap().to_string(), "-0.3");
        assert_eq!(Value::rounded(9_999_999.0, 0).unwrap().mantissa, 9_999_999);
        for (number, decimals) in [
            (f32::NAN, 0),
            (f32::INFINITY, 0),
            (1e7, 0),
            (10.0, 6),
            (1.0, 8),
        ] {
            assert_eq!(Value::rounded(number, decimals), None);
        }
    }
}
