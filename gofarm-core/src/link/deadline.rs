//! [`IoDeadline`]: how long one read and one write may take.

use core::time::Duration;

/// How long one read and one write may take on a transport.
///
/// A deadline guards one exchange, the heartbeat guards the connection: an exchange that misses its deadline is
/// tried again or given up, and says nothing about the connection. On a cellular path with 1 % of its round
/// trips above 6 s, a deadline of 3 s that closed the connection would close it all day.
///
/// ```
/// use gofarm_core::link::IoDeadline;
/// use gofarm_core::time::secs;
///
/// let deadline = IoDeadline::new(secs(3), secs(2));
/// assert_eq!((deadline.read(), deadline.write()), (secs(3), secs(2)));
/// assert_eq!(deadline.exchange(), secs(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IoDeadline {
    read: Duration,
    write: Duration,
}

impl IoDeadline {
    /// Creates a pair of deadlines.
    #[must_use]
    pub const fn new(read: Duration, write: Duration) -> Self {
        Self { read, write }
    }

    /// How long one read may take.
    #[must_use]
    pub const fn read(self) -> Duration {
        self.read
    }

    /// How long one write may take.
    #[must_use]
    pub const fn write(self) -> Duration {
        self.write
    }

    /// How long one exchange, a write and the read of its answer, may take.
    #[must_use]
    pub const fn exchange(self) -> Duration {
        self.read.saturating_add(self.write)
    }
}
