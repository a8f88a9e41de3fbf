//! What a replica tells its observer.

use gofarm_core::observe::Instrument;

use crate::field::JoinError;
use crate::ledger::Refusal;

pub(crate) static COMMITTED: Instrument =
    Instrument::counter("gofarm.crdt.committed", "{cell}", "Cells made durable");
pub(crate) static RECORD_BYTES: Instrument = Instrument::counter(
    "gofarm.crdt.record.size",
    "By",
    "Bytes of records handed to the store",
);
pub(crate) static REFUSED: Instrument = Instrument::counter(
    "gofarm.crdt.refused",
    "{cell}",
    "Cells of peers that were not merged, by reason",
);
pub(crate) static CONFLICTS: Instrument = Instrument::counter(
    "gofarm.crdt.conflicts",
    "{conflict}",
    "Concurrent writes that met",
);

pub(crate) static COLLECTED: Instrument = Instrument::counter(
    "gofarm.crdt.collected",
    "{cell}",
    "Removed cells forgotten because every replica has seen the removal",
);

/// Every instrument of a replica, for whoever makes dashboards.
pub static INSTRUMENTS: [&Instrument; 5] =
    [&COMMITTED, &RECORD_BYTES, &REFUSED, &CONFLICTS, &COLLECTED];

/// A refusal as a label.
pub(crate) const fn reason(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownBirth(_) => "unknown_birth",
        Refusal::AheadOfClock(_) => "ahead_of_clock",
        Refusal::Impostor(_) => "impostor",
        Refusal::Name { .. } => "name",
        Refusal::UnknownState | Refusal::UnknownField(_) => "not_kept",
        Refusal::Join(JoinError::Kind { .. }) => "kind",
        Refusal::Join(JoinError::Unreadable(_)) => "unreadable",
        Refusal::Join(JoinError::Full(_)) | Refusal::Full(_) => "full",
    }
}
