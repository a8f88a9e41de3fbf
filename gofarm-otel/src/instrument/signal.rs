//! What the registry says about itself.

use gofarm_core::observe::Instrument;

/// Measurements beyond an instrument's cardinality, by `instrument`; a held handle counts when it is made.
pub(super) static OVERFLOW: Instrument = Instrument::counter(
    "gofarm.otel.metric.overflow",
    "{measurement}",
    "Measurements that shared the overflow series because an instrument has too many sets of labels",
);

/// Measurements that were thrown away, by `instrument`; a handle of the wrong kind counts when it is made.
pub(super) static REFUSED: Instrument = Instrument::counter(
    "gofarm.otel.metric.refused",
    "{measurement}",
    "Measurements that make no sense for their instrument, or whose name belongs to another kind or unit",
);

/// Every instrument of the registry itself, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 2] = [&OVERFLOW, &REFUSED];
