//! What a recorder tells about itself: instruments, and counts that wait to be fetched.

use gofarm_core::observe::{Instrument, Label, Signal};

use super::recorder::Failure;

static RESENDS: Instrument = Instrument::counter(
    "gofarm.hal.sdi12.resends",
    "{command}",
    "SDI-12 commands that were sent again, for want of a reply or for a wrong one",
);
static FAILURES: Instrument = Instrument::counter(
    "gofarm.hal.sdi12.failures",
    "{exchange}",
    "SDI-12 exchanges that gave no answer after all repetitions",
);

/// The instruments of this module.
pub static INSTRUMENTS: [&Instrument; 2] = [&RESENDS, &FAILURES];

const REASONS: [&[Label<'static>]; 4] = [
    &[Label::text("reason", "no_reply")],
    &[Label::text("reason", "wrong_reply")],
    &[Label::text("reason", "stuck")],
    &[Label::text("reason", "no_service")],
];

/// What was not yet fetched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unreported {
    resends: u32,
    failures: [u32; REASONS.len()],
}

impl Unreported {
    pub(super) const NOTHING: Self = Self {
        resends: 0,
        failures: [0; REASONS.len()],
    };

    pub(super) fn resend(&mut self) {
        self.resends = self.resends.saturating_add(1);
    }

    pub(super) fn failure(&mut self, failure: Failure) {
        let reason = match failure {
            Failure::NoReply { .. } => 0,
            Failure::Reply { .. } => 1,
            Failure::Stuck => 2,
            Failure::NoService => 3,
        };
        if let Some(count) = self.failures.get_mut(reason) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn take(&mut self) -> Option<Signal<'static>> {
        let resends = core::mem::take(&mut self.resends);
        if resends > 0 {
            return Some(RESENDS.count(resends.into()));
        }
        for (count, labels) in self.failures.iter_mut().zip(REASONS) {
            let count = core::mem::take(count);
            if count > 0 {
                return Some(FAILURES.count(count.into()).labelled(labels));
            }
        }
        None
    }
}
