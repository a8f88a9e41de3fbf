//! Numbers as Prometheus writes them.

use alloc::format;
use core::fmt::{self, Display};

use crate::instrument::Number;
use crate::timestamp::Timestamp;

/// A real number in the canonical form of OpenMetrics: `0.005`, `1.0`, `1e+06`, `+Inf`.
///
/// Bucket edges are label values, so the same edge must always be the same text.
pub(super) struct Real(pub(super) f64);

impl Display for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        if value.is_nan() {
            return f.write_str("NaN");
        }
        if value.is_infinite() {
            return f.write_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        }
        let short = format!("{value:e}");
        let (mantissa, exponent) = short.split_once('e').unwrap_or((&short, "0"));
        match exponent.parse::<i32>().unwrap_or(0) {
            -4..6 => write!(f, "{value:?}"),
            exponent => {
                let sign = if exponent < 0 { '-' } else { '+' };
                write!(f, "{mantissa}e{sign}{:02}", exponent.unsigned_abs())
            }
        }
    }
}

/// A whole or a real number.
pub(super) struct Either(pub(super) Number);

impl Display for Either {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Number::Int(int) => int.fmt(f),
            Number::Double(double) => Real(double).fmt(f),
        }
    }
}

/// A time in seconds.
pub(super) struct Seconds(pub(super) Timestamp);

impl Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SECOND: u64 = 1_000_000_000;
        let nanos = self.0.as_unix_nanos();
        write!(f, "{}.{:09}", nanos / SECOND, nanos % SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_canonical() {
        let rows = [
            (0.0, "0.0"),
            (0.005, "0.005"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (2.5, "2.5"),
            (1.0, "1.0"),
            (100_000.0, "100000.0"),
            (1_000_000.0, "1e+06"),
            (1_048_576.0, "1.048576e+06"),
            (1e300, "1e+300"),
            (-2.0, "-2.0"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in rows {
            assert_eq!(Real(value).to_string(), text);
        }
        let at = Timestamp::from_unix_nanos(1_500_000_007);
        assert_eq!(Seconds(at).to_string(), "1.500000007");
    }
}
