//! By when an answer is of use: [`Deadline`], and its `grpc-timeout` text [`GrpcTimeout`].
//!
//! A request that passes a cloud service, a gateway and a field bus has one deadline, not a time-out of its own at
//! each hop: hops with time-outs of their own work on for callers who have long given up. A device's clock
//! never leaves the device, so what crosses a link is the time that is left
//! ([`grpc-timeout`](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md)), and each hop turns it
//! into an instant of its own clock. What the link itself took is lost on the way; each hop can take a reserve
//! off for it, see [`Deadline::sooner_by`].
//!
//! ```
//! use gofarm_core::time::{Instant, millis, secs};
//! use gofarm_resilience::deadline::{Deadline, GrpcTimeout};
//!
//! let now = Instant::from_secs(100);
//! let incoming: GrpcTimeout = "2S".parse()?;
//! let deadline = Deadline::after(now, incoming.duration());
//!
//! // Half a second later the next hop is called, with 20 ms for the way back.
//! let later = now + millis(500);
//! let left = deadline.sooner_by(millis(20)).remaining(later).ok_or("over")?;
//! assert_eq!(GrpcTimeout::new(left).to_string(), "1480000u");
//! assert_eq!(deadline.remaining(now + secs(2)), None);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod grpc_timeout;

pub use grpc_timeout::{GrpcTimeout, GrpcTimeoutError};

use core::time::Duration;

use gofarm_core::time::Instant;

/// The instant, on this device's own clock, from which on an answer is of no use.
///
/// ```
/// use gofarm_core::time::{Instant, secs};
/// use gofarm_resilience::deadline::Deadline;
///
/// let deadline = Deadline::after(Instant::ZERO, secs(5));
/// assert!(!deadline.is_over(Instant::from_millis(4_999)));
/// assert!(deadline.is_over(Instant::from_secs(5)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Deadline(Instant);

impl Deadline {
    /// At this instant.
    #[must_use]
    pub const fn at(instant: Instant) -> Self {
        Self(instant)
    }

    /// When `left` has passed from `now` on, at most [`Instant::FAR_FUTURE`].
    #[must_use]
    pub const fn after(now: Instant, left: Duration) -> Self {
        Self(now.saturating_add(left))
    }

    /// The instant.
    #[must_use]
    pub const fn instant(self) -> Instant {
        self.0
    }

    /// Whether it has come.
    #[must_use]
    pub const fn is_over(self, now: Instant) -> bool {
        self.remaining(now).is_none()
    }

    /// The time that is left, never zero; nothing if the deadline has come.
    #[must_use]
    pub const fn remaining(self, now: Instant) -> Option<Duration> {
        match self.0.checked_since(now) {
            Some(left) if !left.is_zero() => Some(left),
            _ => None,
        }
    }

    /// A deadline `reserve` earlier, for what comes after the answer: the way back, our own work. At the
    /// earliest [`Instant::ZERO`].
    #[must_use]
    pub const fn sooner_by(self, reserve: Duration) -> Self {
        let since_start = self.0.saturating_since(Instant::ZERO);
        Self(Instant::ZERO.saturating_add(since_start.saturating_sub(reserve)))
    }

    /// The earlier one of two.
    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        self.min(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gofarm_core::time::{millis, secs};

    #[test]
    fn a_reserve_larger_than_the_clock_is_over_at_once() {
        let deadline = Deadline::at(Instant::from_secs(1)).sooner_by(secs(2));
        assert_eq!(deadline, Deadline::at(Instant::ZERO));
        assert!(deadline.is_over(Instant::ZERO));
    }

    #[test]
    fn what_is_left_shrinks_with_time_and_is_never_zero() {
        let deadline = Deadline::after(Instant::from_secs(10), millis(2));
        let left = |ms| deadline.remaining(Instant::from_secs(10) + millis(ms));
        assert_eq!(left(0), Some(millis(2)));
        assert_eq!(left(1), Some(millis(1)));
        assert_eq!(left(2), None);
        assert_eq!(left(3), None);
    }

    #[test]
    fn the_earlier_of_two_holds_whichever_way_round() {
        let (a, b) = (
            Deadline::at(Instant::ZERO),
            Deadline::at(Instant::FAR_FUTURE),
        );
        assert_eq!((a.earlier(b), b.earlier(a)), (a, a));
    }
}
