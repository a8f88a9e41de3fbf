//! What is told to an observer about two paths.
//!
//! The selector itself has no observer: who drives it hands its switches on. The supervisor of a `DualStack` does.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::Switch;

static SWITCHES: Instrument = Instrument::counter(
    "gofarm.resilience.dual_stack.switches",
    "{switch}",
    "Changes of the path that calls take, by the path taken and the reason",
);

static SWITCH_TIME: Instrument = Instrument::histogram(
    "gofarm.resilience.dual_stack.switch_time",
    "s",
    "From the decision for a path to its first answer, by the path taken and the reason",
);

/// Every instrument of a dual stack, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 2] = [&SWITCHES, &SWITCH_TIME];

/// Tells an observer that the path was changed; once for each switch.
pub fn observe(observer: &impl Observer, switch: &Switch) {
    observer.observe(&SWITCHES.count(1).labelled(&labels(switch)));
}

/// Tells an observer how long a switch took, once that is known; nothing before.
pub fn observe_time(observer: &impl Observer, switch: &Switch) {
    if let Some(took) = switch.took() {
        let seconds = SWITCH_TIME.measure(took.as_secs_f64());
        observer.observe(&seconds.labelled(&labels(switch)));
    }
}

fn labels(switch: &Switch) -> [Label<'static>; 2] {
    [
        Label::text("to", switch.to().as_str()),
        Label::text("reason", switch.reason().as_str()),
    ]
}
