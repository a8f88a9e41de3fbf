//! What a queue tells about itself.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::{Account, Priority};

static FRAMES: Instrument = Instrument::counter(
    "gofarm.lorawan.frames",
    "{frame}",
    "Frames that left the queue, by what became of them",
);
static LOST: Instrument = Instrument::counter(
    "gofarm.lorawan.displaced",
    "{frame}",
    "Frames that gave way because memory was full, by priority",
);
static WAITING: Instrument = Instrument::gauge(
    "gofarm.lorawan.waiting",
    "{frame}",
    "Frames that wait to be sent",
);

/// The instruments of this module.
pub static INSTRUMENTS: [&Instrument; 3] = [&FRAMES, &LOST, &WAITING];

/// Tells what has changed from `before` to `after`.
pub(super) fn tell(before: &Account, after: &Account, observer: &impl Observer) {
    let ends = [
        ("acknowledged", before.acknowledged, after.acknowledged),
        ("sent", before.sent, after.sent),
        ("superseded", before.superseded, after.superseded),
        ("given_up", before.given_up, after.given_up),
        ("refused", before.refused, after.refused),
    ];
    for (outcome, before, after) in ends {
        if after != before {
            let labels = [Label::text("outcome", outcome)];
            observer.observe(&FRAMES.count(u64::from(after - before)).labelled(&labels));
        }
    }
    for priority in Priority::ALL {
        let lost = after.displaced(priority) - before.displaced(priority);
        if lost != 0 {
            let labels = [Label::text("priority", priority.as_str())];
            observer.observe(&LOST.count(lost.into()).labelled(&labels));
        }
    }
    if after.waiting != before.waiting {
        observer.observe(&WAITING.measure(after.waiting.into()));
    }
}
