//! What time it is, as far as anyone here can know: [`Now`], and the time-stamps made of it: [`HybridClock`].
//!
//! A hybrid logical clock (Kulkarni et al., *Logical Physical Clocks*, 2014) takes the greater of wall time and
//! one more than the last time-stamp seen. So one reading from the year 2099, or one time-stamp of such a
//! neighbour, lifts it for ever: it cannot be lowered again, and every later write carries the wrong year.
//! Farms have such readings: a clock chip with an empty battery, a GNSS receiver that has no week number yet,
//! a gateway that knows no time until the uplink is back. Hence wall time is believed here only as far as the
//! monotonic clock bears it out:
//!
//! | wall time | what happens |
//! |---|---|
//! | unknown since boot | counts on from the last time-stamp, at the pace of the monotonic clock |
//! | known for the first time since boot | believed at once: a winter in the barn looks the same |
//! | within 60 s of what the monotonic clock leads to expect | believed |
//! | steps by more than 60 s, forward or back | held, and time goes on as before, until it was steady for 10 minutes or, after a step forward, a peer's time-stamp says the same |
//! | unknown again | goes on with the monotonic clock; what peers send is judged by it for 72 h |
//! | before 2024 or from 2200 on | the same as unknown |
//!
//! 10 minutes are several polls of an NTP client (64 s) and of the GPS message that holds the week number
//! (30 s); until then time-stamps are in order and merely behind.

use gofarm_core::time::{Instant, UnixMillis};

mod hybrid;

pub use hybrid::{AheadOfClock, HybridClock};

/// The two clocks of a device, read by the caller: the monotonic one, and wall time if it is known.
///
/// ```
/// use gofarm_core::time::{Instant, UnixMillis};
/// use gofarm_crdt::clock::Now;
///
/// let booted = Now::new(Instant::ZERO, None);
/// let synced = Now::new(Instant::from_secs(9), Some(UnixMillis::new(1_790_000_000_000)));
/// assert!(booted.wall().is_none() && synced.wall().is_some());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    instant: Instant,
    wall: Option<UnixMillis>,
}

impl Now {
    /// What both clocks say at one moment.
    #[must_use]
    pub const fn new(instant: Instant, wall: Option<UnixMillis>) -> Self {
        Self { instant, wall }
    }

    /// The monotonic clock of this device.
    #[must_use]
    pub const fn instant(self) -> Instant {
        self.instant
    }

    /// Wall time; nothing if it is not known.
    #[must_use]
    pub const fn wall(self) -> Option<UnixMillis> {
        self.wall
    }
}
