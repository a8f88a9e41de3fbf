//! Time for spans: a monotonic [`Moment`] while they run, a wall-clock [`Timestamp`] when they are written down.
//!
//! The wall clock of a gateway may be unknown at boot and steps when the network comes. A span that reads it twice
//! can end before it began. So durations come from the monotonic clock alone, and a moment becomes a date
//! only when it is exported, by what is known then.

use alloc::sync::Arc;
use core::fmt;
use core::ops::Add;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::time::{Instant, SystemTime};

use crate::timestamp::Timestamp;

/// A point on this process's monotonic clock, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// That many nanoseconds after the clock's zero.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the clock's zero.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it was not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Later by that; stops at the end of the range.
impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

/// The clock of a telemetry pipeline; clones show the same time.
///
/// ```
/// use core::time::Duration;
/// use gofarm_otel::clock::Clock;
/// use gofarm_otel::timestamp::Timestamp;
///
/// let clock = Clock::manual(Timestamp::from_unix_nanos(1_000));
/// let start = clock.now();
/// clock.advance(Duration::from_nanos(5));
/// assert_eq!(clock.now().since(start), Duration::from_nanos(5));
/// assert_eq!(clock.timestamp(start), Timestamp::from_unix_nanos(1_000));
/// ```
#[derive(Clone)]
pub struct Clock(Arc<Source>);

struct Source {
    /// The monotonic time: the operating system's, or what a test says.
    monotonic: Monotonic,
    /// Unix nanoseconds at the monotonic zero.
    zero: AtomicU64,
}

enum Monotonic {
    System(Instant),
    Manual(AtomicU64),
}

impl Clock {
    /// The clock of the operating system.
    #[must_use]
    pub fn system() -> Self {
        let clock = Self(Arc::new(Source {
            monotonic: Monotonic::System(Instant::now()),
            zero: AtomicU64::new(0),
        }));
        clock.resync();
        clock
    }

    /// A clock that stands at `start` until it is [advanced](Self::advance).
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self(Arc::new(Source {
            monotonic: Monotonic::Manual(AtomicU64::new(0)),
            zero: AtomicU64::new(start.as_unix_nanos()),
        }))
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Moment {
        match &self.0.monotonic {
            Monotonic::System(start) => {
                Moment(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX))
            }
            Monotonic::Manual(nanos) => Moment(nanos.load(Ordering::Relaxed)),
        }
    }

    /// The date of `moment`, by the wall clock as it was last read.
    #[must_use]
    pub fn timestamp(&self, moment: Moment) -> Timestamp {
        Timestamp::from_unix_nanos(self.0.zero.load(Ordering::Relaxed).saturating_add(moment.0))
    }

    /// Whether `time`, which somebody else read from the wall clock, is now; never by a manual clock.
    ///
    /// The API of OpenTelemetry reads it to end a span. What was read within the last 20 us is better said by
    /// the monotonic clock, which no one sets.
    pub(crate) fn is_now(&self, time: SystemTime) -> bool {
        const NOW: Duration = Duration::from_micros(20);
        let is_system = matches!(self.0.monotonic, Monotonic::System(_));
        is_system && time.elapsed().is_ok_and(|age| age < NOW)
    }

    /// Reads the wall clock, which may have been set since; a manual clock does nothing.
    pub fn resync(&self) {
        if let Monotonic::System(_) = self.0.monotonic {
            let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let unix = u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX);
            let zero = unix.saturating_sub(self.now().0);
            self.0.zero.store(zero, Ordering::Relaxed);
        }
    }

    /// Moves a manual clock on; a system clock does nothing.
    pub fn advance(&self, by: Duration) {
        if let Monotonic::Manual(nanos) = &self.0.monotonic {
            let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
            nanos.fetch_add(by, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}
