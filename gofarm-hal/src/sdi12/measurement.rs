//! [`Measurement`]: which of its measurements a sensor is asked for.

/// One of the measurements that a sensor offers: the letters between address and `!`.
///
/// ```
/// use gofarm_hal::sdi12::Measurement;
///
/// const SOIL: Measurement = Measurement::CONCURRENT.with_crc(); // aCC!
/// const SALT: Measurement = Measurement::STANDARD.additional(2); // aM2!
/// assert!(SOIL.has_crc() && !SALT.has_crc());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Measurement {
    method: Method,
    index: u8,
    crc: bool,
}

/// How a measurement is taken; see [`Measurement`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[expect(
    clippy::exhaustive_enums,
    reason = "who builds a sensor answers for each of them; a new one is a new version of the standard"
)]
pub enum Method {
    /// `M`: up to 9 values; the bus is the sensor's alone until it has them (section 4.4.5).
    Standard,
    /// `C`: up to 99 values; the bus is free meanwhile (section 4.4.7).
    Concurrent,
    /// `V`: what the sensor found when it checked itself; as `M` (section 4.4.11).
    Verification,
    /// `HA`: up to 999 values, always with CRC; as `C` (section 5.1).
    HighVolume,
    /// `R`: what the sensor knows at this moment, at once (section 4.4.8.1).
    Continuous,
}

impl Method {
    /// The digits of the count of values in the announcement `atttn`, or `None` if there is no announcement.
    pub(super) const fn count_digits(self) -> Option<u8> {
        match self {
            Self::Standard | Self::Verification => Some(1),
            Self::Concurrent => Some(2),
            Self::HighVolume => Some(3),
            Self::Continuous => None,
        }
    }

    /// Whether the bus belongs to the sensor until the measurement is over, and a break ends it.
    #[must_use]
    pub const fn takes_the_bus(self) -> bool {
        matches!(self, Self::Standard | Self::Verification)
    }

    /// The most characters of values in one reply (section 4.4).
    pub(super) const fn max_characters(self) -> usize {
        if self.takes_the_bus() { 35 } else { 75 }
    }
}

impl Measurement {
    /// `M`.
    pub const STANDARD: Self = Self::of(Method::Standard);
    /// `C`.
    pub const CONCURRENT: Self = Self::of(Method::Concurrent);
    /// `V`.
    pub const VERIFICATION: Self = Self::of(Method::Verification);
    /// `HA`, with the CRC that it always has.
    pub const HIGH_VOLUME: Self = Self::of(Method::HighVolume).with_crc();
    /// `R0`.
    pub const CONTINUOUS: Self = Self::of(Method::Continuous);

    const fn of(method: Method) -> Self {
        Self {
            method,
            index: 0,
            crc: false,
        }
    }

    /// One of the additional measurements, 1..=9, for instance `M2`; 0 is the first, `M`.
    ///
    /// What is above 9 becomes 9. `V` and `HA` have no additional ones and stay as they are.
    #[must_use]
    pub const fn additional(mut self, index: u8) -> Self {
        if !matches!(self.method, Method::Verification | Method::HighVolume) {
            self.index = if index > 9 { 9 } else { index };
        }
        self
    }

    /// The same with a CRC over each reply with values (section 4.4.12). `V` knows none and stays as it is.
    #[must_use]
    pub const fn with_crc(mut self) -> Self {
        self.crc = !matches!(self.method, Method::Verification);
        self
    }

    /// How it is taken.
    #[must_use]
    pub const fn method(self) -> Method {
        self.method
    }

    /// Which of the additional measurements it is, 0..=9.
    #[must_use]
    pub const fn index(self) -> u8 {
        self.index
    }

    /// Whether values come with a CRC.
    #[must_use]
    pub const fn has_crc(self) -> bool {
        self.crc
    }

    /// The letters as they stand between address and `!`: `MC2`.
    pub(super) const fn letters(self) -> ([u8; 3], usize) {
        let digit = b'0' + self.index;
        let letter = match self.method {
            Method::Standard => b'M',
            Method::Concurrent => b'C',
            Method::Verification => return (*b"V  ", 1),
            Method::HighVolume => return (*b"HA ", 2),
            Method::Continuous => b'R',
        };
        let has_digit = self.index > 0 || matches!(self.method, Method::Continuous);
        match (self.crc, has_digit) {
            (false, false) => ([letter, b' ', b' '], 1),
            (false, true) => ([letter, digit, b' '], 2),
            (true, false) => ([letter, b'C', b' '], 2),
            (true, true) => ([letter, b'C', digit], 3),
        }
    }

    /// The measurement that `letters` name.
    pub(super) const fn from_letters(letters: &[u8]) -> Option<Self> {
        let (of, rest) = match letters {
            b"V" => return Some(Self::VERIFICATION),
            b"HA" => return Some(Self::HIGH_VOLUME),
            [b'M', rest @ ..] => (Self::STANDARD, rest),
            [b'C', rest @ ..] => (Self::CONCURRENT, rest),
            [b'R', rest @ ..] => (Self::CONTINUOUS, rest),
            _ => return None,
        };
        let (of, rest) = match rest {
            [b'C', rest @ ..] => (of.with_crc(), rest),
            _ => (of, rest),
        };
        match rest {
            [] if !matches!(of.method, Method::Continuous) => Some(of),
            [b'0'] if matches!(of.method, Method::Continuous) => Some(of),
            [digit @ b'1'..=b'9'] => Some(of.additional(*digit - b'0')),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_name_what_they_were_made_of() {
        let first = [
            Measurement::STANDARD,
            Measurement::CONCURRENT,
            Measurement::VERIFICATION,
            Measurement::HIGH_VOLUME,
            Measurement::CONTINUOUS,
        ];
        for of in first {
            for index in 0..=9 {
                for of in [of.additional(index), of.additional(index).with_crc()] {
                    let (letters, len) = of.letters();
                    assert_eq!(Measurement::from_letters(&letters[..len]), Some(of));
                }
            }
        }
        for wrong in [
            "", "R", "M0", "C0", "M10", "VC", "H", "HB", "HA1", "MM", "m", "M1C", "RC",
        ] {
            assert_eq!(Measurement::from_letters(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
