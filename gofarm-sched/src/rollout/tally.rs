//! [`Tally`]: the calls and errors of a stage, without those of long ago.

use core::time::Duration;

use gofarm_core::time::Instant;

use super::Report;

/// Counts of the running period and of the one before: a stage that is held for days must not hide an outage behind all
/// the calls that went well before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    since: Instant,
    running: Counts,
    before: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    calls: u64,
    errors: u64,
}

impl Tally {
    pub(super) fn since(since: Instant) -> Self {
        Self {
            since,
            ..Self::default()
        }
    }

    pub(super) fn restored(since: Instant, calls: u64, errors: u64) -> Self {
        Self {
            since,
            running: Counts { calls, errors },
            before: Counts::default(),
        }
    }

    /// Adds a report; a new period begins when the running one has lasted for longer than `period`.
    pub(super) fn add(&mut self, now: Instant, period: Duration, report: &Report) {
        if now.saturating_since(self.since) > period {
            self.before = self.running;
            self.running = Counts::default();
            self.since = now;
        }
        self.running.calls = self.running.calls.saturating_add(report.calls());
        self.running.errors = self.running.errors.saturating_add(report.errors());
    }

    pub(super) const fn calls(&self) -> u64 {
        self.running.calls.saturating_add(self.before.calls)
    }

    pub(super) const fn errors(&self) -> u64 {
        self.running.errors.saturating_add(self.before.errors)
    }
}
