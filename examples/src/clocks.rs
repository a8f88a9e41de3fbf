//! [`Clocks`]: both clocks of a machine as one value, as the drivers of gofarm-crdt want them.

use gofarm_core::time::{Clock, Instant, SystemClock, SystemWallClock, UnixMillis, WallClock};
use gofarm_crdt::clock::Now;

/// The monotonic clock and the wall clock of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Clocks(SystemClock);

impl Clocks {
    /// Both; the monotonic one starts now.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it reads a clock")]
    pub fn new() -> Self {
        Self(SystemClock::new())
    }

    /// What both say.
    #[must_use]
    pub fn read(&self) -> Now {
        Now::new(self.now(), self.unix())
    }
}

impl Clock for Clocks {
    fn now(&self) -> Instant {
        self.0.now()
    }
}

impl WallClock for Clocks {
    fn unix(&self) -> Option<UnixMillis> {
        SystemWallClock.unix()
    }
}
