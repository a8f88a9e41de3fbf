//! Time as an argument: a monotonic [`Instant`], a wall time that may be unknown, and clocks to inject.
//!
//! Logic that reads a clock cannot be tested for 72 hours in a millisecond, and does not run where the
//! clock is a peripheral. So nothing in GoFarm's logic reads one: it takes an [`Instant`], and drivers get it
//! from a [`Clock`].
//!
//! Two kinds of time are kept apart by type, because mixing them floods fields:
//!
//! - [`Instant`] counts microseconds since this device started. It never steps and never leaves the device.
//!   Leases, time-outs and stale times use it.
//! - [`UnixMillis`] is wall time. It crosses links (a command's expiry), may step in either direction and may
//!   be *unknown*, which [`WallClock::unix`] says with `None`; a device that has just booted without a network
//!   must not guess 1970.
//!
//! ```
//! use gofarm_core::time::{Clock, Instant, ManualClock, minutes, secs};
//!
//! let clock = ManualClock::new();
//! let opened = clock.now();
//! clock.advance(minutes(20));
//! assert_eq!(clock.now().saturating_since(opened), secs(1200));
//! assert!(clock.now() > Instant::ZERO);
//! ```

use core::fmt;
use core::ops::{Add, AddAssign};
use core::time::Duration;

#[cfg(target_has_atomic = "64")]
use core::sync::atomic::{AtomicU64, Ordering};

/// A point on this device's own monotonic clock, in microseconds since an arbitrary start.
///
/// Range 0 to `u64::MAX` µs (584 942 years). Arithmetic saturates: a deadline too far away is *never*, it does
/// not wrap into the past.
///
/// ```
/// use gofarm_core::time::{Instant, millis};
///
/// let start = Instant::from_micros(1_500);
/// assert_eq!((start + millis(2)).as_micros(), 3_500);
/// assert_eq!(start.saturating_since(start + millis(2)), millis(0));
/// assert_eq!(Instant::FAR_FUTURE + millis(1), Instant::FAR_FUTURE);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Instant(u64);

impl Instant {
    /// The start of the clock.
    pub const ZERO: Self = Self(0);
    /// Later than any instant that a clock will show: a deadline that never comes.
    pub const FAR_FUTURE: Self = Self(u64::MAX);

    /// Creates an instant from microseconds since the clock's start.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Creates an instant from milliseconds since the clock's start, saturating.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Creates an instant from seconds since the clock's start, saturating.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the clock's start.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The time that has passed since `earlier`, or zero if `earlier` is later.
    #[must_use]
    #[cfg_attr(target_os = "none", inline(never))]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// The time since `earlier`, or `None` if `earlier` is later.
    #[must_use]
    #[cfg_attr(target_os = "none", inline(never))]
    pub const fn checked_since(self, earlier: Self) -> Option<Duration> {
        match self.0.checked_sub(earlier.0) {
            Some(micros) => Some(Duration::from_micros(micros)),
            None => None,
        }
    }

    /// This instant moved later by `duration`, at most [`Instant::FAR_FUTURE`].
    #[must_use]
    #[cfg_attr(target_os = "none", inline(never))]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(whole_micros(duration)))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.saturating_add(duration)
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

/// Wall time: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// It orders nothing by itself (two devices disagree) and bounds nothing by itself (it may step): use it for
/// what people and other machines mean by a time, such as a command's expiry.
///
/// ```
/// use gofarm_core::time::{UnixMillis, secs};
///
/// let now = UnixMillis::new(1_790_000_000_000);
/// assert_eq!((now + secs(30)).as_millis(), 1_790_000_030_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct UnixMillis(u64);

impl UnixMillis {
    /// Creates a wall time from milliseconds since the Unix epoch.
    #[must_use]
    pub const fn new(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The time that has passed since `earlier`, or zero if `earlier` is later.
    #[must_use]
    #[cfg_attr(target_os = "none", inline(never))]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This time moved later by `duration`, cut to whole milliseconds, saturating.
    #[must_use]
    #[cfg_attr(target_os = "none", inline(never))]
    pub const fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(whole_micros(duration) / 1_000))
    }
}

impl Add<Duration> for UnixMillis {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.saturating_add(duration)
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s Unix", self.0 / 1_000, self.0 % 1_000)
    }
}

/// A source of [`Instant`]s that never goes back.
///
/// ```
/// use gofarm_core::time::{Clock, Instant};
///
/// struct Ticks(u32); // a 32 768 Hz counter
/// impl Clock for Ticks {
///     fn now(&self) -> Instant {
///         Instant::from_micros(u64::from(self.0) * 15_625 / 512)
///     }
/// }
/// assert_eq!(Ticks(32_768).now(), Instant::from_secs(1));
/// ```
pub trait Clock {
    /// The current instant; never earlier than one returned before.
    fn now(&self) -> Instant;
}

impl<C: Clock + ?Sized> Clock for &C {
    fn now(&self) -> Instant {
        (**self).now()
    }
}

/// A source of wall time that can say that it does not know.
///
/// ```
/// use gofarm_core::time::{UnixMillis, WallClock};
///
/// struct NotYetSynchronised;
/// impl WallClock for NotYetSynchronised {
///     fn unix(&self) -> Option<UnixMillis> {
///         None
///     }
/// }
/// assert_eq!(NotYetSynchronised.unix(), None);
/// ```
pub trait WallClock {
    /// The current wall time, or `None` while it is unknown (no RTC, no NTP answer yet).
    fn unix(&self) -> Option<UnixMillis>;
}

