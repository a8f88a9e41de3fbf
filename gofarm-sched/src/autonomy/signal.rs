//! What is told to an observer about a farm that may be cut off.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::{AutonomyEvent, LinkMode};

static CUT_OFF: Instrument = Instrument::gauge(
    "gofarm.sched.autonomy.cut_off",
    "{state}",
    "Whether the farm decides alone: 1 cut off, 0 connected",
);
static MODE_CHANGES: Instrument = Instrument::counter(
    "gofarm.sched.autonomy.mode_changes",
    "{transition}",
    "Changes between connected and cut off",
);
static ACTIONS: Instrument = Instrument::counter(
    "gofarm.sched.autonomy.actions",
    "{transition}",
    "Work that was slowed, stopped or let go, by name and action",
);
static HORIZONS: Instrument = Instrument::counter(
    "gofarm.sched.autonomy.horizons",
    "{event}",
    "Times that a farm was cut off for as long as it was made for",
);

/// Every instrument of autonomy, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 4] = [&CUT_OFF, &MODE_CHANGES, &ACTIONS, &HORIZONS];

/// Tells an observer about an event.
pub fn observe(observer: &impl Observer, event: &AutonomyEvent) {
    match event {
        AutonomyEvent::ModeChanged(mode) => {
            let cut_off = matches!(mode, LinkMode::CutOff);
            observer.observe(&CUT_OFF.count(cut_off.into()));
            observer.observe(
                &MODE_CHANGES
                    .count(1)
                    .labelled(&[Label::text("to", mode.as_str())]),
            );
        }
        AutonomyEvent::ActionChanged { name, action, .. } => {
            observer.observe(&ACTIONS.count(1).labelled(&[
                Label::text("work", name),
                Label::text("action", action.as_str()),
            ]));
        }
        AutonomyEvent::HorizonReached(_) => observer.observe(&HORIZONS.count(1)),
    }
}
