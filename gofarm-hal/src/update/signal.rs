//! What this module measures.

use gofarm_core::observe::{Instrument, Label, Signal};

static REFUSED: Instrument = Instrument::counter(
    "gofarm.update.refused",
    "{image}",
    "Firmware images that were refused, by reason",
);
static TRIALS: Instrument = Instrument::counter(
    "gofarm.update.trials",
    "{image}",
    "Firmware images on trial, by outcome: started, confirmed, rejected or rolled_back",
);

/// All instruments of updates, for a listener that registers them ahead of the first signal.
pub static INSTRUMENTS: [&Instrument; 2] = [&REFUSED, &TRIALS];

const REASONS: [&[Label<'static>]; 9] = [
    &[Label::text("reason", "model")],
    &[Label::text("reason", "slot")],
    &[Label::text("reason", "rollback")],
    &[Label::text("reason", "too_long")],
    &[Label::text("reason", "base")],
    &[Label::text("reason", "signature")],
    &[Label::text("reason", "digest")],
    &[Label::text("reason", "unconfirmed")],
    &[Label::text("reason", "not_on_trial")],
];

/// How a trial goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    Started,
    Confirmed,
    Rejected,
    RolledBack,
}

const OUTCOMES: [&[Label<'static>]; 4] = [
    &[Label::text("outcome", "started")],
    &[Label::text("outcome", "confirmed")],
    &[Label::text("outcome", "rejected")],
    &[Label::text("outcome", "rolled_back")],
];

/// What was not yet fetched.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unreported {
    refused: [u8; REASONS.len()],
    trials: [u8; OUTCOMES.len()],
}

impl Unreported {
    pub(super) fn refusal(&mut self, index: usize) {
        raise(&mut self.refused, index);
    }

    pub(super) fn trial(&mut self, outcome: Outcome) {
        raise(&mut self.trials, outcome as usize);
    }

    pub(super) fn take(&mut self) -> Option<Signal<'static>> {
        take(&REFUSED, &mut self.refused, &REASONS)
            .or_else(|| take(&TRIALS, &mut self.trials, &OUTCOMES))
    }
}

fn raise(counts: &mut [u8], index: usize) {
    if let Some(count) = counts.get_mut(index) {
        *count = count.saturating_add(1);
    }
}

fn take(
    instrument: &'static Instrument,
    counts: &mut [u8],
    labels: &'static [&'static [Label<'static>]],
) -> Option<Signal<'static>> {
    let (count, labels) = counts
        .iter_mut()
        .zip(labels)
        .find(|(count, _)| **count > 0)?;
    let count = core::mem::take(count);
    Some(instrument.count(count.into()).labelled(labels))
}
