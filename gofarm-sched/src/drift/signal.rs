//! What is told to an observer about drift.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::{Direction, DriftEvent};

static CHANGES: Instrument = Instrument::counter(
    "gofarm.sched.drift.changes",
    "{change}",
    "Changes of a mean that were detected, by direction",
);
static DIVERGENCE: Instrument = Instrument::gauge(
    "gofarm.sched.drift.divergence",
    "{nat}",
    "Divergence from the reference when drift began or settled, in nats",
);
static CANARIES: Instrument = Instrument::counter(
    "gofarm.sched.drift.canaries",
    "{canary}",
    "Canaries that were started because of drift",
);

/// Every instrument of drift, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 3] = [&CHANGES, &DIVERGENCE, &CANARIES];

/// Tells an observer that [`PageHinkley`](super::PageHinkley) or [`Adwin`](super::Adwin) detected a change.
///
/// ```
/// use gofarm_sched::drift::{Direction, observe_change};
///
/// observe_change(&(), Direction::Up);
/// ```
pub fn observe_change(observer: &impl Observer, direction: Direction) {
    let labels = [Label::text("direction", direction.as_str())];
    observer.observe(&CHANGES.count(1).labelled(&labels));
}

/// Tells an observer what [`Divergence`](super::Divergence) ordered.
///
/// ```
/// use gofarm_sched::drift::{DriftEvent, observe_divergence};
///
/// observe_divergence(&(), DriftEvent::CanaryStarted { share: 0.05 });
/// ```
pub fn observe_divergence(observer: &impl Observer, event: DriftEvent) {
    match event {
        DriftEvent::Alerted { divergence } => {
            let labels = [Label::text("drift", "began")];
            observer.observe(&DIVERGENCE.measure(divergence.into()).labelled(&labels));
        }
        DriftEvent::Settled { divergence } => {
            let labels = [Label::text("drift", "settled")];
            observer.observe(&DIVERGENCE.measure(divergence.into()).labelled(&labels));
        }
        DriftEvent::CanaryStarted { .. } => observer.observe(&CANARIES.count(1)),
    }
}
