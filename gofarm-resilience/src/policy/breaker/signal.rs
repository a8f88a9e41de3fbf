//! What is told to an observer about a breaker.
//!
//! The breaker itself has no observer and no name: who calls it hands its transitions and rejections on, and says of
//! which breaker they are.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::transition::Transition;

pub(crate) static TRANSITIONS: Instrument = Instrument::counter(
    "gofarm.resilience.breaker.transitions",
    "{transition}",
    "Moves of circuit breakers, by layer, phase and cause",
);

/// Every instrument of a breaker, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 1] = [&TRANSITIONS];

/// Tells an observer about a move of the breaker `layer`, with `layer`, the phases and the cause as labels.
///
/// A [`BreakerLayer`](crate::layer::BreakerLayer) does so with its own name. `layer` is one of few: a tier or a thing that
/// fails alone, not a request.
///
/// ```
/// use gofarm_core::observe::Observer;
/// use gofarm_core::time::Instant;
/// use gofarm_resilience::Outcome;
/// use gofarm_resilience::policy::breaker::{self, Breaker};
///
/// fn record(radio: &Breaker, now: Instant, outcome: Outcome, observer: &impl Observer) {
///     let Ok(permit) = radio.try_acquire(now) else { return };
///     if let Some(transition) = radio.record(permit, now, outcome).transition() {
///         breaker::observe_named(observer, "radio", transition);
///     }
/// }
/// # let radio = Breaker::consecutive(1).build()?;
/// # record(&radio, Instant::ZERO, Outcome::Failure, &());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn observe_named(observer: &impl Observer, layer: &str, transition: Transition) {
    observer.observe(&TRANSITIONS.count(1).labelled(&[
        Label::text("layer", layer),
        Label::text("from", transition.from().as_str()),
        Label::text("to", transition.to().as_str()),
        Label::text("cause", transition.cause().as_str()),
    ]));
}

/// As [`observe_named`], of the only breaker that there is: without `layer`.
pub fn observe(observer: &impl Observer, transition: Transition) {
    observer.observe(&TRANSITIONS.count(1).labelled(&[
        Label::text("from", transition.from().as_str()),
        Label::text("to", transition.to().as_str()),
        Label::text("cause", transition.cause().as_str()),
    ]));
}
