//! What is told to an observer about models.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::ModelError;

static MODELS: Instrument = Instrument::counter(
    "gofarm.sched.forecast.models",
    "{model}",
    "Forecasting models that were offered, by whether they were accepted",
);

/// Every instrument of forecasts, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 1] = [&MODELS];

/// Tells an observer how the offer of a model ended.
///
/// ```
/// use gofarm_core::verify::KeyId;
/// use gofarm_sched::forecast::{BUDGET, Model, observe_offer};
///
/// let opened = Model::open(b"", KeyId(1), b"", &(), BUDGET);
/// observe_offer(&(), opened.as_ref().map(|_| ()));
/// ```
pub fn observe_offer(observer: &impl Observer, offer: Result<(), &ModelError>) {
    let outcome = match offer {
        Ok(()) => "accepted",
        Err(ModelError::Signature(_)) => "signature",
        Err(ModelError::OverBudget { .. }) => "over_budget",
        Err(_) => "malformed",
    };
    observer.observe(&MODELS.count(1).labelled(&[Label::text("outcome", outcome)]));
}
