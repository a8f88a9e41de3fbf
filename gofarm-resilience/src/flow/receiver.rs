//! [`FlowReceiver`]: the end that has a queue.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::{Echo, FlowConfig, FlowReport, ItemHeader};
use crate::policy::{ConfigError, Reason, Rejected};

/// Counts a bounded queue and says how much room it has.
///
/// The queue itself is the caller's. Contract: [`handle_item`](Self::handle_item) for each item that arrives, and
/// only what it accepts goes into the queue; [`handle_done`](Self::handle_done) for each that leaves it;
/// [`poll_report`](Self::poll_report) when [`poll_timeout`](Self::poll_timeout) is due.
#[derive(Clone, Debug)]
pub struct FlowReceiver {
    config: FlowConfig,
    session: u64,
    reports: u64,
    capacity: u32,
    queued: u32,
    seen: Option<(ItemHeader, Instant)>,
    report_at: Instant,
    delays: Delays,
}

/// The delays since the last report.
#[derive(Clone, Copy, Debug)]
struct Delays {
    sum: Duration,
    count: u32,
    average: Duration,
    /// When something last left the queue, or came into an empty one.
    moved_at: Instant,
}

impl FlowReceiver {
    /// A receiver with an empty queue for `capacity` items, from 1.
    ///
    /// `session` must be larger after each restart: a boot counter, or wall time.
    ///
    /// # Errors
    /// [`ConfigError`], with the field that breaks its rule.
    pub fn new(config: FlowConfig, session: u64, capacity: u32) -> Result<Self, ConfigError> {
        config.check()?;
        if capacity == 0 {
            return Err(ConfigError::new("capacity", "at least 1"));
        }
        Ok(Self {
            config,
            session,
            reports: 0,
            capacity,
            queued: 0,
            seen: None,
            report_at: Instant::ZERO,
            delays: Delays {
                sum: Duration::ZERO,
                count: 0,
                average: Duration::ZERO,
                moved_at: Instant::ZERO,
            },
        })
    }

    /// Takes in an item that arrived.
    ///
    /// # Errors
    /// [`Rejected`] with [`Reason::Full`] if there is no room: the item must not go into the queue. A sender that
    /// follows the reports brings this about only with items that were delayed for longer than it waits for them.
    pub fn handle_item(&mut self, now: Instant, header: &ItemHeader) -> Result<(), Rejected> {
        let order = |header: &ItemHeader| (header.session, header.number);
        if self
            .seen
            .is_none_or(|(seen, _)| order(header) > order(&seen))
        {
            self.seen = Some((*header, now));
        }
        if self.queued >= self.capacity {
            return Err(Rejected::new(Reason::Full, self.config.report_every));
        }
        if self.queued == 0 {
            self.delays.moved_at = now;
        }
        self.queued += 1;
        Ok(())
    }

    /// Takes in that an item left the queue, after it had waited for `delay`.
    pub fn handle_done(&mut self, now: Instant, delay: Duration) {
        self.queued = self.queued.saturating_sub(1);
        self.delays.sum = self.delays.sum.saturating_add(delay);
        self.delays.count = self.delays.count.saturating_add(1);
        self.delays.moved_at = now;
    }

    /// The next report, if it is due.
    pub fn poll_report(&mut self, now: Instant) -> Option<FlowReport> {
        if now < self.report_at {
            return None;
        }
        self.report_at = now + self.config.report_every;
        self.reports += 1;
        self.delays.close(self.queued, now);
        Some(FlowReport {
            session: self.session,
            number: self.reports,
            free: self.free(),
            average_delay: self.delays.average,
            seen: self.seen.map(|(header, at)| Echo {
                header,
                held: now.saturating_since(at),
            }),
        })
    }

    /// When the next report is due.
    #[must_use]
    pub const fn poll_timeout(&self) -> Instant {
        self.report_at
    }

    /// How many more items there is room for.
    #[must_use]
    pub const fn free(&self) -> u32 {
        self.capacity.saturating_sub(self.queued)
    }

    /// Items in the queue.
    #[must_use]
    pub const fn queued(&self) -> u32 {
        self.queued
    }
}

impl Delays {
    /// Averages the delays since the last report. Without any, an empty queue has no delay, and one that does not
    /// move has at least the time that it has stood still.
    fn close(&mut self, queued: u32, now: Instant) {
        let stood = now.saturating_since(self.moved_at);
        self.average = match (self.sum.checked_div(self.count), queued) {
            (Some(average), _) => average,
            (None, 0) => Duration::ZERO,
            (None, _) => self.average.max(stood),
        };
        self.sum = Duration::ZERO;
        self.count = 0;
    }
}
