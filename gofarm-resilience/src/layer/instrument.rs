//! What the Layers measure.

use gofarm_core::observe::{Instrument, Label, Observer};

use crate::policy::Rejected;

/// Calls that were not made, by `layer` and `reason`.
pub(super) static REJECTED: Instrument = Instrument::counter(
    "gofarm.resilience.rejected",
    "{call}",
    "Calls that a policy did not admit, by layer and reason",
);

/// Calls whose deadline passed while they were under way, by `layer`.
pub(super) static ELAPSED: Instrument = Instrument::counter(
    "gofarm.resilience.elapsed",
    "{call}",
    "Calls that were given up because their deadline passed, by layer",
);

/// Tries after the first one, by `layer`.
pub(super) static RETRIES: Instrument = Instrument::counter(
    "gofarm.resilience.retries",
    "{try}",
    "Tries after the first one, by layer",
);

/// Second calls for one request, by `layer`.
pub(super) static HEDGES: Instrument = Instrument::counter(
    "gofarm.resilience.hedges",
    "{call}",
    "Second calls for a request that took long, by layer",
);

/// Degraded answers, by `layer`.
pub(super) static DEGRADED: Instrument = Instrument::counter(
    "gofarm.resilience.degraded",
    "{answer}",
    "Answers that were served from what is known instead of by the call, by layer",
);

/// Calls that ended, by `layer`, `outcome`, and `region` and `tenant` where the request says them.
pub(super) static CALLS: Instrument = Instrument::counter(
    "gofarm.resilience.calls",
    "{call}",
    "Calls that ended or were given up, by layer, outcome, region and tenant",
);

/// All instruments of the Layers, for a listener that registers them ahead of the first signal. The moves of breakers
/// are in [those of the breaker](crate::policy::breaker::INSTRUMENTS).
pub static INSTRUMENTS: [&Instrument; 6] =
    [&REJECTED, &ELAPSED, &RETRIES, &HEDGES, &DEGRADED, &CALLS];

/// Tells `observer` that the layer of this name did not let a call out.
pub(super) fn rejected(observer: &impl Observer, layer: &'static str, rejected: &Rejected) {
    let labels = [
        Label::text("layer", layer),
        Label::text("reason", rejected.reason().as_str()),
    ];
    observer.observe(&REJECTED.count(1).labelled(&labels));
}

/// Tells `observer` of one more of what `instrument` counts.
pub(super) fn counted(
    observer: &impl Observer,
    instrument: &'static Instrument,
    layer: &'static str,
) {
    observer.observe(&instrument.count(1).labelled(&[Label::text("layer", layer)]));
}
