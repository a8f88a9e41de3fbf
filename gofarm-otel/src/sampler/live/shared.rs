//! What the clones of a sampler share.
//!
//! The path of a request touches atomics alone; the plain [`Dynamic`] lies behind a lock that is tried, never waited
//! for, ten times in a window.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use gofarm_core::DeviceId;
use gofarm_core::time::Instant;
use gofarm_core::verify::Verifier;

use super::{Plan, Rule};
use crate::clock::Moment;
use crate::sampler::dynamic::Tally;
use crate::sampler::late_keep::Budget;
use crate::sampler::parent_based::{Trust, inherited};
use crate::sampler::signal::Report;
use crate::sampler::{
    Decision, Dynamic, Head, Limits, Parent, Phase, Ratio, RatioRefused, RatioUpdates, SignedRatio,
    device_hash,
};

pub(super) struct Shared {
    rule: Rule,
    device: Option<DeviceId>,
    remote: Trust,
    /// The threshold of the ratio in force.
    ratio: AtomicU64,
    sampled: AtomicU64,
    tally: Option<Counts>,
    late: Option<Late>,
    slow_path: Mutex<SlowPath>,
}

/// Requests since the last tick.
struct Counts {
    requests: AtomicU32,
    failed: AtomicU32,
    slow: AtomicU32,
    /// Nanoseconds.
    sla: AtomicU64,
    /// Nanoseconds on the clock of [`Moment`].
    next_tick: AtomicU64,
}

struct Late {
    budget: Budget,
    full_at: AtomicU64,
    kept: AtomicU64,
    refused: AtomicU64,
}

struct SlowPath {
    dynamic: Option<Dynamic>,
    updates: RatioUpdates,
}

impl Shared {
    pub(super) fn new(plan: &Plan) -> Self {
        let dynamic = plan.dynamic.map(|limits| Dynamic::new(plan.ratio, limits));
        Self {
            rule: plan.rule,
            device: plan.device,
            remote: plan.remote,
            ratio: AtomicU64::new(plan.ratio.threshold()),
            sampled: AtomicU64::new(0),
            tally: dynamic.as_ref().map(|dynamic| Counts {
                requests: AtomicU32::new(0),
                failed: AtomicU32::new(0),
                slow: AtomicU32::new(0),
                sla: AtomicU64::new(nanos(dynamic.limits().sla)),
                next_tick: AtomicU64::new(tick(dynamic)),
            }),
            late: plan.late.as_ref().map(|late| Late {
                budget: late.budget,
                full_at: AtomicU64::new(0),
                kept: AtomicU64::new(0),
                refused: AtomicU64::new(0),
            }),
            slow_path: Mutex::new(SlowPath {
                dynamic,
                updates: RatioUpdates::new(0),
            }),
        }
    }

    pub(super) fn ratio(&self) -> Ratio {
        Ratio::from_threshold(self.ratio.load(Relaxed)).unwrap_or(Ratio::ALWAYS)
    }

    pub(super) fn sample(&self, head: &Head<'_>) -> Decision {
        let decided = match self.rule {
            Rule::TraceId | Rule::DeviceHash => inherited(head.parent, self.remote),
            // Of all parents only a debugger is heard.
            Rule::Orphan if head.parent == Parent::Debug => inherited(head.parent, self.remote),
            Rule::Orphan => None,
        };
        if let Some(decision) = decided {
            return decision;
        }
        let ratio = self.ratio();
        let keep = match self.rule {
            Rule::DeviceHash => {
                let device = self.device.as_ref().map_or(&[][..], |id| id.as_bytes());
                ratio.keeps_hash(device_hash::hash(&head.trace_id, device))
            }
            Rule::TraceId | Rule::Orphan => ratio.keeps(&head.trace_id),
        };
        if keep && !matches!(head.parent, Parent::Local { .. }) {
            self.sampled.fetch_add(1, Relaxed);
        }
        Decision::keep_if(keep)
    }

    pub(super) fn record(&self, now: Moment, failed: bool, duration: Duration) {
        let Some(counts) = &self.tally else { return };
        counts.requests.fetch_add(1, Relaxed);
        if failed {
            counts.failed.fetch_add(1, Relaxed);
        } else if nanos(duration) > counts.sla.load(Relaxed) {
            counts.slow.fetch_add(1, Relaxed);
        }
        self.poll(now);
    }

