//! When a write happened, as far as its writer could know: [`Timestamp`].
//!
//! A hybrid logical clock (Kulkarni et al., *Logical Physical Clocks*, 2014) packed in 64 bits: 48 bits of
//! Unix milliseconds and 16 bits that count events within one. The count carries over into the
//! milliseconds, so the value never stops growing; it compares as a plain number.

use core::fmt;

use gofarm_core::time::UnixMillis;

/// A hybrid logical time: ordered as cause before effect, close to wall time.
///
/// ```
/// use gofarm_core::time::UnixMillis;
/// use gofarm_crdt::Timestamp;
///
/// let t = Timestamp::at(UnixMillis::new(1_790_000_000_000));
/// assert!(t.next() > t);
/// assert_eq!(t.next().unix(), t.unix());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timestamp(u64);

impl Timestamp {
    /// Before every write.
    pub const ZERO: Self = Self(0);
    /// No write reaches it.
    pub const MAX: Self = Self(u64::MAX);

    const LOGICAL_BITS: u32 = 16;

    /// The first time-stamp within a millisecond of wall time (up to the year 10889).
    #[must_use]
    pub const fn at(wall: UnixMillis) -> Self {
        let most = u64::MAX >> Self::LOGICAL_BITS;
        let millis = wall.as_millis();
        Self(if millis > most { most } else { millis } << Self::LOGICAL_BITS)
    }

    /// From its 64 bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Its 64 bits: milliseconds above, count below.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The wall time in it.
    #[must_use]
    pub const fn unix(self) -> UnixMillis {
        UnixMillis::new(self.0 >> Self::LOGICAL_BITS)
    }

    /// The count of events within the millisecond.
    #[must_use]
    pub const fn logical(self) -> u16 {
        (self.0 & 0xffff) as u16
    }

    /// The least time-stamp after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.unix(), self.logical())
    }
}
