//! What is told to an observer about a sampler.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::{Phase, Ratio};

static RATIO: Instrument = Instrument::gauge(
    "gofarm.otel.sampler.ratio",
    "1",
    "Share of new traces that is sampled at the moment",
);

static PHASE: Instrument = Instrument::gauge(
    "gofarm.otel.sampler.phase",
    "{phase}",
    "1 for the phase that a dynamic sampler is in, 0 for the others",
);

static SAMPLED: Instrument = Instrument::counter(
    "gofarm.otel.sampler.sampled",
    "{trace}",
    "New traces that were sampled at their head",
);

static LATE: Instrument = Instrument::counter(
    "gofarm.otel.sampler.late",
    "{span}",
    "Spans that failed without being sampled, kept or refused for want of budget",
);

/// Every instrument of a sampler, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 4] = [&RATIO, &PHASE, &SAMPLED, &LATE];

/// What happened since the last time, and what is in force.
pub(super) struct Report {
    pub(super) ratio: Ratio,
    pub(super) phase: Option<Phase>,
    pub(super) sampled: u64,
    pub(super) late_kept: u64,
    pub(super) late_refused: u64,
}

pub(super) fn observe(observer: &impl Observer, report: &Report) {
    observer.observe(&RATIO.measure(report.ratio.as_f64()));
    if let Some(now) = report.phase {
        for phase in [Phase::Steady, Phase::Escalated, Phase::Failing] {
            let value = if phase == now { 1.0 } else { 0.0 };
            let labels = [Label::text("phase", phase.as_str())];
            observer.observe(&PHASE.measure(value).labelled(&labels));
        }
    }
    observer.observe(&SAMPLED.count(report.sampled));
    for (result, count) in [("kept", report.late_kept), ("refused", report.late_refused)] {
        let labels = [Label::text("result", result)];
        observer.observe(&LATE.count(count).labelled(&labels));
    }
}
