//! What is told to an observer about a breaker.
//!
//! The breaker itself has no observer: who calls it hands its transitions and rejections on.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::transition::Transition;

pub(crate) static TRANSITIONS: Instrument = Instrument::counter(
    "gofarm.resilience.breaker.transitions",
    "{transition}",
    "Moves of circuit breakers, by phase and cause",
);

/// Every instrument of a breaker, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 1] = [&TRANSITIONS];

/// Tells an observer about a move, with the phases and the cause as labels.
pub fn observe(observer: &impl Observer, transition: Transition) {
    observer.observe(&TRANSITIONS.count(1).labelled(&[
        Label::text("from", transition.from().as_str()),
        Label::text("to", transition.to().as_str()),
        Label::text("cause", transition.cause().as_str()),
    ]));
}
