//! When something happened, as OTLP says it: [`Timestamp`].

use core::ops::Add;
use core::time::Duration;

use gofarm_core::time::UnixMillis;

/// Nanoseconds since the Unix epoch; 0 means unknown.
///
/// ```
/// use gofarm_core::time::UnixMillis;
/// use gofarm_otel::timestamp::Timestamp;
///
/// assert_eq!(Timestamp::from(UnixMillis::new(7)).as_unix_nanos(), 7_000_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timestamp(u64);

impl Timestamp {
    /// A time that nobody knows: a device that was never told the date.
    pub const UNKNOWN: Self = Self(0);

    /// That many nanoseconds after the epoch.
    #[must_use]
    pub const fn from_unix_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn as_unix_nanos(self) -> u64 {
        self.0
    }
}

impl From<UnixMillis> for Timestamp {
    fn from(time: UnixMillis) -> Self {
        Self(time.as_millis().saturating_mul(1_000_000))
    }
}

/// The time of the operating system; 0 before 1970.
#[cfg(feature = "std")]
impl From<std::time::SystemTime> for Timestamp {
    fn from(time: std::time::SystemTime) -> Self {
        let since = time.duration_since(std::time::SystemTime::UNIX_EPOCH);
        Self(0) + since.unwrap_or_default()
    }
}

/// Later by that; stops at the end of the range (the year 2554).
impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}
