//! [`BinarySize`]: bytes for people, in the largest unit that is not below one of it.

use core::fmt;

/// Bytes as `6 GiB` or `1.5 MiB`, to a tenth of the unit.
#[derive(Clone, Copy, Debug)]
pub(super) enum BinarySize {
    /// What is there: rounded down, so that it never looks like enough.
    Has(u64),
    /// What is asked for: rounded up.
    Asked(u64),
}

impl fmt::Display for BinarySize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
        let (Self::Has(bytes) | Self::Asked(bytes)) = *self;
        let power = (bytes.max(1).ilog2() / 10).min(4);
        let (tenths, one) = (u128::from(bytes) * 10, 1_u128 << (10 * power));
        let tenths = match self {
            Self::Has(_) => tenths / one,
            Self::Asked(_) => tenths.div_ceil(one),
        };
        write!(f, "{}", tenths / 10)?;
        if !tenths.is_multiple_of(10) {
            write!(f, ".{}", tenths % 10)?;
        }
        let unit = UNITS.get(power as usize).copied().unwrap_or("B");
        write!(f, " {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::BinarySize::{Asked, Has};

    #[test]
    fn what_is_there_never_looks_like_what_is_asked_for() {
        let gib = 1 << 30;
        let table = [
            (Has(0), "0 B"),
            (Has(1_023), "1023 B"),
            (Has(6 * gib), "6 GiB"),
            (Has(6 * gib - 1), "5.9 GiB"),
            (Asked(6 * gib), "6 GiB"),
            (Asked(6 * gib + 1), "6.1 GiB"),
            (Has(1_536 << 10), "1.5 MiB"),
            (Has(u64::MAX), "16777215.9 TiB"),
        ];
        for (size, text) in table {
            assert_eq!(std::format!("{size}"), text);
        }
    }
}
