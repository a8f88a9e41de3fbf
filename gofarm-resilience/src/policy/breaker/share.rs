//! [`Share`]: a part of a whole, exact and small.

/// A part of a whole in steps of 1/10 000.
///
/// Rates are compared by whole numbers, so that a threshold of 5 % is met by 5 of 100 calls on every target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Share(u16);

impl Share {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const WHOLE: Self = Self(10_000);
    /// What is not a share: NaN, negative or above 1.
    const INVALID: Self = Self(u16::MAX);

    /// The nearest share to `part`, which is invalid outside 0.0..=1.0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range has been checked"
    )]
    pub(crate) const fn of(part: f64) -> Self {
        if part >= 0.0 && part <= 1.0 {
            Self((part * 10_000.0 + 0.5) as u16)
        } else {
            Self::INVALID
        }
    }

    pub(crate) const fn is_valid(self) -> bool {
        self.0 <= Self::WHOLE.0
    }

    /// Whether it is more than nothing and at most the whole.
    pub(crate) const fn is_some(self) -> bool {
        self.is_valid() && self.0 > 0
    }

    pub(crate) const fn get(self) -> u16 {
        self.0
    }

    pub(crate) const fn from_parts(parts: u16) -> Self {
        Self(parts)
    }

    /// What is left of the whole.
    pub(crate) const fn rest(self) -> Self {
        Self(Self::WHOLE.0.saturating_sub(self.0))
    }

    /// Whether `part` of `whole` is this share or more.
    pub(crate) const fn is_reached(self, part: u32, whole: u32) -> bool {
        part as u64 * 10_000 >= whole as u64 * self.0 as u64
    }

    /// Whether `part` of `whole` is more than this share.
    pub(crate) const fn is_exceeded(self, part: u32, whole: u32) -> bool {
        part as u64 * 10_000 > whole as u64 * self.0 as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_outside_the_whole_is_invalid() {
        for part in [f64::NAN, -0.001, 1.001, f64::INFINITY] {
            assert!(!Share::of(part).is_valid(), "{part}");
        }
        assert_eq!(Share::of(0.05).get(), 500);
        assert_eq!(Share::of(0.99).rest().get(), 100);
    }

    #[test]
    fn a_threshold_is_reached_by_its_own_value_and_not_exceeded_by_it() {
        let five_percent = Share::of(0.05);
        assert!(five_percent.is_reached(5, 100) && !five_percent.is_exceeded(5, 100));
        assert!(!five_percent.is_reached(4, 100) && five_percent.is_exceeded(6, 100));
    }
}
