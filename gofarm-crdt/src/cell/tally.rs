//! The cell of kind [`CellKind::Tally`].

use core::fmt;

use crate::capacity::{Capacity, List};
use crate::cell::lattice::{Lattice, Met, Present, change, check_dots, other_kind};
use crate::cell::{CellKind, CellWriter, Content, Slot};
use crate::dot::{Actor, Dot};
use crate::error::{Full, Malformed};
use crate::field::{Change, JoinError};

/// What each writer counted.
pub(crate) struct Tally<C: Capacity> {
    // Sorted by actor.
    slots: C::Few<Slot>,
}

impl<C: Capacity> Tally<C> {
    /// The increments and the decrements that no reset has seen.
    pub(crate) fn totals(&self) -> (u128, u128) {
        let slots = self.slots.as_slice().iter();
        slots.fold((0, 0), |(up, down), slot| {
            let (more_up, more_down) = net(slot);
            (up + u128::from(more_up), down + u128::from(more_down))
        })
    }

    /// Whether a write of `actor` has room.
    pub(crate) fn admits(&self, actor: Actor) -> Result<(), Full> {
        if self.slots.room() > 0 || self.find(actor).is_ok() {
            Ok(())
        } else {
            Err(Full {
                limit: self.slots.as_slice().len(),
            })
        }
    }

    /// Counts locally; the totals of a writer end at 2^64 - 1. The actor must have been
    /// [admitted](Self::admits).
    pub(crate) fn add(&mut self, up: u64, down: u64, dot: Dot) {
        if let Some(slot) = self.sign(dot) {
            slot.up = slot.up.saturating_add(up);
            slot.down = slot.down.saturating_add(down);
        }
    }

    /// Takes back all that is counted here, of all writers. The actor must have been
    /// [admitted](Self::admits).
    #[cfg(feature = "alloc")]
    pub(crate) fn reset(&mut self, dot: Dot) {
        self.sign(dot);
        for slot in self.slots.as_mut_slice() {
            slot.up_reset = slot.up_reset.max(slot.up);
            slot.down_reset = slot.down_reset.max(slot.down);
        }
    }

    /// The slot of a writer, with this dot.
    fn sign(&mut self, dot: Dot) -> Option<&mut Slot> {
        let at = match self.find(dot.actor()) {
            Ok(at) => at,
            Err(at) => {
                let done = self.slots.insert(at, empty(dot));
                debug_assert!(done.is_ok(), "the writer was admitted");
                at
            }
        };
        let slot = self.slots.as_mut_slice().get_mut(at)?;
        slot.dot = dot;
        Some(slot)
    }

    fn find(&self, actor: Actor) -> Result<usize, usize> {
        self.slots
            .as_slice()
            .binary_search_by(|slot| slot.dot.actor().cmp(&actor))
    }
}

const fn empty(dot: Dot) -> Slot {
    Slot {
        dot,
        up: 0,
        down: 0,
        up_reset: 0,
        down_reset: 0,
    }
}

const fn net(slot: &Slot) -> (u64, u64) {
    (
        slot.up.saturating_sub(slot.up_reset),
        slot.down.saturating_sub(slot.down_reset),
    )
}

impl<C: Capacity> Present for Tally<C> {
    fn is_present(&self) -> bool {
        self.slots.as_slice().iter().any(|slot| net(slot) != (0, 0))
    }
}

impl<C: Capacity> Lattice for Tally<C> {
    fn kind(&self) -> CellKind {
        CellKind::Tally
    }

    fn is_empty(&self) -> bool {
        self.slots.as_slice().is_empty()
    }

    fn write(&self, out: &mut dyn CellWriter) {
        if !self.is_empty() {
            out.tally(self.slots.as_slice());
        }
    }

    fn dots(&self, each: &mut dyn FnMut(Dot) -> bool) -> bool {
        self.slots.as_slice().iter().all(|slot| each(slot.dot))
    }

    fn join(&mut self, content: &Content<'_>) -> Result<Met, JoinError> {
        let Content::Tally(theirs) = *content else {
            return Err(other_kind(CellKind::Tally, content));
        };
        if theirs.is_empty() {
            return Err(Malformed::Invalid("a cell without a write").into());
        }
        check_dots(theirs.iter().map(|slot| slot.dot))?;
        let new = theirs
            .iter()
            .filter(|slot| self.find(slot.dot.actor()).is_err())
            .count();
        if new > self.slots.room() {
            return Err(JoinError::Full(Full {
                limit: self.slots.as_slice().len() + self.slots.room(),
            }));
        }
        let before = self.is_present();
        let (mut any, mut other) = (false, false);
        for theirs in theirs {
            let at = match self.find(theirs.dot.actor()) {
                Ok(at) => at,
                Err(at) => {
                    self.slots
                        .insert(at, empty(Dot::new(theirs.dot.actor(), 0)))?;
                    at
                }
            };
            if let Some(slot) = self.slots.as_mut_slice().get_mut(at) {
                let was = *slot;
                *slot = Slot {
                    dot: was.dot.max(theirs.dot),
                    up: was.up.max(theirs.up),
                    down: was.down.max(theirs.down),
                    up_reset: was.up_reset.max(theirs.up_reset),
                    down_reset: was.down_reset.max(theirs.down_reset),
                };
                any |= *slot != was;
                other |= net(slot) != net(&was);
            }
        }
        Ok(Met {
            change: if any {
                change(before, self.is_present(), other)
            } else {
                Change::None
            },
            conflict: None,
        })
    }

    fn has_remains(&self) -> bool {
        false
    }

    // A slot is never forgotten: a writer that starts again from 0 while others remember where it was
    // would count in vain until it is there again.
    fn settle(&mut self, _: &dyn Fn(Dot) -> bool) -> bool {
        self.is_empty()
    }
}

impl<C: Capacity> Default for Tally<C> {
    fn default() -> Self {
        Self {
            slots: Default::default(),
        }
    }
}

impl<C: Capacity> Clone for Tally<C> {
    fn clone(&self) -> Self {
        Self {
            slots: super::clone_list(&self.slots),
        }
    }
}

impl<C: Capacity> fmt::Debug for Tally<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.slots.as_slice()).finish()
    }
}
