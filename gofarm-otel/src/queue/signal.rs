//! What a queue tells an observer.

use gofarm_core::observe::{Instrument, Label, Observer};

use crate::batch::Kind;

static DROPPED: Instrument = Instrument::counter(
    "gofarm.otel.queue.dropped",
    "{record}",
    "Spans and log records that found the queue full, by kind",
);

static BYTES: Instrument = Instrument::gauge(
    "gofarm.otel.queue.bytes",
    "By",
    "Memory that waiting spans and log records take, by kind, told after each batch",
);

/// Every instrument of the queues, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 2] = [&DROPPED, &BYTES];

pub(super) fn dropped(observer: &dyn Observer, kind: Kind) {
    observer.observe(&DROPPED.count(1).labelled(&[label(kind)]));
}

pub(super) fn length(observer: &dyn Observer, kind: Kind, bytes: usize) {
    observer.observe(&BYTES.count(bytes as u64).labelled(&[label(kind)]));
}

fn label(kind: Kind) -> Label<'static> {
    let kind = match kind {
        Kind::Traces => "traces",
        Kind::Metrics => "metrics",
        Kind::Logs => "logs",
    };
    Label::text("kind", kind)
}
