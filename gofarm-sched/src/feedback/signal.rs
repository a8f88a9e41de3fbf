//! What is told to an observer about predictions.

use gofarm_core::observe::{Instrument, Observer};

use super::Comparison;

static ERROR: Instrument = Instrument::histogram(
    "gofarm.sched.feedback.error",
    "1",
    "Absolute relative errors of predictions of nodes, 0.15 is 15 %",
);

/// Every instrument of feedback, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 1] = [&ERROR];

/// Tells an observer about one comparison.
///
/// ```
/// use gofarm_core::time::Instant;
/// use gofarm_sched::feedback::{Feedback, observe_comparison};
///
/// let mut feedback = Feedback::new();
/// feedback.predict(7, 0.2, Instant::ZERO);
/// if let Some(comparison) = feedback.measure(&7, 0.3, Instant::from_secs(30)) {
///     observe_comparison(&(), &comparison);
/// }
/// ```
pub fn observe_comparison(observer: &impl Observer, comparison: &Comparison) {
    observer.observe(&ERROR.measure(comparison.relative().abs().into()));
}
