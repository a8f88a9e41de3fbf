//! What time it is, as far as anyone here can know: [`Now`], and the time-stamps made of it: [`HybridClock`].

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