    pub(super) fn poll(&self, now: Moment) {
        let Some(counts) = &self.tally else { return };
        if now.as_nanos() < counts.next_tick.load(Relaxed) {
            return;
        }
        // Who finds it taken goes on: somebody else is doing the same.
        let mut slow_path = match self.slow_path.try_lock() {
            Ok(slow_path) => slow_path,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let Some(dynamic) = &mut slow_path.dynamic else {
            return;
        };
        dynamic.add(Tally {
            requests: counts.requests.swap(0, Relaxed),
            failed: counts.failed.swap(0, Relaxed),
            slow: counts.slow.swap(0, Relaxed),
        });
        let ratio = dynamic.poll(Instant::from_micros(now.as_nanos() / 1_000));
        self.ratio.store(ratio.threshold(), Relaxed);
        counts.next_tick.store(tick(dynamic), Relaxed);
    }

    pub(super) const fn keeps_late(&self) -> bool {
        self.late.is_some()
    }

    pub(super) fn keep_late(&self, now: Moment) -> bool {
        let Some(late) = &self.late else { return false };
        let taken = late.full_at.fetch_update(Relaxed, Relaxed, |full_at| {
            late.budget.take(full_at, now.as_nanos())
        });
        let count = if taken.is_ok() {
            &late.kept
        } else {
            &late.refused
        };
        count.fetch_add(1, Relaxed);
        taken.is_ok()
    }

    pub(super) fn set_ratio(&self, ratio: Ratio) {
        let mut slow_path = self.lock();
        self.store(&mut slow_path, ratio);
    }

    pub(super) fn set_limits(&self, limits: Limits) {
        let mut slow_path = self.lock();
        if let (Some(dynamic), Some(counts)) = (&mut slow_path.dynamic, &self.tally) {
            dynamic.set_limits(limits);
            counts.sla.store(nanos(limits.sla), Relaxed);
            self.ratio.store(dynamic.ratio().threshold(), Relaxed);
        }
    }

    pub(super) fn accept_updates(&self, updates: RatioUpdates) {
        self.lock().updates = updates;
    }

    pub(super) fn updates(&self) -> RatioUpdates {
        self.lock().updates
    }

    pub(super) fn apply(
        &self,
        update: &SignedRatio<'_>,
        verifier: &impl Verifier,
    ) -> Result<Ratio, RatioRefused> {
        // The verifier is the application's; it runs outside the lock.
        let opened = update.open(verifier)?;
        let mut slow_path = self.lock();
        let ratio = slow_path.updates.take(opened)?;
        self.store(&mut slow_path, ratio);
        Ok(ratio)
    }

    pub(super) fn phase(&self) -> Option<Phase> {
        self.lock().dynamic.as_ref().map(Dynamic::phase)
    }

    /// Counts are those since the last report.
    pub(super) fn report(&self) -> Report {
        let late =
            |of: fn(&Late) -> &AtomicU64| self.late.as_ref().map_or(0, |l| of(l).swap(0, Relaxed));
        Report {
            ratio: self.ratio(),
            phase: self.phase(),
            sampled: self.sampled.swap(0, Relaxed),
            late_kept: late(|late| &late.kept),
            late_refused: late(|late| &late.refused),
        }
    }

    fn store(&self, slow_path: &mut SlowPath, ratio: Ratio) {
        let ratio = match &mut slow_path.dynamic {
            Some(dynamic) => {
                dynamic.set_base(ratio);
                dynamic.ratio()
            }
            None => ratio,
        };
        self.ratio.store(ratio.threshold(), Relaxed);
    }

    /// A panic elsewhere cannot leave it half changed in a way that matters: every field stands for itself.
    fn lock(&self) -> MutexGuard<'_, SlowPath> {
        self.slow_path
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// When a dynamic sampler wants to be polled, on the clock of [`Moment`].
fn tick(dynamic: &Dynamic) -> u64 {
    dynamic.poll_timeout().as_micros().saturating_mul(1_000)
}