impl<C: WallClock + ?Sized> WallClock for &C {
    fn unix(&self) -> Option<UnixMillis> {
        (**self).unix()
    }
}

/// A clock that stands still until it is told to move, for tests and simulations.
///
/// Where the target has 64-bit atomics it is `Sync`, so several tasks can share one.
///
/// ```
/// use gofarm_core::time::{Clock, Instant, ManualClock, hours};
///
/// let clock = ManualClock::new();
/// clock.advance(hours(72));
/// assert_eq!(clock.now(), Instant::from_secs(259_200));
/// ```
#[derive(Debug, Default)]
pub struct ManualClock {
    #[cfg(target_has_atomic = "64")]
    micros: AtomicU64,
    #[cfg(not(target_has_atomic = "64"))]
    micros: core::cell::Cell<u64>,
}

impl ManualClock {
    /// Creates a clock that shows [`Instant::ZERO`].
    #[must_use]
    pub const fn new() -> Self {
        Self {
            #[cfg(target_has_atomic = "64")]
            micros: AtomicU64::new(0),
            #[cfg(not(target_has_atomic = "64"))]
            micros: core::cell::Cell::new(0),
        }
    }

    /// Moves the clock forward by `duration`, at most to [`Instant::FAR_FUTURE`].
    pub fn advance(&self, duration: Duration) {
        let later = self.now() + duration;
        self.advance_to(later);
    }

    /// Moves the clock forward to `instant`; an earlier one leaves it where it is.
    pub fn advance_to(&self, instant: Instant) {
        #[cfg(target_has_atomic = "64")]
        self.micros.fetch_max(instant.0, Ordering::SeqCst);
        #[cfg(not(target_has_atomic = "64"))]
        self.micros.set(self.micros.get().max(instant.0));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        #[cfg(target_has_atomic = "64")]
        return Instant(self.micros.load(Ordering::SeqCst));
        #[cfg(not(target_has_atomic = "64"))]
        return Instant(self.micros.get());
    }
}

/// The operating system's monotonic clock, counted from when this value was made.
///
/// ```
/// use gofarm_core::time::{Clock, SystemClock};
///
/// let clock = SystemClock::new();
/// let first = clock.now();
/// assert!(clock.now() >= first);
/// ```
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: std::time::Instant,
}

#[cfg(feature = "std")]
impl SystemClock {
    /// Starts a clock that shows [`Instant::ZERO`] now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: std::time::Instant::now(),
        }
    }
}

#[cfg(feature = "std")]
impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "std")]
impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::ZERO + self.start.elapsed()
    }
}

/// The operating system's wall clock; unknown while it shows a time before 2024.
///
/// A board without a battery-backed clock boots in 1970. That is not a time, so it is not given out as one.
///
/// ```
/// use gofarm_core::time::{SystemWallClock, WallClock};
///
/// assert!(SystemWallClock.unix().is_some());
/// ```
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemWallClock;

#[cfg(feature = "std")]
impl SystemWallClock {
    /// 2024-01-01T00:00:00Z: a clock that shows less has never been set.
    pub const EARLIEST: UnixMillis = UnixMillis::new(1_704_067_200_000);
}

#[cfg(feature = "std")]
impl WallClock for SystemWallClock {
    fn unix(&self) -> Option<UnixMillis> {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .ok()?;
        let now = UnixMillis::new(0) + since_epoch;
        (now >= Self::EARLIEST).then_some(now)
    }
}

/// A duration of `n` milliseconds.
#[must_use]
pub const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// A duration of `n` seconds.
#[must_use]
pub const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A duration of `n` minutes, saturating.
#[must_use]
pub const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n.saturating_mul(60))
}

/// A duration of `n` hours, saturating.
#[must_use]
pub const fn hours(n: u64) -> Duration {
    Duration::from_secs(n.saturating_mul(3_600))
}

/// A duration of `n` days of 24 hours, saturating.
#[must_use]
pub const fn days(n: u64) -> Duration {
    Duration::from_secs(n.saturating_mul(86_400))
}

/// `duration` in whole microseconds, saturating at `u64::MAX`.
#[cfg_attr(target_os = "none", inline(never))]
const fn whole_micros(duration: Duration) -> u64 {
    duration
        .as_secs()
        .saturating_mul(1_000_000)
        .saturating_add(duration.subsec_micros() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instant_arithmetic_saturates_at_both_ends() {
        assert_eq!(
            Instant::ZERO.saturating_since(Instant::FAR_FUTURE),
            millis(0)
        );
        assert_eq!(Instant::from_secs(u64::MAX), Instant::FAR_FUTURE);
        assert_eq!(Instant::ZERO + Duration::MAX, Instant::FAR_FUTURE);
        assert_eq!(Instant::ZERO.checked_since(Instant::from_micros(1)), None);
    }

    #[test]
    fn manual_clock_never_goes_back() {
        let clock = ManualClock::new();
        clock.advance(hours(1));
        clock.advance_to(Instant::from_secs(5));
        assert_eq!(clock.now(), Instant::from_secs(3_600));
    }

    #[test]
    fn durations_saturate() {
        assert_eq!(days(u64::MAX), Duration::from_secs(u64::MAX));
        assert_eq!(minutes(2), secs(120));
    }

    #[test]
    fn wall_time_is_cut_to_milliseconds() {
        let t = UnixMillis::new(5) + Duration::from_micros(1_999);
        assert_eq!(t.as_millis(), 6);
        assert_eq!(
            UnixMillis::new(1).saturating_since(UnixMillis::new(9)),
            millis(0)
        );
    }
}
