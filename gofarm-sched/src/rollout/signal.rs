//! What is told to an observer about a rollout.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::{Rollout, RolloutEvent};

static SHARE: Instrument = Instrument::gauge(
    "gofarm.sched.rollout.share",
    "%",
    "Devices that shall have the new version",
);
static EVENTS: Instrument = Instrument::counter(
    "gofarm.sched.rollout.events",
    "{event}",
    "Steps of rollouts: advanced, held, resumed, completed, rolled_back, with the cause",
);

/// Every instrument of rollouts, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 2] = [&SHARE, &EVENTS];

/// Tells an observer about an event and the share that follows it.
pub fn observe(observer: &impl Observer, rollout: &Rollout, event: RolloutEvent) {
    let id = Label::number("rollout", rollout.id());
    let (step, cause) = match event {
        RolloutEvent::Advanced(_) => ("advanced", "watched"),
        RolloutEvent::Held(cause) => ("held", cause.as_str()),
        RolloutEvent::Resumed => ("resumed", "recovered"),
        RolloutEvent::Completed => ("completed", "watched"),
        RolloutEvent::RolledBack(cause) => ("rolled_back", cause.as_str()),
    };
    observer.observe(&EVENTS.count(1).labelled(&[
        id,
        Label::text("step", step),
        Label::text("cause", cause),
    ]));
    let percent = f64::from(rollout.share().as_permyriad()) / 100.0;
    observer.observe(&SHARE.measure(percent).labelled(&[id]));
}
