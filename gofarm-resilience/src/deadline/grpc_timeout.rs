//! The text form of a time-out in gRPC: [`GrpcTimeout`].

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use gofarm_core::error::{Classify, Kind};

/// A time-out as the header `grpc-timeout` carries it: at most 8 digits and a unit.
///
/// The units are `H`, `M`, `S`, `m`, `u` and `n`: hours, minutes, seconds, milli-, micro- and nanoseconds ("gRPC
/// over HTTP2", *Timeout*). Written in the finest unit that has room for it, rounded down: a time-out never
/// grows on the way, and loses less than a hundred-thousandth. The longest is 99 999 999 hours.
///
/// The standard asks for a positive number; `0` is read as a time-out that is over, as gRPC servers do.
///
/// ```
/// use gofarm_core::time::{millis, minutes};
/// use gofarm_resilience::deadline::GrpcTimeout;
///
/// assert_eq!("250m".parse::<GrpcTimeout>()?.duration(), millis(250));
/// assert_eq!(GrpcTimeout::new(minutes(15)).to_string(), "900000m");
/// assert!("250".parse::<GrpcTimeout>().is_err());
/// # Ok::<(), gofarm_resilience::deadline::GrpcTimeoutError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct GrpcTimeout(Duration);

impl GrpcTimeout {
    /// A time-out of this length.
    #[must_use]
    pub const fn new(duration: Duration) -> Self {
        Self(duration)
    }

    /// Its length.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

/// The most digits before the unit.
const DIGITS: usize = 8;
/// The largest number of that many digits.
const MAX: u128 = 99_999_999;

const NANOS_OF_UNIT: [(u8, u128); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60_000_000_000),
    (b'H', 3_600_000_000_000),
];

impl fmt::Display for GrpcTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        for (unit, length) in NANOS_OF_UNIT {
            let value = nanos / length;
            if value <= MAX {
                return write!(f, "{value}{}", char::from(unit));
            }
        }
        write!(f, "{MAX}H")
    }
}

impl FromStr for GrpcTimeout {
    type Err = GrpcTimeoutError;

    fn from_str(text: &str) -> Result<Self, GrpcTimeoutError> {
        let Some((&unit, digits)) = text.as_bytes().split_last() else {
            return Err(GrpcTimeoutError::Length { len: 0 });
        };
        if digits.is_empty() || digits.len() > DIGITS {
            return Err(GrpcTimeoutError::Length { len: text.len() });
        }
        let mut value: u64 = 0;
        for (position, digit) in digits.iter().enumerate() {
            if !digit.is_ascii_digit() {
                return Err(GrpcTimeoutError::Character { position });
            }
            value = value * 10 + u64::from(digit - b'0');
        }
        let duration = match unit {
            b'n' => Duration::from_nanos(value),
            b'u' => Duration::from_micros(value),
            b'm' => Duration::from_millis(value),
            b'S' => Duration::from_secs(value),
            b'M' => Duration::from_secs(value * 60),
            b'H' => Duration::from_secs(value * 3_600),
            _ => {
                return Err(GrpcTimeoutError::Character {
                    position: digits.len(),
                });
            }
        };
        Ok(Self(duration))
    }
}

/// Why a text is not a `grpc-timeout`.
///
/// ```
/// use gofarm_resilience::deadline::{GrpcTimeout, GrpcTimeoutError};
///
/// assert_eq!("2s".parse::<GrpcTimeout>(), Err(GrpcTimeoutError::Character { position: 1 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum GrpcTimeoutError {
    /// Not 1 to 8 digits and a unit.
    #[error("a grpc-timeout has 2 to 9 characters, not {len}")]
    Length {
        /// The length that was offered, in bytes.
        len: usize,
    },
    /// Not a digit, or at the end none of the units `HMSmun`.
    #[error("a grpc-timeout has a wrong character at byte {position}")]
    Character {
        /// Its byte position, from 0.
        position: usize,
    },
}

impl Classify for GrpcTimeoutError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_is_not_digits_and_a_unit() {
        use GrpcTimeoutError::{Character, Length};
        let rows = [
            ("", Length { len: 0 }),
            ("S", Length { len: 1 }),
            ("123456789S", Length { len: 10 }),
            ("12", Character { position: 1 }),
            ("-1S", Character { position: 0 }),
            ("+1S", Character { position: 0 }),
            ("1.5S", Character { position: 1 }),
            (" 1S", Character { position: 0 }),
            ("1S ", Character { position: 1 }),
            ("1s", Character { position: 1 }),
            ("1\u{b5}", Character { position: 1 }),
        ];
        for (text, error) in rows {
            assert_eq!(text.parse::<GrpcTimeout>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn is_written_in_the_finest_unit_that_has_room() {
        let rows = [
            (Duration::ZERO, "0n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_nanos(100_000_999), "100000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(100_000), "100000S"),
            (Duration::from_secs(5_999_999_999), "99999999M"),
            (Duration::from_secs(6_000_000_000), "1666666H"),
            (Duration::MAX, "99999999H"),
        ];
        for (duration, text) in rows {
            assert_eq!(GrpcTimeout::new(duration).to_string(), text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 8 } else { 1_000 }))]

        #[test]
        fn a_time_out_never_grows_on_the_way_and_loses_little(
            nanos in prop_oneof![0_u64..1_000_000_000, any::<u64>()],
        ) {
            let sent = Duration::from_nanos(nanos);
            let text = GrpcTimeout::new(sent).to_string();
            let received = text.parse::<GrpcTimeout>()?.duration();
            prop_assert!(text.len() <= 9);
            prop_assert!(received <= sent);
            prop_assert!((sent - received).as_nanos() * 100_000 <= sent.as_nanos());
        }

        #[test]
        fn what_is_read_is_never_wrong_and_never_panics(text in "\\PC{0,12}") {
            if let Ok(timeout) = text.parse::<GrpcTimeout>() {
                let again = timeout.to_string().parse::<GrpcTimeout>()?;
                prop_assert!(again <= timeout);
            }
        }
    }
}
