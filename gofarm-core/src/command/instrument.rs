//! What this module measures.

use crate::observe::Instrument;

/// Commands that a device refused, by `reason`.
pub(super) static REFUSED: Instrument = Instrument::counter(
    "gofarm.command.refused",
    "{command}",
    "Commands that a device refused, by reason",
);

/// Commands that ended, by `outcome`.
pub(super) static OUTCOMES: Instrument = Instrument::counter(
    "gofarm.command.outcomes",
    "{command}",
    "Commands that ended, by outcome: executed, expired, refused or indeterminate",
);

/// Time from the moment a close was due to its confirmation, by `reason`.
pub(super) static CLOSE_DELAY: Instrument = Instrument::histogram(
    "gofarm.command.close.delay",
    "s",
    "Time from the moment at which a device had to close until the close was confirmed, by reason",
);

/// All instruments of commands, for a listener that registers them ahead of the first signal.
pub static INSTRUMENTS: [&Instrument; 3] = [&REFUSED, &OUTCOMES, &CLOSE_DELAY];
