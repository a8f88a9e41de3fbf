//! What is told to an observer about a line.

use gofarm_core::error::Classify;
use gofarm_core::observe::{Instrument, Label, Observer};

use super::{Failure, FailureReason};

static FAILED: Instrument = Instrument::counter(
    "gofarm.resilience.pipeline.failed",
    "{item}",
    "Items that did not come out, by stage and reason",
);

static HELD_BACK: Instrument = Instrument::counter(
    "gofarm.resilience.pipeline.held_back",
    "{item}",
    "Items for which an inlet found no room, by whether they waited or were refused",
);

/// Every instrument of a line, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 2] = [&FAILED, &HELD_BACK];

/// What becomes of an item for which there is no room.
#[derive(Clone, Copy, Debug)]
pub(super) enum HeldBack {
    Waits,
    Refused,
}

pub(super) fn failed(observer: &dyn Observer, failure: &Failure<'_>) {
    let reason = match failure.reason() {
        FailureReason::Failed { kind, .. } => kind.as_str(),
        FailureReason::TimedOut { .. } => failure.kind().as_str(),
        FailureReason::Panicked => "panicked",
        FailureReason::Unclaimed => "unclaimed",
    };
    observer.observe(&FAILED.count(1).labelled(&[
        Label::text("stage", failure.stage()),
        Label::text("reason", reason),
    ]));
}

pub(super) fn held_back(observer: &dyn Observer, item: HeldBack) {
    let item = match item {
        HeldBack::Waits => "waits",
        HeldBack::Refused => "refused",
    };
    observer.observe(&HELD_BACK.count(1).labelled(&[Label::text("item", item)]));
}
