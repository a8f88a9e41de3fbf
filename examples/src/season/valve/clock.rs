//! [`NodeClock`]: the node's own time, and what it knows of the time of day.

use core::time::Duration;

use gofarm_core::time::{Instant, UnixMillis, secs};
use gofarm_crdt::clock::Now;

/// From a start until the network gives the time.
const TIME_UNKNOWN: Duration = secs(60);

/// A clock that begins when the node does. It was set at the factory, and after a restart it waits for the network.
#[derive(Clone, Copy, Debug)]
pub(super) struct NodeClock {
    /// Wall time at the start of the season.
    epoch: UnixMillis,
    booted: Instant,
}

impl NodeClock {
    pub(super) fn start(epoch: UnixMillis, booted: Instant) -> Self {
        Self { epoch, booted }
    }

    /// The node's own time.
    pub(super) fn local(self, now: Instant) -> Instant {
        Instant::ZERO + now.saturating_since(self.booted)
    }

    /// When it will be `local` on this clock.
    pub(super) fn when(self, local: Instant) -> Instant {
        self.booted + local.saturating_since(Instant::ZERO)
    }

    /// The time of day, if the node knows it.
    pub(super) fn wall(self, now: Instant) -> Option<UnixMillis> {
        let knows_time = self.booted == Instant::ZERO || now >= self.booted + TIME_UNKNOWN;
        knows_time.then(|| self.epoch + now.saturating_since(Instant::ZERO))
    }

    /// Both.
    pub(super) fn now(self, now: Instant) -> Now {
        Now::new(self.local(now), self.wall(now))
    }
}
