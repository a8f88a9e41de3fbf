//! [`OnTheWay`]: the load that a node was given and its metrics do not show yet.

use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::time::Instant;

use crate::load::{Load, Metric};
use crate::node_table::NodeTable;
use crate::request::Request;
use crate::resource::Resources;

/// Estimates of work that was placed, and of work that ended and is still in the metrics; the table holds their sums.
#[derive(Clone, Debug, Default)]
pub(super) struct OnTheWay {
    estimates: Vec<Estimate>,
}

#[derive(Clone, Copy, Debug)]
struct Estimate {
    claim: u64,
    load: Load,
    ended: bool,
    /// When the work began or ended; `None` while it is only reserved.
    since: Option<Instant>,
    until: Instant,
}

/// A slot of a table, where estimates count.
pub(super) type At<'a> = (&'a mut NodeTable, u32);

impl OnTheWay {
    #[cfg(test)]
    pub(super) const fn is_empty(&self) -> bool {
        self.estimates.is_empty()
    }

    /// Work is reserved.
    pub(super) fn reserved(&mut self, (table, slot): At<'_>, claim: u64, load: Load) {
        if table.add_in_flight(slot as usize, &load).is_ok() {
            self.estimates.push(Estimate {
                claim,
                load,
                ended: false,
                since: None,
                until: Instant::FAR_FUTURE,
            });
        }
    }

    /// Reserved work begins now.
    pub(super) fn began(&mut self, claim: u64, now: Instant, until: Instant) {
        // The newest are at the end, and what begins is mostly new.
        if let Some(estimate) = self.estimates.iter_mut().rev().find(|e| e.claim == claim) {
            estimate.since = Some(now);
            estimate.until = until;
        }
    }

    /// Work that the metrics show has ended.
    pub(super) fn ended(
        &mut self,
        (table, slot): At<'_>,
        (claim, load): (u64, Load),
        now: Instant,
        until: Instant,
    ) {
        if table.add_ended(slot as usize, &load).is_ok() {
            self.estimates.push(Estimate {
                claim,
                load,
                ended: true,
                since: Some(now),
                until,
            });
        }
    }

    /// Forgets a claim; false where it was not there.
    pub(super) fn remove(&mut self, at: At<'_>, claim: u64) -> bool {
        self.keep(at, |estimate| estimate.claim != claim)
    }

    /// Metrics measured at a time show what began or ended long enough before.
    pub(super) fn shown(&mut self, at: At<'_>, measured: Instant, settling: Duration) {
        self.keep(at, |e| {
            e.since.is_none_or(|since| measured <= since + settling)
        });
    }

    /// Forgets what no metric has replaced in time.
    pub(super) fn lapse(&mut self, at: At<'_>, now: Instant) {
        self.keep(at, |e| e.until > now);
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self, at: At<'_>) {
        self.keep(at, |_| false);
    }

    /// When the next estimate lapses.
    pub(super) fn next_lapse(&self) -> Option<Instant> {
        let ends = self.estimates.iter().map(|e| e.until);
        ends.min().filter(|end| *end < Instant::FAR_FUTURE)
    }

    /// Whether anything was forgotten.
    fn keep(&mut self, (table, slot): At<'_>, keep: impl Fn(&Estimate) -> bool) -> bool {
        let before = self.estimates.len();
        self.estimates.retain(|estimate| {
            let kept = keep(estimate);
            if !kept {
                // The table forgets a node with all that is in flight to it, and so does its seat.
                let slot = slot as usize;
                let _gone = if estimate.ended {
                    table.remove_ended(slot, &estimate.load)
                } else {
                    table.remove_in_flight(slot, &estimate.load)
                };
            }
            kept
        });
        self.estimates.len() < before
    }
}

/// The load that a request will add to a node of this capacity.
///
/// Processors and memory of which nothing is expected follow from what is asked for, as shares of the node's.
pub(super) fn expected(request: &Request, capacity: &Resources) -> Load {
    let ask = request.ask();
    let share = |part: f32, whole: f32| if whole > 0.0 { part / whole } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "a share is wanted, not bytes")]
    let (cpu, memory) = (
        share(ask.cpu_milli() as f32, capacity.cpu_milli() as f32),
        share(ask.memory() as f32, capacity.memory() as f32),
    );
    let mut load = Load::idle();
    for metric in Metric::ALL {
        let value = match (request.expected_load().get(metric), metric) {
            (Some(said), _) => said,
            (None, Metric::Cpu) => cpu,
            (None, Metric::Memory) => memory,
            (None, _) => 0.0,
        };
        load = load.with(metric, value);
    }
    load
}
