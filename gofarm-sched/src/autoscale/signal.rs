//! What is told to an observer about an autoscaler.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::Scaling;

static DESIRED: Instrument = Instrument::gauge(
    "gofarm.sched.autoscale.desired",
    "{worker}",
    "Workers that the autoscaler wants",
);
static PROPOSED: Instrument = Instrument::gauge(
    "gofarm.sched.autoscale.proposed",
    "{worker}",
    "Workers that the metrics ask for, before limits",
);
static CHANGES: Instrument = Instrument::counter(
    "gofarm.sched.autoscale.changes",
    "{change}",
    "Changes of the number of workers, by direction",
);
static LIMITED: Instrument = Instrument::counter(
    "gofarm.sched.autoscale.limited",
    "{decision}",
    "Decisions that are not what the metrics ask for, by what kept them from it",
);

/// Every instrument of an autoscaler, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 4] = [&DESIRED, &PROPOSED, &CHANGES, &LIMITED];

/// Tells an observer about a decision.
pub fn observe(observer: &impl Observer, scaling: &Scaling) {
    observer.observe(&DESIRED.count(scaling.desired().into()));
    if let Some(proposed) = scaling.proposed() {
        observer.observe(&PROPOSED.count(proposed.into()));
    }
    if scaling.is_change() {
        let up = scaling.desired() > scaling.current();
        let direction = if up { "up" } else { "down" };
        observer.observe(
            &CHANGES
                .count(1)
                .labelled(&[Label::text("direction", direction)]),
        );
    }
    if let Some(limit) = scaling.limit() {
        observer.observe(
            &LIMITED
                .count(1)
                .labelled(&[Label::text("limit", limit.as_str())]),
        );
    }
}
