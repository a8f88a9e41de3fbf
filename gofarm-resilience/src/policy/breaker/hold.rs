//! An operator's hand on a breaker.

use super::phase::{Mode, Stand};
use super::state::State;
use crate::memory::{Memory, Word};

impl<M: Memory, const W: usize> State<M, W> {
    pub(super) fn hold(&self, mode: Mode) -> Mode {
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
}
