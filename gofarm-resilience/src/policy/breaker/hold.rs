//! An operator's hand on a breaker.

use super::phase::{Mode, Phase, Stand};
use super::state::State;
use crate::memory::{Memory, Word};

impl<M: Memory, const W: usize> State<M, W> {
    pub(crate) fn hold(&self, mode: Mode) -> Mode {
        let changed = self.stand.update(|word| {
            let stand = Stand::unpack(word);
            let held = Stand { mode, ..stand }.renewed();
            (stand.mode != mode).then(|| held.pack())
        });
        match changed {
            Ok(before) => Stand::unpack(before).mode,
            Err(_) => mode,
        }
    }

    /// Starts a new generation where calls are counted in a window. An open or half-open breaker counts none: its
    /// window starts when it closes, and its trials go on.
    pub(crate) fn restart_window(&self) {
        let _ = self.stand.update(|word| {
            let stand = Stand::unpack(word);
            let counts = matches!(stand.phase, Phase::Closed | Phase::Ramping)
                || stand.mode == Mode::MetricsOnly;
            counts.then(|| stand.renewed().pack())
        });
    }
}
