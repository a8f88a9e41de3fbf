//! What is told to an observer about a work queue.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::QueueCounts;

static DEPTH: Instrument = Instrument::gauge(
    "gofarm.sched.reconcile.keys",
    "{key}",
    "Keys of the queue by state: ready, waiting, running",
);
static ADDS: Instrument = Instrument::counter(
    "gofarm.sched.reconcile.adds",
    "{key}",
    "Keys that were added, by what became of them: added, coalesced, refused, cancelled",
);
static RUNS: Instrument = Instrument::counter(
    "gofarm.sched.reconcile.runs",
    "{run}",
    "Runs by what became of them: started, succeeded, retried, dropped, timed_out",
);

/// Every instrument of work queues, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 3] = [&DEPTH, &ADDS, &RUNS];

pub(super) fn report(
    observer: &impl Observer,
    levels: [usize; 3],
    counts: &QueueCounts,
    told: &QueueCounts,
) {
    for (state, keys) in ["ready", "waiting", "running"].into_iter().zip(levels) {
        observer.observe(
            &DEPTH
                .count(keys as u64)
                .labelled(&[Label::text("state", state)]),
        );
    }
    let rows: [(&'static Instrument, &str, u64); 9] = [
        (&ADDS, "added", counts.added - told.added),
        (&ADDS, "coalesced", counts.coalesced - told.coalesced),
        (&ADDS, "refused", counts.refused - told.refused),
        (&ADDS, "cancelled", counts.cancelled - told.cancelled),
        (&RUNS, "started", counts.started - told.started),
        (&RUNS, "succeeded", counts.succeeded - told.succeeded),
        (&RUNS, "retried", counts.retried - told.retried),
        (&RUNS, "dropped", counts.dropped - told.dropped),
        (&RUNS, "timed_out", counts.timed_out - told.timed_out),
    ];
    for (instrument, result, count) in rows {
        if count > 0 {
            observer.observe(
                &instrument
                    .count(count)
                    .labelled(&[Label::text("result", result)]),
            );
        }
    }
}
