//! [`OnTheWay`]: the load that a node was given and its metrics do not show yet.

use alloc::vec::Vec;
use core::time::Duration;

use gofarm_core::time::Instant;

use super::load_rank::Values;
use crate::load::Metric;
use crate::request::Request;
use crate::resource::Resources;

/// Estimates of work that was placed, and with a minus of work that ended and is still in the metrics.
#[derive(Clone, Debug, Default)]
pub(super) struct OnTheWay {
    estimates: Vec<Estimate>,
    sum: Values,
}

#[derive(Clone, Copy, Debug)]
struct Estimate {
    claim: u64,
    load: Values,
    /// When the work began or ended; `None` while it is only reserved.
    since: Option<Instant>,
    until: Instant,
}

impl OnTheWay {
    pub(super) const fn sum(&self) -> Values {
        self.sum
    }

    /// Work is reserved.
    pub(super) fn reserved(&mut self, claim: u64, load: Values) {
        self.push(Estimate {
            claim,
            load,
            since: None,
            until: Instant::FAR_FUTURE,
        });
    }

    /// Reserved work begins now.
    pub(super) fn began(&mut self, claim: u64, now: Instant, until: Instant) {
        for estimate in self.estimates.iter_mut().filter(|e| e.claim == claim) {
            estimate.since = Some(now);
            estimate.until = until;
        }
    }

    /// Work that the metrics show has ended.
    pub(super) fn ended(&mut self, claim: u64, load: Values, now: Instant, until: Instant) {
        self.push(Estimate {
            claim,
            load: load.map(|v| -v),
            since: Some(now),
            until,
        });
    }

    /// Forgets a claim; false where it was not there.
    pub(super) fn remove(&mut self, claim: u64) -> bool {
        self.keep(|estimate| estimate.claim != claim)
    }

    /// Metrics measured at a time show what began or ended long enough before.
    pub(super) fn shown(&mut self, measured: Instant, settling: Duration) {
        self.keep(|e| e.since.is_none_or(|since| measured <= since + settling));
    }

    /// Forgets what no metric has replaced in time.
    pub(super) fn lapse(&mut self, now: Instant) {
        self.keep(|e| e.until > now);
    }

    /// When the next estimate lapses.
    pub(super) fn next_lapse(&self) -> Option<Instant> {
        let ends = self.estimates.iter().map(|e| e.until);
        ends.min().filter(|end| *end < Instant::FAR_FUTURE)
    }

    fn push(&mut self, estimate: Estimate) {
        for (sum, load) in self.sum.iter_mut().zip(estimate.load) {
            *sum += load;
        }
        self.estimates.push(estimate);
    }

    /// Whether anything was forgotten. The sum is made anew then: taking away leaves rounding errors behind.
    fn keep(&mut self, keep: impl Fn(&Estimate) -> bool) -> bool {
        let before = self.estimates.len();
        self.estimates.retain(keep);
        if self.estimates.len() == before {
            return false;
        }
        self.sum = [0.0; Metric::COUNT];
        for estimate in &self.estimates {
            for (sum, load) in self.sum.iter_mut().zip(estimate.load) {
                *sum += load;
            }
        }
        true
    }
}

/// The load that a request will add to a node of this capacity.
///
/// Processors and memory of which nothing is expected follow from what is asked for, as shares of the node's.
pub(super) fn expected(request: &Request, capacity: &Resources) -> Values {
    let ask = request.ask();
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "a share is wanted, not bytes")]
    let memory = share(ask.memory() as f64, capacity.memory() as f64);
    let cpu = share(f64::from(ask.cpu_milli()), f64::from(capacity.cpu_milli()));
    Metric::ALL.map(
        |metric| match (request.expected_load().get(metric), metric) {
            (Some(said), _) => f64::from(said),
            (None, Metric::Cpu) => cpu,
            (None, Metric::Memory) => memory,
            (None, _) => 0.0,
        },
    )
}
