//! What a dashboard sees of chips on I2C.

use gofarm_core::observe::{Instrument, Label, Signal};

use super::{Error, Fault};

static FAILURES: Instrument = Instrument::counter(
    "gofarm.hal.i2c.failures",
    "{exchange}",
    "Chips on I2C that gave no answer: missing, busy, crc, implausible, bus",
);

/// The instruments of this module.
pub static INSTRUMENTS: [&Instrument; 1] = [&FAILURES];

impl Error {
    /// One failure, for `gofarm.hal.i2c.failures`.
    #[must_use]
    pub const fn signal(&self) -> Signal<'static> {
        macro_rules! reason {
            ($reason:literal) => {
                const { &[Label::text("reason", $reason)] }
            };
        }
        let labels: &'static [Label<'static>] = match self {
            Self::Missing { .. } => reason!("missing"),
            Self::StillBusy { .. } => reason!("busy"),
            Self::Bus { .. } => reason!("bus"),
            Self::Answer {
                fault: Fault::Crc { .. },
                ..
            } => reason!("crc"),
            Self::Answer { .. } => reason!("implausible"),
        };
        FAILURES.count(1).labelled(labels)
    }
}
