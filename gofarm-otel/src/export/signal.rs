//! What is told to an observer about the export.
//!
//! The exporter has no observer: who drives it asks for [a report](super::Exporter::report) now and then.

use gofarm_core::observe::{Instrument, Label, Observer};

use super::tally::{Reason, Tally};
use crate::batch::{Counts, Kind};

pub(crate) static EXPORTED: Instrument = Instrument::counter(
    "gofarm.otel.exported",
    "{item}",
    "Spans, data points and log records that the receiver took, by kind",
);
pub(crate) static DROPPED: Instrument = Instrument::counter(
    "gofarm.otel.dropped",
    "{item}",
    "Spans, data points and log records that were lost, by kind and reason",
);
pub(crate) static HELD: Instrument = Instrument::gauge(
    "gofarm.otel.held",
    "{item}",
    "Spans, data points and log records that wait for the receiver, by kind",
);
pub(crate) static FAILED: Instrument = Instrument::counter(
    "gofarm.otel.requests.failed",
    "{request}",
    "Requests of the export that will be tried again",
);
pub(crate) static SPOOL_BYTES: Instrument = Instrument::gauge(
    "gofarm.otel.spool.bytes",
    "By",
    "Bytes of telemetry that wait on the disk",
);
pub(crate) static SPOOL_WRITTEN: Instrument = Instrument::counter(
    "gofarm.otel.spool.written",
    "By",
    "Bytes that the spool wrote to the disk",
);

/// Every instrument of the export, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 6] = [
    &DROPPED,
    &EXPORTED,
    &FAILED,
    &HELD,
    &SPOOL_BYTES,
    &SPOOL_WRITTEN,
];

/// What was told last, so that counters are told their growth.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub(super) tally: Tally,
    pub(super) failures: u64,
    pub(super) written: u64,
}

/// Tells what changed between `before` and `after`; `spool_bytes` where there is a spool.
pub(super) fn observe(
    observer: &dyn Observer,
    before: &Told,
    after: &Told,
    spool_bytes: Option<u64>,
) {
    let grown = |before: Counts, after: Counts, kind| after.of(kind) - before.of(kind);
    for kind in Kind::ALL {
        let of_kind = Label::text("kind", kind.as_str());
        let exported = grown(before.tally.exported, after.tally.exported, kind);
        if exported > 0 {
            observer.observe(&EXPORTED.count(exported).labelled(&[of_kind]));
        }
        for reason in Reason::ALL {
            let dropped = grown(
                before.tally.dropped_for(reason),
                after.tally.dropped_for(reason),
                kind,
            );
            if dropped > 0 {
                let labels = [of_kind, Label::text("reason", reason.as_str())];
                observer.observe(&DROPPED.count(dropped).labelled(&labels));
            }
        }
        observer.observe(&HELD.count(after.tally.held.of(kind)).labelled(&[of_kind]));
    }
    if after.failures > before.failures {
        observer.observe(&FAILED.count(after.failures - before.failures));
    }
    if let Some(bytes) = spool_bytes {
        observer.observe(&SPOOL_BYTES.count(bytes));
        if after.written > before.written {
            observer.observe(&SPOOL_WRITTEN.count(after.written - before.written));
        }
    }
}
