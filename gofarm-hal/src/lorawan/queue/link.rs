//! [`Link`]: whether anybody hears us, as far as answers tell.

use gofarm_core::random::Random;
use gofarm_core::time::Instant;

use super::QueueConfig;

#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// Unconfirmed frames since the network was heard.
    unheard: u8,
    /// Confirmed frames in a row that were not answered.
    missed: u8,
    is_down: bool,
    /// While the link is down: when the next probe may go.
    probe_at: Instant,
}

impl Link {
    pub(super) const fn new() -> Self {
        Self {
            unheard: 0,
            missed: 0,
            is_down: false,
            probe_at: Instant::ZERO,
        }
    }

    pub(super) const fn is_down(&self) -> bool {
        self.is_down
    }

    /// Until when nothing may go out.
    pub(super) fn holds_until(&self, now: Instant) -> Option<Instant> {
        (self.is_down && self.probe_at > now).then_some(self.probe_at)
    }

    /// Whether the next frame has to ask for an answer.
    pub(super) const fn is_in_doubt(&self, config: &QueueConfig) -> bool {
        self.missed > 0 || (config.probe_every > 0 && self.unheard >= config.probe_every)
    }

    pub(super) const fn sent_unconfirmed(&mut self) {
        self.unheard = self.unheard.saturating_add(1);
    }

    /// Something new is urgent: the next probe need not wait.
    pub(super) fn urge(&mut self, now: Instant) {
        self.probe_at = self.probe_at.min(now);
    }

    pub(super) const fn hear(&mut self) {
        *self = Self::new();
    }

    /// A confirmed frame was not answered.
    pub(super) fn miss<R: Random + ?Sized>(
        &mut self,
        now: Instant,
        config: &QueueConfig,
        random: &mut R,
    ) {
        self.missed = self.missed.saturating_add(1);
        self.is_down |= self.missed >= config.down_after;
        if self.is_down {
            self.probe_at = now + config.retry_delay(self.missed, random);
        }
    }
}
