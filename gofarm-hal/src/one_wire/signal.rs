//! What a master tells about itself: instruments, and counts that wait to be fetched.

use gofarm_core::observe::{Instrument, Label, Signal};

use super::fault::Fault;

static FAULTS: Instrument = Instrument::counter(
    "gofarm.hal.one_wire.faults",
    "{exchange}",
    "1-Wire exchanges and passes of searches that failed on the wire",
);

/// The instruments of this module.
pub static INSTRUMENTS: [&Instrument; 1] = [&FAULTS];

const REASONS: [&[Label<'static>]; 5] = [
    &[Label::text("reason", "no_presence")],
    &[Label::text("reason", "held_low")],
    &[Label::text("reason", "no_echo")],
    &[Label::text("reason", "collision")],
    &[Label::text("reason", "search")],
];

/// What was not yet fetched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unreported([u32; REASONS.len()]);

impl Unreported {
    pub(super) const NOTHING: Self = Self([0; REASONS.len()]);

    pub(super) fn fault(&mut self, fault: Fault) {
        let reason = match fault {
            Fault::NoPresence => 0,
            Fault::HeldLow => 1,
            Fault::NoEcho => 2,
            Fault::ResetEcho { .. } | Fault::Collision { .. } => 3,
            Fault::SearchLost { .. }
            | Fault::SearchChanged { .. }
            | Fault::SearchCrc
            | Fault::SearchLimit { .. } => 4,
        };
        if let Some(count) = self.0.get_mut(reason) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn take(&mut self) -> Option<Signal<'static>> {
        for (count, labels) in self.0.iter_mut().zip(REASONS) {
            let count = core::mem::take(count);
            if count > 0 {
                return Some(FAULTS.count(count.into()).labelled(labels));
            }
        }
        None
    }
}
